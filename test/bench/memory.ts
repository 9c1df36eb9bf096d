/** Peak memory of workerd above idle while one layer passes. Each measurement has a new process: memory that was used once
 * is seldom given back. */
import { readFileSync } from "node:fs";
import { Connection } from "./client.ts";
import { newLayer, type Layer } from "./layers.ts";
import type { Server, Servers } from "./servers.ts";
import { BareStore, RegistryStore, type PushKind, type Store } from "./stores.ts";
import { atMost, printTable, type Target } from "./table.ts";

const MIB = 1024 * 1024;
const SAMPLE_INTERVAL = 50;
/** Above idle, for one push of 1 GiB (the issue, section 6). */
const LIMIT_MIB = 64;

/** What comes together, and how often each does what it does. */
const PULLS_AT_ONCE = 16;
const PUSHES_AT_ONCE = 8;
const TIMES_EACH = 3;
/** Above idle, for all of them together: parts of uploads may take 45 MiB (ADR 19), and R2 holds a copy of those on their way. */
const MANY_LIMIT_MIB = 128;

/** Memory of one process in MiB, as the system counts it. */
interface Usage {
  cold: number;
  idle: number;
  peak: number;
}

interface Subject {
  name: string;
  start: (stateDir?: string) => Promise<Server>;
  storeOf: (server: Server) => Store;
}

const HEAD = ["MiB", "cold", "idle", "peak", "above idle", "target"];

/** Measures pushes and a pull, for Berth and the bare Worker, and prints their table. */
export async function measureMemory(servers: Servers, isQuick: boolean): Promise<Target[]> {
  const large = (isQuick ? 64 : 1024) * MIB;
  const subjects: Subject[] = [
    { name: "Berth", start: (dir) => servers.berth(dir), storeOf: (server) => new RegistryStore(server) },
    { name: "bare Worker", start: (dir) => servers.ceiling(dir), storeOf: (server) => new BareStore(server) },
  ];
  const rows: string[][] = [];
  const targets: Target[] = [];
  const report = (name: string, usage: Usage, limit: number | undefined) => {
    const above = usage.peak - usage.idle;
    const cells = [usage.cold, usage.idle, usage.peak, above].map((value) => value.toFixed(0));
    rows.push([name, ...cells, limit === undefined ? "" : `<= ${limit}`]);
    if (limit !== undefined) targets.push(atMost(`memory above idle, ${name}`, Math.round(above), limit, " MiB"));
    return above;
  };

  let streamed = 0;
  for (const subject of subjects) {
    const isBerth = subject.name === "Berth";
    const limit = isBerth ? LIMIT_MIB : undefined;
    const size = isQuick ? "64 MiB" : "1 GiB";
    const known = await usageOfPush(servers, subject, "known length", newLayer(large));
    report(`${subject.name}: push ${size}, known length`, known, limit);
    const stream = await usageOfPush(servers, subject, "streamed", newLayer(large));
    const above = report(`${subject.name}: push ${size}, streamed${isBerth ? "" : " (multipart)"}`, stream, limit);
    if (isBerth) streamed = above;
    report(`${subject.name}: pull ${size}`, await usageOfPull(servers, subject, newLayer(large)), limit);
  }
  const [berth] = subjects;
  if (berth) {
    const many = await usageOfMany(servers, berth, isQuick ? MIB : 64 * MIB);
    report(`Berth: ${PULLS_AT_ONCE} pulls and ${PUSHES_AT_ONCE} pushes at once`, many, MANY_LIMIT_MIB);
  }
  if (berth && !isQuick) {
    const usage = await usageOfPush(servers, berth, "streamed", newLayer(3 * large));
    const above = report("Berth: push 3 GiB, streamed", usage, undefined);
    // What differs between two runs of the same size is about this much.
    targets.push(atMost("memory, three times the layer takes more by", Math.round(above - streamed), 32, " MiB"));
  }
  printTable("Memory of workerd (cold: after start; idle: after a push of 64 MiB)", HEAD, rows);
  return targets;
}

async function usageOfPush(servers: Servers, subject: Subject, kind: PushKind, layer: Layer): Promise<Usage> {
  return usageOf(servers.newStateDir(), subject, kind, (store, connection) => store.push(connection, layer, kind));
}

/** The layer is pushed to another process on the same data. */
async function usageOfPull(servers: Servers, subject: Subject, layer: Layer): Promise<Usage> {
  const stateDir = servers.newStateDir();
  await usageOf(
    stateDir,
    subject,
    "known length",
    (store, connection) => store.push(connection, layer, "known length"),
    {
      clears: false,
    },
  );
  return usageOf(stateDir, subject, "known length", (store, connection) => store.pull(connection, layer));
}

/** Pushes of both kinds and pulls of layers of a size, each on a connection of its own and again and again. */
function usageOfMany(servers: Servers, subject: Subject, size: number): Promise<Usage> {
  return usageOf(servers.newStateDir(), subject, "streamed", async (store, connection) => {
    const pulled = newLayer(size);
    await store.push(connection, pulled, "streamed");
    const lane = async (work: (own: Connection) => Promise<void>) => {
      const own = await Connection.open(store.server.url);
      for (let count = 0; count < TIMES_EACH; count += 1) await work(own);
      own.close();
    };
    await Promise.all([
      ...Array.from({ length: PULLS_AT_ONCE }, () => lane((own) => store.pull(own, pulled))),
      ...Array.from({ length: PUSHES_AT_ONCE }, (_, index) =>
        lane((own) => store.push(own, newLayer(size), index % 2 === 0 ? "streamed" : "known length")),
      ),
    ]);
  });
}

async function usageOf(
  stateDir: string,
  { start, storeOf }: Subject,
  kind: PushKind,
  work: (store: Store, connection: Connection) => Promise<void>,
  { clears } = { clears: true },
): Promise<Usage> {
  const server = await start(stateDir);
  const store = storeOf(server);
  await store.login();
  const cold = residentMib(server.pid);
  await once(store, (connection) => store.push(connection, newLayer(64 * MIB), kind));
  const idle = residentMib(server.pid);
  let peak = idle;
  const timer = setInterval(() => (peak = Math.max(peak, residentMib(server.pid))), SAMPLE_INTERVAL);
  await once(store, (connection) => work(store, connection));
  clearInterval(timer);
  peak = Math.max(peak, residentMib(server.pid));
  if (clears) await server.clear();
  await server.stop();
  return { cold, idle, peak };
}

async function once(store: Store, work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await Connection.open(store.server.url);
  await work(connection);
  connection.close();
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
