/**
 * `npm run bench`: Berth's speed, memory and use of the platform, as ratios to what the same machine does at the same time.
 * Exits with 1 when a target is missed. `--quick` is a smoke test of the bench itself: small sizes, one round, where
 * only what is counted can be missed. `--only=` runs parts: counts,
 * layers, clients, requests, guessing, memory, garbage, scale, cli, startup, distance. Of layers, clients and requests `--rows=` runs
 * those rows alone whose names have one of these texts in them, between commas.
 */
import { availableParallelism } from "node:os";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { Connection } from "./client.ts";
import { measureCli } from "./cli.ts";
import { measureClient } from "./client-speed.ts";
import { measureCounts } from "./counts.ts";
import { measureDistance } from "./distance.ts";
import { measureFull } from "./full.ts";
import { measureGarbage } from "./garbage.ts";
import { measureGuessing } from "./guessing.ts";
import { newLayer } from "./layers.ts";
import { measureMemory } from "./memory.ts";
import { measureTransfers, type Contestants } from "./rows.ts";
import { measureRealClient } from "./real-client.ts";
import { dockerRegistryVersion, Servers } from "./servers.ts";
import { measureSmallImage } from "./small-image.ts";
import { measureSmallRequests } from "./small-requests.ts";
import { measureStartup } from "./startup.ts";
import { BareStore, FloorStore, RegistryStore } from "./stores.ts";
import { printTargets, type Target } from "./table.ts";

const PARTS = [
  "counts",
  "layers",
  "clients",
  "requests",
  "guessing",
  "memory",
  "garbage",
  "scale",
  "cli",
  "startup",
  "distance",
] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" }, rows: { type: "string" } },
});
const wanted = values.only?.split(",") ?? PARTS;
const unknown = wanted.filter((part) => !PARTS.some((each) => each === part));
if (unknown.length > 0) {
  console.error(`There is no part called ${unknown.join(", ")}: choose from ${PARTS.join(", ")}.`);
  process.exit(64);
}
const wants = (part: Part) => wanted.includes(part);
// Names of rows have commas in them too, each before a blank.
const rowTexts = values.rows?.split(/,(?! )/) ?? [""];
const wantsRow = (name: string) => rowTexts.some((text) => name.includes(text));

const servers = new Servers();
let isInterrupted = false;
function interrupt(exitCode: number): void {
  isInterrupted = true;
  void servers.close().finally(() => process.exit(exitCode));
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt(130));
process.once("disconnect", () => interrupt(1));

try {
  process.exitCode = await run(values.quick);
} catch (error) {
  // What fails because its server was just stopped is no news.
  if (!isInterrupted) console.error(error);
  process.exitCode = isInterrupted ? 130 : 1;
}
await servers.close();
// The channel to the bootstrap would keep this process alive.
process.exit();

async function run(isQuick: boolean): Promise<number> {
  printMachine();
  const counted: Target[] = [];
  const measured: Target[] = [];
  if (wants("counts")) {
    const counting = await servers.counting();
    counted.push(...(await measureCounts(counting)));
    await counting.stop();
  }
  if (wants("layers") || wants("clients") || wants("requests")) {
    const contestants = await start();
    if (wants("layers")) {
      if (values.rows === undefined) await measureClient(servers, contestants.ceiling, isQuick);
      measured.push(...(await measureTransfers(contestants, isQuick, wantsRow)));
    }
    if (wants("clients")) measured.push(...(await measureRealClient(contestants, isQuick, wantsRow)));
    if (wants("requests")) {
      measured.push(...(await measureSmallRequests(contestants, isQuick, wantsRow)));
      measured.push(...(await measureSmallImage(contestants, isQuick, wantsRow)));
    }
    const { berth, ceiling, floor, docker } = contestants;
    for (const store of [berth, ceiling, floor, docker]) await store?.server.stop();
  }
  if (wants("cli")) {
    const berth = new RegistryStore(await servers.berth());
    measured.push(...(await measureCli(berth, isQuick)));
    await berth.server.stop();
  }
  if (wants("startup")) measured.push(...(await measureStartup(() => servers.newStateDir(), isQuick)));
  if (wants("distance")) {
    const targets = await measureDistance(servers, isQuick);
    counted.push(...targets.counted);
    measured.push(...targets.measured);
  }
  if (wants("guessing")) measured.push(...(await measureGuessing(servers, isQuick)));
  if (wants("garbage")) counted.push(...(await measureGarbage(servers, isQuick)));
  if (wants("scale")) counted.push(...(await measureFull(servers, isQuick)));
  if (wants("memory")) measured.push(...(await measureMemory(servers, isQuick)));

  if (isQuick) console.log("\n--quick: speed and memory of so small a run say nothing, so they cannot fail it.");
  return printTargets(isQuick ? counted : [...counted, ...measured]) > 0 ? 1 : 0;
}

/** Starts everybody, and lets each do everything once: the first of anything is slower. */
async function start(): Promise<
  Contestants & { berth: RegistryStore; floor: RegistryStore; docker: RegistryStore | undefined }
> {
  const berth = new RegistryStore(await servers.berth());
  const ceiling = new BareStore(await servers.ceiling());
  const floor = new FloorStore(await servers.floor());
  const server = await servers.dockerRegistry();
  if (typeof server === "string") console.log(`Not compared with docker-registry: ${server}.`);
  const docker = typeof server === "string" ? undefined : new RegistryStore(server);
  for (const store of [berth, ceiling, floor, docker]) {
    if (!store) continue;
    await store.login();
    const connection = await Connection.open(store.server.url);
    for (const kind of ["known length", "streamed"] as const) {
      const layer = newLayer(64 * 1024 * 1024);
      await store.push(connection, layer, kind);
      await store.pull(connection, layer);
    }
    connection.close();
    await store.server.clear();
  }
  return { berth, ceiling, floor, docker };
}

function printMachine(): void {
  const require = createRequire(import.meta.url);
  const ofMiniflare = createRequire(require.resolve("miniflare"));
  const version = (name: string) => (ofMiniflare(`${name}/package.json`) as { version: string }).version;
  console.log(
    [
      `${availableParallelism()} cores, ${process.platform} ${process.arch}, Node ${process.version}`,
      `miniflare ${version("miniflare")}, workerd ${version("workerd")}`,
      `docker-registry ${dockerRegistryVersion() ?? "-"}`,
    ].join("; "),
  );
}
