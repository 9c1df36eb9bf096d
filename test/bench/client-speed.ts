/** Whether the client could be what limits the others: its own speed against a server that does nothing. */
import { Connection } from "./client.ts";
import { newLayer } from "./layers.ts";
import type { Servers } from "./servers.ts";
import { succeed, type Store } from "./stores.ts";
import { median, printTable } from "./table.ts";

const MIB = 1024 * 1024;

/** Measures the client against the sink and against the bare Worker, and prints the table. */
export async function measureClient(servers: Servers, ceiling: Store, isQuick: boolean): Promise<void> {
  const layer = newLayer((isQuick ? 16 : 256) * MIB);
  const sink = await servers.sink();
  const body = { length: layer.size, pieces: layer.plain };
  const times = { sinkPush: [], sinkPull: [], push: [], pull: [] } as Record<string, number[]>;
  for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
    await timed(sink.url, "sinkPush", (connection) => connection.request({ method: "PUT", path: "/", body }));
    await timed(sink.url, "sinkPull", (connection) => succeed(connection, { method: "GET", path: `/${layer.size}` }));
    await timed(ceiling.server.url, "push", (connection) => ceiling.push(connection, layer, "known length"));
    await timed(ceiling.server.url, "pull", (connection) => ceiling.pull(connection, layer));
  }
  await sink.stop();
  await ceiling.server.clear();

  const row = (name: string, key: string, sinkKey: string) => {
    const [bare, alone] = [median(times[key] ?? []), median(times[sinkKey] ?? [])];
    return [
      name,
      ...[alone, bare].map((seconds) => (layer.size / 1e6 / seconds).toFixed(0)),
      (bare / alone).toFixed(1),
    ];
  };
  printTable(
    "The client itself (1.0 would mean that it is the limit)",
    ["", "nothing MB/s", "bare Worker", "ratio"],
    [row("push", "push", "sinkPush"), row("pull", "pull", "sinkPull")],
  );

  async function timed(url: string, key: string, work: (connection: Connection) => Promise<unknown>): Promise<void> {
    const connection = await Connection.open(url);
    const start = performance.now();
    await work(connection);
    times[key]?.push((performance.now() - start) / 1000);
    connection.close();
  }
}
