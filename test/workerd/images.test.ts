import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import { digestOf } from "../../src/model/hash.ts";
import { parseManifest } from "../../src/kernel/manifest.ts";
import { parseRepositoryName } from "../../src/kernel/reference.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { saveManifest } from "../../src/storage/content/save-manifest.ts";
import { listRepositories, type RepositoryList, type RepositoryOrder } from "../../src/storage/images/image-lists.ts";
import {
  accessPath,
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
  swrProblem,
  statusesOf,
} from "../support/workerd/managing-clients.ts";
import { eventually } from "../support/workerd/waiting.ts";
import { walkOf } from "../support/workerd/query-plans.ts";
import { fetchAnonymously, OCI_INDEX } from "../support/workerd/registry-requests.ts";

const UNKNOWN_ORGANIZATION = "404 SVCSTG.SWR.4040058";
const UNKNOWN_IMAGE = "404 SVCSTG.SWR.4040113";
const DENIED = "403 SVCSTG.SWR.4030170";
const INVALID = "400 SVCSTG.SWR.4000014";
const MISSING = "400 SVCSTG.SWR.4001014";

interface Repository {
  id: number;
  name: string;
  category: string;
  description: string;
  is_public: boolean;
  creator_name: string;
  updated: string;
}
interface Item {
  name: string;
  namespace: string;
  tags: string[];
  total_range: number;
  description: string;
}

const reposOf = (organization: string) => `/v2/manage/namespaces/${organization}/repos`;
const pathOf = (organization: string, image = "web") => `${reposOf(organization)}/${image}`;

async function create(client: Client, organization: string, repository = "web", more = {}): Promise<void> {
  const response = await client.post(reposOf(organization), { repository, is_public: false, ...more });
  if (response.status !== 200) throw new Error(`creating: ${response.status} ${await response.text()}`);
}

async function show(client: Client, path: string): Promise<Repository> {
  const response = await client.get(path);
  if (response.status !== 200) throw new Error(`showing: ${response.status} ${await response.text()}`);
  return response.json<Repository>();
}

async function list(client: Client, query = ""): Promise<{ items: Item[]; range: string | null }> {
  const response = await client.get(`/v2/manage/repos${query}`);
  if (response.status !== 200) throw new Error(`listing: ${response.status} ${await response.text()}`);
  return { items: await response.json<Item[]>(), range: response.headers.get("Content-Range") };
}

async function names(client: Client, query = ""): Promise<string[]> {
  return (await list(client, query)).items.map(({ namespace, name }) => `${namespace}/${name}`);
}

const countRows = (table: string, repositoryId: number) =>
  env.DB.prepare(`SELECT count(*) AS count FROM ${table} WHERE repository_id = ?`)
    .bind(repositoryId)
    .first<number>("count");

describe("creating an image", () => {
  it("answers 200 with an empty object, and the image shows with its properties", async ({ expect }) => {
    const { account, member } = await newAccount();
    const organization = await newOrganization(member);
    const response = await member.post(reposOf(organization), {
      repository: "shop/web",
      is_public: false,
      category: "database",
      description: "Läden",
      unknown: "ignored",
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({});
    const host = "registry.test";
    const userId = await env.DB.prepare("SELECT id FROM users WHERE name = ?").bind(member.name).first<number>("id");
    const accountId = await env.DB.prepare("SELECT id FROM accounts WHERE name = ?").bind(account).first<number>("id");
    expect(await show(member, pathOf(organization, "shop$web"))).toEqual({
      id: expect.any(Number),
      ns_id: expect.any(Number),
      name: "shop/web",
      category: "database",
      description: "Läden",
      creator_id: String(userId),
      creator_name: member.name,
      size: 0,
      is_public: false,
      num_images: 0,
      num_download: 0,
      url: "",
      path: `${host}/${organization}/shop/web`,
      internal_path: `${host}/${organization}/shop/web`,
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      updated: expect.any(String),
      domain_id: String(accountId),
      priority: 0,
    });
    expect(await auditOf(`${organization}/shop/web`)).toMatchObject([
      { action: "image.create", organization, user_name: member.name, result: "success" },
    ]);
  });

  it("counts what is pushed and pulled", async ({ expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await create(member, organization);
    await pushAs(member, `${organization}/web`, "1.0");
    expect(await show(member, pathOf(organization))).toMatchObject({ size: 100, num_images: 1 });
  });

  it("takes the right to edit the organization", async ({ expect }) => {
    const { account, administrator, member: reader } = await newAccount();
    const [editor, outsider] = [await newUser(account), await newUser(account)];
    const organization = await newOrganization(administrator);
    await grant(administrator, organization, reader.name, 1);
    await grant(administrator, organization, editor.name, 3);
    const body = { repository: "web", is_public: true };
    expect(await swrProblem(await outsider.post(reposOf(organization), body))).toBe(UNKNOWN_ORGANIZATION);
    expect(await swrProblem(await reader.post(reposOf(organization), body))).toBe(DENIED);
    expect((await editor.post(reposOf(organization), body)).status).toBe(200);
    expect((await show(editor, pathOf(organization))).is_public).toBe(true);
  });

  it("is refused where nobody may know of the organization, or there is none", async ({ expect }) => {
    const { administrator } = await newAccount();
    const stranger = (await newAccount()).administrator;
    const organization = await newOrganization(administrator);
    const body = { repository: "web", is_public: true };
    const absent = newName("org");
    const answers = await Promise.all([organization, absent].map((name) => stranger.post(reposOf(name), body)));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(texts[0]?.replaceAll(organization, absent)).toBe(texts[1]);
  });

  it("is refused for one that exists, also when two come at once", async ({ expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    const body = { repository: "web", is_public: false };
    const both = await Promise.all([1, 2].map(() => member.post(reposOf(organization), body)));
    expect(statusesOf(both)).toEqual([200, 409]);
    expect(await swrProblem(await member.post(reposOf(organization), body))).toBe("409 SVCSTG.SWR.4090006");
    expect(await auditOf(`${organization}/web`)).toHaveLength(1);
  });

  it.for([
    ["", "400 SVCSTG.SWR.4001029"],
    ["Web", "400 SVCSTG.SWR.4001029"],
    ["..", "400 SVCSTG.SWR.4001029"],
    ["a/../b", "400 SVCSTG.SWR.4001029"],
    ["a%2fb", "400 SVCSTG.SWR.4001029"],
    ["a//b", "400 SVCSTG.SWR.4001029"],
    ["a$b", "400 SVCSTG.SWR.4001029"],
    ["-a", "400 SVCSTG.SWR.4001029"],
    ["a".repeat(129), "400 SVCSTG.SWR.4001029"],
    [7, INVALID],
    [null, INVALID],
    [["web"], INVALID],
  ] as const)("is refused for the name %j with %s", async ([repository, problem], { expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    const response = await member.post(reposOf(organization), { repository, is_public: false });
    expect(await swrProblem(response)).toBe(problem);
  });

  it.for(["a".repeat(128), "manage", "a/b/c", "a.b__c--d"])("accepts the name %s", async (name, { expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await create(member, organization, name);
    expect((await show(member, pathOf(organization, name.replaceAll("/", "$")))).name).toBe(name);
  });

  it.for([
    [{}, MISSING],
    [{ is_public: "true" }, INVALID],
    [{ is_public: null }, INVALID],
    [{ is_public: false, category: "fruit" }, INVALID],
    [{ is_public: false, category: "" }, INVALID],
    [{ is_public: false, category: 7 }, INVALID],
    [{ is_public: false, description: 7 }, INVALID],
    [{ is_public: false, description: "x".repeat(30_001) }, "413 SVCSTG.SWR.4131012"],
    [{ is_public: false, description: "é".repeat(30_001) }, "413 SVCSTG.SWR.4131012"],
    [{ is_public: false, description: "🚢".repeat(30_001) }, "413 SVCSTG.SWR.4131012"],
  ] as const)("is refused with wrong properties (%#)", async ([properties, problem], { expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    const made = await member.post(reposOf(organization), { repository: "web", ...properties });
    expect(await swrProblem(made)).toBe(problem);
    await create(member, organization, "other");
    expect(await swrProblem(await member.patch(pathOf(organization, "other"), properties))).toBe(problem);
  });

  it.for([
    ["not JSON", INVALID],
    ["[]", INVALID],
    ["null", INVALID],
    [
      `{"repository": "web", "is_public": false, "description": "${"x".repeat(1024 * 1024)}"}`,
      "413 SVCSTG.SWR.4130000",
    ],
  ] as const)("is refused with a body that makes no sense (%#)", async ([body, problem], { expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    expect(await swrProblem(await member.post(reposOf(organization), body))).toBe(problem);
  });

  it("is refused without credentials, and for those of a path that is none", async ({ expect }) => {
    const anonymous = await fetchAnonymously(reposOf("acme"), {
      method: "POST",
      body: "{}",
      headers: { "Content-Type": "application/json" },
    });
    expect(anonymous.status).toBe(401);
    const { member } = await newAccount();
    const body = { repository: "web", is_public: false };
    expect(await swrProblem(await member.post(reposOf("Acme"), body))).toBe("400 SVCSTG.SWR.4001028");
    expect(await swrProblem(await member.post(reposOf("manage"), body))).toBe("400 SVCSTG.SWR.4001028");
    expect(await swrProblem(await member.get(pathOf("acme", "A")))).toBe("400 SVCSTG.SWR.4001029");
    expect(await swrProblem(await member.get(pathOf("acme", "a%2f..%2fb")))).toBe("400 SVCSTG.SWR.4001029");
  });
});

describe("an image's properties", () => {
  it("are changed with 201, and those that are absent stay", async ({ expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await create(member, organization, "web", { category: "linux", description: "old" });
    const before = await show(member, pathOf(organization));
    const response = await member.patch(pathOf(organization), { is_public: true });
    expect([response.status, await response.json()]).toEqual([201, {}]);
    const after = await show(member, pathOf(organization));
    expect(after).toMatchObject({ is_public: true, category: "linux", description: "old" });
    expect(Date.parse(after.updated)).toBeGreaterThanOrEqual(Date.parse(before.updated));
    await member.patch(pathOf(organization), { is_public: false, category: "windows", description: "" });
    expect(await show(member, pathOf(organization))).toMatchObject({
      is_public: false,
      category: "windows",
      description: "",
    });
    expect(await auditOf(`${organization}/web`)).toMatchObject([
      { action: "image.create" },
      { action: "image.update", organization, user_name: member.name },
      {
        action: "image.update",
        detail: JSON.stringify({
          isPublic: { from: true, to: false },
          category: { from: "linux", to: "windows" },
          descriptionLength: { from: 3, to: 0 },
        }),
      },
    ]);
  });

  it.for(["app_server", "linux", "framework_app", "database", "lang", "other", "windows", "arm"])(
    "have the category %s",
    async (category, { expect }) => {
      const { member } = await newAccount();
      const organization = await newOrganization(member);
      await create(member, organization, "web", { category });
      expect((await show(member, pathOf(organization))).category).toBe(category);
    },
  );

  it("take the SDK's arms for arm, and are private, without a category and without description by default", async ({
    expect,
  }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await create(member, organization, "web", { category: "arms" });
    expect((await show(member, pathOf(organization))).category).toBe("arm");
    await pushAs(member, `${organization}/pushed`);
    expect(await show(member, pathOf(organization, "pushed"))).toMatchObject({
      is_public: false,
      category: "",
      description: "",
    });
  });

  it.for([29_999, 30_000])("have descriptions of %d characters, of whatever kind", async (length, { expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await create(member, organization, "ascii", { description: "x".repeat(length) });
    await create(member, organization, "ships", { description: "🚢".repeat(length) });
    expect((await show(member, pathOf(organization, "ascii"))).description).toBe("x".repeat(length));
    expect((await show(member, pathOf(organization, "ships"))).description).toBe("🚢".repeat(length));
  });

  it("are changed by who may edit, on the organization or the image", async ({ expect }) => {
    const { account, administrator, member: reader } = await newAccount();
    const [editor, imageEditor, outsider] = [await newUser(account), await newUser(account), await newUser(account)];
    const organization = await newOrganization(administrator);
    await create(administrator, organization);
    await grant(administrator, organization, reader.name, 1);
    await grant(administrator, organization, editor.name, 3);
    await grant(administrator, organization, imageEditor.name, 3, "web");
    const body = { is_public: false, category: "lang" };
    expect(await swrProblem(await outsider.patch(pathOf(organization), body))).toBe(UNKNOWN_IMAGE);
    expect(await swrProblem(await reader.patch(pathOf(organization), body))).toBe(DENIED);
    expect((await editor.patch(pathOf(organization), body)).status).toBe(201);
    expect((await imageEditor.patch(pathOf(organization), body)).status).toBe(201);
    expect((await administrator.patch(pathOf(organization), body)).status).toBe(201);
  });

  it("are shown to nobody who may not know of the image, as if there were none", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const outsiders = [await newUser(account), (await newAccount()).administrator];
    const organization = await newOrganization(administrator);
    await create(administrator, organization);
    for (const client of outsiders) {
      for (const path of [pathOf(organization), pathOf(organization, "none"), pathOf(newName("org"))]) {
        expect(await swrProblem(await client.get(path))).toBe(UNKNOWN_IMAGE);
        expect(await swrProblem(await client.patch(path, { is_public: true }))).toBe(UNKNOWN_IMAGE);
        expect(await swrProblem(await client.delete(path))).toBe(UNKNOWN_IMAGE);
      }
    }
    expect((await show(administrator, pathOf(organization))).is_public).toBe(false);
  });

  it("of a public image are shown to other accounts without its creator, and changed by none of them", async ({
    expect,
  }) => {
    const { administrator } = await newAccount();
    const stranger = (await newAccount()).administrator;
    const organization = await newOrganization(administrator);
    await create(administrator, organization, "web", { is_public: true });
    expect(await show(stranger, pathOf(organization))).toMatchObject({ name: "web", creator_id: "", creator_name: "" });
    expect(await swrProblem(await stranger.patch(pathOf(organization), { is_public: false }))).toBe(DENIED);
    expect(await swrProblem(await stranger.delete(pathOf(organization)))).toBe(DENIED);
  });
});

describe("deleting an image", () => {
  it("deletes all that it has with 204, and its blobs begin their grace", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    const name = `${organization}/web`;
    const child = await pushAs(administrator, name, "1.0");
    const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: child, size: 1 };
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor] };
    await administrator.send("PUT", `/v2/${name}/manifests/multi`, index, { "Content-Type": OCI_INDEX });
    await grant(administrator, organization, member.name, 1, "web");
    await administrator.post(`/api/organizations/${organization}/images/web/immutable-tag-rules`, { pattern: "x*" });
    const other = (await newAccount()).account;
    const share = { access_domain: other, permit: "read", deadline: "forever" };
    await administrator.post(`/v2/manage/namespaces/${organization}/repositories/web/access-domains`, share);
    const { id } = await show(administrator, pathOf(organization));
    const tables = [
      "tags",
      "manifests",
      "tag_history",
      "repository_blobs",
      "repository_permissions",
      "shares",
      "immutable_tag_rules",
    ];
    for (const table of tables) expect(await countRows(table, id), table).toBeGreaterThan(0);
    await env.DB.prepare("UPDATE blobs SET last_used_at = 0").run();

    const response = await administrator.delete(pathOf(organization));
    expect([response.status, await response.text()]).toEqual([204, ""]);
    // What it had goes after the answer.
    for (const table of tables) {
      const left = await eventually(
        () => countRows(table, id),
        (count) => count === 0,
      );
      expect(left, table).toBe(0);
    }
    const used = await env.DB.prepare("SELECT max(last_used_at) AS used FROM blobs").first<number>("used");
    expect(used).toBeGreaterThan(Date.now() - 60_000);
    expect(await swrProblem(await administrator.get(pathOf(organization)))).toBe(UNKNOWN_IMAGE);
    expect((await administrator.get(`/v2/${name}/manifests/1.0`)).status).toBe(404);
    expect((await auditOf(name)).at(-1)).toMatchObject({ action: "image.delete", organization, result: "success" });
    expect((await administrator.delete(`/v2/manage/namespaces/${organization}`)).status).toBe(204);
  });

  it("takes the right to manage it, on the organization or the image", async ({ expect }) => {
    const { account, administrator, member: editor } = await newAccount();
    const imageManager = await newUser(account);
    const organization = await newOrganization(administrator);
    await create(administrator, organization);
    await grant(administrator, organization, editor.name, 3);
    await grant(administrator, organization, imageManager.name, 7, "web");
    expect(await swrProblem(await editor.delete(pathOf(organization)))).toBe(DENIED);
    expect((await imageManager.delete(pathOf(organization))).status).toBe(204);
    expect(await swrProblem(await imageManager.get(accessPath(organization, "web")))).toBe(UNKNOWN_IMAGE);
  });

  it("happens once when two ask for it at once", async ({ expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await pushAs(member, `${organization}/web`);
    const both = await Promise.all([1, 2].map(() => member.delete(pathOf(organization))));
    expect(statusesOf(both)).toEqual([204, 404]);
    expect((await auditOf(`${organization}/web`)).filter(({ action }) => action === "image.delete")).toHaveLength(1);
  });

  it("is refused while a rule keeps one of its tags, for administrators too, and then deletes nothing", async ({
    expect,
  }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`, "v1");
    await pushAs(administrator, `${organization}/web`, "latest");
    const rules = `/api/organizations/${organization}/images/web/immutable-tag-rules`;
    const { id } = await (await administrator.post(rules, { pattern: "v*" })).json<{ id: number }>();
    const refused = await administrator.delete(pathOf(organization));
    expect(refused.status).toBe(403);
    expect((await refused.json<{ error_msg: string }>()).error_msg).toContain("tag v1 is immutable");
    expect(await show(administrator, pathOf(organization))).toMatchObject({ num_images: 2, size: 200 });
    expect((await administrator.delete(`${rules}/${id}`)).status).toBe(204);
    expect((await administrator.delete(pathOf(organization))).status).toBe(204);
  });

  it("makes a push that comes too late fail as to an image that does not exist", async ({ expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await pushAs(member, `${organization}/web`);
    await member.delete(pathOf(organization));
    const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
    const saving = await saveManifest(openDatabase(env.DB), {
      registry: "http://registry.test",
      repository: parseRepositoryName(`${organization}/web`),
      digest: digestOf(new TextEncoder().encode(text)),
      text,
      size: text.length,
      manifest: parseManifest(text, OCI_INDEX),
      tags: [],
      actor: {
        user: { id: 1, name: "somebody", accountId: 1, accountName: "somebody", role: "member" },
        address: undefined,
      },
    });
    expect(saving).toEqual({ outcome: "repository-unknown" });
  });
});

describe("the list of images", () => {
  async function someImages(client: Client) {
    const [one, two] = [await newOrganization(client, newName("aa")), await newOrganization(client, newName("bb"))];
    await create(client, one, "zebra", { category: "linux", is_public: true });
    await create(client, one, "shop/web", { category: "arm" });
    await create(client, two, "apple", { description: "fruit" });
    return { one, two };
  }

  it("has every field, with the total on each entry and in Content-Range", async ({ expect }) => {
    const { account, member } = await newAccount();
    const { one, two } = await someImages(member);
    await pushAs(member, `${two}/apple`, "old");
    await pushAs(member, `${two}/apple`, "new");
    await env.DB.prepare("UPDATE tags SET updated_at = 1 WHERE name = 'old'").run();
    const { items, range } = await list(member);
    expect(range).toBe("0-3/3");
    expect(items.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      `${one}/shop/web`,
      `${one}/zebra`,
      `${two}/apple`,
    ]);
    expect(items[2]).toEqual({
      name: "apple",
      category: "",
      description: "fruit",
      size: 200,
      is_public: false,
      num_images: 2,
      num_download: 0,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      logo: "",
      url: "",
      path: `registry.test/${two}/apple`,
      internal_path: `registry.test/${two}/apple`,
      domain_name: account,
      namespace: two,
      tags: ["new", "old"],
      status: false,
      total_range: 3,
    });
    expect(items.map((item) => item.total_range)).toEqual([3, 3, 3]);
  });

  it("finds by organization, part of the name, category and visibility, plainly and by filter", async ({ expect }) => {
    const { member } = await newAccount();
    const { one, two } = await someImages(member);
    const cases: [string, string[]][] = [
      [`namespace=${one}`, [`${one}/shop/web`, `${one}/zebra`]],
      [`namespace=${one.slice(0, -1)}`, []],
      ["name=p", [`${one}/shop/web`, `${two}/apple`]],
      ["name=shop$w", [`${one}/shop/web`]],
      ["name=APPLE", [`${two}/apple`]],
      [`name=${one.slice(0, 2)}`, []],
      ["name=%25", []],
      ["name=_", []],
      ["category=linux", [`${one}/zebra`]],
      ["category=arms", [`${one}/shop/web`]],
      ["category=other", [`${two}/apple`]],
      ["is_public=true", [`${one}/zebra`]],
      ["is_public=false", [`${one}/shop/web`, `${two}/apple`]],
      ["name=e&category=linux&is_public=true", [`${one}/zebra`]],
      [`name=${"x".repeat(200)}`, []],
    ];
    for (const [query, found] of cases) {
      expect(await names(member, `?${query}`), query).toEqual(found);
      const filter = query.replaceAll("=", "::").replaceAll("&", "|");
      expect(await names(member, `?filter=${filter}`), filter).toEqual(found);
    }
    // With a filter, the plain parameters count for nothing.
    expect(await names(member, `?category=linux&filter=name::apple`)).toEqual([`${two}/apple`]);
  });

  it("sorts by each column, both ways", async ({ expect }) => {
    const { member } = await newAccount();
    const { one, two } = await someImages(member);
    const [shop, zebra, apple] = [`${one}/shop/web`, `${one}/zebra`, `${two}/apple`];
    await pushAs(member, shop, "1");
    await pushAs(member, shop, "2");
    await pushAs(member, apple, "1");
    const setUpdated = (name: string, at: number) =>
      env.DB.prepare("UPDATE repositories SET updated_at = ? WHERE name = ?").bind(at, name).run();
    await setUpdated(apple, 1);
    await setUpdated(shop, 2);
    await setUpdated(zebra, 3);
    const cases: [string, string[]][] = [
      ["name", [apple, shop, zebra]],
      ["namespace", [shop, zebra, apple]],
      ["updated_time", [apple, shop, zebra]],
      ["updated_at", [apple, shop, zebra]],
      ["tag_count", [zebra, apple, shop]],
    ];
    for (const [column, sorted] of cases) {
      expect(await names(member, `?order_column=${column}&order_type=asc`), column).toEqual(sorted);
      expect(await names(member, `?order_column=${column}&order_type=desc`), column).toEqual(sorted.toReversed());
    }
    expect((await names(member, "?order_column=is_public&order_type=desc"))[0]).toBe(zebra);
    expect(await names(member, `?filter=namespace::${one}|order_column::name|order_type::desc`)).toEqual([zebra, shop]);
  });

  it("pages as Terraform does, until the offset is the total", async ({ expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    for (let number = 0; number < 5; number += 1) await create(member, organization, `image-${number}`);
    const seen: string[] = [];
    for (let offset = 0, total = 1; offset < total;) {
      const { items, range } = await list(member, `?limit=2&offset=${offset}`);
      total = items[0]?.total_range ?? 0;
      expect(range).toBe(`${offset}-${items.length}/5`);
      seen.push(...items.map(({ name }) => name));
      offset += items.length;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4].map((number) => `image-${number}`));
    expect(await list(member, "?limit=2&offset=99")).toEqual({ items: [], range: "99-0/5" });
    expect((await list(member, "?limit=1000")).items).toHaveLength(5);
    expect((await list(member, "?filter=limit::2|offset::4")).items).toHaveLength(1);
  });

  it.for([
    ["limit=0", INVALID],
    ["limit=1001", INVALID],
    ["limit=x", INVALID],
    ["offset=-1", INVALID],
    ["offset=1.5", INVALID],
    ["is_public=maybe", INVALID],
    ["category=fruit", INVALID],
    ["order_column=size", "400 SVCSTG.SWR.4001096"],
    ["order_column=__proto__", "400 SVCSTG.SWR.4001096"],
    ["order_type=up", "400 SVCSTG.SWR.4001096"],
    ["filter=name", "400 SVCSTG.SWR.4001035"],
    ["filter=color::red", "400 SVCSTG.SWR.4001035"],
    ["filter=name::a|name::b", "400 SVCSTG.SWR.4001035"],
    ["filter=limit::1001", INVALID],
  ] as const)("is refused with %s", async ([query, problem], { expect }) => {
    const { member } = await newAccount();
    expect(await swrProblem(await member.get(`/v2/manage/repos?${query}`))).toBe(problem);
  });

  it("has what the caller has a right to: all of the account, of an organization, or single images", async ({
    expect,
  }) => {
    const { account, administrator, member: ofOrganization } = await newAccount();
    const [ofImage, outsider] = [await newUser(account), await newUser(account)];
    const stranger = (await newAccount()).administrator;
    const { one, two } = await someImages(administrator);
    await grant(administrator, one, ofOrganization.name, 1);
    await grant(administrator, two, ofImage.name, 1, "apple");
    expect(await names(administrator)).toHaveLength(3);
    expect(await names(ofOrganization)).toEqual([`${one}/shop/web`, `${one}/zebra`]);
    expect(await names(ofImage)).toEqual([`${two}/apple`]);
    // Public images of others are not one's own.
    expect(await list(outsider)).toEqual({ items: [], range: "0-0/0" });
    expect(await names(stranger, `?namespace=${one}`)).toEqual([]);
  });

  it("names the newest 100 tags of an image, and shortens descriptions in long pages only", async ({ expect }) => {
    const { member } = await newAccount();
    const organization = await newOrganization(member);
    await create(member, organization, "web", { description: "x".repeat(30_000) });
    await pushAs(member, `${organization}/web`, "tag");
    await env.DB.prepare(
      `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
       SELECT repository_id, 'tag-' || value, manifest_id, 1, value
       FROM tags, json_each(?) JOIN repositories ON repositories.id = repository_id AND repositories.name = ?`,
    )
      .bind(JSON.stringify(Array.from({ length: 100 }, (_, number) => number)), `${organization}/web`)
      .run();
    const [item] = (await list(member)).items;
    expect(item?.tags).toHaveLength(100);
    expect(item?.tags.slice(0, 2)).toEqual(["tag", "tag-99"]);
    expect(item?.tags).not.toContain("tag-0");
    expect(item?.description).toHaveLength(3000);
    expect((await list(member, "?limit=10")).items[0]?.description).toHaveLength(30_000);
    const [short] = (await list(member, "?limit=1000")).items;
    expect([short?.description.length, short?.tags.length]).toEqual([300, 10]);
  });
});

describe("listing images", () => {
  const administrator: User = { id: 1, name: "a", accountId: 1, accountName: "a", role: "administrator" };
  const base: RepositoryList = {
    user: administrator,
    scope: "own",
    organization: undefined,
    text: undefined,
    category: undefined,
    isPublic: undefined,
    account: undefined,
    isShared: undefined,
    order: "organization",
    isDescending: false,
    limit: 100,
    offset: 0,
  };
  const member: User = { ...administrator, role: "member" };
  const OWN = {
    organization: "repositories_by_name",
    name: "repositories_by_image_name",
    updatedAt: "repositories_by_update",
    tagCount: "repositories_by_tag_count",
    isPublic: "repositories_by_visibility",
  } as const;
  const OF_ORGANIZATION = {
    organization: "repositories_by_organization",
    name: "repositories_by_organization",
    updatedAt: "repositories_by_organization_update",
    tagCount: "repositories_by_organization_tag_count",
  } as const;
  const SHARED = {
    organization: "repositories_shared_by_name",
    updatedAt: "repositories_shared_by_update",
    tagCount: "repositories_shared_by_tag_count",
  } as const;
  const casesOf = (name: string, indexes: Partial<Record<RepositoryOrder, string>>, filter: Partial<RepositoryList>) =>
    Object.entries(indexes).map(
      ([order, index]) =>
        [`${name} by ${order}`, index, { ...base, ...filter, order: order as RepositoryOrder }] as const,
    );
  const CASES = [
    ...casesOf("one's own", OWN, {}),
    ...casesOf("one's own as a member", OWN, { user: member }),
    ...casesOf("one's own, the last first", OWN, { isDescending: true, offset: 100 }),
    ...casesOf("of an organization", OF_ORGANIZATION, { organization: "acme" }),
    ...casesOf("that one shares", SHARED, { scope: "shared-by" }),
    ...casesOf("that others share", SHARED, { scope: "shared-with" }),
  ];
  const FILTERS = [{}, { text: "web", category: "arm", isPublic: true, account: "a", isShared: true }] as const;

  it.for(CASES)("%s walks one index in its order", async ([, index, query], { expect }) => {
    for (const filter of FILTERS) {
      const wanted = { ...query, ...filter };
      // Of what is shared there is an index without an account, all of which a list may walk through.
      const isWhole = index.startsWith("repositories_shared_by_");
      const { walks, faults } = await walkOf((db) => listRepositories(db, wanted), index, {
        isWhole,
        isMeant: /page\.is_end/,
      });
      expect(walks.length).toBeGreaterThanOrEqual(2);
      expect(faults).toEqual([]);
    }
  });
});
