import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PortUnavailable, startRuntime, WorkerdDied, type Runtime } from "../../scripts/local/runtime.ts";
import { StateInUse } from "../../scripts/local/state-lock.ts";
import { listeningPorts } from "../support/ports.ts";
import { eventually, FIXTURE, isRunning, openSocket, run, temporaryDirectory } from "./programs.ts";

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  return (await (await fetch(url, init)).json()) as T;
}

const post = { method: "POST" };

describe("a running Worker", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "berth-test-"));
  const lines: string[] = [];
  const start = () =>
    startRuntime({ configPath: FIXTURE, stateDir, bindings: { GREETING: "hello" }, log: (line) => lines.push(line) });
  let runtime: Runtime;

  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(async () => {
    await runtime.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  test("has its secrets and sees the host that the client asked for", async () => {
    expect(await json(runtime.url)).toEqual({
      greeting: "hello",
      host: `127.0.0.1:${runtime.port}`,
      url: `${runtime.url}/`,
    });
  });

  test("gets its cron events", async () => {
    const cron = await eventually(async () => (await json<string[]>(`${runtime.url}/notes?q=cron`))[0]);
    expect(cron).toBe("* * * * * *");
  });

  test("gets what it sends to its queue", async () => {
    await fetch(`${runtime.url}/jobs?q=unload`, post);
    const jobs = await eventually(async () => {
      const found = await json<string[]>(`${runtime.url}/notes?q=job`);
      return found.length > 0 ? found : undefined;
    });
    expect(jobs).toEqual(["unload"]);
  });

  test("leaves a TLS client without delay", async () => {
    const asked = performance.now();
    await new Promise((done) => connectTls({ host: "127.0.0.1", port: runtime.port }).once("error", done));
    expect(performance.now() - asked).toBeLessThan(100);
  });

  test("is told when a client vanishes in the middle of an upload", async () => {
    const client = await openSocket(runtime.port);
    client.socket.write("POST /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n");
    client.socket.write(Buffer.alloc(1000));
    const notes = () => json<string[]>(`${runtime.url}/notes?q=upload`);
    await eventually(async () => ((await notes()).includes("started") ? true : undefined));
    client.socket.destroy();
    await eventually(async () => ((await notes()).includes("dropped") ? true : undefined));
    expect(await notes()).toContain("dropped");
  });

  test("finds its data again after a restart", async () => {
    await fetch(`${runtime.url}/notes?q=kept`, post);
    await fetch(`${runtime.url}/object`, { method: "PUT", body: "bytes" });
    expect(await json(`${runtime.url}/count`, post)).toBe(1);

    await runtime.stop();
    await runtime.failed;
    expect(isRunning(runtime.workerdPid)).toBe(false);
    runtime = await start();

    expect(await json(`${runtime.url}/notes?q=note`)).toEqual(["kept"]);
    expect(await (await fetch(`${runtime.url}/object`)).text()).toBe("bytes");
    expect(await json(`${runtime.url}/count`, post)).toBe(2);
  });

  test("starts only once on the same data", async () => {
    await expect(start()).rejects.toThrow(StateInUse);
    expect((await fetch(runtime.url)).status).toBe(200);
  });

  test("gets the address of the connection, for every request on it, and no word of the client's about it", async () => {
    const forged = "CF-Connecting-IP: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.1\r\nMF-CF-Blob: {}\r\n";
    const head = `GET /headers HTTP/1.1\r\nHost: localhost\r\n${forged}`;
    const note = `POST /notes?q=pipelined HTTP/1.1\r\nHost: localhost\r\n${forged}`;
    const client = await openSocket(runtime.port);
    client.socket.write(
      `${head}\r\n${note}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n${note}\r\n${head}\r\n`,
    );
    client.socket.write("GET /headers HTTP/1.1\r\nHost: evil.example.com\r\n\r\n");
    await client.ended;
    const text = client.received().toString();
    expect(text.match(/HTTP\/1\.1 \d{3}/g)?.map((status) => Number(status.slice(-3)))).toEqual([
      200, 201, 201, 200, 421,
    ]);
    const addresses = Array.from(text.matchAll(/\["cf-connecting-ip","([^"]*)"\]/g), ([, address]) => address);
    expect(addresses).toEqual(["127.0.0.1", "127.0.0.1"]);
    expect(text).not.toContain("192.0.2.1");
  });

  test("cannot be reached but through its own port", async () => {
    const ports = listeningPorts(runtime.workerdPid);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "X-Berth-Front": "guess" } });
      expect([port, response.status]).toEqual([port, 403]);
    }
  });

  test("says nothing by itself", () => {
    expect(lines).toEqual([]);
  });
});

test("a workerd that dies is noticed", async () => {
  const runtime = await startRuntime({ configPath: FIXTURE, stateDir: temporaryDirectory() });
  onTestFinished(() => runtime.stop());
  process.kill(runtime.workerdPid, "SIGKILL");
  await expect(runtime.failed).rejects.toThrow(WorkerdDied);
});

test("a workerd that outlived its runtime is ended by the next one", async () => {
  const stateDir = temporaryDirectory();
  const script = join(import.meta.dirname, "start-fixture.ts");
  const killed = run([script, FIXTURE, stateDir]);
  const [, pid] = await killed.printed(/workerd (\d+)/);
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(isRunning(Number(pid))).toBe(true);

  const runtime = await startRuntime({ configPath: FIXTURE, stateDir });
  onTestFinished(() => runtime.stop());
  expect(isRunning(Number(pid))).toBe(false);
});

test("a port that is taken is named, and nothing stays behind", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const stateDir = temporaryDirectory();
  await expect(startRuntime({ configPath: FIXTURE, stateDir, port })).rejects.toThrow(PortUnavailable);
  expect(() => readFileSync(join(stateDir, "runtime.lock"))).toThrow("ENOENT");
});
