/** Webhooks of a real `npm start`: receivers that fail in every way, many pushes, and workerd killed meanwhile. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { MIB } from "../support/image-layouts.ts";
import { makeTemporaryDirectory, removeDirectory, ROOT, startServer, type Server } from "../support/server.ts";
import { addHooks, answersOf, deliveriesOf } from "./hooks.ts";
import { Pusher } from "./pusher.ts";
import { answer, breakOff, flood, hang, Receiver, recovering, slam } from "./receiver.ts";

const MINUTE = 60_000;
const ENVIRONMENT = { ALLOWED_TARGETS: "127.0.0.1" };
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const FLOOD_BYTES = 10 * MIB;

const REPOSITORY = "demo/hooked";
/** The same without triggers. */
const PLAIN_REPOSITORY = "demo/plain";
/** With a trigger whose receiver never answers, and one that is not there. */
const STUCK_REPOSITORY = "demo/stuck";
const PUSHES = 1000;
/** How many pushes are under way at a time. */
const PUSHERS = 4;
/** After so many pushes workerd is killed. */
const KILLED_AFTER = [150, 400, 650, 900];

/** Bytes that were sent of each flood before its connection ended. */
const flooded: number[] = [];
const receiver = new Receiver({
  "/good": answer(200, {}, "thanks"),
  "/errors": recovering(answer(500)),
  "/busy": recovering(answer(429, { "Retry-After": "20" })),
  "/hangs": recovering(hang()),
  "/breaks": recovering(breakOff()),
  "/slams": recovering(slam()),
  "/floods": flood(FLOOD_BYTES, (sent) => flooded.push(sent)),
  "/redirects": answer(302, { Location: "/inside" }),
  "/gone": answer(410),
  "/inside": answer(200),
  "/never": hang(),
});
/** Nobody listens until the pushes are done. */
const late = new Receiver({ "/late": answer(200) });

const stateDir = makeTemporaryDirectory();
let server: Server;
let latePort: number;

beforeAll(async () => {
  const port = await receiver.listen();
  latePort = await late.listen();
  await late.close();
  server = await startServer(stateDir, 0, ENVIRONMENT);
  for (const repository of [REPOSITORY, PLAIN_REPOSITORY, STUCK_REPOSITORY]) {
    const pusher = new Pusher(server, repository);
    await pusher.prepare();
    await pusher.push("first");
  }
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;
  await addHooks(server, REPOSITORY, [
    { name: "good", url: at("/good"), format: "cloudevents", secrets: { secret: SECRET, authorization: "token" } },
    { name: "errors", url: at("/errors") },
    // A tenth of the tags each.
    { name: "busy", url: at("/busy"), pattern: "v*1" },
    { name: "hangs", url: at("/hangs"), pattern: "v*2" },
    { name: "breaks", url: at("/breaks"), pattern: "v*3" },
    { name: "slams", url: at("/slams"), pattern: "v*4" },
    { name: "floods", url: at("/floods"), pattern: "v*5" },
    { name: "redirects", url: at("/redirects"), pattern: "v*6" },
    { name: "late", url: `http://127.0.0.1:${latePort}/late`, pattern: "v*7" },
    { name: "gone", url: at("/gone"), pattern: "v*8" },
  ]);
  await addHooks(server, STUCK_REPOSITORY, [
    { name: "never", url: at("/never") },
    { name: "refused", url: "http://127.0.0.1:1/" },
    { name: "good", url: at("/good") },
  ]);
});
afterAll(async () => {
  await server.stop();
  await receiver.close();
  await late.close();
  removeDirectory(stateDir);
});

/** Milliseconds of each push, one after the other. */
async function timePushes(repository: string, prefix: string, count: number): Promise<number[]> {
  const pusher = new Pusher(server, repository);
  await pusher.prepare();
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await pusher.push(`${prefix}${index}`);
    times.push(performance.now() - start);
  }
  return times;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test(
  "a push is as fast with receivers that hang and refuse as without triggers",
  async () => {
    await timePushes(PLAIN_REPOSITORY, "warm", 50);
    const without: number[] = [];
    const withTriggers: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      without.push(...(await timePushes(PLAIN_REPOSITORY, `r${round}-`, 40)));
      withTriggers.push(...(await timePushes(STUCK_REPOSITORY, `r${round}-`, 40)));
    }
    console.log(`push: ${medianOf(without).toFixed(1)} ms without, ${medianOf(withTriggers).toFixed(1)} ms with`);
    expect(medianOf(withTriggers) / medianOf(without)).toBeLessThan(1.5);
  },
  5 * MINUTE,
);

test(
  "every push is told to every trigger, whatever happens meanwhile",
  async () => {
    const pushed = await pushAndKill();
    await late.listen(latePort);
    await waitForDeliveries(pushed.size);

    const deliveries = deliveriesOf(stateDir, REPOSITORY);
    const told = (hook: string) => deliveries.filter((delivery) => delivery.hook === hook);
    const tagsFor = (ending: string) => [...pushed.keys()].filter((tag) => tag.endsWith(ending)).toSorted();
    const endings = { busy: "1", hangs: "2", breaks: "3", slams: "4", floods: "5", late: "7" };
    for (const [hook, ending] of Object.entries({ good: "", errors: "", ...endings })) {
      const own = told(hook);
      expect({ hook, tags: own.map(({ tag }) => tag).toSorted() }).toEqual({ hook, tags: tagsFor(ending) });
      expect(own.filter(({ status }) => status !== "success")).toEqual([]);
      // What the registry believes to have delivered has come, and tells of what was pushed.
      const arrived = new Set((hook === "late" ? late : receiver).at(`/${hook}`).map(({ id }) => id));
      expect(own.filter(({ uid }) => !arrived.has(uid))).toEqual([]);
      expect(own.filter(({ tag, digest }) => pushed.get(tag) !== digest)).toEqual([]);
    }
    for (const hook of ["errors", "busy", "hangs", "breaks", "slams"]) {
      const repeated = new Set(
        receiver
          .at(`/${hook}`)
          .filter(({ attempt }) => attempt > 1)
          .map(({ id }) => id),
      );
      expect(told(hook).filter(({ uid }) => !repeated.has(uid))).toEqual([]);
    }
    expect(answersOf(stateDir, REPOSITORY, "good")).toEqual(Array(pushed.size).fill("thanks"));
  },
  15 * MINUTE,
);

test("the receiver can check the signatures, and knows repeats by their id", () => {
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const requests = receiver.at("/good").filter(({ headers }) => "webhook-signature" in headers);
  expect(requests.length).toBeGreaterThanOrEqual(PUSHES);
  const bodies = new Map<string, string>();
  for (const { id, headers, body } of requests) {
    const signed = `${id}.${String(headers["webhook-timestamp"])}.${body}`;
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
    expect(headers["x-signature"]).toBe(`sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`);
    expect(headers).toMatchObject({ authorization: "token", "x-webhook-secret": "token" });
    expect(body).toBe(bodies.get(id) ?? body);
    bodies.set(id, body);
  }
  expect(bodies.size).toBe(PUSHES);
});

test("the check of docs/triggers.md knows them, too", async () => {
  const document = readFileSync(join(ROOT, "docs", "triggers.md"), "utf8");
  const code = /^```js\n([\s\S]*?)^```$/m.exec(document)?.[1] ?? "";
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    isFromBerth: (secret: string, headers: object, body: string) => boolean;
  };
  const latest = receiver.at("/good").findLast(({ headers }) => "webhook-signature" in headers);
  const { headers = {}, body = "" } = latest ?? {};
  // It came some minutes ago, maybe more than the check takes.
  vi.setSystemTime(Number(headers["webhook-timestamp"]) * 1000);
  onTestFinished(() => void vi.useRealTimers());
  expect(module.isFromBerth(SECRET, headers, body)).toBe(true);
  expect(module.isFromBerth(SECRET, headers, `${body} `)).toBe(false);
  expect(module.isFromBerth(`whsec_${"A".repeat(32)}`, headers, body)).toBe(false);
  vi.setSystemTime(Number(headers["webhook-timestamp"]) * 1000 + 301_000);
  expect(module.isFromBerth(SECRET, headers, body)).toBe(false);
});

test("a redirect is not followed, not even to the same host", () => {
  const redirected = deliveriesOf(stateDir, REPOSITORY).filter(({ hook }) => hook === "redirects");
  expect(redirected).toHaveLength(PUSHES / 10);
  expect(new Set(redirected.map(({ status, attempts }) => `${status} ${attempts}`))).toEqual(new Set(["failed 1"]));
  expect(redirected[0]?.detail).toBe("answered 302 to /inside: redirects are not followed");
  expect(receiver.at("/inside")).toEqual([]);
});

test("a receiver that says it is gone is told nothing more", () => {
  const gone = deliveriesOf(stateDir, REPOSITORY).filter(({ hook }) => hook === "gone");
  expect(gone.length).toBeGreaterThan(0);
  expect(receiver.at("/gone").length).toBeLessThan(PUSHES / 10);
  expect(new Set(gone.map(({ status }) => status))).toEqual(new Set(["failed"]));
});

test("of an answer of 10 MiB 2 KiB are kept, and the rest is not taken", () => {
  const kept = answersOf(stateDir, REPOSITORY, "floods");
  expect(new Set(kept.map((text) => text?.length))).toEqual(new Set([2048]));
  expect(medianOf(flooded)).toBeLessThan(FLOOD_BYTES);
});

/** Pushes all tags with several clients; each push that a kill breaks is made again. @returns digests by tag. */
async function pushAndKill(): Promise<Map<string, string>> {
  const tags = Array.from({ length: PUSHES }, (_, index) => `v${index}`);
  const pushed = new Map<string, string>();
  const pusher = new Pusher(server, REPOSITORY);
  await pusher.prepare();
  const kills = [...KILLED_AFTER];
  let restart: Promise<void> | undefined;
  const killIfDue = () => {
    if (restart === undefined && pushed.size >= (kills[0] ?? Infinity)) {
      kills.shift();
      restart = killAndRestart().then(() => {
        pusher.moveTo(server);
        restart = undefined;
      });
    }
  };
  const work = async () => {
    for (let tag = tags.shift(); tag !== undefined; tag = tags.shift()) {
      while (!pushed.has(tag)) {
        await restart;
        try {
          pushed.set(tag, await pusher.push(tag));
        } catch (error) {
          if (restart === undefined) throw error;
        }
      }
      killIfDue();
    }
  };
  await Promise.all(Array.from({ length: PUSHERS }, work));
  await restart;
  return pushed;
}

/** Kills workerd as a power cut would, and starts the registry again on what is left. */
async function killAndRestart(): Promise<void> {
  process.kill(server.workerdPid, "SIGKILL");
  expect(await server.ended).toBe(1);
  server = await startServer(stateDir, server.port, ENVIRONMENT);
}

/** Waits until the hooks that get well again have got everything, and kills workerd once more in the middle of it. */
async function waitForDeliveries(pushes: number): Promise<void> {
  const expected = 2 * pushes + 6 * (pushes / 10);
  let isKilled = false;
  for (const end = Date.now() + 10 * MINUTE; Date.now() < end; await sleep(1000)) {
    const deliveries = deliveriesOf(stateDir, REPOSITORY);
    const done = deliveries.filter(({ status }) => status === "success").length;
    if (done === expected) return;
    if (!isKilled && done > expected / 2) {
      isKilled = true;
      await killAndRestart();
    }
  }
}
