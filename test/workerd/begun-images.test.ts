/** Names that blobs were pushed to, and no manifest yet: docs/decisions/0034-an-image-from-its-first-manifest.md. */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { MAX_BEGUN_IMAGES } from "../../src/kernel/limits.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { DAY, HOUR, useClock } from "../support/workerd/clock.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { auditOf, type Client, newAccount, newOrganization, tokenFor } from "../support/workerd/managing-clients.ts";
import { miscounted } from "../support/workerd/quota-counts.ts";
import {
  basic,
  digestOf,
  errorCodes,
  fetchAnonymously,
  OCI_MANIFEST,
  someBytes,
} from "../support/workerd/registry-requests.ts";

interface Pushed {
  digest: string;
  size: number;
}

/** Pushes a blob, as every push begins. */
async function beginWith(client: Client, repository: string): Promise<Response & { blob: Pushed }> {
  const bytes = someBytes();
  const digest = digestOf(bytes);
  const response = await fetchAnonymously(`/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    method: "POST",
    headers: { Authorization: basic(client.name, client.password), "Content-Length": String(bytes.byteLength) },
    body: bytes,
  });
  return Object.assign(response, { blob: { digest, size: bytes.byteLength } });
}

async function begin(client: Client, repository: string): Promise<Pushed> {
  const response = await beginWith(client, repository);
  if (response.status !== 201) throw new Error(`pushing a blob: ${response.status} ${await response.text()}`);
  return response.blob;
}

function manifestOf({ digest, size }: Pushed): string {
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size };
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] });
}

/** Pushes the manifest with which a push ends. */
function finish(client: Client, repository: string, blob: Pushed, tag = "1"): Promise<Response> {
  return client.send("PUT", `/v2/${repository}/manifests/${tag}`, manifestOf(blob), { "Content-Type": OCI_MANIFEST });
}

async function namesIn(client: Client, path: string): Promise<string> {
  const response = await client.get(path);
  return response.status === 200 ? response.text() : String(response.status);
}

async function countOf(query: string, ...values: unknown[]): Promise<number | null> {
  return env.DB.prepare(query)
    .bind(...values)
    .first<number>("count");
}

const usedImages = (organization: string) =>
  countOf(
    `SELECT used AS count FROM quotas JOIN organizations ON organizations.id = holder_id
     WHERE holder = 'organization' AND resource = 'images' AND name = ?`,
    organization,
  );

describe("what a push has only begun", () => {
  it("is no image in any list, count or page, and has the blobs that were pushed", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const blob = await begin(administrator, `${organization}/begun`);
    for (const path of [
      "/api/images?scope=own",
      `/api/images?scope=own&organization=${organization}`,
      "/api/images?scope=own&q=begun",
      "/v2/_catalog",
      `/v2/manage/repos?namespace=${organization}`,
      "/v3/manage/repos",
      "/api/activity",
    ]) {
      expect(await namesIn(administrator, path), path).not.toMatch(/begun|^[45]/);
    }
    expect(await (await administrator.get("/api/overview")).json()).toMatchObject({ images: 0 });
    expect(await (await administrator.get(`/api/organizations/${organization}`)).json()).toMatchObject({ images: 0 });
    expect(await usedImages(organization)).toBe(0);
    expect((await administrator.get(`/api/organizations/${organization}/images/begun`)).status).toBe(404);
    expect((await administrator.delete(`/api/organizations/${organization}/images/begun`)).status).toBe(404);
    const tags = await administrator.get(`/v2/${organization}/begun/tags/list`);
    expect(await errorCodes(tags)).toEqual(["NAME_UNKNOWN"]);
    expect((await administrator.get(`/v2/${organization}/begun/blobs/${blob.digest}`)).status).toBe(200);
    expect(await auditOf(`${organization}/begun`)).toEqual([]);
    expect(await miscounted()).toEqual([]);
  });

  it("becomes an image with its manifest, as the audit tells, whenever its token was made", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    for (const image of ["token-before", "token-between", "password"]) {
      const repository = `${organization}/${image}`;
      const scope = `repository:${repository}:pull,push`;
      const before = await tokenFor(administrator, scope);
      const blob = await begin(administrator, repository);
      const between = await tokenFor(administrator, scope);
      const pushed =
        image === "password"
          ? await finish(administrator, repository, blob)
          : await fetchAnonymously(`/v2/${repository}/manifests/1`, {
              method: "PUT",
              headers: {
                Authorization: `Bearer ${image === "token-before" ? before : between}`,
                "Content-Type": OCI_MANIFEST,
              },
              body: manifestOf(blob),
            });
      expect(pushed.status, await pushed.text()).toBe(201);
      expect((await administrator.get(`/api/organizations/${organization}/images/${image}`)).status).toBe(200);
      const audit = await auditOf(repository);
      expect(audit.map(({ action, user_name }) => `${action} ${user_name}`)).toEqual([
        `image.create ${administrator.name}`,
      ]);
      // The next push creates nothing.
      expect((await finish(administrator, repository, blob, "2")).status).toBe(201);
      expect(await auditOf(repository)).toHaveLength(1);
    }
    expect(await usedImages(organization)).toBe(3);
    expect(await miscounted()).toEqual([]);
  });

  it("does not keep its organization, whose name and images' names are free again", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const blob = await begin(administrator, `${organization}/begun`);
    expect((await administrator.delete(`/api/organizations/${organization}`)).status).toBe(204);
    expect((await finish(administrator, `${organization}/begun`, blob)).status).toBeGreaterThanOrEqual(400);
    await newOrganization(administrator, organization);
    const again = await begin(administrator, `${organization}/begun`);
    expect((await finish(administrator, `${organization}/begun`, again)).status).toBe(201);
    const stores = lastingStores();
    await collectGarbage(stores, new Budget(stores.db, 100_000, HOUR));
    expect(await countOf("SELECT count(*) AS count FROM repositories WHERE is_image = 0 AND account_id = 0")).toBe(0);
    expect(await miscounted()).toEqual([]);
  });

  it("can be created by hand as if it were not there", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const blob = await begin(administrator, `${organization}/begun`);
    const path = `/api/organizations/${organization}/images`;
    const wanted = { image: "begun", public: true, description: "Made by hand" };
    expect((await administrator.post(path, wanted)).status).toBe(201);
    expect(await (await administrator.get(`${path}/begun`)).json()).toMatchObject({
      public: true,
      description: "Made by hand",
    });
    expect((await administrator.post(path, wanted)).status).toBe(409);
    expect((await finish(administrator, `${organization}/begun`, blob)).status).toBe(201);
    expect(await (await administrator.get(`${path}/begun`)).json()).toMatchObject({ public: true });
  });

  it("takes nothing of the quota of images, and is refused where that is used up", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await env.DB.prepare(
      `UPDATE quotas SET own_limit = 1 WHERE holder = 'organization' AND resource = 'images'
       AND holder_id = (SELECT id FROM organizations WHERE name = ?)`,
    )
      .bind(organization)
      .run();
    const one = await begin(administrator, `${organization}/one`);
    const two = await begin(administrator, `${organization}/two`);
    expect((await finish(administrator, `${organization}/one`, one)).status).toBe(201);
    const refused = await finish(administrator, `${organization}/two`, two);
    expect(await refused.text()).toContain("1 of 1 images");
    expect(refused.status).toBe(403);
    expect((await beginWith(administrator, `${organization}/three`)).status).toBe(403);
    expect(await miscounted()).toEqual([]);
  });
});

describe("garbage collection", () => {
  const clock = useClock();

  it("removes what nobody finished, once its blobs are gone, and nothing else", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const stores = lastingStores();
    const collect = () => collectGarbage(stores, new Budget(stores.db, 100_000, HOUR));
    const left = async () => {
      const { results } = await env.DB.prepare("SELECT name FROM repositories WHERE name LIKE ? ORDER BY name")
        .bind(`${organization}/%`)
        .all<{ name: string }>();
      return results.map(({ name }) => name.slice(organization.length + 1));
    };
    await begin(administrator, `${organization}/begun`);
    await administrator.post(`/api/organizations/${organization}/images`, { image: "made", public: false });
    const blob = await begin(administrator, `${organization}/pushed`);
    await finish(administrator, `${organization}/pushed`, blob);
    await collect();
    clock.pass(DAY * (stores.settings.graceDays - 1));
    await collect();
    expect(await left()).toEqual(["begun", "made", "pushed"]);
    clock.pass(2 * DAY);
    await collect();
    expect(await left()).toEqual(["made", "pushed"]);
    expect(await miscounted()).toEqual([]);
  });
});

// Last, because so many take long to be cleaned up.
describe("very many begun images", () => {
  it("let no more be begun, and go with their organization", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO repositories (organization_id, account_id, name, created_at, is_image)
       SELECT id, account_id, name || '/begun-' || i, 1, 0 FROM organizations, n WHERE name = ?1`,
    )
      .bind(organization, MAX_BEGUN_IMAGES)
      .run();
    const refused = await beginWith(administrator, `${organization}/more`);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain(`${MAX_BEGUN_IMAGES} other images of it wait for their first manifest`);
    expect((await administrator.delete(`/api/organizations/${organization}`)).status).toBe(204);
    expect(await countOf("SELECT count(*) AS count FROM repositories WHERE name LIKE ?", `${organization}/%`)).toBe(0);
  });
});
