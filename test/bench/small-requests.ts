/** Requests per second of what a pull consists of besides its layers. */
import { Connection, type Request } from "./client.ts";
import { newLayer } from "./layers.ts";
import { raceRow, type Contestants, type Race } from "./rows.ts";
import { imageOf, succeed, type SmallRequest, type Store } from "./stores.ts";
import { printTable } from "./table.ts";

const KINDS: SmallRequest[] = [
  "GET /v2/",
  "HEAD manifest by tag",
  "GET manifest by tag",
  "HEAD manifest by digest",
  "GET manifest by digest",
  "HEAD blob",
  "GET blob",
];
const CONNECTIONS = [1, 16];
const BLOB_BYTES = 256 * 1024;

const HEAD = ["", "Berth req/s", "bare Worker", "ratio", "target", "docker-registry", "ratio", "target"];

/** Measures all small requests and prints their table. They have no target: nobody named one. */
export async function measureSmallRequests(contestants: Contestants, isQuick: boolean): Promise<void> {
  const { berth, ceiling, docker } = contestants;
  const layer = newLayer(BLOB_BYTES);
  const image = { layer, manifest: imageOf(layer) };
  for (const store of [berth, ceiling, docker]) {
    if (!store) continue;
    await store.login();
    const connection = await Connection.open(store.server.url);
    await store.pushImage(connection, image);
    connection.close();
  }

  const rows: string[][] = [];
  for (const kind of KINDS) {
    for (const connections of CONNECTIONS) {
      const race: Race = { berth: [], ceiling: [], docker: [] };
      const rate = async (store: Store) => {
        await store.login();
        return requestRate(store, connections, store.smallRequest(kind, image), isQuick ? 100 : 400);
      };
      for (let round = 0; round < (isQuick ? 1 : 5); round += 1) {
        race.berth.push(await rate(berth));
        race.ceiling.push(await rate(ceiling));
        if (docker) race.docker.push(await rate(docker));
      }
      const name = `${kind}${kind === "GET blob" ? " of 256 KiB" : ""}, ${connections} at once`;
      rows.push(raceRow(name, race, (value) => value.toFixed(0), undefined, undefined));
    }
  }
  printTable("Small requests (bare Worker: no D1; `{}`, R2.head or R2.get of as many bytes)", HEAD, rows);
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
