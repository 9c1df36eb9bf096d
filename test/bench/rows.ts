/** Pushes and pulls of layers, Berth against the others, one after the other within each round. */
import { Connection } from "./client.ts";
import { newLayer, type Layer } from "./layers.ts";
import type { PushKind, Store } from "./stores.ts";
import { type Speeds, speedRatio, targetOf } from "./floor.ts";
import { median, printTable, type Target } from "./table.ts";

const MIB = 1024 * 1024;

/** How fast each store did one thing, in bytes or requests per second, by round. */
export interface Race extends Speeds {
  ceiling: number[];
  /** Absent without docker-registry. */
  docker: number[];
}

/** Who is compared. */
export interface Contestants {
  berth: Store;
  ceiling: Store;
  floor: Store;
  docker: Store | undefined;
}

/** Which rows are wanted, by their names. */
export type WantsRow = (name: string) => boolean;

interface Load {
  name: string;
  sizes: number[];
  /** Layers on their way at the same time, each on a connection of its own. */
  lanes: number;
  rounds: number;
}

function loads(isQuick: boolean): Load[] {
  const scale = isQuick ? 16 : 1;
  const rounds = (count: number) => (isQuick ? 1 : count);
  return [
    { name: "1 layer of 100 MiB", sizes: [100 * MIB], lanes: 1, rounds: rounds(5) },
    { name: "1 layer of 1 GiB", sizes: [1024 * MIB], lanes: 1, rounds: rounds(3) },
    { name: "5 layers of 20 MiB", sizes: Array<number>(5).fill(20 * MIB), lanes: 5, rounds: rounds(5) },
    // As many at once as docker pushes.
    { name: "40 layers of 256 KiB", sizes: Array<number>(40).fill(MIB / 4), lanes: 5, rounds: rounds(7) },
  ].map((load) => ({ ...load, sizes: load.sizes.map((size) => (size > MIB ? Math.ceil(size / scale) : size)) }));
}

/** Pulls are quick, so each round has several. */
const PULLS_PER_ROUND = 3;

/** The columns of {@link raceRow}. */
export const RACE_HEAD = (unit: string) => [
  "",
  `Berth ${unit}`,
  "bare Worker",
  "ratio",
  "floor",
  "ratio",
  "docker-registry",
  "ratio",
  "wanted",
  "floor's ratio",
];

const TRANSFERS = ["push known length", "push streamed", "pull of known length", "pull of streamed"];

/** Measures all loads and prints their table. */
export async function measureTransfers(
  contestants: Contestants,
  isQuick: boolean,
  wantsRow: WantsRow,
): Promise<Target[]> {
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const load of loads(isQuick)) {
    if (!TRANSFERS.some((what) => wantsRow(`${what}, ${load.name}`))) continue;
    const results = await measureLoad(contestants, load);
    for (const [what, race] of Object.entries(results)) {
      const name = `${what}, ${load.name}`;
      if (!wantsRow(name)) continue;
      const limit = what === "push streamed" ? 0.8 : 0.9;
      // Pulls are compared by a real client (real-client.ts): here docker-registry is for information.
      const dockerLimit = what.startsWith("push") ? 1 : undefined;
      rows.push(raceRow(name, race, (bytes) => (bytes / 1e6).toFixed(0), dockerLimit));
      targets.push(...raceTargets(name, race, limit, dockerLimit));
    }
  }
  if (rows.length > 0) {
    printTable("Layers (bare Worker: R2.put or parts, with their digest checked, and R2.get)", RACE_HEAD("MB/s"), rows);
  }
  return targets;
}

/** One row: who reached what, the ratios, and what is wanted beside docker-registry. */
export function raceRow(
  name: string,
  race: Race,
  format: (value: number) => string,
  dockerTarget: number | undefined,
): string[] {
  const { berth, ceiling, floor, docker } = race;
  const hasDocker = docker.length > 0;
  return [
    name,
    format(median(berth)),
    format(median(ceiling)),
    speedRatio(berth, ceiling).toFixed(2),
    format(median(floor)),
    speedRatio(berth, floor).toFixed(2),
    hasDocker ? format(median(docker)) : "-",
    hasDocker ? speedRatio(berth, docker).toFixed(2) : "-",
    hasDocker && dockerTarget !== undefined ? `>= ${dockerTarget}` : "",
    hasDocker ? speedRatio(floor, docker).toFixed(2) : "-",
  ];
}

/** The targets of a row. */
export function raceTargets(
  name: string,
  race: Race,
  ceilingTarget: number | undefined,
  dockerTarget: number | undefined,
): Target[] {
  const targets: Target[] = [];
  if (ceilingTarget !== undefined) {
    targets.push(targetOf(name, race, { name: "the bare Worker", speeds: race.ceiling, wanted: ceilingTarget }));
  }
  if (dockerTarget !== undefined && race.docker.length > 0) {
    targets.push(targetOf(name, race, { name: "docker-registry", speeds: race.docker, wanted: dockerTarget }));
  }
  return targets;
}

async function measureLoad(contestants: Contestants, load: Load): Promise<Record<string, Race>> {
  const { berth, ceiling, floor, docker } = contestants;
  const newRace = (): Race => ({ berth: [], ceiling: [], floor: [], docker: [] });
  const races = {
    "push known length": newRace(),
    "push streamed": newRace(),
    "pull of known length": newRace(),
    "pull of streamed": newRace(),
  };
  const bytes = load.sizes.reduce((sum, size) => sum + size, 0);
  const push = async (store: Store, kind: PushKind) => {
    const layers = load.sizes.map(newLayer);
    const rate = bytes / (await timed(store, load.lanes, layers, (lane, layer) => store.push(lane, layer, kind)));
    return { layers, rate };
  };
  const pull = async (store: Store, layers: Layer[]) =>
    bytes / (await timed(store, load.lanes, layers, (lane, layer) => store.pull(lane, layer)));

  for (let round = 0; round < load.rounds; round += 1) {
    const pushed = await push(berth, "known length");
    const pushedBare = await push(ceiling, "known length");
    const pushedFloor = await push(floor, "known length");
    const pushedDocker = docker && (await push(docker, "known length"));
    races["push known length"].berth.push(pushed.rate);
    races["push known length"].ceiling.push(pushedBare.rate);
    races["push known length"].floor.push(pushedFloor.rate);
    if (pushedDocker) races["push known length"].docker.push(pushedDocker.rate);

    const streamed = await push(berth, "streamed");
    const streamedBare = await push(ceiling, "streamed");
    const streamedFloor = await push(floor, "streamed");
    const streamedDocker = docker && (await push(docker, "streamed"));
    races["push streamed"].berth.push(streamed.rate);
    // R2 takes no body without length, so a Worker has to cut it into parts, and to hash it itself.
    races["push streamed"].ceiling.push(streamedBare.rate);
    races["push streamed"].floor.push(streamedFloor.rate);
    if (streamedDocker) races["push streamed"].docker.push(streamedDocker.rate);

    for (let count = 0; count < PULLS_PER_ROUND; count += 1) {
      const bare = await pull(ceiling, pushedBare.layers);
      // How a layer was pushed decides how it is stored: R2 reads an object of many parts in another way.
      for (const [race, own, floors, dockers] of [
        [races["pull of known length"], pushed, pushedFloor, pushedDocker],
        [races["pull of streamed"], streamed, streamedFloor, streamedDocker],
      ] as const) {
        race.berth.push(await pull(berth, own.layers));
        race.ceiling.push(bare);
        race.floor.push(await pull(floor, floors.layers));
        if (docker && dockers) race.docker.push(await pull(docker, dockers.layers));
      }
    }
    for (const store of [berth, ceiling, floor, docker]) await store?.server.clear();
  }
  return races;
}

/** Seconds that it takes to do something with all layers, some at once. Connecting does not count. */
async function timed(
  store: Store,
  lanes: number,
  layers: readonly Layer[],
  work: (connection: Connection, layer: Layer) => Promise<void>,
): Promise<number> {
  await store.login();
  const connections = await Promise.all(Array.from({ length: lanes }, () => Connection.open(store.server.url)));
  const queue = [...layers];
  const start = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let layer = queue.shift(); layer; layer = queue.shift()) await work(connection, layer);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  return seconds;
}
