/** What is pulled from an organization that stands for a registry elsewhere (docs/pull-through.md). */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { DockerHub, HUB, LIMIT_WORDS } from "../support/workerd/docker-hub.ts";
import { type Client, newAccount, newName, newOrganization } from "../support/workerd/managing-clients.ts";
import { errorCodes, errorsOf, fetchAnonymously, OCI_INDEX, someBytes } from "../support/workerd/registry-requests.ts";

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
    ["is down", () => Promise.reject(new TypeError("connection refused")), 502, "UNAVAILABLE", "cannot be reached"],
    ["fails", () => new Response("oops", { status: 500 }), 502, "UNAVAILABLE", "docker.io answered 500"],
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
    ],
    [
      "refuses the credentials",
      () => Response.json({ errors: [{ code: "DENIED", message: "access denied" }] }, { status: 403 }),
      403,
      "DENIED",
      "access denied",
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
    async ([, answer, status, code, words], { expect }) => {
      const cache = await newCache();
      hub.instead = (request) => (request.url.startsWith(HUB) ? answer() : undefined);
      const response = await cache.administrator.get(`/v2/${cache.organization}/nginx/manifests/1`);
      expect(response.status).toBe(status);
      const [error] = await errorsOf(response);
      expect(error?.code).toBe(code);
      expect(error?.message).toContain(words);
      if (status === 429) expect(response.headers.get("Retry-After")).toBe("120");
      expect(await upstreamOf(cache)).toMatchObject({ failure: { message: expect.stringContaining(words) as string } });
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
    expect(hub.asked.filter((request) => request.includes("/blobs/"))).toEqual([`GET /v2/library/nginx/blobs/${digest}`]);
    const sent = hub.requests.filter(({ path: asked }) => asked.startsWith("https://production"));
    expect(sent.map(({ authorization }) => authorization)).toEqual([null]);
    const parts = await env.DB.prepare("SELECT count(*) AS parts FROM upstream_parts WHERE digest = ?")
      .bind(digest)
      .first<number>("parts");
    expect(parts).toBe(0);
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
    for (const refusal of refusals) expect([refusal.status, await errorCodes(refusal)]).toEqual([409, expect.anything()]);
    const changed = await administrator.send("PUT", path, { remote, tagLifetime: 60, public: true });
    expect(await changed.json()).toMatchObject({ tagLifetime: 60, public: true });
    const image = await administrator.get(`/api/organizations/${organization}/images/nginx`);
    expect(await image.json()).toMatchObject({ public: true });
    expect((await administrator.delete(`/api/organizations/${organization}/images/nginx`)).status).toBe(204);
    expect((await administrator.delete(path)).status).toBe(204);
    expect((await administrator.get(path)).status).toBe(404);
  });
});
