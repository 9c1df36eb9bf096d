/** What is read from the nearest copy of the database, and what never is (ADR 26). */
import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { countRequest } from "../support/workerd/counting.ts";
import { newAccount, newOrganization, pushAs, tokenFor, type Client } from "../support/workerd/managing-clients.ts";
import { basic } from "../support/workerd/registry-requests.ts";
import { openSession } from "../support/workerd/signed-requests.ts";

const OWN_PAGE = { "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json" };

/** An object with some of its methods replaced. */
function overriding<T extends object>(original: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(original, {
    get: (target, name) => {
      if (typeof name === "string" && name in methods) return methods[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/**
 * A database whose nearest copy has nothing, and does not come further than the database is by now: only who asks for what was
 * written later has an answer of the primary.
 *
 * @returns also what its sessions were asked to start at.
 */
async function laggingDatabase(): Promise<{ DB: D1Database; starts: string[] }> {
  const now = env.DB.withSession("first-primary");
  await now.prepare("SELECT 1").run();
  const known = now.getBookmark() ?? "";
  const starts: string[] = [];
  const withSession = (start = "first-unconstrained") => {
    starts.push(start);
    const session = env.DB.withSession(start);
    if (start === "first-primary" || (start !== "first-unconstrained" && start > known)) return session;
    const empty = env.DB.prepare("SELECT 1 WHERE false");
    return overriding(session, { prepare: () => overriding(empty, { bind: () => empty }) });
  };
  return { DB: overriding(env.DB, { withSession }), starts };
}

async function newSetting() {
  const { administrator } = await newAccount();
  const organization = await newOrganization(administrator);
  const image = `${organization}/image`;
  const digest = await pushAs(administrator, image);
  // Not read over the API, which would have the isolate remember it.
  const row = await env.DB.prepare(
    `SELECT blobs.digest FROM repositories JOIN repository_blobs ON repository_blobs.repository_id = repositories.id
     JOIN blobs ON blobs.id = repository_blobs.blob_id WHERE repositories.name = ?`,
  )
    .bind(image)
    .first<{ digest: string }>();
  const blob = row?.digest ?? "";
  return { administrator, organization, image, digest, blob };
}

function bookmarkOf(response: Response): string {
  const cookie = response.headers.getSetCookie().find((text) => text.includes("berth_bookmark="));
  return cookie?.split(";")[0] ?? "";
}

describe("what a digest names", () => {
  beforeAll(async () => {
    // By which the isolate learns that there is no cache in front of the registry, and asks none from then on.
    const { administrator, image, digest } = await newSetting();
    await (await administrator.get(`/v2/${image}/manifests/${digest}`)).text();
  });

  const reads = { manifest: "manifests/DIGEST", blob: "blobs/BLOB" };
  for (const [what, path] of Object.entries(reads)) {
    it(`is read nearby: a ${what}`, async ({ expect }) => {
      const { administrator, image, digest, blob } = await newSetting();
      const headers = { Authorization: `Bearer ${await tokenFor(administrator, `repository:${image}:pull`)}` };
      const target = `/v2/${image}/${path.replace("DIGEST", digest).replace("BLOB", blob)}`;
      const { response, counts } = await countRequest(target, { headers });
      expect([response.status, counts.roundTrips, counts.nearbyTrips]).toEqual([200, 0, 1]);
      await response.arrayBuffer();
    });

    it(`is asked of the primary where the copy does not have it yet: a ${what}`, async ({ expect }) => {
      const { administrator, image, digest, blob } = await newSetting();
      const headers = { Authorization: `Bearer ${await tokenFor(administrator, `repository:${image}:pull`)}` };
      const target = `/v2/${image}/${path.replace("DIGEST", digest).replace("BLOB", blob)}`;
      const { DB } = await laggingDatabase();
      const { response, counts } = await countRequest(target, { headers }, { DB });
      expect([response.status, counts.roundTrips, counts.nearbyTrips]).toEqual([200, 1, 1]);
      await response.arrayBuffer();
    });
  }

  it("is not taken from a copy that lags behind a removal which the token knows of", async ({ expect }) => {
    const { administrator, image, digest } = await newSetting();
    const raise = "UPDATE repositories SET generation = generation + ?1 WHERE name = ?2";
    await env.DB.prepare(raise).bind(1, image).run();
    const headers = { Authorization: `Bearer ${await tokenFor(administrator, `repository:${image}:pull`)}` };
    await env.DB.prepare(raise).bind(-1, image).run();
    const { response, counts } = await countRequest(`/v2/${image}/manifests/${digest}`, { headers });
    expect([response.status, counts.roundTrips, counts.nearbyTrips]).toEqual([200, 1, 1]);
  });
});

it.for([
  ["HEAD", "manifests/latest"],
  ["GET", "manifests/latest"],
  ["HEAD", "manifests/DIGEST"],
  ["HEAD", "blobs/BLOB"],
  ["GET", "tags/list"],
])("the primary answers %s %s", async ([method, path = ""], { expect }) => {
  const { administrator, image, digest, blob } = await newSetting();
  const headers = { Authorization: `Bearer ${await tokenFor(administrator, `repository:${image}:pull`)}` };
  const target = `/v2/${image}/${path.replace("DIGEST", digest).replace("BLOB", blob)}`;
  const { DB } = await laggingDatabase();
  const { response, counts } = await countRequest(target, { method: method ?? "", headers }, { DB });
  expect([response.status, counts.nearbyTrips]).toEqual([200, 0]);
});

describe("a list", () => {
  const namesIn = async (response: Response) => JSON.stringify(await response.json());
  const list = (headers: Record<string, string>, DB: D1Database) =>
    countRequest("/api/organizations?limit=100", { headers }, { DB });

  it("comes from nearby for a browser, whose own changes are in it all the same", async ({ expect }) => {
    const { administrator, organization } = await newSetting();
    const session = await openSession(administrator.name, administrator.password);
    const { DB, starts } = await laggingDatabase();
    const before = await list({ Cookie: session }, DB);
    expect(before.counts.nearbyTrips).toBeGreaterThan(0);
    expect(await namesIn(before.response)).not.toContain(organization);
    const body = JSON.stringify({ name: `${organization}-2` });
    const init = { method: "POST", headers: { ...OWN_PAGE, Cookie: session }, body };
    const made = await countRequest("/api/organizations", init, { DB });
    expect(made.response.status).toBe(201);
    // Each query of its own to the primary.
    expect(new Set(starts.splice(1))).toEqual(new Set(["first-primary"]));
    const bookmark = bookmarkOf(made.response);
    expect(bookmark).toMatch(/^__Host-berth_bookmark=[0-9a-f-]+$/);
    starts.splice(0);
    const after = await list({ Cookie: `${session}; ${bookmark}` }, DB);
    expect(await namesIn(after.response)).toContain(`"${organization}-2"`);
    expect(starts).toHaveLength(1);
    expect((starts[0] ?? "") >= (bookmark.split("=")[1] ?? "?")).toBe(true);
  });

  it("comes from the primary for who brings credentials of another kind", async ({ expect }) => {
    const { administrator, organization } = await newSetting();
    const { DB } = await laggingDatabase();
    const { response, counts } = await list({ Authorization: basicOf(administrator) }, DB);
    expect(await namesIn(response)).toContain(organization);
    expect(counts.nearbyTrips).toBe(0);
  });

  it("comes from the primary after a cookie that is no bookmark", async ({ expect }) => {
    const { administrator } = await newSetting();
    const session = await openSession(administrator.name, administrator.password);
    const { DB, starts } = await laggingDatabase();
    await list({ Cookie: `${session}; __Host-berth_bookmark=first-primary` }, DB);
    expect(starts.every((start) => start !== "first-primary")).toBe(true);
  });

  it("is never written to", async ({ expect }) => {
    const { administrator } = await newSetting();
    const session = await openSession(administrator.name, administrator.password);
    const { DB } = await laggingDatabase();
    const init = { method: "PATCH", headers: { ...OWN_PAGE, Cookie: session }, body: "{}" };
    const { counts } = await countRequest("/api/session", init, { DB });
    expect(counts.nearbyTrips).toBe(0);
  });
});

it("what was deleted is not read nearby by the isolate that deleted it", async ({ expect }) => {
  const { administrator, image, digest } = await newSetting();
  const headers = { Authorization: `Bearer ${await tokenFor(administrator, `repository:${image}:pull`)}` };
  const { DB, starts } = await laggingDatabase();
  const deleted = { method: "DELETE", headers: { Authorization: basicOf(administrator) } };
  expect((await countRequest(`/v2/${image}/manifests/${digest}`, deleted, { DB })).response.status).toBe(202);
  starts.splice(0);
  const { response } = await countRequest(`/v2/${image}/manifests/${digest}`, { headers }, { DB });
  expect(response.status).toBe(404);
  expect(starts[0]).toMatch(/^[0-9a-f]{8}-/);
});

function basicOf({ name, password }: Client): string {
  return basic(name, password);
}
