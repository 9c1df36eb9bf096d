/** What each request asks of D1, R2 and Durable Objects, counted at the bindings. */
import { setTimeout } from "node:timers/promises";
import { Connection, type Request } from "./client.ts";
import type { Counts } from "./counting/counts.ts";
import { newLayer, type Layer } from "./layers.ts";
import type { Server } from "./servers.ts";
import { imageOf, MANIFEST_TYPE, RegistryStore, REPOSITORY, succeed, TAG, type PushKind } from "./stores.ts";
import { atMost, printTable, type Target } from "./table.ts";

const MIB = 1024 * 1024;
const MOUNT_TARGET = "bench/other";
/** design.md, 4: a warm pull of a 10-layer image. */
const PULL_STATEMENTS = 12;

/** Longer than it takes until pulls are written down (src/registry/content/pulls.ts), which no request waits for. */
const SETTLING_MS = 1500;

const HEAD = ["", "D1 statements", "D1 round trips", "R2 operations", "Durable Object calls"];

/** Counts all requests and prints their table. */
export async function measureCounts(server: Server): Promise<Target[]> {
  const store = new RegistryStore(server);
  await store.login([REPOSITORY, MOUNT_TARGET]);
  const connection = await Connection.open(server.url);
  const rows: string[][] = [];
  const targets: Target[] = [];

  const count = async (name: string, work: () => Promise<unknown>): Promise<Counts> => {
    const before = await readCounts(connection);
    await work();
    const counts = difference(await readCounts(connection), before);
    rows.push([
      name,
      String(counts.statements),
      String(counts.roundTrips),
      describe(counts.r2),
      describe(counts.objects),
    ]);
    await setTimeout(SETTLING_MS);
    return counts;
  };
  const send = async (request: Request) => {
    return succeed(connection, { ...request, headers: { ...store.authorization, ...request.headers } });
  };
  const uploads = `/v2/${REPOSITORY}/blobs/uploads/`;
  const path = (kind: "manifests" | "blobs", reference: string) => `/v2/${REPOSITORY}/${kind}/${reference}`;
  const accept = { Accept: MANIFEST_TYPE };
  const octets = (layer: Layer) => ({ length: layer.size, pieces: layer.plain });

  const initial = newLayer(MIB);
  await count("POST ?digest= of 1 MiB, first in its organization", () =>
    send({ method: "POST", path: `${uploads}?digest=${initial.digest}`, body: octets(initial) }),
  );
  // A token from before the organization was there is looked into at each use.
  await store.login([REPOSITORY, MOUNT_TARGET]);
  for (const kind of ["known length", "streamed"] satisfies PushKind[]) {
    const layer = newLayer(20 * MIB);
    let location = "";
    await count("POST upload", async () => {
      location = (await send({ method: "POST", path: uploads })).headers.get("location") ?? "";
    });
    if (kind === "streamed") {
      await count("PATCH of 20 MiB, streamed", () =>
        send({ method: "PATCH", path: location, body: { pieces: layer.chunked } }),
      );
    }
    const body = kind === "streamed" ? {} : { body: octets(layer) };
    const name = kind === "streamed" ? "PUT after PATCH" : "PUT of 20 MiB, known length";
    const finish = await count(name, () =>
      send({ method: "PUT", path: `${location}?digest=${layer.digest}`, ...body }),
    );
    targets.push(atMost(`R2 reads of ${name}: the bytes are copied`, finish.r2["get"] ?? 0, 0));
    if (kind === "known length") targets.push(atMost(`Durable Object calls of ${name}`, total(finish.objects), 0));
  }
  const layer = newLayer(MIB);
  await count("POST ?digest= of 1 MiB", () =>
    send({ method: "POST", path: `${uploads}?digest=${layer.digest}`, body: octets(layer) }),
  );
  const mount = `/v2/${MOUNT_TARGET}/blobs/uploads/?mount=${layer.digest}&from=${REPOSITORY}`;
  await count("POST ?mount=&from=, first in its repository", () => send({ method: "POST", path: mount }));
  await count("POST ?mount=&from=", () => send({ method: "POST", path: mount }));

  const image = imageOf(layer);
  await count("PUT manifest of 2 blobs, by tag", () => store.putManifest(connection, image.text));
  for (const [what, reference] of [
    ["tag", TAG],
    ["digest", image.digest],
  ] as const) {
    for (const method of ["HEAD", "GET"]) {
      const name = `${method} manifest by ${what}`;
      const counts = await count(name, () => send({ method, path: path("manifests", reference), headers: accept }));
      targets.push(atMost(`D1 statements of ${name}`, counts.statements, 1));
    }
  }
  for (const method of ["HEAD", "GET"]) {
    const name = `${method} blob`;
    const counts = await count(name, () => send({ method, path: path("blobs", layer.digest) }));
    targets.push(atMost(`D1 statements of ${name}`, counts.statements, 1));
    if (method === "HEAD") targets.push(atMost("R2 operations of HEAD blob", total(counts.r2), 0));
  }

  const layers = Array.from({ length: 10 }, () => newLayer(MIB));
  const [first = layer, ...others] = layers;
  const { text } = imageOf(first, others);
  await count("push of a 10-layer image", async () => {
    // As clients do: ask for each layer, push the absent ones, then the manifest.
    for (const each of layers) {
      await connection.request({ method: "HEAD", path: path("blobs", each.digest), headers: store.authorization });
      await store.push(connection, each, "streamed");
    }
    await store.putManifest(connection, text);
  });
  await count("push of the same image again", async () => {
    for (const each of layers) await send({ method: "HEAD", path: path("blobs", each.digest) });
    await store.putManifest(connection, text);
  });
  const pull = await count("pull of a 10-layer image", async () => {
    await send({ method: "HEAD", path: path("manifests", TAG), headers: accept });
    await send({ method: "GET", path: path("manifests", TAG), headers: accept });
    for (const each of layers) await store.pull(connection, each);
  });
  await send({ method: "GET", path: path("manifests", TAG), headers: accept });
  const counting = await count("counting pulls, a second later", () => setTimeout(SETTLING_MS));
  targets.push(atMost("D1 round trips of counting pulls", counting.roundTrips, 1));
  targets.push(atMost("D1 statements of a pull of a 10-layer image", pull.statements, PULL_STATEMENTS));
  connection.close();
  printTable("What a request asks of the platform (the Durable Object's own use included)", HEAD, rows);
  return targets;
}

async function readCounts(connection: Connection): Promise<Counts> {
  const answer = await succeed(connection, { method: "GET", path: "/__counts", keepsBody: true });
  return JSON.parse(answer.body.toString()) as Counts;
}

function difference(after: Counts, before: Counts): Counts {
  return {
    statements: after.statements - before.statements,
    roundTrips: after.roundTrips - before.roundTrips,
    nearbyTrips: after.nearbyTrips - before.nearbyTrips,
    r2: differenceByName(after.r2, before.r2),
    objects: differenceByName(after.objects, before.objects),
  };
}

function differenceByName(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  const pairs = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value > 0));
}

function total(byName: Record<string, number>): number {
  return Object.values(byName).reduce((sum, value) => sum + value, 0);
}

function describe(byName: Record<string, number>): string {
  const parts = Object.entries(byName).map(([name, value]) => (value === 1 ? name : `${value} ${name}`));
  return parts.length > 0 ? parts.join(", ") : "0";
}
