/**
 * A push of an image of 1 MB, request by request: what somebody waits for who builds often. Berth against docker-registry, by
 * turns, image after image.
 */
import { Connection, type Answer, type Request } from "./client.ts";
import { newLayer, type Layer } from "./layers.ts";
import { imageOf, REPOSITORY, type RegistryStore, succeed } from "./stores.ts";
import { speedRatio, speedsOf, targetOf } from "./floor.ts";
import type { WantsRow } from "./rows.ts";
import { median, printTable, type Target } from "./table.ts";

const LAYER_BYTES = 1_000_000;
const CONFIG_BYTES = 500;
const DOCKER_TARGET = 1;

const HEAD = [
  "",
  "Berth ms",
  "floor ms",
  "speed ratio",
  "docker-registry ms",
  "speed ratio",
  "wanted",
  "floor's ratio",
];

/** Milliseconds by step, of each image. */
type Times = Map<string, number[]>;

/** Measures all steps, prints their table, and answers the target of the whole push. */
export async function measureSmallImage(
  { berth, floor, docker }: { berth: RegistryStore; floor: RegistryStore; docker: RegistryStore | undefined },
  isQuick: boolean,
  wantsRow: WantsRow,
): Promise<Target[]> {
  const row = "push of an image of 1 MB";
  if (!wantsRow(row)) return [];
  const times = { berth: new Map() as Times, floor: new Map() as Times, docker: new Map() as Times };
  const stores = [
    { store: berth, into: times.berth },
    { store: floor, into: times.floor },
    ...(docker ? [{ store: docker, into: times.docker }] : []),
  ];
  for (let round = 0; round < (isQuick ? 2 : 40); round += 1) {
    for (const { store, into } of stores) {
      await store.login();
      const connection = await Connection.open(store.server.url);
      await pushTimed(store, connection, into);
      connection.close();
    }
  }
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const [step, own] of times.berth) {
    const [berths, floors, others] = [own, times.floor.get(step) ?? [], times.docker.get(step) ?? []].map(speedsOf);
    if (!berths || !floors || !others) throw new TypeError("three registries are compared");
    const isWanted = step === WHOLE && others.length > 0;
    rows.push([
      step,
      median(own).toFixed(1),
      median(times.floor.get(step) ?? []).toFixed(1),
      speedRatio(berths, floors).toFixed(2),
      others.length > 0 ? median(times.docker.get(step) ?? []).toFixed(1) : "-",
      others.length > 0 ? speedRatio(berths, others).toFixed(2) : "-",
      isWanted ? `>= ${DOCKER_TARGET}` : "",
      others.length > 0 ? speedRatio(floors, others).toFixed(2) : "-",
    ]);
    const compared = { name: "docker-registry", speeds: others, wanted: DOCKER_TARGET };
    if (isWanted) targets.push(targetOf(row, { berth: berths, floor: floors }, compared));
  }
  printTable("Push of an image of 1 MB, on one connection", HEAD, rows);
  return targets;
}

const WHOLE = "all of it";

async function pushTimed(store: RegistryStore, connection: Connection, times: Times): Promise<void> {
  const note = (step: string, startedAt: number) =>
    times.set(step, [...(times.get(step) ?? []), performance.now() - startedAt]);
  const startedAt = performance.now();
  const timed = async (step: string, request: Request): Promise<Answer> => {
    const sentAt = performance.now();
    const headers = { ...store.authorization, ...request.headers };
    // A blob that is not there is what a push asks for.
    const send = request.method === "HEAD" ? connection.request.bind(connection) : succeed.bind(undefined, connection);
    const answer = await send({ ...request, headers });
    note(step, sentAt);
    return answer;
  };
  const layer = newLayer(LAYER_BYTES);
  const config = newLayer(CONFIG_BYTES);
  for (const [name, blob] of [
    ["layer", layer],
    ["configuration", config],
  ] satisfies [string, Layer][]) {
    await timed(`HEAD ${name}`, { method: "HEAD", path: `/v2/${REPOSITORY}/blobs/${blob.digest}` });
    const { headers } = await timed(`POST ${name}`, { method: "POST", path: `/v2/${REPOSITORY}/blobs/uploads/` });
    const { pathname, search } = new URL(headers.get("location") ?? "", store.server.url);
    await timed(`PUT ${name}`, {
      method: "PUT",
      path: `${pathname}${search}${search === "" ? "?" : "&"}digest=${blob.digest}`,
      headers: { "Content-Type": "application/octet-stream" },
      body: { length: blob.size, pieces: blob.plain },
    });
  }
  const sentAt = performance.now();
  await store.putManifest(connection, imageOf(config, [layer]).text);
  note("PUT manifest", sentAt);
  note(WHOLE, startedAt);
}
