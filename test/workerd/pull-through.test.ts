/** What is pulled from an organization that stands for a registry elsewhere (docs/pull-through.md). */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { DockerHub, HUB, LIMIT_WORDS } from "../support/workerd/docker-hub.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { expireUnpulled } from "../../src/registry/upstreams/idle-tags.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import {
  asUser,
  auditOf,
  type Client,
  newAccount,
  newName,
  newOrganization,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import {
  errorCodes,
  errorsOf,
  fetchAnonymously,
  OCI_INDEX,
  OCI_MANIFEST,
  someBytes,
} from "../support/workerd/registry-requests.ts";
import { waitUntil } from "../support/workerd/waiting.ts";

let hub: DockerHub;
beforeEach(() => {
  hub = new DockerHub().listen();
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Cache {
  organization: string;
  administrator: Client;
  member: Client;
}

/** An organization that stands for Docker Hub. */
async function newCache(settings: Record<string, unknown> = {}): Promise<Cache> {
  const { administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  const remote = newName("hub");
  const added = await administrator.post("/api/remotes", { name: remote, url: "docker.io", test: false });
  if (added.status !== 201) throw new Error(`adding a remote: ${await added.text()}`);
  const set = await administrator.send("PUT", `/api/organizations/${organization}/upstream`, { remote, ...settings });
  if (set.status !== 200) throw new Error(`setting an upstream: ${set.status} ${await set.text()}`);
  return { organization, administrator, member };
}

const upstreamOf = async ({ administrator, organization }: Cache) =>
  (await administrator.get(`/api/organizations/${organization}/upstream`)).json<Record<string, unknown>>();

/** Lets the lifetime of all tags pass. */
async function outlive(): Promise<void> {
  await env.DB.exec("UPDATE upstream_tags SET checked_at = 0");
}

describe("a manifest", () => {
  it("comes from Docker Hub by its token dance, and from then on is here", async ({ expect }) => {
    const cache = await newCache();
    const { index } = hub.push("library/nginx", "1");
    const path = `/v2/${cache.organization}/nginx/manifests/1`;

    const first = await cache.administrator.get(path);
    expect([first.status, await first.text()]).toEqual([200, index.text]);
    expect(first.headers.get("Docker-Content-Digest")).toBe(index.digest);
    expect(first.headers.get("Content-Type")).toBe(OCI_INDEX);
    expect(hub.asked).toEqual(["GET /v2/library/nginx/manifests/1"]);
    const tokens = hub.requests.filter(({ path: asked }) => asked.startsWith("https://auth.docker.io/token"));
    expect(tokens).toHaveLength(1);

    const again = await cache.administrator.get(path);
    expect([again.status, await again.text()]).toEqual([200, index.text]);
    const byDigest = await cache.administrator.get(`/v2/${cache.organization}/nginx/manifests/${index.digest}`);
    expect(byDigest.status).toBe(200);
    expect(hub.asked).toHaveLength(1);
  });

  it("is asked for upstream once, however many want it at once", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    hub.push("library/nginx", "1");
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => administrator.get(`/v2/${organization}/nginx/manifests/1`)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(hub.asked).toEqual(["GET /v2/library/nginx/manifests/1"]);
  });

  it("of a platform that nobody asks for stays where it is", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    const { manifests } = hub.push("library/nginx", "1");
    await administrator.get(`/v2/${organization}/nginx/manifests/1`);
    const [amd64, arm64] = manifests;
    const path = `/v2/${organization}/nginx/manifests/${amd64?.digest}`;
    expect((await administrator.get(path)).status).toBe(200);
    expect(hub.asked.filter((request) => request.includes(arm64?.digest ?? "none"))).toEqual([]);
    const edges = await env.DB.prepare(
      `SELECT count(*) AS children FROM manifest_children
       JOIN manifests ON manifests.id = manifest_children.child_id WHERE manifests.digest = ?`,
    )
      .bind(amd64?.digest ?? "")
      .first<number>("children");
    expect(edges).toBe(1);
  });

  it("of a tag is asked for again after its lifetime, by HEAD, which Docker Hub does not count", async ({ expect }) => {
    const cache = await newCache();
    hub.push("library/nginx", "1");
    const path = `/v2/${cache.organization}/nginx/manifests/1`;
    await cache.administrator.get(path);
    const { remaining } = hub;
    await outlive();
    hub.requests.length = 0;

    const same = await cache.administrator.get(path);
    expect([same.status, same.headers.get("Warning")]).toEqual([200, null]);
    expect(hub.asked).toEqual(["HEAD /v2/library/nginx/manifests/1"]);
    expect(hub.remaining).toBe(remaining);
    await cache.administrator.get(path);
    expect(hub.asked).toHaveLength(1);
  });

  it("of a tag that has moved upstream is the new one after the lifetime", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    const old = hub.push("library/nginx", "1");
    const path = `/v2/${organization}/nginx/manifests/1`;
    await administrator.get(path);
    const moved = hub.push("library/nginx", "1");
    expect((await administrator.get(path)).headers.get("Docker-Content-Digest")).toBe(old.index.digest);
    await outlive();
    expect((await administrator.get(path)).headers.get("Docker-Content-Digest")).toBe(moved.index.digest);
    // Back again: both are here.
    hub.tag("library/nginx", "1", old.index.digest);
    await outlive();
    hub.requests.length = 0;
    expect((await administrator.get(path)).headers.get("Docker-Content-Digest")).toBe(old.index.digest);
    expect(hub.asked).toEqual(["HEAD /v2/library/nginx/manifests/1"]);
    const events = await auditOf(`${organization}/nginx:1`);
    expect(events.map(({ action, detail }) => [action, JSON.parse(detail ?? "{}")])).toEqual(
      [old, moved, old].map(({ index: { digest } }) => ["manifest.fetch", { digest, mediaType: OCI_INDEX }]),
    );
  });

  it("is only described upstream for HEAD", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    const { index } = hub.push("library/nginx", "1");
    const head = await administrator.send("HEAD", `/v2/${organization}/nginx/manifests/1`);
    expect([head.status, head.headers.get("Docker-Content-Digest")]).toEqual([200, index.digest]);
    expect(head.headers.get("Content-Length")).toBe(String(index.text.length));
    expect(hub.asked).toEqual(["HEAD /v2/library/nginx/manifests/1"]);
    expect(hub.remaining).toBe(100);
  });

  it("of a tag that docker asks for by HEAD, and then pulls by its digest, is the tag's while upstream is down", async ({
    expect,
  }) => {
    const { administrator, organization } = await newCache();
    const path = `/v2/${organization}/nginx/manifests`;
    const { index } = hub.push("library/nginx", "1");
    const head = await administrator.send("HEAD", `${path}/1`);
    expect(head.headers.get("Docker-Content-Digest")).toBe(index.digest);
    expect((await administrator.get(`${path}/${index.digest}`)).status).toBe(200);
    expect(await auditOf(`${organization}/nginx:1`)).toMatchObject([{ action: "manifest.fetch" }]);

    hub.instead = (request) => (request.url.startsWith(HUB) ? new Response("oops", { status: 500 }) : undefined);
    for (const isOld of [false, true]) {
      if (isOld) await outlive();
      for (const method of ["HEAD", "GET"]) {
        const { headers, status } = await administrator.send(method, `${path}/1`);
        expect([status, headers.get("Docker-Content-Digest")]).toEqual([200, index.digest]);
        expect(headers.has("Warning")).toBe(isOld);
      }
    }
    hub.instead = undefined;
  });

  it("with a digest other than it should have is not taken", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    const { index } = hub.push("library/nginx", "1");
    hub.instead = (request) =>
      request.method === "GET" && request.url.includes("/manifests/")
        ? new Response(`${index.text} `, {
            headers: { "content-type": OCI_INDEX, "docker-content-digest": index.digest },
          })
        : undefined;
    const response = await administrator.get(`/v2/${organization}/nginx/manifests/1`);
    expect([response.status, await errorCodes(response)]).toEqual([502, ["UNAVAILABLE"]]);
    const stored = await env.DB.prepare("SELECT count(*) AS rows FROM repositories WHERE name = ?")
      .bind(`${organization}/nginx`)
      .first<number>("rows");
    expect(stored).toBe(0);
  });
});

describe("when upstream fails", () => {
  const failures = [
    [
      "is down",
      () => Promise.reject(new TypeError("connection refused")),
      502,
      "UNAVAILABLE",
      "cannot be reached",
      "UPSTREAM_UNREACHABLE",
    ],
    ["fails", () => new Response("oops", { status: 500 }), 502, "UNAVAILABLE", "docker.io answered 500", "REFUSED"],
    [
      "limits pulls",
      () =>
        Response.json(
          { errors: [{ code: "TOOMANYREQUESTS", message: LIMIT_WORDS }] },
          { status: 429, headers: { "retry-after": "120" } },
        ),
      429,
      "TOOMANYREQUESTS",
      LIMIT_WORDS,
      "UPSTREAM_BUSY",
    ],
    [
      "refuses the credentials",
      () => Response.json({ errors: [{ code: "DENIED", message: "access denied" }] }, { status: 403 }),
      403,
      "DENIED",
      "access denied",
      "UPSTREAM_REFUSED",
    ],
  ] as const;

  it.for(failures)("because it %s, what is here is served with a warning", async ([, answer], { expect }) => {
    const { administrator, organization } = await newCache();
    const { index } = hub.push("library/nginx", "1");
    const path = `/v2/${organization}/nginx/manifests/1`;
    await administrator.get(path);
    await outlive();
    hub.instead = (request) => (request.url.startsWith(HUB) ? answer() : undefined);
    for (const method of ["GET", "HEAD"]) {
      const stale = await administrator.send(method, path);
      expect([stale.status, stale.headers.get("Docker-Content-Digest")]).toEqual([200, index.digest]);
      expect(stale.headers.get("Warning")).toBe('110 - "Response is Stale", 111 - "Revalidation Failed"');
    }
    hub.instead = undefined;
  });

  it.for(failures)(
    "because it %s, what is not here is refused in its words",
    async ([, answer, status, code, words, reason], { expect }) => {
      const cache = await newCache();
      hub.instead = (request) => (request.url.startsWith(HUB) ? answer() : undefined);
      const response = await cache.administrator.get(`/v2/${cache.organization}/nginx/manifests/1`);
      expect(response.status).toBe(status);
      const [error] = await errorsOf(response);
      expect(error?.code).toBe(code);
      expect(error?.message).toContain(words);
      if (status === 429) expect(response.headers.get("Retry-After")).toBe("120");
      expect(await upstreamOf(cache)).toMatchObject({
        failure: { message: expect.stringContaining(words) as string, reasons: [{ code: reason }] },
      });
    },
  );

  it("a tag that is gone upstream is gone, and its manifest stays under its digest", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    const { index } = hub.push("library/nginx", "1");
    await administrator.get(`/v2/${organization}/nginx/manifests/1`);
    await outlive();
    hub.untag("library/nginx", "1");
    const gone = await administrator.get(`/v2/${organization}/nginx/manifests/1`);
    expect([gone.status, await errorCodes(gone)]).toEqual([404, ["MANIFEST_UNKNOWN"]]);
    expect((await administrator.get(`/v2/${organization}/nginx/manifests/${index.digest}`)).status).toBe(200);
  });

  it("what is not there is asked for once in a while only", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    const statuses: number[] = [];
    for (let times = 0; times < 5; times += 1) {
      statuses.push((await administrator.get(`/v2/${organization}/nginx/manifests/nothing`)).status);
    }
    expect(statuses).toEqual([404, 404, 404, 404, 404]);
    expect(hub.asked).toHaveLength(1);
  });

  it("the limit of pulls is shown to those who manage the organization", async ({ expect }) => {
    const cache = await newCache();
    hub.push("library/nginx", "1");
    hub.remaining = 77;
    await cache.administrator.get(`/v2/${cache.organization}/nginx/manifests/1`);
    expect(await upstreamOf(cache)).toMatchObject({
      rateLimit: { limit: 100, remaining: 76, window: 21_600, source: "192.0.2.1" },
      answered: expect.any(String) as string,
      failure: null,
    });
    const hidden = await cache.member.get(`/api/organizations/${cache.organization}/upstream`);
    expect(hidden.status).toBe(404);
  });
});

describe("a blob", () => {
  it("comes from where Docker Hub sends its readers, and from then on is here", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    const layer = someBytes(300_000);
    const { manifests } = hub.push("library/nginx", "1", { layers: [layer], platforms: ["amd64"] });
    await administrator.get(`/v2/${organization}/nginx/manifests/1`);
    await administrator.get(`/v2/${organization}/nginx/manifests/${manifests[0]?.digest}`);
    const digest = manifests[0]?.layers[0]?.digest ?? "";
    const path = `/v2/${organization}/nginx/blobs/${digest}`;

    const head = await administrator.send("HEAD", path);
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, "300000"]);
    for (let times = 0; times < 2; times += 1) {
      const response = await administrator.get(path);
      expect([response.status, response.headers.get("Content-Length")]).toEqual([200, "300000"]);
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(layer);
    }
    expect(hub.asked.filter((request) => request.includes("/blobs/"))).toEqual([
      `GET /v2/library/nginx/blobs/${digest}`,
    ]);
    const sent = hub.requests.filter(({ path: asked }) => asked.startsWith("https://production"));
    expect(sent.map(({ authorization }) => authorization)).toEqual([null]);
    const parts = await env.DB.prepare("SELECT count(*) AS parts FROM upstream_parts WHERE digest = ?")
      .bind(digest)
      .first<number>("parts");
    expect(parts).toBe(0);
  });
});

/** An image of one platform in a cache, whose manifests are there and whose blobs are not. */
async function newImage(cache: Cache, layers: Uint8Array<ArrayBuffer>[], name = "nginx") {
  const { manifests } = hub.push(`library/${name}`, "1", { layers, platforms: ["amd64"] });
  const [manifest] = manifests;
  if (!manifest) throw new Error("an image has a manifest");
  for (const reference of ["1", manifest.digest]) {
    const response = await cache.administrator.get(`/v2/${cache.organization}/${name}/manifests/${reference}`);
    if (response.status !== 200) throw new Error(`pulling a manifest: ${response.status}`);
  }
  const [layer] = manifest.layers;
  if (!layer) throw new Error("an image has a layer");
  return { ...layer, path: `/v2/${cache.organization}/${name}/blobs/${layer.digest}` };
}

const blobsAsked = () => hub.asked.filter((request) => request.startsWith("GET") && request.includes("/blobs/"));

/**
 * A body that comes in pieces, each when the test lets it. It is made where it is read: a Durable Object cannot read what belongs to
 * another request.
 */
function inPieces(bytes: Uint8Array<ArrayBuffer>, count: number) {
  const size = Math.ceil(bytes.byteLength / count);
  let allowed = 0;
  let isBroken = false;
  const open = () => {
    let at = 0;
    const isWaiting = () => at >= allowed && !isBroken;
    return new ReadableStream({
      type: "bytes",
      async pull(controller) {
        while (isWaiting()) await scheduler.wait(5);
        if (isBroken) throw new Error("the connection broke");
        controller.enqueue(bytes.slice(at, allowed));
        at = allowed;
        if (at === bytes.byteLength) controller.close();
      },
    });
  };
  const next = () => {
    allowed = Math.min(allowed + size, bytes.byteLength);
  };
  const breakOff = () => {
    isBroken = true;
  };
  return { open, next, breakOff };
}

async function countRows(table: string, where: string, ...values: (string | number)[]): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS found FROM ${table} WHERE ${where}`)
    .bind(...values)
    .first<number>("found");
  return row ?? 0;
}

async function objectCount(): Promise<number> {
  return (await env.BUCKET.list()).objects.length;
}

describe("a blob that is on its way", () => {
  it("is read by many clients at once, and upstream sends it once", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, path } = await newImage(cache, [someBytes(3_000_000)]);
    const answers = await Promise.all(Array.from({ length: 12 }, () => cache.administrator.get(path)));
    const bodies = await Promise.all(answers.map(async (answer) => new Uint8Array(await answer.arrayBuffer())));
    expect(bodies.every((body) => Buffer.from(body).equals(bytes))).toBe(true);
    expect(blobsAsked()).toHaveLength(1);
  });

  it("reaches its clients before all of it is there, except for its end", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, path } = await newImage(cache, [someBytes(400_000)]);
    const coming = inPieces(bytes, 4);
    hub.bodyOf = coming.open;
    const reader = (await cache.administrator.get(path)).body?.getReader();
    coming.next();
    const first = await reader?.read();
    expect(first?.value?.byteLength).toBeGreaterThan(0);
    for (let pieces = 0; pieces < 3; pieces += 1) coming.next();
    let length = first?.value?.byteLength ?? 0;
    for (let piece = await reader?.read(); !piece?.done; piece = await reader?.read())
      length += piece?.value.byteLength ?? 0;
    expect(length).toBe(400_000);
  });

  it("goes on when its client has gone", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, digest, path } = await newImage(cache, [someBytes(400_000)]);
    const coming = inPieces(bytes, 4);
    hub.bodyOf = coming.open;
    const reader = (await cache.administrator.get(path)).body?.getReader();
    coming.next();
    await reader?.read();
    await reader?.cancel();
    for (let pieces = 0; pieces < 3; pieces += 1) coming.next();
    await waitUntil(async () => (await countRows("blobs", "digest = ?", digest)) === 1);
    expect(new Uint8Array(await (await cache.administrator.get(path)).arrayBuffer())).toEqual(bytes);
    expect(blobsAsked()).toHaveLength(1);
  });

  it("is read to its end by a client that is far behind all others", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, path } = await newImage(cache, [someBytes(12_000_000)]);
    const slow = await cache.administrator.get(path);
    const fast = await cache.administrator.get(path);
    // The slow one has read nothing, and the window has moved on.
    expect(new Uint8Array(await fast.arrayBuffer())).toEqual(bytes);
    expect(new Uint8Array(await slow.arrayBuffer())).toEqual(bytes);
    expect(blobsAsked()).toHaveLength(1);
  });

  it("is given in ranges as well", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, path } = await newImage(cache, [someBytes(500_000)]);
    const part = await cache.administrator.send("GET", path, undefined, { Range: "bytes=100000-100009" });
    expect([part.status, part.headers.get("Content-Range")]).toEqual([206, "bytes 100000-100009/500000"]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(100_000, 100_010));
    const end = await cache.administrator.send("GET", path, undefined, { Range: "bytes=-10" });
    expect(new Uint8Array(await end.arrayBuffer())).toEqual(bytes.subarray(-10));
    expect(blobsAsked()).toHaveLength(1);
  });

  it("leaves nothing when upstream breaks off, and comes whole the next time", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, digest, path } = await newImage(cache, [someBytes(400_000)]);
    const objects = await objectCount();
    const coming = inPieces(bytes, 4);
    hub.bodyOf = coming.open;
    const [one, other] = await Promise.all([cache.administrator.get(path), cache.administrator.get(path)]);
    const readings = [one, other].map((answer) => answer.arrayBuffer());
    const results = Promise.allSettled(readings);
    coming.next();
    coming.breakOff();
    expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await countRows("blobs", "digest = ?", digest)).toBe(0);
    expect(await objectCount()).toBe(objects);

    hub.bodyOf = (blob) => blob.bytes;
    expect(new Uint8Array(await (await cache.administrator.get(path)).arrayBuffer())).toEqual(bytes);
    expect(await countRows("blobs", "digest = ?", digest)).toBe(1);
  });

  it("never reaches a client whole when it is another than its digest says", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, digest, path } = await newImage(cache, [someBytes(400_000)]);
    const objects = await objectCount();
    hub.bodyOf = (blob) => {
      const forged = blob.bytes.slice();
      forged[0] = (forged[0] ?? 0) ^ 1;
      return forged;
    };
    const reader = (await cache.administrator.get(path)).body?.getReader();
    let received = 0;
    const readAll = async () => {
      for (let piece = await reader?.read(); !piece?.done; piece = await reader?.read()) {
        received += piece?.value.byteLength ?? 0;
      }
    };
    await expect(readAll()).rejects.toThrow();
    expect(received).toBeLessThan(bytes.byteLength);
    expect(await countRows("blobs", "digest = ?", digest)).toBe(0);
    expect(await objectCount()).toBe(objects);
  });

  it("of which there is no room for is passed on, and not kept", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, digest, path } = await newImage(cache, [someBytes(400_000)]);
    const objects = await objectCount();
    await env.DB.prepare(
      `UPDATE quotas SET own_limit = 1000 WHERE holder = 'organization' AND resource = 'storedBytes'
       AND holder_id = (SELECT id FROM organizations WHERE name = ?)`,
    )
      .bind(cache.organization)
      .run();
    for (let times = 0; times < 2; times += 1) {
      expect(new Uint8Array(await (await cache.administrator.get(path)).arrayBuffer())).toEqual(bytes);
    }
    expect(await countRows("blobs", "digest = ?", digest)).toBe(0);
    await waitUntil(async () => (await objectCount()) === objects);
    expect(blobsAsked()).toHaveLength(2);
  });
});

describe("what is here", () => {
  it("of one image need not come again for another that has the same layer", async ({ expect }) => {
    const cache = await newCache();
    const base = someBytes(200_000);
    // Both manifests are there before the layer is.
    const [one, other] = [await newImage(cache, [base], "one"), await newImage(cache, [base], "other")];
    for (const { path } of [one, other]) {
      expect(new Uint8Array(await (await cache.administrator.get(path)).arrayBuffer())).toEqual(base);
    }
    // And a third one comes when the layer is there.
    const third = await newImage(cache, [base], "third");
    expect(new Uint8Array(await (await cache.administrator.get(third.path)).arrayBuffer())).toEqual(base);
    expect(blobsAsked()).toEqual([`GET /v2/library/one/blobs/${one.digest}`]);
  });

  it("of another organization is not taken for it, whatever a manifest names", async ({ expect }) => {
    const [own, foreign] = [await newCache(), await newCache()];
    const secret = someBytes(1000);
    const image = await newImage(foreign, [secret], "secret");
    await (await foreign.administrator.get(image.path)).arrayBuffer();
    // The same digest is named by an upstream that does not have the bytes.
    await newImage(own, [secret], "forged");
    hub.instead = (request) => (request.url.includes("/blobs/") ? new Response(null, { status: 404 }) : undefined);
    const response = await own.administrator.get(`/v2/${own.organization}/forged/blobs/${image.digest}`);
    expect([response.status, await errorCodes(response)]).toEqual([404, ["BLOB_UNKNOWN"]]);
  });

  it("comes again when R2 has lost it", async ({ expect }) => {
    const cache = await newCache();
    const { bytes, digest, path } = await newImage(cache, [someBytes(200_000)]);
    await (await cache.administrator.get(path)).arrayBuffer();
    const key = await env.DB.prepare("SELECT object_key FROM blobs WHERE digest = ?")
      .bind(digest)
      .first<string>("object_key");
    await env.BUCKET.delete(key ?? "");
    for (let times = 0; times < 2; times += 1) {
      expect(new Uint8Array(await (await cache.administrator.get(path)).arrayBuffer())).toEqual(bytes);
    }
    expect(blobsAsked()).toHaveLength(2);
  });

  it("is counted, and the audit tells who had a tag come", async ({ expect }) => {
    const cache = await newCache();
    await newImage(cache, [someBytes(1000)]);
    expect(await auditOf(`${cache.organization}/nginx:1`)).toMatchObject([
      { action: "manifest.fetch", organization: cache.organization, user_name: cache.administrator.name },
    ]);
    const name = `${cache.organization}/nginx`;
    await waitUntil(async () => (await countRows("repositories", "name = ? AND pull_count = 1", name)) === 1);
    expect(await countRows("repositories", "name = ? AND pull_count = 1", name)).toBe(1);
  });

  it("goes some days after its last pull, where that is set, and comes again", async ({ expect }) => {
    const cache = await newCache({ retentionDays: 30 });
    await newImage(cache, [someBytes(1000)], "old");
    await newImage(cache, [someBytes(1000)], "used");
    const name = (image: string) => `${cache.organization}/${image}`;
    await env.DB.exec("UPDATE upstream_tags SET used_at = 0");
    await env.DB.exec("UPDATE manifests SET last_pulled_at = 0");
    await env.DB.prepare(
      "UPDATE manifests SET last_pulled_at = ? WHERE repository_id = (SELECT id FROM repositories WHERE name = ?)",
    )
      .bind(Date.now(), name("used"))
      .run();
    const stores = lastingStores();
    await expireUnpulled(stores, new Budget(stores.db, 100, 10_000));
    const left = "repository_id = (SELECT id FROM repositories WHERE name = ?)";
    expect([await countRows("tags", left, name("old")), await countRows("tags", left, name("used"))]).toEqual([0, 1]);
    expect((await auditOf(`${name("old")}:1`)).map(({ action }) => action)).toContain("tag.expire");
    expect((await cache.administrator.get(`/v2/${name("old")}/manifests/1`)).status).toBe(200);
  });

  it("goes with its image, parts that never came among it", async ({ expect }) => {
    const cache = await newCache();
    await newImage(cache, [someBytes(1000)]);
    const id = await env.DB.prepare("SELECT id FROM repositories WHERE name = ?")
      .bind(`${cache.organization}/nginx`)
      .first<number>("id");
    expect(await countRows("upstream_parts", "repository_id = ?", id ?? 0)).toBeGreaterThan(0);
    expect((await cache.administrator.delete(`/api/organizations/${cache.organization}/images/nginx`)).status).toBe(
      204,
    );
    await waitUntil(async () => (await countRows("repositories", "id = ?", id ?? 0)) === 0);
    expect(await countRows("upstream_parts", "repository_id = ?", id ?? 0)).toBe(0);
    expect(await countRows("upstream_tags", "repository_id = ?", id ?? 0)).toBe(0);
  });
});

describe("nothing is pushed", () => {
  it("to an organization that stands for a registry elsewhere, by nobody and in no way", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    hub.push("library/nginx", "1");
    await administrator.get(`/v2/${organization}/nginx/manifests/1`);
    const refused = [
      await administrator.send("POST", `/v2/${organization}/nginx/blobs/uploads/`),
      await administrator.send("PUT", `/v2/${organization}/nginx/manifests/mine`, "{}"),
      await administrator.post(`/api/organizations/${organization}/images`, { image: "mine" }),
      await administrator.post(`/api/organizations/${organization}/images/nginx/tags`, { name: "mine", source: "1" }),
    ];
    for (const response of refused) {
      expect(response.status).toBe(403);
      const [error] = await errorsOf(response);
      expect([error?.code, error?.message]).toEqual(["DENIED", expect.stringContaining("stands for another registry")]);
    }
  });
});

describe("who may pull", () => {
  it("is who may read the organization; nobody else asks upstream", async ({ expect }) => {
    const { member, organization } = await newCache();
    hub.push("library/nginx", "1");
    const path = `/v2/${organization}/nginx/manifests/1`;
    expect((await member.get(path)).status).toBe(403);
    expect((await fetchAnonymously(path)).status).toBe(401);
    expect(hub.requests).toEqual([]);
  });

  it("is everybody where that is set, by token as well", async ({ expect }) => {
    const { organization } = await newCache({ public: true });
    const { index } = hub.push("library/nginx", "1");
    const scope = `repository:${organization}/nginx:pull`;
    const { token } = await (await fetchAnonymously(`/token?scope=${scope}`)).json<{ token: string }>();
    for (let times = 0; times < 2; times += 1) {
      const response = await fetchAnonymously(`/v2/${organization}/nginx/manifests/1`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      expect([response.status, response.headers.get("Docker-Content-Digest")]).toEqual([200, index.digest]);
    }
  });
});

describe("a mirror", () => {
  const MIRROR = "http://mirror.test";

  it("of docker is a host of its own, whose names begin below an organization", async ({ expect }) => {
    const { organization } = await newCache({ public: true });
    const { index } = hub.push("library/nginx", "1");
    const fetch = withSettings({ MIRRORS: `mirror.test=${organization}` });
    // Docker asks for a token under the name that it knows.
    const scope = "repository:library/nginx:pull";
    const { token } = await (await fetch(`${MIRROR}/token?scope=${scope}`)).json<{ token: string }>();
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`${MIRROR}/v2/library/nginx/manifests/1`, { headers });
    expect([response.status, response.headers.get("Docker-Content-Digest")]).toEqual([200, index.digest]);
    // At the registry's own host the same name is what it always was.
    expect((await fetch("/v2/library/nginx/manifests/1")).status).toBe(401);
    expect(hub.asked).toEqual(["GET /v2/library/nginx/manifests/1"]);
  });

  it("of containerd says by ns which registry is meant", async ({ expect }) => {
    const { organization, administrator } = await newCache();
    const { index } = hub.push("library/nginx", "1");
    const fetch = withSettings({ MIRRORS: `docker.io=${organization}` });
    const path = "/v2/library/nginx/manifests/1?ns=docker.io";
    const challenge = (await fetch(path)).headers.get("WWW-Authenticate");
    expect(challenge).toContain(`repository:${organization}/library/nginx:pull`);
    const client = asUser(administrator.name, administrator.password, fetch);
    expect((await client.get(path)).headers.get("Docker-Content-Digest")).toBe(index.digest);
    // Without it, or of another registry, nothing is asked there.
    for (const other of ["/v2/library/nginx/manifests/1", "/v2/library/nginx/manifests/1?ns=quay.io"]) {
      expect((await client.get(other)).status).toBe(403);
    }
    // The other way: the organization is in the path.
    const below = `/v2/${organization}/library/nginx/manifests/1?ns=docker.io`;
    for (const each of [client, administrator]) {
      expect((await each.get(below)).headers.get("Docker-Content-Digest")).toBe(index.digest);
    }
  });
});

describe("what refers to a manifest", () => {
  const SUBJECT = `sha256:${"a".repeat(64)}`;
  const signature = {
    mediaType: OCI_MANIFEST,
    digest: `sha256:${"b".repeat(64)}`,
    size: 7,
    artifactType: "a/signature",
  };
  const sbom = { ...signature, digest: `sha256:${"c".repeat(64)}`, artifactType: "a/sbom" };

  it.for(["referrers/", "manifests/sha256-"])("is what upstream says at %s", async (at, { expect }) => {
    const { administrator, organization } = await newCache();
    hub.instead = (request) => {
      if (!request.url.startsWith(HUB) || request.headers.get("Authorization") === null) return undefined;
      return request.url.includes(at)
        ? Response.json({ manifests: [sbom, signature] })
        : new Response(null, { status: 404 });
    };
    const path = `/v2/${organization}/nginx/referrers/${SUBJECT}`;
    expect(await (await administrator.get(path)).json()).toMatchObject({ manifests: [signature, sbom] });
    const filtered = await administrator.get(`${path}?artifactType=a/sbom`);
    expect(await filtered.json()).toMatchObject({ manifests: [sbom] });
  });

  it("is what is here while upstream fails", async ({ expect }) => {
    const { administrator, organization } = await newCache();
    hub.instead = () => new Response(null, { status: 500 });
    const response = await administrator.get(`/v2/${organization}/nginx/referrers/${SUBJECT}`);
    expect([response.status, await response.json()]).toMatchObject([200, { manifests: [] }]);
  });
});

describe("an organization", () => {
  it("stands for a registry only from when it is empty, and until it is", async ({ expect }) => {
    const cache = await newCache();
    const { administrator, organization } = cache;
    hub.push("library/nginx", "1");
    await administrator.get(`/v2/${organization}/nginx/manifests/1`);
    const path = `/api/organizations/${organization}/upstream`;
    const { remote } = await upstreamOf(cache);
    const refusals = [
      await administrator.delete(path),
      await administrator.send("PUT", path, { remote, path: "bitnami" }),
    ];
    for (const refusal of refusals)
      expect([refusal.status, await errorCodes(refusal)]).toEqual([409, expect.anything()]);
    const changed = await administrator.send("PUT", path, { remote, tagLifetime: 60, public: true });
    expect(await changed.json()).toMatchObject({ tagLifetime: 60, public: true });
    const image = await administrator.get(`/api/organizations/${organization}/images/nginx`);
    expect(await image.json()).toMatchObject({ public: true });
    expect((await administrator.delete(`/api/organizations/${organization}/images/nginx`)).status).toBe(204);
    expect((await administrator.delete(path)).status).toBe(204);
    expect((await administrator.get(path)).status).toBe(404);
  });
});
