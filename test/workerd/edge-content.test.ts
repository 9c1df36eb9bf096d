/** What a digest names, from the memory of isolates and from Cloudflare's cache: who sees what when (ADR 24). */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, it, vi } from "vitest";
import type { Digest } from "../../src/kernel/digest.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { answerContent } from "../../src/registry/content/content-source.ts";
import { edgePath } from "../../src/registry/content/edge-contract.ts";
import { type Counts, noCounts } from "../bench/counting/counts.ts";
import { twoMinutesLater } from "../support/workerd/clock.ts";
import { type Isolate, type Location, startIsolate } from "../support/workerd/isolates.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import {
  asUser,
  type Client,
  newAccount,
  newName,
  newOrganization,
  PASSWORD,
  tokenFor,
} from "../support/workerd/managing-clients.ts";
import {
  basic,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  someBytes,
  textWithoutId,
} from "../support/workerd/registry-requests.ts";
import { WorkersCache } from "../support/workerd/workers-cache.ts";
import { waitFor } from "../support/workerd/waiting.ts";

const cache = new WorkersCache();
const MINUTE = 60_000;
/** Too large for the memory of an isolate. */
const LARGE = 200_000;
/** Longer than a flush takes to begin, with its first retry. */

/** Two isolates of one location, and one of another. */
let here: Isolate;
let beside: Isolate;
let far: Isolate;
let farLocation: Location;

beforeAll(async () => {
  const location = cache.openLocation();
  here = await startIsolate(cache, location);
  beside = await startIsolate(cache, location);
  farLocation = cache.openLocation();
  far = await startIsolate(cache, farLocation);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  cache.replenishPurges();
});

/** A user as an isolate sees them: what follows needs tokens and passwords that this isolate knows. */
const through = (isolate: Isolate, client: Client): Client => asUser(client.name, client.password, isolate.fetch);

interface Image {
  repository: string;
  tag: string;
  manifest: string;
  text: string;
  /** The configuration, and a layer that no isolate keeps in memory. */
  blobs: [config: string, layer: string];
}

async function pushBlobTo(isolate: Isolate, client: Client, repository: string, bytes: Uint8Array<ArrayBuffer>) {
  const digest = digestOf(bytes);
  const response = await isolate.fetch(`/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    method: "POST",
    headers: { Authorization: basic(client.name, client.password), "Content-Length": String(bytes.byteLength) },
    body: bytes,
  });
  if (response.status !== 201) throw new Error(`pushing a blob: ${response.status} ${await response.text()}`);
  return { mediaType: "application/octet-stream", digest, size: bytes.byteLength };
}

/** Pushes an image with a configuration and a large layer through an isolate. */
async function pushTo(
  isolate: Isolate,
  client: Client,
  repository: string,
  tag = "latest",
  contents: Uint8Array<ArrayBuffer>[] = [someBytes(), someBytes(LARGE)],
): Promise<Image> {
  const [config, layer] = await Promise.all(contents.map((bytes) => pushBlobTo(isolate, client, repository, bytes)));
  if (!config || !layer) throw new Error("an image has two blobs here");
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] });
  const manifest = digestOf(text);
  await putTo(isolate, client, repository, tag || manifest, text);
  return { repository, tag, manifest, text, blobs: [config.digest, layer.digest] };
}

async function putTo(isolate: Isolate, client: Client, repository: string, reference: string, text: string) {
  const { mediaType } = JSON.parse(text) as { mediaType: string };
  const path = `/v2/${repository}/manifests/${reference}`;
  const response = await through(isolate, client).send("PUT", path, text, { "Content-Type": mediaType });
  if (response.status !== 201) throw new Error(`pushing ${reference}: ${response.status} ${await response.text()}`);
}

/** An account with an organization, a token to pull from an image of it, and one to delete there. */
async function anImage(isolate = here) {
  const { account, administrator } = await newAccount();
  const organization = await newOrganization(administrator);
  const repository = `${organization}/web`;
  const image = await pushTo(isolate, administrator, repository);
  return { account, administrator, organization, repository, image, token: await pullToken(administrator, repository) };
}

/** As of now: it names the generation that the repository has. */
const pullToken = (client: Client, repository: string) => tokenFor(client, `repository:${repository}:pull`);

/** The token of a push: docker asks for both at once. */
const pushToken = (client: Client, repository: string) => tokenFor(client, `repository:${repository}:pull,push`);

async function get(
  isolate: Isolate,
  token: string,
  path: string,
  headers: Record<string, string> = {},
  method: "GET" | "HEAD" = "GET",
) {
  const response = await isolate.fetch(path, { method, headers: { Authorization: `Bearer ${token}`, ...headers } });
  const isError = response.status >= 400;
  const body = isError
    ? new TextEncoder().encode(await textWithoutId(response))
    : new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: withoutId(response.headers), digest: digestOf(body), body };
}

/** Headers without the id of the request. */
function withoutId(headers: Headers): Headers {
  const shown = new Headers(headers);
  shown.delete("X-Request-Id");
  return shown;
}

const manifestPath = ({ repository, manifest }: Image) => `/v2/${repository}/manifests/${manifest}`;
const blobPaths = ({ repository, blobs }: Image) => blobs.map((digest) => `/v2/${repository}/blobs/${digest}`);
const pathsOf = (image: Image) => [manifestPath(image), ...blobPaths(image)];

/** Pulls all of an image by digest, so that it is near from then on. */
async function warm(isolate: Isolate, token: string, image: Image): Promise<void> {
  for (const path of pathsOf(image)) {
    const { status } = await get(isolate, token, path);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
  }
}

async function statusesFor(
  isolate: Isolate,
  token: string,
  image: Image,
  method: "GET" | "HEAD" = "GET",
): Promise<number[]> {
  const statuses = [];
  for (const path of pathsOf(image)) statuses.push((await get(isolate, token, path, {}, method)).status);
  return statuses;
}

/** What `HEAD` of all of an image asks of D1 and R2 before its answers. */
async function headCosts(isolate: Isolate, headers: Record<string, string>, image: Image): Promise<Counts[]> {
  const costs = [];
  for (const path of pathsOf(image)) {
    const { response, counts } = await isolate.count(path, { method: "HEAD", headers });
    if (response.status !== 200) throw new Error(`HEAD ${path} answered ${response.status}`);
    costs.push(counts);
  }
  return costs;
}

const FOUND = [200, 200, 200];
const GONE = [404, 404, 404];

describe("a warm pull", () => {
  it("asks neither D1 nor R2, in whatever isolate, and gives the very bytes", async ({ expect }) => {
    const { image, token } = await anImage();
    await warm(here, token, image);
    for (const isolate of [here, beside]) {
      for (const path of pathsOf(image)) {
        const { response, counts } = await isolate.count(path, { headers: { Authorization: `Bearer ${token}` } });
        const digest = digestOf(new Uint8Array(await response.arrayBuffer()));
        expect({ path, status: response.status, isIt: path.endsWith(digest) }).toEqual({
          path,
          status: 200,
          isIt: true,
        });
        expect(counts).toEqual(noCounts());
      }
    }
  });

  it("by tag takes one trip, for where the tag points is asked each time", async ({ expect }) => {
    const { image, token, repository } = await anImage();
    await warm(here, token, image);
    const { response, counts } = await here.count(`/v2/${repository}/manifests/latest`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(await response.text()).toBe(image.text);
    expect(counts).toMatchObject({ roundTrips: 1, r2: {} });
  });

  it("answers as one that asks the database does, and shows nothing of the cache", async ({ expect }) => {
    const { image, token } = await anImage();
    const alone = await startIsolate();
    for (const path of pathsOf(image)) {
      const asked = await get(alone, token, path);
      const cold = await get(here, token, path);
      const fromMemoryOrCache = await get(here, token, path);
      const fromCache = await get(beside, token, path);
      for (const { status, headers, body } of [cold, fromMemoryOrCache, fromCache]) {
        expect(status).toBe(200);
        expect([...headers]).toEqual([...asked.headers]);
        expect(body).toEqual(asked.body);
      }
      expect([...asked.headers.keys()].filter((name) => /^(?:berth|cf-|cache-tag)/.test(name))).toEqual([]);
    }
  });

  it("is one for the cache alone: where there is none, nothing takes the detour but the first request", async ({
    expect,
  }) => {
    const { image, token } = await anImage();
    const alone = await startIsolate();
    const [, , large = ""] = pathsOf(image);
    const headers = { Authorization: `Bearer ${token}` };
    await alone.fetch(large, { method: "HEAD", headers });
    const { counts } = await alone.count(large, { headers });
    expect(counts).toMatchObject({ roundTrips: 0, nearbyTrips: 1, r2: { get: 1 } });
    const [small = ""] = pathsOf(image);
    await get(alone, token, small);
    const again = await alone.count(small, { headers: { Authorization: `Bearer ${token}` } });
    expect(again.counts).toEqual(noCounts());
  });

  it("of a manifest that is too large for memory comes from the cache", async ({ expect }) => {
    const { administrator, image, token, repository } = await anImage();
    const annotations = { long: "ä".repeat(100_000) };
    const text = JSON.stringify({ ...(JSON.parse(image.text) as object), annotations });
    await putTo(here, administrator, repository, "large", text);
    const path = `/v2/${repository}/manifests/${digestOf(text)}`;
    expect((await get(here, token, path)).digest).toBe(digestOf(text));
    for (const isolate of [here, beside]) {
      const { response, counts } = await isolate.count(path, { headers: { Authorization: `Bearer ${token}` } });
      expect(await response.text()).toBe(text);
      expect(counts).toEqual(noCounts());
    }
  });

  it("goes on without a cache that fails", async ({ expect }) => {
    const { image, token } = await anImage();
    const broken = new WorkersCache();
    const location = broken.openLocation();
    vi.spyOn(location, "fetch").mockRejectedValue(new Error("internal error"));
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    expect(await statusesFor(await startIsolate(broken, location), token, image)).toEqual(FOUND);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("without the cache"), expect.anything());
  });
});

describe("what does not come from the cache", () => {
  it("is HEAD for who may push: of a blob it asks R2, of anything D1 unless the push has just seen it", async ({
    expect,
  }) => {
    const { administrator, repository, image, token } = await anImage();
    await warm(here, token, image);
    const headers = { Authorization: `Bearer ${await pushToken(administrator, repository)}` };
    await here.fetch(manifestPath(image), { method: "HEAD", headers: { Authorization: `Bearer ${token}` } });
    const [manifest, ...blobs] = await headCosts(here, headers, image);
    expect(manifest).toMatchObject({ roundTrips: 1 });
    for (const { r2 } of blobs) expect(r2).toEqual({ get: 1 });
    await twoMinutesLater(async () => {
      for (const path of blobPaths(image)) {
        const { counts } = await here.count(path, { method: "HEAD", headers });
        expect(counts.roundTrips).toBeGreaterThan(0);
        expect(counts.r2).toEqual({ get: 1 });
      }
    });
  });

  it("is HEAD with a password: whether its user may push is not known without a query", async ({ expect }) => {
    const { administrator, image, token } = await anImage();
    await warm(here, token, image);
    const headers = { Authorization: basic(administrator.name, administrator.password) };
    await headCosts(here, { Authorization: `Bearer ${token}` }, image);
    for (const { roundTrips } of await headCosts(here, headers, image)) expect(roundTrips).toBeGreaterThan(1);
  });

  it("is a range of a large blob: the cache would fetch the whole", async ({ expect }) => {
    const { image, token } = await anImage();
    const [, layer = ""] = blobPaths(image);
    const headers = { Authorization: `Bearer ${token}`, Range: "bytes=10-19" };
    const { response, counts } = await here.count(layer, { headers });
    expect(response.status).toBe(206);
    expect(response.headers.get("Content-Range")).toBe(`bytes 10-19/${LARGE}`);
    expect(counts).toMatchObject({ roundTrips: 0, nearbyTrips: 1, r2: { get: 1 } });
    const whole = await get(here, token, layer);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(whole.body.slice(10, 20));
  });

  it("is a body above its limit", async ({ expect }) => {
    const { image, repository } = await anImage();
    const [, layer] = image.blobs;
    await env.DB.prepare("UPDATE blobs SET size = 512000001 WHERE digest = ?").bind(layer).run();
    const id = await idOf(repository);
    const context = { stores: lastingStores(), hasCache: true, after: () => undefined };
    const sizes = [layer, image.blobs[0]].map(async (digest) => {
      const answer = await answerContent(context, edgePath({ id, generation: 0 }, "blobs", digest as Digest));
      await answer.body?.cancel();
      return answer.headers.get("Cache-Control");
    });
    expect(await Promise.all(sizes)).toEqual(["no-store", expect.stringContaining("s-maxage=31536000")]);
  });

  it("is a manifest that nothing needs: who asks for it has its grace period begin anew", async ({ expect }) => {
    const { image, token, administrator, repository } = await anImage();
    const other = await pushTo(here, administrator, repository, "");
    const since = Date.now() - 3 * 60 * MINUTE;
    await env.DB.prepare("UPDATE manifests SET unreferenced_since = ? WHERE digest = ?")
      .bind(since, other.manifest)
      .run();
    for (const isolate of [here, beside]) {
      expect((await get(isolate, token, manifestPath(other))).status).toBe(200);
    }
    expect(await unreferencedSince(other.manifest)).toBeGreaterThan(since + 60 * MINUTE);
    const { counts } = await here.count(manifestPath(other), { headers: { Authorization: `Bearer ${token}` } });
    expect(counts.roundTrips + counts.nearbyTrips).toBe(1);
    expect(await unreferencedSince(image.manifest)).toBeNull();
  });
});

describe("HEAD by digest for who may not push", () => {
  /** Without a cache, as in the local runtime, which it knows of already. */
  let alone: Isolate;
  /** At the same place as others, and asked by nothing but one test. */
  let fresh: Isolate;
  beforeAll(async () => {
    alone = await startIsolate();
    fresh = await startIsolate(cache, farLocation);
    const { image, token } = await anImage();
    await warm(alone, token, image);
  });

  it("asks D1 and R2 once in some minutes, and answers the same", async ({ expect }) => {
    const { administrator, repository, image } = await anImage();
    const now = Date.now();
    const headers = { Authorization: `Bearer ${await pullToken(administrator, repository)}` };
    const [manifest, ...blobs] = await headCosts(alone, headers, image);
    expect(manifest).toMatchObject({ roundTrips: 1 });
    for (const counts of blobs) expect(counts).toMatchObject({ roundTrips: 1, r2: { get: 1 } });
    expect(await headCosts(alone, headers, image)).toEqual([noCounts(), noCounts(), noCounts()]);
    for (const path of pathsOf(image)) {
      const known = await alone.fetch(path, { method: "HEAD", headers });
      const asked = await here.fetch(path, {
        method: "HEAD",
        headers: { Authorization: basic(administrator.name, administrator.password) },
      });
      expect([...withoutId(known.headers)]).toEqual([...withoutId(asked.headers)]);
    }
    vi.useFakeTimers({ toFake: ["Date"], now: now + 6 * MINUTE });
    const later = { Authorization: `Bearer ${await pullToken(administrator, repository)}` };
    for (const { roundTrips } of await headCosts(alone, later, image)) expect(roundTrips).toBe(1);
  });

  it("knows small bodies that somebody has pulled, and leaves their bytes to who pulls them", async ({ expect }) => {
    const { image, token } = await anImage();
    await warm(alone, token, image);
    const headers = { Authorization: `Bearer ${token}` };
    const [manifest, config] = await headCosts(alone, headers, image);
    expect([manifest, config]).toEqual([noCounts(), noCounts()]);
    const again = await alone.count(manifestPath(image), { headers });
    expect(await again.response.text()).toBe(image.text);
    expect(again.counts).toEqual(noCounts());
  });

  it("comes from the cache where the isolate has not heard of a manifest, and D1 hears of it afterwards", async ({
    expect,
  }) => {
    const { image, token } = await anImage();
    await warm(here, token, image);
    const since = Date.now() - 3 * 60 * MINUTE;
    await env.DB.prepare("UPDATE manifests SET unreferenced_since = ? WHERE digest = ?")
      .bind(since, image.manifest)
      .run();
    const headers = { Authorization: `Bearer ${token}` };
    for (const isolate of [beside, fresh]) {
      const { response } = await isolate.count(manifestPath(image), { method: "HEAD", headers });
      expect(response.headers.get("Content-Length")).toBe(String(image.text.length));
      expect(response.headers.get("Docker-Content-Digest")).toBe(image.manifest);
    }
    await waitFor(async () => expect(await unreferencedSince(image.manifest)).toBeGreaterThan(since));
    const { counts } = await beside.count(manifestPath(image), { method: "HEAD", headers });
    expect(counts).toEqual(noCounts());
  });

  it("of what is needed writes nothing when it comes from the cache", async ({ expect }) => {
    const { image, token } = await anImage();
    await warm(here, token, image);
    const { counts } = await beside.count(manifestPath(image), {
      method: "HEAD",
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(counts).toMatchObject({ nearbyTrips: 0, r2: {} });
    expect(await unreferencedSince(image.manifest)).toBeNull();
  });

  it("has the grace period of a manifest that nothing needs begin anew", async ({ expect }) => {
    const { token, administrator, repository } = await anImage();
    const other = await pushTo(here, administrator, repository, "");
    const headers = { Authorization: `Bearer ${token}` };
    for (let time = 0; time < 2; time += 1) {
      const since = Date.now() - 3 * 60 * MINUTE;
      await env.DB.prepare("UPDATE manifests SET unreferenced_since = ? WHERE digest = ?")
        .bind(since, other.manifest)
        .run();
      expect((await here.fetch(manifestPath(other), { method: "HEAD", headers })).status).toBe(200);
      expect(await unreferencedSince(other.manifest)).toBeGreaterThan(since + 60 * MINUTE);
    }
  });

  it("is for nobody in particular too, until the image becomes private", async ({ expect }) => {
    const { administrator, image, organization } = await anImage();
    const own = through(here, administrator);
    const set = (isPublic: boolean) =>
      own.patch(`/v2/manage/namespaces/${organization}/repos/web`, {
        is_public: isPublic,
        category: "other",
        description: "",
      });
    expect((await set(true)).ok).toBe(true);
    await headCosts(here, {}, image);
    // The right is decided at each request without a token.
    for (const counts of await headCosts(here, {}, image)) expect(counts).toMatchObject({ roundTrips: 1, r2: {} });
    expect((await set(false)).ok).toBe(true);
    for (const path of pathsOf(image)) expect((await here.fetch(path, { method: "HEAD" })).status).toBe(401);
  });

  it("no longer says that there is a blob once a pull has found it lost", async ({ expect }) => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { image, token } = await anImage();
    const headers = { Authorization: `Bearer ${token}` };
    await headCosts(alone, headers, image);
    const [, layer = ""] = blobPaths(image);
    const key = await env.DB.prepare("SELECT object_key FROM blobs WHERE digest = ?")
      .bind(image.blobs[1])
      .first<string>("object_key");
    await env.BUCKET.delete(key ?? "");
    expect((await alone.fetch(layer, { method: "HEAD", headers })).status).toBe(200);
    expect((await get(alone, token, layer)).status).toBe(404);
    expect((await alone.fetch(layer, { method: "HEAD", headers })).status).toBe(404);
    expect(logged).toHaveBeenCalled();
  });

  it("tells of nothing under another repository, and by tag always asks", async ({ expect }) => {
    const one = await anImage();
    const other = await anImage();
    await headCosts(here, { Authorization: `Bearer ${one.token}` }, one.image);
    expect(await statusesFor(here, other.token, { ...one.image, repository: other.repository }, "HEAD")).toEqual(GONE);
    const { counts } = await here.count(`/v2/${one.repository}/manifests/latest`, {
      method: "HEAD",
      headers: { Authorization: `Bearer ${one.token}` },
    });
    expect(counts).toMatchObject({ roundTrips: 1 });
  });
});

describe("ranges and conditions", () => {
  it("of a small blob in memory are what they are of one in R2", async ({ expect }) => {
    const { image, token } = await anImage();
    const alone = await startIsolate();
    const [config = ""] = blobPaths(image);
    await get(here, token, config);
    const etag = `"${image.blobs[0]}"`;
    const requests: Record<string, string>[] = [
      { Range: "bytes=0-9" },
      { Range: "bytes=90-" },
      { Range: "bytes=-5" },
      { Range: "bytes=200-" },
      { Range: "bytes=5-9", "If-Range": etag },
      { Range: "bytes=5-9", "If-Range": '"other"' },
      { "If-None-Match": etag },
      { "If-None-Match": '"other"' },
    ];
    for (const headers of requests) {
      const near = await get(here, token, config, headers);
      const asked = await get(alone, token, config, headers);
      expect({ headers, status: near.status, body: near.body }).toEqual({
        headers,
        status: asked.status,
        body: asked.body,
      });
      expect([...near.headers]).toEqual([...asked.headers]);
    }
    const { counts } = await here.count(config, { headers: { Authorization: `Bearer ${token}`, Range: "bytes=0-9" } });
    expect(counts).toEqual(noCounts());
    const parts = await get(here, token, config, { Range: "bytes=0-1,50-51" });
    expect(parts.status).toBe(206);
    expect(parts.headers.get("Content-Length")).toBe(String(parts.body.byteLength));
  });

  it("of a manifest that is near are 304 for who has it", async ({ expect }) => {
    const { image, token } = await anImage();
    await warm(here, token, image);
    const answer = await get(here, token, manifestPath(image), { "If-None-Match": `"${image.manifest}"` });
    expect(answer.status).toBe(304);
    expect(answer.headers.get("ETag")).toBe(`"${image.manifest}"`);
  });
});

describe("names and digests", () => {
  it("a digest is not readable through a repository that does not have it, however warm it is", async ({ expect }) => {
    const one = await anImage();
    const other = await anImage();
    await warm(here, one.token, one.image);
    await warm(here, other.token, other.image);
    for (const isolate of [here, beside, far]) {
      expect(await statusesFor(isolate, other.token, { ...one.image, repository: other.repository })).toEqual(GONE);
      expect(await statusesFor(isolate, other.token, one.image)).toEqual([401, 401, 401]);
      expect(await statusesFor(isolate, other.token, other.image)).toEqual(FOUND);
    }
  });

  it("a name that others took shows nothing of what it had", { timeout: 300_000 }, async ({ expect }) => {
    // Two accounts take the same names in turn, with images that share layers by chance. Whatever was there, is asked for.
    const [first, second] = [await newAccount(), await newAccount()];
    const contents = Array.from({ length: 5 }, (_, number) => someBytes(number % 2 ? LARGE : 100 + number));
    const names = Array.from({ length: 3 }, () => newName("org"));
    const everything = new Set<string>();
    let seed = 17;
    const random = (below: number) => (seed = (seed * 48_271) % 0x7fffffff) % below;
    for (let turn = 0; turn < 12; turn += 1) {
      const { administrator } = turn % 2 ? second : first;
      const organization = names[turn % names.length] ?? "";
      const repository = `${organization}/web`;
      const isolate = [here, beside, far][random(3)] ?? here;
      const owner = through(isolate, administrator);
      const made = await owner.post("/v2/manage/namespaces", { namespace: organization });
      if (made.status !== 201) throw new Error(`turn ${turn}: ${made.status} ${await made.text()}`);
      const chosen = [contents[random(5)], contents[random(5)]].map((bytes) => bytes ?? someBytes());
      const image = await pushTo(isolate, administrator, repository, "latest", chosen);
      for (const digest of image.blobs) everything.add(`blobs/${digest}`);
      everything.add(`manifests/${image.manifest}`);
      const has = new Set([`manifests/${image.manifest}`, ...image.blobs.map((digest) => `blobs/${digest}`)]);
      const token = await pullToken(administrator, repository);
      for (const reader of [here, beside, far]) {
        for (const path of everything) {
          const { status } = await get(reader, token, `/v2/${repository}/${path}`);
          expect({ turn, path, status }).toEqual({ turn, path, status: has.has(path) ? 200 : 404 });
        }
        expect((await get(reader, token, `/v2/${repository}/manifests/latest`)).digest).toBe(image.manifest);
      }
      // Purges fail now and then: a new token knows nothing of the old image all the same.
      if (random(3) === 0) cache.exhaustPurges();
      vi.spyOn(console, "warn").mockImplementation(() => undefined);
      expect((await owner.delete(`/v2/manage/namespaces/${organization}/repos/web`)).status).toBe(204);
      expect((await owner.delete(`/v2/manage/namespaces/${organization}`)).status).toBe(204);
      cache.replenishPurges();
      // The name would rest for some minutes before others may take it, which would hide what this is about.
      await env.DB.prepare("UPDATE audit_events SET created_at = 0 WHERE organization = ?").bind(organization).run();
    }
  });

  it(
    "a tag is never older than what was acknowledged, in whatever isolate",
    { timeout: 300_000 },
    async ({ expect }) => {
      const { administrator, repository, image } = await anImage();
      const text = (number: number) =>
        JSON.stringify({ ...(JSON.parse(image.text) as object), annotations: { number: String(number) } });
      let token = "";
      const isolates = [here, beside, far];
      const stale: { number: number; acknowledged: number }[] = [];
      /** What an isolate says when a move has been acknowledged: by tag, and now and then by the digest that it gave. */
      const read = async (isolate: Isolate, acknowledged: number) => {
        const answer = await get(isolate, token, `/v2/${repository}/manifests/moving`);
        const { annotations } = JSON.parse(new TextDecoder().decode(answer.body)) as {
          annotations: { number: string };
        };
        const number = Number(annotations.number);
        if (number < acknowledged) stale.push({ number, acknowledged });
        const digest = answer.headers.get("Docker-Content-Digest") ?? "";
        if (digest !== answer.digest) stale.push({ number, acknowledged: -1 });
        if (number % 10 > 0) return;
        const same = await get(isolate, token, `/v2/${repository}/manifests/${digest}`);
        if (digest !== same.digest) stale.push({ number, acknowledged: -1 });
      };
      await putTo(here, administrator, repository, "moving", text(0));
      for (let number = 1; number <= 1000; number += 1) {
        const at = (offset: number) => isolates[(number + offset) % isolates.length] ?? here;
        if (number % 100 === 1) token = await pullToken(administrator, repository);
        const moving = putTo(at(0), administrator, repository, "moving", text(number));
        // A reader comes while the tag moves, or right after.
        if (number % 2) await Promise.all([moving, read(at(1), number - 1)]);
        else await moving.then(() => read(at(2), number));
      }
      expect(stale).toEqual([]);
    },
  );
});

/** Every way to remove content from a repository. Each is done through an isolate, and answers what is to be gone. */
const REMOVALS: Record<string, (isolate: Isolate, image: Image, owner: Client) => Promise<number[]>> = {
  "a manifest that is deleted": async (isolate, image, owner) => {
    const response = await through(isolate, owner).delete(manifestPath(image));
    if (response.status !== 202) throw new Error(`deleting: ${response.status}`);
    return [404, 200, 200];
  },
  "a blob that is deleted": async (isolate, image, owner) => {
    const other = { ...image, tag: "" };
    await through(isolate, owner).delete(manifestPath(other));
    for (const path of blobPaths(image)) {
      const response = await through(isolate, owner).delete(path);
      if (response.status !== 202) throw new Error(`deleting: ${response.status}`);
    }
    return GONE;
  },
  "an image that is deleted": async (isolate, { repository }, owner) => {
    const [organization, name] = repository.split("/");
    const response = await through(isolate, owner).delete(`/v2/manage/namespaces/${organization}/repos/${name}`);
    if (response.status !== 204) throw new Error(`deleting: ${response.status}`);
    return GONE;
  },
};

describe.for(Object.entries(REMOVALS))("%s", ([, remove]) => {
  /** Of the other location, with none of it in memory. */
  let cold: Isolate;
  beforeAll(async () => {
    cold = await startIsolate(cache, farLocation);
  });

  it("is told of by HEAD as by GET: never to who may push, by no token and in no isolate, purged or not", async ({
    expect,
  }) => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    for (const isPurged of [true, false]) {
      const { administrator, image, token, repository } = await anImage();
      const pushing = await pushToken(administrator, repository);
      for (const isolate of [here, far]) {
        await warm(isolate, token, image);
        for (const each of [token, pushing]) expect(await statusesFor(isolate, each, image, "HEAD")).toEqual(FOUND);
      }
      if (!isPurged) cache.exhaustPurges();
      const expected = await remove(here, image, administrator);
      cache.replenishPurges();
      // What a push has seen of blobs a moment ago it goes by for a minute (ADR 25): this is about all other pushes.
      await twoMinutesLater(async () => {
        for (const isolate of [here, far, cold]) {
          expect(await statusesFor(isolate, pushing, image, "HEAD")).toEqual(expected);
        }
        expect(await statusesFor(here, token, image, "HEAD")).toEqual(expected);
        const later = await pullToken(administrator, repository);
        for (const isolate of [here, far, cold]) {
          expect(await statusesFor(isolate, later, image, "HEAD")).toEqual(expected);
        }
        // As ADR 24 says of who reads with a token from before.
        expect(await statusesFor(far, token, image, "HEAD")).toEqual(FOUND);
        if (isPurged) expect(await statusesFor(cold, token, image, "HEAD")).toEqual(expected);
      });
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * MINUTE });
      for (const isolate of [here, far]) {
        expect(await statusesFor(isolate, token, image, "HEAD")).toEqual([401, 401, 401]);
      }
      vi.useRealTimers();
    }
  });

  it("is gone for everybody when the cache could be purged, also for tokens from before", async ({ expect }) => {
    const { administrator, image, token } = await anImage();
    for (const isolate of [here, far]) await warm(isolate, token, image);
    const expected = await remove(here, image, administrator);
    expect(await statusesFor(here, token, image)).toEqual(expected);
    // One that has none of it in memory.
    const fresh = await startIsolate(cache, farLocation);
    expect(await statusesFor(fresh, token, image)).toEqual(expected);
    // In memory elsewhere it is still there for who has a token from before, and for nobody else.
    const repository = image.repository;
    const later = await tokenFor(administrator, `repository:${repository}:pull`);
    expect(await statusesFor(far, later, image)).toEqual(expected);
  });

  it("is gone in its isolate, and for later tokens everywhere, when the purge was refused", async ({ expect }) => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { administrator, image, token, repository } = await anImage();
    for (const isolate of [here, far]) await warm(isolate, token, image);
    cache.exhaustPurges();
    const expected = await remove(here, image, administrator);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("refused"));
    expect(await statusesFor(here, token, image)).toEqual(expected);
    const later = await pullToken(administrator, repository);
    for (const isolate of [here, beside, far]) expect(await statusesFor(isolate, later, image)).toEqual(expected);
    // What the ADR says of tokens from before: elsewhere they see it until they end.
    expect(await statusesFor(far, token, image)).toEqual(FOUND);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * MINUTE });
    for (const isolate of [here, beside, far])
      expect(await statusesFor(isolate, token, image)).toEqual([401, 401, 401]);
  });

  it("is purged a minute later when the purge was refused", async ({ expect }) => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { administrator, image, token } = await anImage();
    await warm(far, token, image);
    cache.exhaustPurges();
    const expected = await remove(here, image, administrator);
    cache.replenishPurges();
    await beside.passMinute();
    const fresh = await startIsolate(cache, farLocation);
    expect(await statusesFor(fresh, token, image)).toEqual(expected);
    expect(await env.DB.prepare("SELECT count(*) FROM removals").first("count(*)")).toBe(0);
  });

  it("can be pushed again at once, and is seen by everybody", async ({ expect }) => {
    const { administrator, image, token, repository } = await anImage();
    for (const isolate of [here, far]) await warm(isolate, token, image);
    await remove(here, image, administrator);
    const contents = [someBytes(), someBytes(LARGE)];
    const again = await pushTo(here, administrator, repository, "latest", contents);
    const later = await pullToken(administrator, repository);
    for (const isolate of [here, beside, far]) {
      expect(await statusesFor(isolate, later, again)).toEqual(FOUND);
      expect((await get(isolate, later, `/v2/${repository}/manifests/latest`)).digest).toBe(again.manifest);
    }
    expect(await statusesFor(here, token, again)).toEqual(FOUND);
  });
});

describe("a blob that is too large for memory", () => {
  let alone: Isolate;

  beforeAll(async () => {
    alone = await startIsolate();
  });

  /** An image that this isolate has pulled, and the path of its layer. */
  async function pulled() {
    const made = await anImage();
    await warm(alone, made.token, made.image);
    const [, layer = ""] = blobPaths(made.image);
    return { ...made, layer, headers: { Authorization: `Bearer ${made.token}` } };
  }

  it("is asked of R2 alone for five minutes, whole or a part", async ({ expect }) => {
    const { administrator, repository, layer, headers } = await pulled();
    for (const range of [undefined, "bytes=10-19"]) {
      const { response, counts } = await alone.count(layer, {
        headers: { ...headers, ...(range && { Range: range }) },
      });
      expect(response.status).toBe(range ? 206 : 200);
      expect((await response.arrayBuffer()).byteLength).toBe(range ? 10 : LARGE);
      expect(counts).toEqual({ ...noCounts(), r2: { get: 1 } });
    }
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * MINUTE });
    const later = { Authorization: `Bearer ${await pullToken(administrator, repository)}` };
    const { counts } = await alone.count(layer, { headers: later });
    expect(counts).toMatchObject({ nearbyTrips: 1, r2: { get: 1 } });
  });

  it("is found again when its bytes were stored anew meanwhile", async ({ expect }) => {
    const { image, token, layer } = await pulled();
    const moved = await env.DB.prepare(
      "UPDATE blobs SET object_key = 'moved-' || object_key WHERE digest = ? RETURNING object_key",
    )
      .bind(image.blobs[1])
      .first<string>("object_key");
    const key = moved?.replace("moved-", "") ?? "";
    await env.BUCKET.put(moved ?? "", (await (await env.BUCKET.get(key))?.arrayBuffer()) ?? "");
    await env.BUCKET.delete(key);
    for (const isKnown of [false, true]) {
      const { status, digest } = await get(alone, token, layer);
      expect({ isKnown, status, digest }).toEqual({ isKnown, status: 200, digest: image.blobs[1] });
    }
  });

  it("is gone once its object is, and at once when it is removed", async ({ expect }) => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const lost = await pulled();
    const key = await env.DB.prepare("SELECT object_key FROM blobs WHERE digest = ?")
      .bind(lost.image.blobs[1])
      .first<string>("object_key");
    await env.BUCKET.delete(key ?? "");
    expect((await get(alone, lost.token, lost.layer)).status).toBe(404);
    expect(logged).toHaveBeenCalled();
    for (const remove of Object.values(REMOVALS)) {
      const removed = await pulled();
      const expected = await remove(alone, removed.image, removed.administrator);
      expect(await statusesFor(alone, removed.token, removed.image)).toEqual(expected);
    }
  });

  it("is asked of R2 once more when another isolate has removed it, and then of the database alone", async ({
    expect,
  }) => {
    const { image, layer, administrator, headers } = await pulled();
    const key = await env.DB.prepare("SELECT object_key FROM blobs WHERE digest = ?")
      .bind(image.blobs[1])
      .first<string>("object_key");
    await through(here, administrator).delete(`/v2/${image.repository}/manifests/${image.manifest}`);
    await env.DB.prepare("DELETE FROM repository_blobs WHERE blob_id = (SELECT id FROM blobs WHERE digest = ?)")
      .bind(image.blobs[1])
      .run();
    await env.BUCKET.delete(key ?? "");
    for (const asked of [{ get: 1 }, {}]) {
      const { response, counts } = await alone.count(layer, { headers });
      expect({ status: response.status, r2: counts.r2 }).toEqual({ status: 404, r2: asked });
    }
  });

  it("is not readable through another repository", async ({ expect }) => {
    const { image } = await pulled();
    const other = await anImage();
    expect(await statusesFor(alone, other.token, { ...image, repository: other.repository })).toEqual(GONE);
  });
});

describe("what is collected", () => {
  it("is gone for later tokens everywhere, and the cache is purged", async ({ expect }) => {
    const { administrator, image, token, repository } = await anImage();
    await warm(far, token, image);
    await through(here, administrator).delete(`/v2/${repository}/manifests/latest`);
    const before = cache.purges.length;
    await env.DB.batch([
      env.DB.prepare("UPDATE manifests SET unreferenced_since = 1 WHERE digest = ?").bind(image.manifest),
      env.DB.prepare("UPDATE blobs SET last_used_at = 1"),
    ]);
    const contentSource = {
      fetch: () => Promise.reject(new Error("not asked")),
      purge: async (tags: string[]) => {
        return (await cache.purge({ tags })).success ? ("purged" as const) : ("refused" as const);
      },
    };
    const stores = { ...lastingStores(), contentSource };
    await collectGarbage(stores, new Budget(stores.db, 900, MINUTE));
    const tags: unknown = expect.arrayContaining([`repository-${await idOf(repository)}`]);
    expect(cache.purges.slice(before)).toEqual([{ tags, success: true }]);
    const later = await pullToken(administrator, repository);
    expect((await get(far, later, manifestPath(image))).status).toBe(404);
  });
});

describe("removals", () => {
  it("raise the generation of their repository, whatever statement does them, and no other's", async ({ expect }) => {
    const { image, repository } = await anImage();
    const other = await anImage();
    const id = await idOf(repository);
    const states = [await generationOf(id)];
    for (const statement of [
      "DELETE FROM tags WHERE repository_id = ?",
      "UPDATE manifests SET digest = '~' || id || ' ' || digest, unreferenced_since = -2 WHERE repository_id = ?",
      "DELETE FROM manifest_blobs WHERE manifest_id IN (SELECT id FROM manifests WHERE repository_id = ?)",
      "DELETE FROM manifests WHERE repository_id = ?",
      "DELETE FROM repository_blobs WHERE repository_id = ?",
      "UPDATE repositories SET account_id = 0 WHERE id = ?",
    ]) {
      await env.DB.prepare(statement).bind(id).run();
      states.push(await generationOf(id));
    }
    // A tag is no content; what was hidden before is removed once; each of two blobs counts.
    expect(states).toEqual([0, 0, 1, 1, 1, 3, 4]);
    expect(image.blobs).toHaveLength(2);
    expect(await generationOf(await idOf(other.repository))).toBe(0);
    const noted = await env.DB.prepare("SELECT generation FROM removals WHERE repository_id = ?")
      .bind(id)
      .first("generation");
    expect(noted).toBe(4);
    await here.passMinute();
  });

  it("of a repository that is deleted already are not noted again", async ({ expect }) => {
    const { administrator, repository, organization } = await anImage();
    const id = await idOf(repository);
    const before = cache.purges.length;
    await through(here, administrator).delete(`/v2/manage/namespaces/${organization}/repos/web`);
    await here.passMinute();
    expect(cache.purges.slice(before)).toEqual([{ tags: [`repository-${id}`], success: true }]);
  });

  it("of more repositories than an isolate remembers have it believe nothing for as long as tokens last", async ({
    expect,
  }) => {
    const { image, token } = await anImage();
    const isolate = await startIsolate(cache);
    await warm(isolate, token, image);
    const [manifest = ""] = pathsOf(image);
    const asks = async () => {
      const headers = { Authorization: `Bearer ${token}` };
      const { counts } = await isolate.count(manifest, { headers });
      return counts.roundTrips + counts.nearbyTrips;
    };
    expect(await asks()).toBe(0);
    for (let page = 1; page <= 2; page += 1) {
      await env.DB.prepare(
        `WITH RECURSIVE ids(id) AS (SELECT ${page}000000 UNION ALL SELECT id + 1 FROM ids WHERE id < ${page}000999)
         INSERT INTO removals SELECT id, 1, unixepoch() * 1000 FROM ids`,
      ).run();
      cache.replenishPurges();
      await isolate.passMinute();
    }
    expect(await asks()).toBe(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * MINUTE });
    const later = await isolate.count(manifest, { headers: { Authorization: `Bearer ${token}` } });
    expect(later.response.status).toBe(401);
  });

  it("that a database does not know of yet are not undone by what it says is there", async ({ expect }) => {
    const { image, repository } = await anImage();
    const id = await idOf(repository);
    const context = { stores: lastingStores(), hasCache: true, after: () => undefined };
    for (const [kind, digest] of [
      ["manifests", image.manifest],
      ["blobs", image.blobs[0]],
    ] as const) {
      const answers = [0, 1].map(async (generation) => {
        const answer = await answerContent(context, edgePath({ id, generation }, kind, digest as Digest));
        await answer.body?.cancel();
        return [answer.status, answer.headers.get("Cache-Control")];
      });
      expect(await Promise.all(answers)).toEqual([
        [200, expect.stringContaining("public")],
        [404, "no-store"],
      ]);
    }
  });
});

describe("rights", () => {
  it("end with the share, however warm the image is", async ({ expect }) => {
    const { administrator, image, organization } = await anImage();
    const other = await newAccount();
    const now = Date.now();
    const path = `/v2/manage/namespaces/${organization}/repositories/web/access-domains`;
    const shared = await administrator.post(path, {
      access_domain: other.account,
      permit: "read",
      deadline: "forever",
    });
    expect(shared.status).toBe(201);
    await env.DB.prepare("UPDATE shares SET ends_at = ?")
      .bind(now + 2 * MINUTE)
      .run();
    const token = await pullToken(other.administrator, image.repository);
    for (const isolate of [here, beside]) await warm(isolate, token, image);
    const withPassword = { Authorization: basic(other.administrator.name, PASSWORD) };
    const [manifest = "", config = "", layer = ""] = pathsOf(image);
    expect((await here.fetch(manifest, { headers: withPassword })).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: now + 3 * MINUTE });
    for (const where of [manifest, config, layer]) {
      expect((await here.fetch(where, { headers: withPassword })).status).toBeGreaterThanOrEqual(401);
    }
    vi.setSystemTime(now + 6 * MINUTE);
    expect(await statusesFor(here, token, image)).toEqual([401, 401, 401]);
    const later = await pullToken(through(here, other.administrator), image.repository);
    expect(await statusesFor(here, later, image)).not.toContain(200);
  });

  it("of nobody in particular end when the image becomes private", async ({ expect }) => {
    const { administrator, image, organization } = await anImage();
    const own = through(here, administrator);
    const set = (isPublic: boolean) =>
      own.patch(`/v2/manage/namespaces/${organization}/repos/web`, {
        is_public: isPublic,
        category: "other",
        description: "",
      });
    expect((await set(true)).ok).toBe(true);
    for (const path of pathsOf(image)) expect((await here.fetch(path)).status).toBe(200);
    expect((await set(false)).ok).toBe(true);
    for (const path of pathsOf(image)) expect((await here.fetch(path)).status).toBe(401);
  });
});

describe("counting", () => {
  it("goes on as without a cache: parts and blobs count no pull, others one each, and all their bytes", async ({
    expect,
  }) => {
    const { administrator, image, token, repository } = await anImage();
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ mediaType: OCI_MANIFEST, digest: image.manifest, size: image.text.length }],
    });
    const lone = await pushTo(here, administrator, repository, "lone");
    for (let time = 0; time < 2; time += 1) await warm(here, token, lone);
    // It is an image of its own so far.
    await get(here, token, manifestPath(image));
    const bytes = 2 * (lone.text.length + 100 + LARGE) + image.text.length;
    await waitFor(async () => expect(await countsOf(repository)).toEqual({ pulls: 3, bytes }));
    // From here on it is a part of one, which the caches were not told.
    await putTo(here, administrator, repository, "multi", text);
    for (let time = 0; time < 2; time += 1) {
      await get(here, token, `/v2/${repository}/manifests/${digestOf(text)}`);
      await get(here, token, manifestPath(image));
    }
    const more = 2 * (text.length + image.text.length);
    await waitFor(async () => expect(await countsOf(repository)).toEqual({ pulls: 5, bytes: bytes + more }));
  });

  it("has the grace period of a manifest begin anew that was kept when something still needed it", async ({
    expect,
  }) => {
    const { image, token } = await anImage();
    await warm(here, token, image);
    const since = Date.now() - 3 * 60 * MINUTE;
    await env.DB.prepare("UPDATE manifests SET unreferenced_since = ? WHERE digest = ?")
      .bind(since, image.manifest)
      .run();
    const { counts } = await here.count(manifestPath(image), { headers: { Authorization: `Bearer ${token}` } });
    expect(counts).toEqual(noCounts());
    await waitFor(async () => expect(await unreferencedSince(image.manifest)).toBeGreaterThan(since));
  });
});

describe("answers to caches", () => {
  it("of the entrypoint always say what may be done with them", async ({ expect }) => {
    const { image, token, repository } = await anImage();
    await warm(here, token, image);
    await get(here, token, `/v2/${repository}/manifests/${digestOf("nothing")}`);
    await get(here, token, `/v2/${repository}/blobs/${digestOf("nothing")}`);
    expect(cache.silent).toEqual([]);
    const odd = await exports.ContentSource.fetch("https://content/1/repositories/1/0/blobs/none");
    expect([odd.status, odd.headers.get("Cache-Control")]).toEqual([404, "no-store"]);
  });

  it("say in the local runtime that there is no cache", async ({ expect }) => {
    const answer = await exports.ContentSource.fetch("https://content/");
    expect(answer.headers.get("Berth-Cache")).toBe("absent");
    expect(await exports.ContentSource.purge(["repository-1"])).toBe("absent");
  });

  it.for([
    ["GET", "/v2/"],
    ["GET", "/v2/a/b/manifests/latest"],
    ["GET", "/v2/a/b/blobs/sha256:x"],
    ["GET", "/v2/a/b/nowhere"],
    ["GET", "/token"],
    ["GET", "/"],
    ["GET", "/api/settings"],
    ["GET", "/api/images"],
    ["GET", "/v2/manage/namespaces"],
    ["GET", "/v3/auth/tokens"],
    ["GET", "/docs"],
    ["GET", "/openapi.json"],
    ["GET", "/nowhere"],
    ["PUT", "/nowhere"],
    ["OPTIONS", "/v2/"],
  ] as const)("%s %s says what caches may do", async ([method, path], { expect }) => {
    const answer = await here.fetch(path, { method });
    await answer.body?.cancel();
    expect(answer.headers.get("Cache-Control")).not.toBeNull();
  });
});

async function idOf(repository: string): Promise<number> {
  const id = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?").bind(repository).first<number>("id");
  if (id === null) throw new Error(`there is no ${repository}`);
  return id;
}

async function generationOf(id: number): Promise<number | null> {
  return env.DB.prepare("SELECT generation FROM repositories WHERE id = ?").bind(id).first<number>("generation");
}

async function unreferencedSince(digest: string): Promise<number | null> {
  return env.DB.prepare("SELECT unreferenced_since FROM manifests WHERE digest = ?")
    .bind(digest)
    .first("unreferenced_since");
}

async function countsOf(repository: string): Promise<{ pulls: number; bytes: number } | null> {
  return env.DB.prepare(
    "SELECT pull_count AS pulls, ifnull(sum(bytes), 0) AS bytes FROM repositories " +
      "LEFT JOIN daily_pulls ON repository_id = repositories.id WHERE name = ?",
  )
    .bind(repository)
    .first();
}
