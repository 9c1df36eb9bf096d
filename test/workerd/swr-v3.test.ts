/** SWR's lists by marker, and its lists of what is attached to images. */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import { parseTag } from "../../src/kernel/reference.ts";
import { digestKeyOf } from "../../src/kernel/tag-kind.ts";
import { digestOf as modelDigestOf } from "../../src/model/hash.ts";
import { findTagSubject, listAttached, listTagsOfSubject } from "../../src/storage/content/accessories.ts";
import { listTagNames, listTagNamesOf, listTagPage } from "../../src/storage/content/tags.ts";
import type { Database } from "../../src/storage/database.ts";
import { listRepositoriesById } from "../../src/storage/images/image-lists-by-id.ts";
import {
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  pushAs,
  swrProblem,
} from "../support/workerd/managing-clients.ts";
import { plansOf, scansIn, walkOf } from "../support/workerd/query-plans.ts";
import { setCommonLimits } from "../support/workerd/quota-counts.ts";
import { digestOf, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";

interface Item {
  id: number;
  name: string;
  namespace_name: string;
  status: boolean;
}

interface RepositoryPage {
  repos: Item[];
  nextMarker?: number;
}

interface TagPage {
  tags: { id: number; tag: string; manifest: string; image_id: string }[];
  nextMarker?: string;
  next_marker?: string;
  has_more: boolean;
}

async function ask<T>(client: Client, path: string): Promise<T> {
  const response = await client.get(path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json<T>();
}

/** All pages of a list, as the Go SDK's users go through it: until there is no next marker. */
async function pagesOf(client: Client, path: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let marker = ""; ;) {
    const page = await ask<RepositoryPage>(client, `${path}${marker}`);
    pages.push(page.repos.map(({ name }) => name));
    if (page.nextMarker === undefined) return pages;
    marker = `&marker=${page.nextMarker}`;
  }
}

async function createImages(client: Client, organization: string, ...names: string[]): Promise<void> {
  for (const [at, repository] of names.entries()) {
    const body = { repository, is_public: at % 2 === 1 };
    const response = await client.post(`/v2/manage/namespaces/${organization}/repos`, body);
    if (!response.ok) throw new Error(`creating ${repository}: ${response.status}`);
  }
}

async function share(client: Client, organization: string, image: string, account: string, deadline = "forever") {
  const body = { access_domain: account, permit: "read", deadline };
  const path = `/v2/manage/namespaces/${organization}/repositories/${image}/access-domains`;
  const response = await client.post(path, body);
  if (!response.ok) throw new Error(`sharing ${image}: ${response.status} ${await response.text()}`);
}

describe("the list of images by marker", () => {
  it("has each image once, in the order in which they were made, with a number as the next marker", async ({
    expect,
  }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await createImages(administrator, organization, "e", "d", "c", "b", "a/x");
    expect(await pagesOf(administrator, "/v3/manage/repos?limit=2")).toEqual([["e", "d"], ["c", "b"], ["a/x"]]);
    expect(await pagesOf(administrator, "/v3/manage/repos?limit=5")).toEqual([["e", "d", "c", "b", "a/x"]]);
    const first = await ask<RepositoryPage>(administrator, "/v3/manage/repos?limit=2");
    expect(first.nextMarker).toBe(first.repos[1]?.id);
    // What is made and deleted meanwhile moves no other image to another page.
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/e`);
    const second = await ask<RepositoryPage>(administrator, `/v3/manage/repos?limit=2&marker=${first.nextMarker}`);
    expect(second.repos.map(({ name }) => name)).toEqual(["c", "b"]);
  });

  it("tells of an image what SWR's model has", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/shop/web`);
    const { repos } = await ask<RepositoryPage>(administrator, "/v3/manage/repos");
    expect(repos).toEqual([
      {
        id: expect.any(Number),
        name: "shop/web",
        category: expect.any(String),
        description: "",
        size: expect.any(Number),
        is_public: false,
        num_images: 1,
        num_download: 0,
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
        domain_name: account,
        namespace_name: organization,
        status: false,
      },
    ]);
  });

  it("is filtered by organization, name, category and visibility", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const other = await newOrganization(administrator);
    await createImages(administrator, organization, "web/a", "web/b", "api");
    await createImages(administrator, other, "web/c");
    const names = async (query: string) => (await pagesOf(administrator, `/v3/manage/repos?limit=1${query}`)).flat();
    expect(await names(`&namespace=${organization}`)).toEqual(["web/a", "web/b", "api"]);
    expect(await names("&name=web$")).toEqual(["web/a", "web/b", "web/c"]);
    expect(await names("&is_public=true")).toEqual(["web/b"]);
    expect(await names("&is_public=false&name=web")).toEqual(["web/a", "web/c"]);
    expect(await names("&category=database")).toEqual([]);
    for (const query of ["limit=0", "limit=1001", "marker=x", "marker=-1", "is_public=maybe"]) {
      const refusal = await swrProblem(await administrator.get(`/v3/manage/repos?${query}`));
      expect(`${query} ${refusal}`).toBe(`${query} 400 SVCSTG.SWR.4000014`);
    }
  });

  it("goes on behind what it was looked through to, where a filter finds few among many", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await createImages(administrator, organization, "first");
    await setCommonLimits({ organization: { images: null }, account: { images: null } });
    // More than are counted, and more than one page looks through.
    await env.DB.prepare(
      `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5300)
       INSERT INTO repositories (organization_id, account_id, name, created_at, updated_at)
       SELECT id, account_id, name || '/many-' || value, 0, 0 FROM n, organizations WHERE name = ?`,
    )
      .bind(organization)
      .run();
    await createImages(administrator, organization, "last");
    const pages = await pagesOf(administrator, "/v3/manage/repos?limit=100&name=st");
    expect(pages.flat()).toEqual(["first", "last"]);
    expect(pages.length).toBeGreaterThan(1);
  });

  it("shows a member the images that they have a right to, and no other", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const [whole, single, none] = [
      await newOrganization(administrator),
      await newOrganization(administrator),
      await newOrganization(administrator),
    ];
    for (const organization of [whole, single, none]) await createImages(administrator, organization, "a", "b");
    expect(await pagesOf(member, "/v3/manage/repos?limit=10")).toEqual([[]]);
    await grant(administrator, whole, member.name, 1);
    await grant(administrator, single, member.name, 1, "b");
    const { repos } = await ask<RepositoryPage>(member, "/v3/manage/repos");
    expect(repos.map((each) => [each.namespace_name, each.name])).toEqual([
      [whole, "a"],
      [whole, "b"],
      [single, "b"],
    ]);
  });
});

describe("the list of shared images by marker", () => {
  it("has what is shared on one side, and what is received on the other", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const partner = await newAccount();
    const organization = await newOrganization(administrator);
    await createImages(administrator, organization, "a", "open", "b", "open2", "c", "open3", "kept");
    for (const image of ["c", "b", "a"]) await share(administrator, organization, image, partner.account);
    const path = "/v3/manage/shared-repositories?limit=2&shared_by";
    expect(await pagesOf(administrator, `${path}=self`)).toEqual([["a", "b"], ["c"]]);
    expect(await pagesOf(partner.administrator, `${path}=thirdparty`)).toEqual([["a", "b"], ["c"]]);
    // Every user of the account that received them may pull them.
    expect(await pagesOf(partner.member, `${path}=thirdparty`)).toEqual([["a", "b"], ["c"]]);
    expect(await pagesOf(partner.administrator, `${path}=self`)).toEqual([[]]);
    expect(await pagesOf(administrator, `${path}=thirdparty`)).toEqual([[]]);
    expect(await pagesOf(member, `${path}=self`)).toEqual([[]]);
    expect(await pagesOf(partner.member, `${path}=thirdparty&name=b&namespace=${organization}`)).toEqual([["b"]]);
    const { repos } = await ask<RepositoryPage>(partner.member, `${path}=thirdparty`);
    expect(repos.map(({ status }) => status)).toEqual([true, true]);
  });

  it("leaves out what has ended, and what was made public", async ({ expect }) => {
    const { administrator } = await newAccount();
    const partner = await newAccount();
    const organization = await newOrganization(administrator);
    await createImages(administrator, organization, "ended", "open", "opened");
    await share(administrator, organization, "ended", partner.account, "2099-01-01T00:00:00Z");
    await share(administrator, organization, "opened", partner.account);
    await administrator.patch(`/v2/manage/namespaces/${organization}/repos/opened`, { is_public: true });
    await env.DB.prepare(
      "UPDATE shares SET ends_at = 1 WHERE repository_id = (SELECT id FROM repositories WHERE name = ?)",
    )
      .bind(`${organization}/ended`)
      .run();
    const path = "/v3/manage/shared-repositories?shared_by";
    expect(await pagesOf(partner.administrator, `${path}=thirdparty`)).toEqual([[]]);
    expect(await pagesOf(administrator, `${path}=self`)).toEqual([["ended", "opened"]]);
    expect(await pagesOf(administrator, `${path}=self&status=true`)).toEqual([[]]);
    expect(await pagesOf(administrator, `${path}=self&status=false`)).toEqual([["ended", "opened"]]);
  });

  it("needs to be told which side", async ({ expect }) => {
    const { administrator } = await newAccount();
    const path = "/v3/manage/shared-repositories";
    expect(await swrProblem(await administrator.get(path))).toBe("400 SVCSTG.SWR.4001014");
    expect(await swrProblem(await administrator.get(`${path}?shared_by=all`))).toBe("400 SVCSTG.SWR.4000014");
  });
});

describe("the list of tags by marker", () => {
  const setting = async (...tags: string[]) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    for (const tag of tags) await pushAs(administrator, `${organization}/shop/web`, tag);
    return { administrator, organization, path: `/v3/manage/namespaces/${organization}/repos/shop$web/tags` };
  };
  const all = async (client: Client, path: string) => {
    const pages: string[][] = [];
    for (let marker = ""; ;) {
      const page = await ask<TagPage>(client, `${path}${marker}`);
      pages.push(page.tags.map(({ tag }) => tag));
      if (page.has_more !== (page.nextMarker !== undefined) || page.next_marker !== page.nextMarker) {
        throw new Error("a page contradicts itself");
      }
      if (page.nextMarker === undefined) return pages;
      marker = `&marker=${encodeURIComponent(page.nextMarker)}`;
    }
  };

  it("has each tag once in both orders, also of those that were moved at one time", async ({ expect }) => {
    const { administrator, organization, path } = await setting("c", "a", "e", "b", "d");
    expect(await all(administrator, `${path}?limit=2`)).toEqual([["d", "b"], ["e", "a"], ["c"]]);
    await env.DB.prepare(
      "UPDATE tags SET updated_at = 7 WHERE repository_id = (SELECT id FROM repositories WHERE name = ?)",
    )
      .bind(`${organization}/shop/web`)
      .run();
    expect((await all(administrator, `${path}?limit=2`)).flat()).toEqual(["d", "b", "e", "a", "c"]);
    const byTime = `${path}?limit=1&order_column=updated_at&order_type=asc`;
    expect((await all(administrator, byTime)).flat()).toEqual(["c", "a", "e", "b", "d"]);
    const byName = `${path}?limit=2&order_column=tag&order_type`;
    expect(await all(administrator, `${byName}=asc`)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(await all(administrator, `${byName}=desc`)).toEqual([["e", "d"], ["c", "b"], ["a"]]);
  });

  it("has manifests on request, and the image's id in any case", async ({ expect }) => {
    const { administrator, path } = await setting("v1");
    const [bare] = (await ask<TagPage>(administrator, path)).tags;
    const [whole] = (await ask<TagPage>(administrator, `${path}?with_manifest=true&tag=v1`)).tags;
    expect(bare?.manifest).toBe("");
    expect(JSON.parse(whole?.manifest ?? "")).toMatchObject({ config: { digest: `sha256:${whole?.image_id}` } });
    expect(bare?.image_id).toBe(whole?.image_id);
    expect((await ask<TagPage>(administrator, `${path}?tag=v2`)).tags).toEqual([]);
  });

  it.for(["limit=1001", "marker=none", "marker=1.x", "with_manifest=1"])("refuses %s", async (query, { expect }) => {
    const { administrator, path } = await setting("v1");
    expect(await swrProblem(await administrator.get(`${path}?${query}`))).toBe("400 SVCSTG.SWR.4000014");
  });
});

describe("what is attached to an image", () => {
  interface Accessories {
    total: number;
    accessories: { id: number; sig_tag: string; sig_digest: string; target_digest: string; type: string }[];
  }

  /** Pushes a manifest that refers to another. */
  const refer = async (client: Client, image: string, subject: string, artifactType: string, tag?: string) => {
    const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf("{}"), size: 2 };
    await client.send("POST", `/v2/${image}/blobs/uploads/?digest=${config.digest}`, "{}", { "Content-Length": "2" });
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType,
      config,
      layers: [config],
      subject: { mediaType: OCI_MANIFEST, digest: subject, size: 1 },
    });
    const path = `/v2/${image}/manifests/${tag ?? digestOf(text)}`;
    const response = await client.send("PUT", path, text, { "Content-Type": OCI_MANIFEST });
    if (response.status !== 201) throw new Error(`attaching: ${response.status} ${await response.text()}`);
    return digestOf(text);
  };

  const setting = async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const image = `${organization}/web`;
    const digest = await pushAs(administrator, image, "v1");
    const stem = digest.replace(":", "-");
    const base = `/v2/manage/namespaces/${organization}/repos/web`;
    return { administrator, organization, image, digest, stem, base };
  };

  it("is listed with its kinds, by offset until the list is empty", async ({ expect }) => {
    const { administrator, image, digest, stem, base } = await setting();
    expect(await ask(administrator, `${base}/v1/accessories`)).toEqual({ total: 0, accessories: [] });
    const signature = await pushAs(administrator, image, `${stem}.sig`);
    const sbom = await pushAs(administrator, image, `${stem}.sbom`);
    const notation = await refer(administrator, image, digest, "application/vnd.cncf.notary.signature");
    const tagged = await refer(administrator, image, digest, "application/vnd.example.report", "report");
    const found: Accessories["accessories"] = [];
    for (;;) {
      const path = `${base}/v1/accessories?limit=3&offset=${found.length}`;
      const page = await ask<Accessories>(administrator, path);
      expect(page.total).toBe(4);
      if (page.accessories.length === 0) break;
      found.push(...page.accessories);
    }
    expect(found.map((each) => [each.type, each.sig_tag, each.sig_digest])).toEqual([
      ["signature.cosign", `${stem}.sig`, signature],
      ["sbom.cosign", `${stem}.sbom`, sbom],
      ["signature.notation", "", notation],
      ["application/vnd.example.report", "report", tagged],
    ]);
    expect(new Set(found.map((each) => each.target_digest))).toEqual(new Set([digest]));
  });

  it("names the tags of what it belongs to, page by page", async ({ expect }) => {
    const { administrator, digest, image, stem, base } = await setting();
    await pushAs(administrator, image, `${stem}.sig`);
    for (const tag of ["v1.0", "latest"]) {
      await administrator.post(`${base}/tags`, { source_tag: "v1", destination_tag: tag });
    }
    await refer(administrator, image, digest, "application/vnd.example.report", "report");
    const all = { tags: ["v1", "v1.0", "latest"], has_more: false };
    expect(await ask(administrator, `${base}/${stem}.sig/references`)).toEqual(all);
    expect(await ask(administrator, `${base}/report/references`)).toEqual(all);
    expect(await ask(administrator, `${base}/v1/references`)).toEqual({ tags: [], has_more: false });
    const first = await ask<{ next_marker: string }>(administrator, `${base}/report/references?limit=2`);
    expect(first).toEqual({ tags: ["v1", "v1.0"], next_marker: expect.any(String), has_more: true });
    const second = await ask(administrator, `${base}/report/references?limit=2&marker=${first.next_marker}`);
    expect(second).toEqual({ tags: ["latest"], has_more: false });
  });

  it("is refused for a tag that there is not, and beyond the bounds of a page", async ({ expect }) => {
    const { administrator, base } = await setting();
    for (const list of ["accessories", "references"]) {
      expect(await swrProblem(await administrator.get(`${base}/absent/${list}`))).toBe("404 SVCSTG.SWR.4040115");
    }
    for (const path of [
      "accessories?limit=101",
      "accessories?offset=x",
      "references?limit=11",
      "references?marker=x",
    ]) {
      expect(await swrProblem(await administrator.get(`${base}/v1/${path}`))).toBe("400 SVCSTG.SWR.4000014");
    }
  });

  it("takes a tag called references for a tag", async ({ expect }) => {
    const { administrator, image, base } = await setting();
    await pushAs(administrator, image, "references");
    expect(await ask(administrator, `${base}/tags/references`)).toMatchObject({ tag: "references" });
  });
});

describe("the agency of triggers", () => {
  it("is there, and may be made any number of times", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    for (const client of [administrator, member]) {
      const made = await client.post("/v2/manage/agency");
      expect([made.status, await made.text()]).toEqual([204, ""]);
      const agency = await ask(client, "/v2/manage/agency");
      expect(agency).toEqual({ domain_id: expect.stringMatching(/^\d+$/), is_agency: true });
    }
  });
});

const USER: User = { id: 1, name: newName("user"), accountId: 1, accountName: "acme", role: "administrator" };
const MEMBER: User = { ...USER, role: "member" };
const DIGEST = modelDigestOf(new Uint8Array(0));
const FILTER = {
  organization: undefined,
  text: undefined,
  category: undefined,
  isPublic: undefined,
  account: undefined,
  isShared: undefined,
  after: 5,
  limit: 100,
} as const;

describe("a page by marker", () => {
  it.for([
    ["images of an account", { ...FILTER, user: USER, scope: "own" }, "repositories_by_visibility"],
    ["images that a member sees", { ...FILTER, user: MEMBER, scope: "own" }, "repositories_by_visibility"],
    ["images by name", { ...FILTER, user: USER, scope: "own", text: "web" }, "repositories_by_visibility"],
    ["images that are shared", { ...FILTER, user: USER, scope: "shared-by" }, "repositories_by_visibility"],
    ["images that others share", { ...FILTER, user: USER, scope: "shared-with" }, "shares_by_account"],
  ] as const)("of %s begins in an index and sorts nothing that it walks", async ([, list, index], { expect }) => {
    const { walks, faults } = await walkOf((db) => listRepositoriesById(db, list), index);
    expect(walks.some((step) => /(rowid|repository_id)>\?/.test(step))).toBe(true);
    expect(faults).toEqual([]);
  });

  const page = { repositoryId: 1, name: undefined, limit: 100, offset: 0 } as const;
  it.for([
    [
      "tags by time",
      (db: Database) => listTagPage(db, { ...page, order: "updatedAt", isDescending: true, after: [7, 1] }),
      /tags_by_update \(repository_id=\? AND (updated_at|\(updated_at,rowid\))</,
    ],
    [
      "tags by name",
      (db: Database) => listTagPage(db, { ...page, order: "name", isDescending: false, after: ["v5", 0] }),
      /tags_by_name \(repository_id=\? AND name>\?\)/,
    ],
    [
      "what is attached",
      (db: Database) => listAttached(db, { repositoryId: 1, digest: DIGEST }, { limit: 10, offset: 0 }),
      /tags_companions \(repository_id=\? AND companion_of=\?\)/,
    ],
    [
      "what refers",
      (db: Database) => listAttached(db, { repositoryId: 1, digest: DIGEST }, { limit: 10, offset: 0 }),
      /manifests_by_subject \(repository_id=\? AND subject=\?\)/,
    ],
    [
      "references",
      (db: Database) => listTagsOfSubject(db, { repositoryId: 1, key: digestKeyOf(DIGEST) }, { limit: 10, after: 1 }),
      /tags_by_manifest \(manifest_id=\? AND rowid>\?\)/,
    ],
    ["one tag", (db: Database) => findTagSubject(db, 1, parseTag("v1")), /tags USING INDEX/],
    ["tags of several images", (db: Database) => listTagNames(db, [1, 2], 100), /\(repository_id=\?\)/],
    ["tags of one image", (db: Database) => listTagNamesOf(db, 1, "v1", 100), /\(repository_id=\? AND name>\?\)/],
  ] as const)("of %s searches indexes only", async ([, act, search], { expect }) => {
    const [plan = []] = await plansOf(act);
    expect(plan.filter((step) => search.test(step)).join()).not.toBe("");
    const small = /^SCAN (attached|companions|referring|shown|page|asked|\(subquery)/;
    expect(scansIn(plan).filter((step) => !small.test(step))).toEqual([]);
  });
});
