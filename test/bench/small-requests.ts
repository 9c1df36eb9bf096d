/** Requests per second of what a pull consists of besides its layers. */
import { Connection, type Request } from "./client.ts";
import { newLayer } from "./layers.ts";
import { RACE_HEAD, raceRow, raceTargets, type Contestants, type Race, type WantsRow } from "./rows.ts";
import { imageOf, succeed, type SmallRequest, type Store } from "./stores.ts";
import { printTable, type Target } from "./table.ts";

/** The requests, and how many times as fast as docker-registry they have to be answered. */
const KINDS: [kind: SmallRequest, dockerTarget: number][] = [
  ["GET /v2/", 1],
  ["HEAD manifest by tag", 1],
  ["GET manifest by tag", 1],
  ["HEAD manifest by digest", 2],
  ["HEAD manifest by digest, to push", 2],
  ["GET manifest by digest", 2],
  ["HEAD blob", 1.5],
  ["HEAD blob, to push", 1.5],
  ["GET blob", 1],
];
const CONNECTIONS = [1, 16];
const BLOB_BYTES = 256 * 1024;

/** Measures all small requests and prints their table. */
export async function measureSmallRequests(
  contestants: Contestants,
  isQuick: boolean,
  wantsRow: WantsRow,
): Promise<Target[]> {
  const { berth, ceiling, floor, docker } = contestants;
  const layer = newLayer(BLOB_BYTES);
  const image = { layer, manifest: imageOf(layer) };
  for (const store of [berth, ceiling, floor, docker]) {
    if (!store) continue;
    await store.login();
    const connection = await Connection.open(store.server.url);
    await store.pushImage(connection, image);
    connection.close();
  }

  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const [kind, dockerTarget] of KINDS) {
    for (const connections of CONNECTIONS) {
      const name = `${kind}${kind === "GET blob" ? " of 256 KiB" : ""}, ${connections} at once`;
      if (!wantsRow(name)) continue;
      const race: Race = { berth: [], ceiling: [], floor: [], docker: [] };
      const rate = async (store: Store) => {
        await store.login();
        return requestRate(store, connections, store.smallRequest(kind, image), isQuick ? 100 : 400);
      };
      for (let round = 0; round < (isQuick ? 1 : 5); round += 1) {
        race.berth.push(await rate(berth));
        race.ceiling.push(await rate(ceiling));
        race.floor.push(await rate(floor));
        if (docker) race.docker.push(await rate(docker));
      }
      rows.push(raceRow(name, race, (value) => value.toFixed(0), dockerTarget));
      targets.push(...raceTargets(name, race, undefined, dockerTarget));
    }
  }
  if (rows.length > 0) {
    printTable(
      "Small requests (bare Worker: no D1; `{}`, R2.head or R2.get of as many bytes)",
      RACE_HEAD("req/s"),
      rows,
    );
  }
  return targets;
}

/** Requests per second over some connections, each of which sends the next when it has the answer. */
async function requestRate(store: Store, lanes: number, request: Request, milliseconds: number): Promise<number> {
  const connections = await Promise.all(Array.from({ length: lanes }, () => Connection.open(store.server.url)));
  for (const connection of connections) await succeed(connection, request);
  let count = 0;
  const start = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - start < milliseconds) {
        await succeed(connection, request);
        count += 1;
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const connection of connections) connection.close();
  return count / seconds;
}
