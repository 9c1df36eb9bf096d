import { createHash, randomBytes } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as secure } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { admission, type AdmissionRules } from "../../scripts/local/admission.ts";
import { type FrontOptions, holdPort, startFront } from "../../scripts/local/front.ts";
import { HttpRefusal } from "../../scripts/local/request-reader.ts";
import type { ReaderLimits } from "../../scripts/local/slow-readers.ts";
import { makeCertificate } from "../support/certificates.ts";
import { eventually, openSocket } from "./programs.ts";

const { certificate: cert, key } = await makeCertificate({ name: "localhost" });
const certified = { cert, key };

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const post = (length: number) => `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
/** What is left of a request when its head is taken away. */
const bodyOf = (bytes: Buffer) => bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);

/** A front before a server of the test's own; `connections` are what the server has accepted. */
async function frontBefore(serve: (socket: Socket) => void, options: Partial<FrontOptions> = {}) {
  const connections: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket);
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const upstreamPort = (server.address() as AddressInfo).port;
  const front = startFront({ held: await holdPort("127.0.0.1", 0), upstreamPort, ...options });
  onTestFinished(async () => {
    await front.close(0);
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return { front, connections };
}

test("clients that come before the front is there are answered by it", async () => {
  const held = await holdPort("127.0.0.1", 0);
  const early = await openSocket(held.port);
  early.socket.write(GET);
  await sleep(50);
  await frontBefore((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"), { held });
  await early.ended;
  expect(early.received().toString()).toContain("200 OK");
});

test("a port is held from the moment it was asked for, and free when it is given up", async () => {
  const held = await holdPort("127.0.0.1", 0);
  const early = await openSocket(held.port);
  await expect(holdPort("127.0.0.1", held.port)).rejects.toThrow("EADDRINUSE");
  held.close();
  await early.ended;
  (await holdPort("127.0.0.1", held.port)).close();
});

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

describe.for(["plain http", "TLS"])("over %s", (transport) => {
  const certificate = transport === "TLS" ? certified : undefined;
  const authority = certificate?.cert;
  const frontBeforeServer = (serve: (socket: Socket) => void, readers?: ReaderLimits) =>
    frontBefore(serve, { readers, certificate });

  test("passes every byte on, in both directions", async () => {
    const { front } = await frontBeforeServer((socket) => socket.pipe(socket));
    const sent = randomBytes(20 * 1024 * 1024);
    const client = await openSocket(front.port, { authority });
    client.socket.write(post(sent.byteLength));
    client.socket.end(sent);
    await client.ended;
    expect(bodyOf(client.received()).equals(sent)).toBe(true);
  });

  test("keeps an answer whole for a client that reads slowly, and holds the server back meanwhile", async () => {
    const sent = randomBytes(64 * 1024 * 1024);
    const { front, connections } = await frontBeforeServer((socket) => socket.end(sent));
    const client = await openSocket(front.port, { authority });
    client.socket.pause();
    client.socket.write(GET);
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

  describe("clients that do not read their answers", () => {
    /** Answers for ever, about as fast as it is read. */
    const flood = (socket: Socket) => {
      const piece = Buffer.alloc(1024 * 1024, "x");
      const write = () => void socket.write(piece, (error) => error ?? setTimeout(write, 5));
      socket.once("data", write);
    };
    const ask = (port: number) => {
      const client = authority
        ? secure({ port, host: "127.0.0.1", ca: authority, servername: "localhost" })
        : connect(port, "127.0.0.1");
      client.pause();
      client.on("error", () => undefined).write(GET);
      onTestFinished(() => void client.destroy());
      return client;
    };

    test("are dropped after their time, and with them what the server has for them", async () => {
      const { front, connections } = await frontBeforeServer(flood, { patienceMs: 1500, maxSlow: 10, leastMs: 1000 });
      ask(front.port);
      const start = performance.now();
      await eventually(() => connections[0]?.closed || undefined);
      expect(performance.now() - start).toBeGreaterThan(1500);
    });

    test("are dropped sooner when there are many, the longest first, and never those who read", async () => {
      const { front, connections } = await frontBeforeServer(flood, { patienceMs: 60_000, maxSlow: 2, leastMs: 1000 });
      const reader = ask(front.port).resume();
      await sleep(300);
      for (let at = 0; at < 5; at += 1) {
        ask(front.port);
        await sleep(1200);
      }
      await eventually(() => connections.filter(({ closed }) => closed).length === 3 || undefined);
      await sleep(2500);
      expect(connections.map(({ closed }) => closed)).toEqual([false, true, true, true, false, false]);
      expect(reader.closed).toBe(false);
    });
  });

  test("a client that has sent everything still gets its answer", async () => {
    const { front } = await frontBeforeServer((socket) => {
      socket.resume().on("end", () => setTimeout(() => socket.end("answer"), 50));
    });
    const client = await openSocket(front.port, { allowHalfOpen: true, authority });
    client.socket.end(GET);
    await client.ended;
    expect(client.received().toString()).toBe("answer");
  });

  test("a server that has answered can still be sent to", async () => {
    let received = "";
    const { front } = await frontBeforeServer((socket) => {
      socket.setEncoding("utf8").on("data", (text: string) => (received += text));
      socket.end("answer");
    });
    const client = await openSocket(front.port, { allowHalfOpen: true, authority });
    client.socket.write(`${post(8)}que`);
    await client.ended;
    client.socket.end("stion");
    await eventually(() => (received.endsWith("\r\n\r\nquestion") ? true : undefined));
    expect(received).toMatch(/\r\n\r\nquestion$/);
  });

  test("a client that resets its connection takes the server's with it", async () => {
    const { front, connections } = await frontBeforeServer((socket) => socket.resume());
    const client = await openSocket(front.port, { authority });
    client.socket.write(post(8));
    await eventually(() => connections[0]);
    client.reset();
    await eventually(() => connections[0]?.readableEnded || undefined);
    expect(connections[0]?.readableEnded).toBe(true);
  });

  test("a server that goes away closes the client's connection", async () => {
    const { front } = await frontBeforeServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const client = await openSocket(front.port, { authority });
    client.socket.write(GET);
    await client.closed;
    expect(client.socket.closed).toBe(true);
  });

  test("closing waits for an answer, not for idle connections", async () => {
    const { front } = await frontBeforeServer((socket) => {
      socket.on("data", (data) => {
        setTimeout(() => socket.write("answer"), data.toString().startsWith("GET /slow ") ? 700 : 0);
      });
    });
    const [silent, idle, slow] = [
      await openSocket(front.port, { authority }),
      await openSocket(front.port, { authority }),
      await openSocket(front.port, { authority }),
    ];
    idle.socket.write(GET);
    slow.socket.write(GET.replace("/", "/slow"));
    await eventually(() => (idle.received().length > 0 ? true : undefined));
    const start = performance.now();
    await front.close(3000);
    await Promise.all([silent.closed, idle.closed, slow.closed]);
    expect(slow.received().toString()).toBe("answer");
    expect(performance.now() - start).toBeLessThan(1500);
  });

  test("closing gives up on an answer that takes too long", async () => {
    const { front } = await frontBeforeServer((socket) => socket.resume());
    const client = await openSocket(front.port, { authority });
    client.socket.write(GET);
    await sleep(50);
    const start = performance.now();
    await front.close(300);
    await client.closed;
    expect(performance.now() - start).toBeLessThan(700);
  });

  /** Sends a request piece by piece, until all of it is sent or the connection ends. */
  async function sendUntilAnswered(socket: Socket): Promise<void> {
    const piece = Buffer.alloc(64 * 1024, "x");
    socket.write(post(100 * piece.byteLength));
    for (let sent = 0; sent < 100 && !socket.readableEnded; sent += 1) {
      socket.write(piece);
      await sleep(5);
    }
  }

  test("a client that is still sending gets an answer that came early", async () => {
    const { front } = await frontBeforeServer((socket) => {
      socket.once("data", () => socket.end("refused", () => socket.destroy()));
    });
    const client = await openSocket(front.port, { authority });
    await sendUntilAnswered(client.socket);
    await client.ended;
    expect(client.received().toString()).toBe("refused");
  });

  test.for([0, 1, 3])(
    "an answer that was lost with its connection is a 503, after %i other requests",
    async (others) => {
      let asked = 0;
      const { front } = await frontBeforeServer((socket) => {
        socket.on("data", () => {
          asked += 1;
          if (asked <= others) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          // What it has not read makes this a reset, which takes the answer along.
          else socket.pause().resetAndDestroy();
        });
      });
      const client = await openSocket(front.port, { authority });
      for (let at = 1; at <= others; at += 1) {
        client.socket.write(GET);
        await eventually(() => client.received().toString().split("200 OK").length - 1 === at || undefined);
      }
      await sendUntilAnswered(client.socket);
      await client.ended;
      expect(client.received().toString()).toMatch(/^(HTTP\/1\.1 200 OK[^]*ok)*HTTP\/1\.1 503 /);
    },
  );
});

test.for([0, 1, 3])("a body that is refused in its middle is answered, after %i other requests", async (others) => {
  let left = 1000;
  const onBody = (bytes: number) => {
    left -= bytes;
    if (left < 0) throw new HttpRefusal(507, "UNAVAILABLE", "no more");
  };
  const { port } = await frontBeforeHttp({ check: ({ method }) => (method === "POST" ? onBody : undefined) });
  const client = await openSocket(port);
  for (let at = 1; at <= others; at += 1) {
    client.socket.write(GET);
    await eventually(() => client.received().toString().split("answer").length - 1 === at || undefined);
  }
  client.socket.write(post(2000) + "x".repeat(800));
  await sleep(20);
  client.socket.write("x".repeat(800));
  await client.ended;
  expect(client.received().toString()).toMatch(/^(HTTP\/1\.1 200 OK[^]*answer \d)*HTTP\/1\.1 507 [^]*no more/);
  expect(client.received().toString().split("200 OK")).toHaveLength(others + 1);
});

/** What a server behind the front has been asked, as Node reads it. */
async function frontBeforeHttp(rules: AdmissionRules = {}) {
  let arrived = 0;
  const seen: { order: number; method: string; url: string; headers: [string, string][]; body: string }[] = [];
  const serve = async (request: IncomingMessage) => {
    const order = (arrived += 1);
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, at): [string, string][] => {
      return at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? ""]] : [];
    });
    seen.push({ order, method: request.method ?? "", url: request.url ?? "", headers, body });
    seen.sort((a, b) => a.order - b.order);
  };
  const server = createHttpServer((request, response) => {
    void serve(request).then(
      () => response.end(`answer ${seen.length}`),
      () => response.destroy(),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const upstreamPort = (server.address() as AddressInfo).port;
  const front = startFront({ held: await holdPort("127.0.0.1", 0), upstreamPort, admit: admission(rules) });
  onTestFinished(async () => {
    await front.close(0);
    server.closeAllConnections();
    server.close();
  });
  /** Sends text on a connection of its own, and answers all that comes back until it ends. */
  const exchange = async (text: string, isWhole = true) => {
    const client = await openSocket(front.port, { allowHalfOpen: true });
    if (isWhole) client.socket.end(text, "latin1");
    else client.socket.write(text, "latin1");
    await Promise.race([client.ended, client.closed]);
    return client.received().toString();
  };
  const valuesOf = (name: string, at = 0) => seen[at]?.headers.filter((header) => header[0] === name).map(([, v]) => v);
  return { exchange, seen, valuesOf, port: front.port };
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
const request = (host: string, more = "", target = "/") => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

describe("the names of the registry", () => {
  test.for([
    "localhost",
    "localhost:8787",
    "LOCALHOST:1",
    "localhost.:8787",
    "berth.localhost:8787",
    "127.0.0.1",
    "127.200.3.4:60000",
    "[::1]",
    "[::1]:8787",
    "registry.example.com",
    "Registry.Example.com:443",
  ])("%s is one", async (host) => {
    const { exchange, valuesOf } = await frontBeforeHttp({ publicHosts: ["registry.example.com"] });
    expect(statusOf(await exchange(request(host)))).toBe(200);
    expect(valuesOf("host")).toEqual([host]);
  });

  test.for([
    "evil.example.com",
    "localhost.evil.example.com",
    "127.0.0.1.evil.example.com",
    "registry.example.com.evil.example.com",
    "evilregistry.example.com",
    "notlocalhost",
    "0.0.0.0",
    "10.0.0.1:8787",
    "[::ffff:10.0.0.1]",
    "128.0.0.1",
  ])("%s is none, which it is told at once", async (host) => {
    const { exchange, seen } = await frontBeforeHttp({ publicHosts: ["registry.example.com"] });
    const answer = await exchange(request(host), false);
    expect(statusOf(answer)).toBe(421);
    expect(answer).toContain("this registry is not called");
    expect(seen).toEqual([]);
  });

  test.for([
    ["no Host", "GET / HTTP/1.1\r\n\r\n"],
    ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
    ["an empty Host", request("")],
    ["two Hosts", request("localhost", "Host: evil.example.com\r\n")],
    ["userinfo in Host", request("localhost@evil.example.com")],
    ["a path in Host", request("localhost/evil.example.com")],
    ["a list in Host", request("localhost, evil.example.com")],
    ["a space in Host", request("local host")],
    ["an https target", request("localhost", "", "https://localhost/")],
    ["a target without a path", request("localhost", "", "evil")],
    ["userinfo in the target", request("localhost", "", "http://localhost@evil.example.com/")],
  ] as const)("%s is 400", async ([, text]) => {
    const { exchange, seen } = await frontBeforeHttp();
    expect(statusOf(await exchange(text, false))).toBe(400);
    expect(seen).toEqual([]);
  });

  test("the host in a target counts more than the header, and becomes it", async () => {
    const { exchange, seen, valuesOf } = await frontBeforeHttp();
    expect(statusOf(await exchange(request("localhost", "", "http://evil.example.com/x"), false))).toBe(421);
    expect(statusOf(await exchange(request("evil.example.com", "", "http://127.0.0.1:99/x?y")))).toBe(200);
    expect(seen.map(({ url }) => url)).toEqual(["/x?y"]);
    expect(valuesOf("host")).toEqual(["127.0.0.1:99"]);
  });

  test("a second request on a connection is looked at as well, after the first has its answer", async () => {
    const { exchange, seen } = await frontBeforeHttp();
    const answer = await exchange(request("localhost") + request("evil.example.com") + request("localhost"), false);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*answer 1HTTP\/1\.1 421 /);
    expect(seen).toHaveLength(1);
  });
});

describe("what a client says of itself", () => {
  const FORGED = [
    "CF-Connecting-IP: 192.0.2.1",
    "cf-connecting-ipv6: 2001:db8::1",
    "CF-Ray: 1",
    "MF-Route-Override: other",
    "X-Forwarded-For: 192.0.2.2",
    "X-Forwarded-Host: evil.example.com",
    "X-Forwarded-Proto: https",
    "Forwarded: for=192.0.2.3",
    "X-Real-IP: 192.0.2.4",
    "True-Client-IP: 192.0.2.5",
    "X-Berth-Front: guess",
  ];
  const forged = FORGED.map((line) => `${line}\r\n`).join("");

  test("is not passed on; the address is the connection's, for every request on it", async () => {
    const { exchange, seen, valuesOf } = await frontBeforeHttp({ headers: { "X-Berth-Front": "secret" } });
    const body = `POST / HTTP/1.1\r\nHost: localhost\r\n${forged}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
    await exchange(request("localhost", forged) + body + request("localhost", forged));
    expect(seen.map(({ body: text }) => text)).toEqual(["", "abc", ""]);
    for (const at of [0, 1, 2]) {
      expect(valuesOf("cf-connecting-ip", at)).toEqual(["127.0.0.1"]);
      expect(valuesOf("x-berth-front", at)).toEqual(["secret"]);
      const names = seen[at]?.headers.map(([name]) => name) ?? [];
      expect(names.toSorted()).toEqual(
        [
          "cf-connecting-ip",
          "connection",
          "host",
          "x-berth-front",
          ...(at === 1 ? ["transfer-encoding"] : []),
        ].toSorted(),
      );
    }
  });

  test.for([
    [["127.0.0.1"], "192.0.2.7", "192.0.2.7"],
    [["127.0.0.0/8"], "198.51.100.1, 192.0.2.7", "192.0.2.7"],
    [["127.0.0.1", "10.0.0.0/8"], "192.0.2.7, 10.1.2.3", "192.0.2.7"],
    [["127.0.0.1"], "192.0.2.7, 10.1.2.3", "10.1.2.3"],
    [["127.0.0.1"], "2001:db8::7", "2001:db8::7"],
    [["127.0.0.1"], "::ffff:192.0.2.7", "192.0.2.7"],
    [["127.0.0.1"], "192.0.2.7, unknown", "127.0.0.1"],
    [["127.0.0.1"], "", "127.0.0.1"],
    [["10.0.0.1"], "192.0.2.7", "127.0.0.1"],
  ] as const)("counts from a proxy that the operator trusts: %s, %s", async ([trustedProxies, list, expected]) => {
    const { exchange, valuesOf } = await frontBeforeHttp({ trustedProxies });
    await exchange(request("localhost", `X-Forwarded-For: ${list}\r\n`));
    expect(valuesOf("cf-connecting-ip")).toEqual([expected]);
  });

  test("a proxy to trust must be an address", () => {
    expect(() => admission({ trustedProxies: ["nginx"] })).toThrow('"nginx" is no address');
  });
});

describe("a request that can be read in two ways is refused, and nothing of it reaches the server", () => {
  const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: localhost\r\nCF-Connecting-IP: 192.0.2.1\r\n\r\n";
  const head = (...lines: string[]) => ["POST / HTTP/1.1", "Host: localhost", ...lines, "", ""].join("\r\n");
  test.for([
    [
      "Content-Length and Transfer-Encoding",
      `${head("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`,
      400,
    ],
    ["two Content-Lengths", head("Content-Length: 0", `Content-Length: ${HIDDEN.length}`), 400],
    ["two equal Content-Lengths", head("Content-Length: 1", "Content-Length: 1"), 400],
    ["a list as Content-Length", head("Content-Length: 0, 0"), 400],
    ["a signed Content-Length", head("Content-Length: +5"), 400],
    ["a negative Content-Length", head("Content-Length: -1"), 400],
    ["a hexadecimal Content-Length", head("Content-Length: 0x10"), 400],
    ["a huge Content-Length", head("Content-Length: 99999999999999999999"), 400],
    ["an empty Content-Length", head("Content-Length: "), 400],
    ["another Transfer-Encoding", head("Transfer-Encoding: gzip"), 501],
    ["two Transfer-Encodings", head("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 400],
    ["a list as Transfer-Encoding", head("Transfer-Encoding: identity, chunked"), 501],
    ["a vertical tab before chunked", head("Transfer-Encoding: \x0bchunked"), 400],
    ["a space before the colon", head("Content-Length : 5"), 400],
    ["a folded header", head("X-A: b", " Content-Length: 5"), 400],
    ["a header without a name", head(": 5"), 400],
    ["a header without a colon", head("Content-Length"), 400],
    ["a NUL in a header", head("X-A: b\0c"), 400],
    ["a CR in a header", head("X-A: b\rContent-Length: 5"), 400],
    ["a line that ends with LF alone", "POST / HTTP/1.1\nHost: localhost\r\n\r\n", 400],
    ["a header that ends with LF alone", head("X-A: b\nContent-Length: 5"), 400],
    ["chunked in HTTP/1.0", head("Transfer-Encoding: chunked").replace("HTTP/1.1", "HTTP/1.0"), 400],
    ["a chunk without a size", `${head("Transfer-Encoding: chunked")}\r\n`, 400],
    ["a chunk with a sign", `${head("Transfer-Encoding: chunked")}+5\r\nabcde\r\n0\r\n\r\n`, 400],
    ["a chunk with 0x", `${head("Transfer-Encoding: chunked")}0x5\r\nabcde\r\n0\r\n\r\n`, 400],
    ["a chunk of a huge size", `${head("Transfer-Encoding: chunked")}fffffffffffffffff\r\n`, 400],
    ["a chunk that is too long", `${head("Transfer-Encoding: chunked")}3\r\nabcde\r\n0\r\n\r\n`, 400],
    ["a chunk line that ends with LF alone", `${head("Transfer-Encoding: chunked")}3\nabc\r\n0\r\n\r\n`, 400],
    ["a bad trailer", `${head("Transfer-Encoding: chunked")}0\r\nContent Length: 5\r\n\r\n`, 400],
    ["a control character in the target", request("localhost", "", "/a\x01b"), 400],
    ["two spaces in the request line", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["HTTP/0.9", "GET /\r\n\r\n", 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["no HTTP at all", "\0\0\0\0\r\n", 400],
  ] as const)("%s", async ([, text, status]) => {
    const { exchange, seen } = await frontBeforeHttp();
    const answer = await exchange(text + HIDDEN, text.startsWith("\0"));
    expect(statusOf(answer) || 400).toBe(status);
    expect(seen).toEqual([]);
  });

  test("trailers and chunk extensions end here, and the next request is the client's own", async () => {
    const { exchange, seen } = await frontBeforeHttp();
    const body = "2;a=b\r\nab\r\n1\r\nc\r\n0\r\nCF-Connecting-IP: 192.0.2.1\r\n\r\n";
    await exchange(head("Transfer-Encoding: chunked", "Trailer: CF-Connecting-IP") + body + request("localhost"));
    expect(seen.map(({ method, body: text }) => [method, text])).toEqual([
      ["POST", "abc"],
      ["GET", ""],
    ]);
  });

  test("a request in pieces of one byte is the same request", async () => {
    const { port, seen, valuesOf } = await frontBeforeHttp();
    const client = await openSocket(port);
    const text = `\r\n${head("Transfer-Encoding: chunked", "CF-Connecting-IP: 192.0.2.1")}3\r\nabc\r\n0\r\n\r\n`;
    for (const byte of text) {
      client.socket.write(byte);
      await new Promise((done) => setImmediate(done));
    }
    await eventually(() => seen[0]);
    expect(seen[0]?.body).toBe("abc");
    expect(valuesOf("cf-connecting-ip")).toEqual(["127.0.0.1"]);
  });
});

describe("a request that no server would take gets its answer at once", () => {
  test.for([
    ["CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 405],
    ["CONNECT without Host", "CONNECT example.com:443 HTTP/1.1\r\n\r\n", 405],
    ["one header of 1 MB", request("localhost", `X-A: ${"a".repeat(1024 * 1024)}\r\n`), 431],
    ["100,000 headers", request("localhost", "X-A: b\r\n".repeat(100_000)), 431],
    ["a target of 1 MB", request("localhost", "", `/${"a".repeat(1024 * 1024)}`), 431],
    ["a head of 1 MB without an end", "GET / HTTP/1.1\r\nX-A: ".padEnd(1024 * 1024, "a"), 431],
  ] as const)("%s", async ([, text, status]) => {
    const { exchange, seen } = await frontBeforeHttp();
    const start = performance.now();
    const answer = await exchange(text, false);
    expect(statusOf(answer)).toBe(status);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(seen).toEqual([]);
  });
});
