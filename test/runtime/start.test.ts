import { readFileSync, statSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { eventually, isRunning, openSocket, run, temporaryDirectory } from "./programs.ts";

const start = (environment: NodeJS.ProcessEnv) =>
  run(["scripts/bootstrap.mjs", "scripts/start.ts"], { PORT: "0", ADMIN_PASSWORD: "", ...environment });

const READY = /Berth is ready at (http:\/\/127\.0\.0\.1:(\d+))\n/;

test("the first start shows the password, the next one does not; both stop cleanly", async () => {
  const stateDir = temporaryDirectory();
  const first = start({ STATE_DIR: stateDir });
  const [, url = "", port] = await first.printed(READY);
  await first.printed(/stops it/);
  expect(first.output()).toMatch(
    /Administrator {2}admin\n {2}Password {7}[a-z0-9]{6}(-[a-z0-9]{6}){3} {2}\(shown only now\)/,
  );
  expect(first.output()).toContain(`docker login 127.0.0.1:${port} -u admin\n`);
  expect((await fetch(`${url}/v2/`)).status).toBe(401);
  const secrets = join(stateDir, "secrets.json");
  expect(statSync(secrets).mode & 0o777).toBe(0o600);
  const { TOKEN_SECRET } = JSON.parse(readFileSync(secrets, "utf8")) as { TOKEN_SECRET: string };
  expect(Buffer.from(TOKEN_SECRET, "base64")).toHaveLength(32);

  // A client that holds its connection must not keep the server.
  await openSocket(Number(port));
  const asked = performance.now();
  first.child.kill("SIGINT");
  expect(await first.ended).toBe(0);
  expect(performance.now() - asked).toBeLessThan(4000);

  const before = readFileSync(secrets, "utf8");
  const second = start({ STATE_DIR: stateDir });
  await second.printed(/stops it/);
  expect(second.output()).not.toContain("Password");
  expect(readFileSync(secrets, "utf8")).toBe(before);
  second.child.kill("SIGTERM");
  expect(await second.ended).toBe(0);
});

test("ADMIN_PASSWORD is never printed; a second start on the same data is refused; a dead workerd ends it", async () => {
  const stateDir = temporaryDirectory();
  const server = start({ STATE_DIR: stateDir, ADMIN_PASSWORD: "correct horse battery" });
  await server.printed(/stops it/);
  expect(server.output()).not.toMatch(/correct horse|Password/);

  const refused = start({ STATE_DIR: stateDir });
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toMatch(/^Berth is already running on .* \(process \d+\)\. .*STATE_DIR.*\n$/);

  const lock = readFileSync(join(stateDir, "runtime.lock"), "utf8");
  const runtimePid = Number.parseInt(lock, 10);
  const workerd = eventually(() => childOf(runtimePid));
  process.kill(await workerd, "SIGKILL");
  expect(await server.ended).toBe(1);
  expect(server.output()).toMatch(/The Workers runtime \(workerd, process \d+\) ended unexpectedly\.\n$/);
  expect(isRunning(runtimePid)).toBe(false);
});

test("settings that cannot be used are named in one line", async () => {
  const wrong = start({ STATE_DIR: temporaryDirectory(), PORT: "http" });
  expect(await wrong.ended).toBe(1);
  expect(wrong.output()).toBe('PORT must be a number from 0 to 65535, not "http".\n');

  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const taken = start({ STATE_DIR: temporaryDirectory(), PORT: String(port) });
  expect(await taken.ended).toBe(1);
  expect(taken.output()).toContain(`Cannot listen on 127.0.0.1:${port}`);
});

/** A child process of a process (Linux). */
function childOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? undefined : Number(children.split(" ")[0]);
}
