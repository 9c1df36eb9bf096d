/**
 * What distance costs: the same Worker, each trip of which to a binding takes as long as from far away, against one that is near
 * (docs/performance.md, "Distance").
 */
import { setTimeout } from "node:timers/promises";
import { findProgram } from "../support/commands.ts";
import { Connection, type Request } from "./client.ts";
import { criticalPath } from "./critical-path.ts";
import type { Distance, TripLog } from "./distant/trips.ts";
import { DockerClient, localImage } from "./docker-client.ts";
import { newLayer } from "./layers.ts";
import type { Server, Servers } from "./servers.ts";
import { SkopeoClient } from "./skopeo-client.ts";
import { succeed } from "./stores.ts";
import { atMost, printTable, type Target } from "./table.ts";

const DISTANCES = {
  near: { primary: 5, nearby: 5, r2: 10, object: 5, edge: 5 },
  far: { primary: 170, nearby: 10, r2: 60, object: 20, edge: 5 },
} satisfies Record<string, Distance>;

const LAYERS = 10;
const LAYER_BYTES = 2_000_000;
const QUICK_LAYER_BYTES = 20_000;
/** How often what is warm is done: the quickest counts, as the machine can only make one slower. */
const WARM_ROUNDS = 3;

/** What somebody does, and what it may cost from far away. */
interface Step {
  name: string;
  maxTrips?: number;
  maxSeconds?: number;
}

const STEPS = {
  login: { name: "login" },
  head: { name: "HEAD by tag", maxTrips: 1 },
  poll: { name: "HEAD by tag, with its login" },
  cold: { name: "pull, cold", maxSeconds: 1.8 },
  warm: { name: "pull, warm", maxTrips: 3, maxSeconds: 1 },
  first: { name: "push, a new organization", maxTrips: 10 },
  again: { name: "push again", maxTrips: 5 },
  changed: { name: "push, one changed layer", maxTrips: 10 },
  existing: { name: "push, an organization that exists", maxTrips: 10 },
} satisfies Record<string, Step>;
type StepName = keyof typeof STEPS;

/** What a step took. */
interface Cost {
  seconds: number;
  /** To the primary, that somebody waited for. */
  path: number;
  log: TripLog;
}

/** By client and step. */
type Costs = Map<string, Cost>;

const HEAD = [
  "",
  "near s",
  "far s",
  "ratio",
  "primary, in turn",
  "in all",
  "nearby",
  "R2",
  "objects",
  "edge",
  "target",
];

/**
 * Measures both distances and prints their table.
 *
 * @returns targets of what is counted, and of what is measured.
 */
export async function measureDistance(servers: Servers, isQuick: boolean) {
  const skopeo = isQuick ? undefined : findProgram("skopeo");
  if (!skopeo && !isQuick) console.log("Not measured with skopeo: it is not installed.");
  const near = await measureAt(servers, DISTANCES.near, skopeo, isQuick);
  const far = await measureAt(servers, DISTANCES.far, skopeo, isQuick);
  const rows: string[][] = [];
  const counted: Target[] = [];
  const measured: Target[] = [];
  for (const [key, cost] of far) {
    const [client = "", step] = key.split(" ");
    const { name, maxTrips, maxSeconds }: Step = STEPS[step as StepName];
    const { log, path, seconds } = cost;
    const nearSeconds = near.get(key)?.seconds ?? Number.NaN;
    const { nearby, r2, object, edge } = log.others;
    const target = [
      maxTrips !== undefined && `<= ${maxTrips}`,
      maxSeconds !== undefined && `<= ${maxSeconds.toFixed(1)} s`,
    ];
    rows.push([
      `${client}: ${name}`,
      nearSeconds.toFixed(2),
      seconds.toFixed(2),
      (seconds / nearSeconds).toFixed(1),
      ...[path, log.primary.length, nearby, r2, object, edge].map(String),
      target.filter(Boolean).join(", "),
    ]);
    if (maxTrips !== undefined)
      counted.push(atMost(`trips in turn to a far primary, ${client}: ${name}`, path, maxTrips));
    if (maxSeconds !== undefined) measured.push(atMost(`from far away, ${client}: ${name}`, seconds, maxSeconds, " s"));
  }
  printTable("Distance: an image of 10 layers, 20 MB; trips as counted from far away", HEAD, rows);
  return { counted, measured };
}

async function measureAt(servers: Servers, distance: Distance, skopeo: string | undefined, isQuick: boolean) {
  const costs: Costs = new Map();
  const stateDir = servers.newStateDir();
  const newLayers = () => Array.from({ length: LAYERS }, () => newLayer(isQuick ? QUICK_LAYER_BYTES : LAYER_BYTES));

  await at(servers, stateDir, distance, async (server, cost) => {
    const docker = new DockerClient(server);
    costs.set("docker login", await cost(() => docker.login()));
    for (const client of skopeo ? (["docker", "skopeo"] as const) : (["docker"] as const)) {
      const image = localImage(newLayers());
      const [first, ...others] = image.layers;
      const changed = localImage([...others, ...newLayers().slice(0, first ? 1 : 0)]);
      const other = localImage(newLayers());
      const pushes = [
        ["first", `${client}/image`, image, []],
        ["again", `${client}/image`, image, image.layers],
        ["changed", `${client}/image`, changed, others],
        ["existing", `${client}/other`, other, []],
      ] as const;
      const tool = client === "skopeo" && skopeo ? new SkopeoClient(skopeo, server) : undefined;
      for (const [step, name, pushed, known] of pushes) {
        const directory = await tool?.write(pushed);
        const push = async () => {
          if (tool && directory !== undefined) await tool.push(name, directory);
          else await docker.push(name, pushed, known);
        };
        costs.set(`${client} ${step}`, await cost(push));
      }
      tool?.close();
    }
    docker.close();
  });

  // Each client is the first of an isolate that has just started.
  await at(servers, stateDir, distance, async (server, cost) => {
    const client = new DockerClient(server);
    costs.set("docker cold", await cost(() => client.pull("docker/image")));
    costs.set("docker warm", await quickest(() => cost(() => client.pull("docker/image"))));
    await client.begin("docker/image");
    costs.set("docker head", await quickest(() => cost(() => client.headManifest("docker/image"))));
    const poll = async () => {
      await client.begin("docker/image");
      await client.headManifest("docker/image");
    };
    costs.set("docker poll", await quickest(() => cost(poll)));
    client.close();
  });
  if (skopeo) {
    await at(servers, stateDir, distance, async (server, cost) => {
      const client = new SkopeoClient(skopeo, server);
      costs.set("skopeo cold", await cost(() => client.pull("skopeo/image")));
      costs.set("skopeo warm", await quickest(() => cost(() => client.pull("skopeo/image"))));
      client.close();
    });
  }
  return costs;
}

/** Does something with a server that has just started on the data of those before it. */
async function at(
  servers: Servers,
  stateDir: string,
  distance: Distance,
  work: (server: Server, cost: (step: () => Promise<unknown>) => Promise<Cost>) => Promise<void>,
): Promise<void> {
  const server = await servers.distant(stateDir);
  const body = Buffer.from(JSON.stringify(distance));
  await ask(server, { method: "POST", path: "/__distance", body: { length: body.length, pieces: () => [body] } });
  const readLog = async () => JSON.parse(await ask(server, { method: "GET", path: "/__trips" })) as TripLog;
  const cost = async (step: () => Promise<unknown>) => {
    await readLog();
    const start = performance.now();
    await step();
    const seconds = (performance.now() - start) / 1000;
    // What follows the last answer is counted as well, though nobody waits for it.
    await setTimeout(300 + 3 * distance.primary);
    const log = await readLog();
    return { seconds, path: criticalPath(log.requests, log.primary), log };
  };
  await work(server, cost);
  await server.stop();
}

/** On a connection of its own: a step may take longer than an idle one stays open. */
async function ask(server: Server, request: Request): Promise<string> {
  const connection = await Connection.open(server.url);
  const { body } = await succeed(connection, { ...request, keepsBody: true });
  connection.close();
  return body.toString();
}

async function quickest(cost: () => Promise<Cost>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < WARM_ROUNDS; round += 1) costs.push(await cost());
  return costs.reduce((best, each) => (each.seconds < best.seconds ? each : best));
}
