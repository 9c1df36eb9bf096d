/** Pulls by a real client, which checks what it gets: how long somebody waits, Berth against docker-registry. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, findProgram } from "../support/commands.ts";
import { Connection } from "./client.ts";
import { newLayer, textLayer, type Layer } from "./layers.ts";
import { manifestOf, REPOSITORY, type RegistryStore, TAG } from "./stores.ts";
import { atLeast, median, printTable, type Target } from "./table.ts";

const MIB = 1024 * 1024;
const HEAD = ["", "Berth s", "docker-registry s", "speed ratio", "target"];
/** "Not slower", within what repeating the same pull differs by. */
const NOT_SLOWER = 0.95;

/**
 * Measures pulls with skopeo, into a folder, and prints their table.
 *
 * @returns no targets when skopeo or docker-registry is not installed, and says so.
 */
export async function measureRealClient(
  berth: RegistryStore,
  docker: RegistryStore | undefined,
  isQuick: boolean,
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
  for (const { name, sizes, rounds } of images) {
    const layers = sizes.map((size) => newLayer(size > MIB ? Math.ceil(size / scale) : size));
    const times = { berth: [] as number[], docker: [] as number[] };
    for (const store of [berth, docker]) await pushImage(store, layers);
    for (let round = 0; round < (isQuick ? 1 : rounds); round += 1) {
      times.berth.push(await timePull(skopeo, berth));
      times.docker.push(await timePull(skopeo, docker));
    }
    const ratio = median(times.docker.map((time, round) => time / (times.berth[round] ?? Number.NaN)));
    rows.push([
      `pull, ${name}`,
      median(times.berth).toFixed(2),
      median(times.docker).toFixed(2),
      ratio.toFixed(2),
      `>= ${NOT_SLOWER}`,
    ]);
    targets.push(atLeast(`pull with skopeo, ${name}, of docker-registry`, ratio, NOT_SLOWER));
    for (const store of [berth, docker]) await store.server.clear();
  }
  printTable("Pulls with skopeo, login included", HEAD, rows);
  return targets;
}

async function pushImage(store: RegistryStore, layers: readonly Layer[]): Promise<void> {
  await store.login();
  const connection = await Connection.open(store.server.url);
  // Unlike any other: clearing a server takes its objects away, but it still knows their digests.
  const config = textLayer(JSON.stringify({ author: randomUUID() }));
  for (const layer of [config, ...layers]) await store.push(connection, layer, "streamed");
  await store.putManifest(connection, manifestOf(config, layers));
  connection.close();
}

/** Seconds. */
async function timePull(skopeo: string, { server }: RegistryStore): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "berth-bench-pull-"));
  try {
    const credentials = server.password === undefined ? [] : ["--src-creds", `admin:${server.password}`];
    const source = `docker://${new URL(server.url).host}/${REPOSITORY}:${TAG}`;
    const start = performance.now();
    const { exitCode, output } = await execute(
      [skopeo, "copy", "--quiet", "--src-tls-verify=false", ...credentials, source, `dir:${directory}`],
      { timeout: 300_000 },
    );
    if (exitCode !== 0) throw new Error(`skopeo ended with ${exitCode}:\n${output}`);
    return (performance.now() - start) / 1000;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
