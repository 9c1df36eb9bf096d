import { createHash, randomBytes } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startFront } from "../../scripts/local/front.ts";
import { eventually, openSocket } from "./support.ts";

/** A front before a server of the test's own; `connections` are what the server has accepted. */
async function frontBefore(serve: (socket: Socket) => void) {
  const connections: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket);
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const front = await startFront("127.0.0.1", 0, (server.address() as AddressInfo).port);
  onTestFinished(async () => {
    await front.close(0);
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return { front, connections };
}

test("tells a TLS handshake at once that it speaks http only, unseen by the server", async () => {
  const { front, connections } = await frontBefore(() => undefined);
  const client = await openSocket(front.port);
  const start = performance.now();
  client.socket.write(Buffer.from("160301020001", "hex"));
  await client.ended;
  expect(performance.now() - start).toBeLessThan(100);
  expect(connections).toHaveLength(0);
  const [head = "", body = ""] = client.received().toString().split("\r\n\r\n");
  expect(head).toMatch(/^HTTP\/1\.1 400 /);
  expect(head).toContain(`Content-Length: ${body.length}`);
});

test("passes every byte on, in both directions", async () => {
  const { front } = await frontBefore((socket) => socket.pipe(socket));
  const sent = randomBytes(20 * 1024 * 1024);
  sent[0] = 0x47;
  const client = await openSocket(front.port);
  client.socket.end(sent);
  await client.ended;
  expect(client.received().equals(sent)).toBe(true);
});

test("keeps an answer whole for a client that reads slowly, and holds the server back meanwhile", async () => {
  const sent = randomBytes(64 * 1024 * 1024);
  const { front, connections } = await frontBefore((socket) => socket.end(sent));
  const client = await openSocket(front.port);
  client.socket.pause();
  client.socket.write("GET");
  await sleep(500);
  expect(connections[0]?.bytesWritten).toBeLessThanOrEqual(sent.byteLength);
  expect(connections[0]?.writableLength).toBeGreaterThan(0);

  const hash = createHash("sha256");
  for await (const chunk of client.socket) {
    hash.update(chunk as Buffer);
    if (Math.random() < 0.01) await sleep(2);
  }
  expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
});

test("a client that has sent everything still gets its answer", async () => {
  const { front } = await frontBefore((socket) => {
    socket.resume().on("end", () => setTimeout(() => socket.end("answer"), 50));
  });
  const client = await openSocket(front.port, { allowHalfOpen: true });
  client.socket.end("question");
  await client.ended;
  expect(client.received().toString()).toBe("answer");
});

test("a server that has answered can still be sent to", async () => {
  let received = "";
  const { front } = await frontBefore((socket) => {
    socket.setEncoding("utf8").on("data", (text: string) => (received += text));
    socket.end("answer");
  });
  const client = await openSocket(front.port, { allowHalfOpen: true });
  client.socket.write("question");
  await client.ended;
  client.socket.end(", and more");
  await eventually(() => (received === "question, and more" ? true : undefined));
});

test("a client that resets its connection takes the server's with it", async () => {
  const { front, connections } = await frontBefore((socket) => socket.resume());
  const client = await openSocket(front.port);
  client.socket.write("POST");
  await eventually(() => connections[0]);
  client.socket.resetAndDestroy();
  await eventually(() => connections[0]?.readableEnded || undefined);
});

test("a server that goes away closes the client's connection", async () => {
  const { front } = await frontBefore((socket) => socket.once("data", () => socket.resetAndDestroy()));
  const client = await openSocket(front.port);
  client.socket.write("GET");
  await client.closed;
});

test("closing waits for an answer, not for idle connections", async () => {
  const { front } = await frontBefore((socket) => {
    socket.on("data", (data) => {
      setTimeout(() => socket.write("answer"), data.toString() === "slow" ? 700 : 0);
    });
  });
  const [silent, idle, slow] = [
    await openSocket(front.port),
    await openSocket(front.port),
    await openSocket(front.port),
  ];
  idle.socket.write("fast");
  slow.socket.write("slow");
  await eventually(() => (idle.received().length > 0 ? true : undefined));
  const start = performance.now();
  await front.close(3000);
  await Promise.all([silent.closed, idle.closed, slow.closed]);
  expect(slow.received().toString()).toBe("answer");
  expect(performance.now() - start).toBeLessThan(1500);
});

test("closing gives up on an answer that takes too long", async () => {
  const { front } = await frontBefore((socket) => socket.resume());
  const client = await openSocket(front.port);
  client.socket.write("GET");
  await sleep(50);
  const start = performance.now();
  await front.close(300);
  await client.closed;
  expect(performance.now() - start).toBeLessThan(700);
});

test("a client that is still sending gets an answer that came early", async () => {
  const { front } = await frontBefore((socket) => {
    socket.once("data", () => socket.end("refused", () => socket.destroy()));
  });
  const client = await openSocket(front.port);
  const piece = Buffer.alloc(64 * 1024, "x");
  for (let sent = 0; sent < 100 && !client.socket.readableEnded; sent += 1) {
    client.socket.write(piece);
    await sleep(5);
  }
  await client.ended;
  expect(client.received().toString()).toBe("refused");
});
