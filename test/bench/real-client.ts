/** Pushes and pulls by a real client, which checks what it gets: how long somebody waits, Berth against docker-registry. */
import { randomUUID } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, findProgram } from "../support/commands.ts";
import { Connection } from "./client.ts";
import { newLayer, textLayer, type Layer } from "./layers.ts";
import { manifestOf, REPOSITORY, type RegistryStore, TAG } from "./stores.ts";
import { speedRatio, speedsOf, targetOf } from "./floor.ts";
import type { WantsRow } from "./rows.ts";
import { median, printTable, type Target } from "./table.ts";

const MIB = 1024 * 1024;
const HEAD = ["", "Berth s", "floor s", "speed ratio", "docker-registry s", "speed ratio", "wanted", "floor's ratio"];
/** "Not slower", within what repeating the same pull differs by. */
const NOT_SLOWER = 0.95;

/**
 * Measures pushes and pulls with skopeo, from a folder and into one, and prints their table.
 *
 * @returns no targets when skopeo or docker-registry is not installed, and says so.
 */
export async function measureRealClient(
  { berth, floor, docker }: { berth: RegistryStore; floor: RegistryStore; docker: RegistryStore | undefined },
  isQuick: boolean,
  wantsRow: WantsRow,
): Promise<Target[]> {
  const skopeo = findProgram("skopeo");
  if (!skopeo || !docker) {
    console.log(`Not measured with a real client: ${skopeo ? "docker-registry" : "skopeo"} is not installed.`);
    return [];
  }
  const scale = isQuick ? 16 : 1;
  const images = [
    { name: "1 layer of 100 MiB", sizes: [100 * MIB], rounds: 5 },
    { name: "1 layer of 1 GiB", sizes: [1024 * MIB], rounds: 3 },
    { name: "5 layers of 20 MiB", sizes: Array<number>(5).fill(20 * MIB), rounds: 5 },
    { name: "40 layers of 256 KiB", sizes: Array<number>(40).fill(MIB / 4), rounds: 5 },
  ];
  const rows: string[][] = [];
  const targets: Target[] = [];
  const rowOf = (what: string, name: string) => `${what} with skopeo, ${name}`;
  for (const { name, sizes, rounds } of images) {
    if (!["pull", "push"].some((what) => wantsRow(rowOf(what, name)))) continue;
    const layersOf = () => sizes.map((size) => newLayer(size > MIB ? Math.ceil(size / scale) : size));
    const pulls: Times = { berth: [], floor: [], docker: [] };
    const pushes: Times = { berth: [], floor: [], docker: [] };
    const pulled = layersOf();
    for (const store of [berth, floor, docker]) await pushImage(store, pulled);
    for (let round = 0; round < (isQuick ? 1 : rounds); round += 1) {
      pulls.berth.push(await timePull(skopeo, berth));
      pulls.floor.push(await timePull(skopeo, floor));
      pulls.docker.push(await timePull(skopeo, docker));
      const layers = layersOf();
      pushes.berth.push(await timePush(skopeo, berth, layers));
      pushes.floor.push(await timePush(skopeo, floor, layers));
      pushes.docker.push(await timePush(skopeo, docker, layers));
    }
    for (const [what, times] of [
      ["pull", pulls],
      ["push", pushes],
    ] satisfies [string, Times][]) {
      const row = rowOf(what, name);
      if (!wantsRow(row)) continue;
      const [own, floors, others] = [times.berth, times.floor, times.docker].map(speedsOf);
      if (!own || !floors || !others) throw new TypeError("three registries are compared");
      rows.push([
        row,
        median(times.berth).toFixed(2),
        median(times.floor).toFixed(2),
        speedRatio(own, floors).toFixed(2),
        median(times.docker).toFixed(2),
        speedRatio(own, others).toFixed(2),
        `>= ${NOT_SLOWER}`,
        speedRatio(floors, others).toFixed(2),
      ]);
      const compared = { name: "docker-registry", speeds: others, wanted: NOT_SLOWER };
      targets.push(targetOf(row, { berth: own, floor: floors }, compared));
    }
    for (const store of [berth, floor, docker]) await store.server.clear();
  }
  if (rows.length > 0) printTable("Pulls and pushes with skopeo, login included", HEAD, rows);
  return targets;
}

/** Seconds, by round. */
interface Times {
  berth: number[];
  floor: number[];
  docker: number[];
}

async function pushImage(store: RegistryStore, layers: readonly Layer[]): Promise<void> {
  await store.login();
  const connection = await Connection.open(store.server.url);
  const { config, manifest } = imageWith(layers);
  for (const layer of [config, ...layers]) await store.push(connection, layer, "streamed");
  await store.putManifest(connection, manifest);
  connection.close();
}

/** The image of some layers, unlike any other: clearing a server takes its objects away, but it still knows their digests. */
function imageWith(layers: readonly Layer[]): { config: Layer; manifest: string } {
  const config = textLayer(JSON.stringify({ author: randomUUID() }));
  return { config, manifest: manifestOf(config, layers) };
}

function timePull(skopeo: string, store: RegistryStore): Promise<number> {
  return timeCopy(skopeo, store, "src", (directory) => [imageOn(store), `dir:${directory}`]);
}

function timePush(skopeo: string, store: RegistryStore, layers: readonly Layer[]): Promise<number> {
  return timeCopy(skopeo, store, "dest", (directory) => {
    const { config, manifest } = imageWith(layers);
    mkdirSync(directory, { recursive: true });
    for (const { digest, plain } of [config, ...layers]) {
      const file = join(directory, digest.slice("sha256:".length));
      for (const piece of plain()) appendFileSync(file, piece);
    }
    writeFileSync(join(directory, "version"), "Directory Transport Version: 1.1\n");
    writeFileSync(join(directory, "manifest.json"), manifest);
    return [`dir:${directory}`, imageOn(store)];
  });
}

function imageOn({ server }: RegistryStore): string {
  return `docker://${new URL(server.url).host}/${REPOSITORY}:${TAG}`;
}

/**
 * Seconds that a copy takes between a registry and a folder.
 *
 * @param side of the copy that the registry is on, as skopeo's options call it.
 * @param prepare makes what is to be copied, and answers from where and to where.
 */
async function timeCopy(
  skopeo: string,
  { server }: RegistryStore,
  side: "src" | "dest",
  prepare: (directory: string) => string[],
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "berth-bench-copy-"));
  try {
    const credentials = server.password === undefined ? [] : [`--${side}-creds`, `admin:${server.password}`];
    const places = prepare(directory);
    const start = performance.now();
    const { exitCode, output } = await execute(
      [skopeo, "copy", "--quiet", `--${side}-tls-verify=false`, ...credentials, ...places],
      { timeout: 300_000 },
    );
    if (exitCode !== 0) throw new Error(`skopeo ended with ${exitCode}:\n${output}`);
    return (performance.now() - start) / 1000;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
