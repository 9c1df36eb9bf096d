import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { parseTag } from "../../src/kernel/reference.ts";
import type { Database } from "../../src/storage/database.ts";
import { listTagEvents, listTagPage, listTagRecords } from "../../src/storage/content/tags.ts";
import {
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
import { digestOf, OCI_INDEX, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";
import { planOf, plansOf } from "../support/workerd/query-plans.ts";

const UNKNOWN_IMAGE = "404 SVCSTG.SWR.4040113";
const UNKNOWN_TAG = "404 SVCSTG.SWR.4040115";
const DENIED = "403 SVCSTG.SWR.4030170";
const INVALID = "400 SVCSTG.SWR.4000014";
const MISSING = "400 SVCSTG.SWR.4001014";

interface TagItem {
  id: number;
  Tag: string;
  tag?: string;
  image_id: string;
  manifest: string;
  digest: string;
  size: number;
  tag_type: number;
  created: string;
  updated: string;
}

const tagsOf = (organization: string, image = "web") => `/v2/manage/namespaces/${organization}/repos/${image}/tags`;

/** An organization with an image `web` that has these tags, each with a manifest of its own. */
async function anImage(...tags: string[]) {
  const { account, administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  const digests: string[] = [];
  for (const tag of tags) digests.push(await pushAs(administrator, `${organization}/web`, tag));
  return { account, administrator, member, organization, digests };
}

async function list(client: Client, path: string): Promise<{ items: TagItem[]; range: string | null }> {
  const response = await client.get(path);
  if (response.status !== 200) throw new Error(`listing: ${response.status} ${await response.text()}`);
  return { items: await response.json<TagItem[]>(), range: response.headers.get("Content-Range") };
}

async function names(client: Client, path: string): Promise<string[]> {
  return (await list(client, path)).items.map((item) => item.Tag);
}

async function digestOfTag(client: Client, organization: string, tag: string): Promise<string | null> {
  const response = await client.send("HEAD", `/v2/${organization}/web/manifests/${tag}`, undefined, {
    Accept: OCI_MANIFEST,
  });
  return response.headers.get("Docker-Content-Digest");
}

interface History {
  events: { tag: string; digest: string | null; deleted: boolean; user: string | null; time: string }[];
  next: string | null;
}
const historyPath = (organization: string, tag?: string) =>
  `/api/organizations/${organization}/images/web/${tag === undefined ? "" : `tags/${tag}/`}history`;

describe("the list of an image's tags", () => {
  it("has every field of each tag", async ({ expect }) => {
    const { administrator, organization, digests } = await anImage("1.0");
    const { items, range } = await list(administrator, tagsOf(organization));
    expect(range).toBe("0-1/1");
    const manifest = items[0]?.manifest ?? "";
    expect(digestOf(manifest)).toBe(digests[0]);
    const { config } = JSON.parse(manifest) as { config: { digest: string } };
    expect(items).toEqual([
      {
        id: expect.any(Number),
        repo_id: expect.any(Number),
        Tag: "1.0",
        image_id: config.digest.replace("sha256:", ""),
        manifest,
        digest: digests[0],
        schema: 2,
        path: `registry.test/${organization}/web:1.0`,
        internal_path: `registry.test/${organization}/web:1.0`,
        size: 100,
        is_trusted: false,
        created: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        updated: expect.any(String),
        deleted: null,
        domain_id: expect.stringMatching(/^\d+$/),
        scanned: false,
        tag_type: 0,
      },
    ]);
  });

  it("counts an index as the blobs of its children, each once, and names it by its own digest", async ({ expect }) => {
    const { administrator, organization, digests } = await anImage("a", "b");
    const manifests = digests.map((digest) => ({ mediaType: OCI_MANIFEST, digest, size: 1 }));
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
    const type = { "Content-Type": OCI_INDEX };
    await administrator.send("PUT", `/v2/${organization}/web/manifests/multi`, index, type);
    const { items } = await list(administrator, `${tagsOf(organization)}?tag=multi`);
    const digest = digestOf(index);
    expect(items).toMatchObject([{ size: 200, tag_type: 1, digest, image_id: digest.slice(7), manifest: index }]);
  });

  it("comes newest first, sorted and paged as asked, and finds one tag", async ({ expect }) => {
    const { administrator, organization } = await anImage("b", "a", "c");
    const at = (tag: string, time: number) =>
      env.DB.prepare(
        "UPDATE tags SET updated_at = ? WHERE name = ? AND repository_id = (SELECT id FROM repositories WHERE name = ?)",
      )
        .bind(time, tag, `${organization}/web`)
        .run();
    await at("b", 1);
    await at("c", 2);
    await at("a", 3);
    const path = tagsOf(organization);
    const cases: [string, string[]][] = [
      ["", ["a", "c", "b"]],
      ["order_column=updated_at&order_type=asc", ["b", "c", "a"]],
      ["order_column=tag&order_type=asc", ["a", "b", "c"]],
      ["order_column=tag&order_type=desc", ["c", "b", "a"]],
      ["limit=2", ["a", "c"]],
      ["limit=2&offset=2", ["b"]],
      ["tag=b", ["b"]],
      ["tag=..", []],
      ["filter=order_column::tag|order_type::desc|limit::1|offset::1", ["b"]],
      ["filter=tag::c&tag=a", ["c"]],
    ];
    for (const [query, found] of cases) expect(await names(administrator, `${path}?${query}`), query).toEqual(found);
    expect((await list(administrator, `${path}?limit=2&offset=1`)).range).toBe("1-2/3");
    expect((await list(administrator, `${path}?tag=b`)).range).toBe("0-1/1");
    expect(await list(administrator, `${path}?offset=9`)).toEqual({ items: [], range: "9-0/3" });
  });

  it.for([
    ["limit=0", INVALID],
    ["limit=1001", INVALID],
    ["offset=x", INVALID],
    ["order_column=size", "400 SVCSTG.SWR.4001096"],
    ["order_type=up", "400 SVCSTG.SWR.4001096"],
    ["filter=name::x", "400 SVCSTG.SWR.4001035"],
  ] as const)("is refused with %s", async ([query, problem], { expect }) => {
    const { administrator, organization } = await anImage("a");
    expect(await swrProblem(await administrator.get(`${tagsOf(organization)}?${query}`))).toBe(problem);
  });

  it("is for who may pull the image: by permission, and everybody while it is public", async ({ expect }) => {
    const { account, administrator, member: reader, organization } = await anImage("a");
    const outsider = await newUser(account);
    const stranger = (await newAccount()).administrator;
    await grant(administrator, organization, reader.name, 1, "web");
    expect(await names(reader, tagsOf(organization))).toEqual(["a"]);
    for (const client of [outsider, stranger]) {
      expect(await swrProblem(await client.get(tagsOf(organization)))).toBe(UNKNOWN_IMAGE);
      expect(await swrProblem(await client.get(`${tagsOf(organization)}/a`))).toBe(UNKNOWN_IMAGE);
      expect(await swrProblem(await client.get(`${tagsOf(organization, "none")}/a`))).toBe(UNKNOWN_IMAGE);
    }
    await administrator.patch(`/v2/manage/namespaces/${organization}/repos/web`, { is_public: true });
    expect(await names(stranger, tagsOf(organization))).toEqual(["a"]);
  });

  it("leaves out the longest manifests where a page would be too long", async ({ expect }) => {
    const { administrator, organization } = await anImage("small");
    const [small] = (await list(administrator, tagsOf(organization))).items;
    const base = JSON.parse(small?.manifest ?? "") as { config: { digest: string } };
    const padded = async (tag: string, length: number) => {
      const manifest = { ...base, annotations: { padding: "x".repeat(length) } };
      const type = { "Content-Type": OCI_MANIFEST };
      const response = await administrator.send("PUT", `/v2/${organization}/web/manifests/${tag}`, manifest, type);
      expect(response.status).toBe(201);
    };
    for (let number = 0; number < 3; number += 1) await padded(`large-${number}`, 500_000);
    await padded("huge", 700_000);
    await padded("too-long", 1024 * 1024);
    const { items } = await list(administrator, `${tagsOf(organization)}?order_column=tag`);
    const shown = items.filter(({ manifest }) => manifest !== "");
    expect(shown.length).toBe(1 + Math.floor((1024 * 1024) / 501_000));
    expect(shown.map((item) => item.Tag)).toContain("small");
    expect(shown.every((item) => item.image_id === small?.image_id)).toBe(true);
    const left = items.filter(({ manifest }) => manifest === "");
    expect(left.every((item) => item.image_id === item.digest.slice(7))).toBe(true);
    const huge = await (await administrator.get(`${tagsOf(organization)}/huge`)).json<TagItem>();
    expect(digestOf(huge.manifest)).toBe(huge.digest);
    expect(huge.image_id).toBe(small?.image_id);
    const long = await (await administrator.get(`${tagsOf(organization)}/too-long`)).json<TagItem>();
    expect([long.manifest, long.image_id]).toEqual(["", long.digest.slice(7)]);
  });
});

describe("a tag", () => {
  it("is shown as in the list, but for the spelling of its name", async ({ expect }) => {
    const { administrator, organization } = await anImage("1.0");
    const [item] = (await list(administrator, tagsOf(organization))).items;
    const shown = await (await administrator.get(`${tagsOf(organization)}/1.0`)).json<Record<string, unknown>>();
    const { Tag, deleted: _deleted, scanned: _scanned, ...rest } = item as TagItem & Record<string, unknown>;
    expect(shown).toEqual({ ...rest, tag: Tag });
  });

  it("that is not there is unknown, and what is no tag is invalid", async ({ expect }) => {
    const { administrator, organization } = await anImage("1.0");
    const path = tagsOf(organization);
    for (const method of ["GET", "DELETE"]) {
      expect(await swrProblem(await administrator.send(method, `${path}/2.0`))).toBe(UNKNOWN_TAG);
      expect(await swrProblem(await administrator.send(method, `${path}/-x`))).toBe(INVALID);
      expect(await swrProblem(await administrator.send(method, `${path}/${"x".repeat(128)}`))).toBe(UNKNOWN_TAG);
      expect(await swrProblem(await administrator.send(method, `${path}/${"x".repeat(129)}`))).toBe(INVALID);
      expect(await swrProblem(await administrator.send(method, `${path}/a%2fb`))).toBe(INVALID);
    }
  });

  it("is deleted with 204 by who may manage the image, and what it pointed to stays", async ({ expect }) => {
    const { account, administrator, member: editor, organization, digests } = await anImage("a", "b");
    const [manager, outsider] = [await newUser(account), await newUser(account)];
    await grant(administrator, organization, editor.name, 3);
    await grant(administrator, organization, manager.name, 7, "web");
    const path = `${tagsOf(organization)}/a`;
    expect(await swrProblem(await outsider.delete(path))).toBe(UNKNOWN_IMAGE);
    expect(await swrProblem(await editor.delete(path))).toBe(DENIED);
    const response = await manager.delete(path);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await swrProblem(await manager.delete(path))).toBe(UNKNOWN_TAG);
    expect(await names(administrator, tagsOf(organization))).toEqual(["b"]);
    expect((await administrator.get(`/v2/${organization}/web/manifests/${digests[0]}`)).status).toBe(200);
    expect((await auditOf(`${organization}/web:a`)).at(-1)).toMatchObject({
      action: "tag.delete",
      organization,
      user_name: manager.name,
    });
  });

  it("is deleted once when two ask for it at once", async ({ expect }) => {
    const { administrator, organization } = await anImage("a");
    const both = await Promise.all([1, 2].map(() => administrator.delete(`${tagsOf(organization)}/a`)));
    expect(statusesOf(both)).toEqual([204, 404]);
  });
});

describe("retagging", () => {
  const body = (source_tag: unknown, destination_tag: unknown, override?: unknown) => ({
    source_tag,
    destination_tag,
    ...(override !== undefined && { override }),
  });

  it("adds a tag with 201 to what another points to, without moving bytes", async ({ expect }) => {
    const { administrator, organization, digests } = await anImage("1.0");
    const updated = async () =>
      (await administrator.get(`/v2/manage/namespaces/${organization}/repos/web`)).json<{ updated: string }>();
    const before = await updated();
    const response = await administrator.post(tagsOf(organization), { ...body("1.0", "stable"), unknown: 1 });
    expect([response.status, await response.json()]).toEqual([201, {}]);
    expect(await digestOfTag(administrator, organization, "stable")).toBe(digests[0]);
    expect((await updated()).updated >= before.updated).toBe(true);
    expect(await auditOf(`${organization}/web:stable`)).toMatchObject([
      { action: "tag.create", organization, user_name: administrator.name, detail: '{"source":"1.0"}' },
    ]);
    const history = await (await administrator.get(historyPath(organization, "stable"))).json<History>();
    expect(history.events).toMatchObject([{ tag: "stable", digest: digests[0], user: administrator.name }]);
  });

  it("moves a tag that is there only when told to override", async ({ expect }) => {
    const { administrator, organization, digests } = await anImage("1.0", "2.0");
    const path = tagsOf(organization);
    expect(await swrProblem(await administrator.post(path, body("2.0", "1.0")))).toBe("409 SVCSTG.SWR.4090000");
    expect(await swrProblem(await administrator.post(path, body("2.0", "1.0", false)))).toBe("409 SVCSTG.SWR.4090000");
    expect(await digestOfTag(administrator, organization, "1.0")).toBe(digests[0]);
    expect((await administrator.post(path, body("2.0", "1.0", true))).status).toBe(201);
    expect(await digestOfTag(administrator, organization, "1.0")).toBe(digests[1]);
    expect((await list(administrator, path)).range).toBe("0-2/2");
  });

  it("onto what it points to already changes nothing", async ({ expect }) => {
    const { administrator, organization } = await anImage("1.0");
    const path = tagsOf(organization);
    await administrator.post(path, body("1.0", "same"));
    const before = await list(administrator, path);
    expect((await administrator.post(path, body("1.0", "1.0"))).status).toBe(201);
    expect((await administrator.post(path, body("1.0", "same", true))).status).toBe(201);
    expect(await swrProblem(await administrator.post(path, body("1.0", "same")))).toBe("409 SVCSTG.SWR.4090000");
    expect(await list(administrator, path)).toEqual(before);
    expect(await auditOf(`${organization}/web:same`)).toHaveLength(1);
    const history = await (await administrator.get(historyPath(organization))).json<History>();
    expect(history.events.map(({ tag }) => tag)).toEqual(["same", "1.0"]);
  });

  it("from a tag that is not there is unknown, also onto itself", async ({ expect }) => {
    const { administrator, organization } = await anImage("1.0");
    for (const destination of ["2.0", "1.0", "new"]) {
      const response = await administrator.post(tagsOf(organization), body("2.0", destination, true));
      expect(await swrProblem(response)).toBe(UNKNOWN_TAG);
    }
  });

  it.for([
    [{}, MISSING],
    [{ source_tag: "1.0" }, MISSING],
    [{ source_tag: "1.0", destination_tag: 7 }, INVALID],
    [{ source_tag: "1.0", destination_tag: "" }, INVALID],
    [{ source_tag: "1.0", destination_tag: ".." }, INVALID],
    [{ source_tag: "1.0", destination_tag: "a/b" }, INVALID],
    [{ source_tag: "1.0", destination_tag: "a%2fb" }, INVALID],
    [{ source_tag: "1.0", destination_tag: "x".repeat(129) }, INVALID],
    [{ source_tag: "1.0", destination_tag: "x", override: "true" }, INVALID],
    [{ source_tag: null, destination_tag: "x" }, INVALID],
  ] as const)("is refused with %j", async ([wrong, problem], { expect }) => {
    const { administrator, organization } = await anImage("1.0");
    expect(await swrProblem(await administrator.post(tagsOf(organization), wrong))).toBe(problem);
  });

  it.for(["x".repeat(128), "MANAGE", "_"])("accepts the tag %s", async (tag, { expect }) => {
    const { administrator, organization } = await anImage("1.0");
    expect((await administrator.post(tagsOf(organization), body("1.0", tag))).status).toBe(201);
  });

  it("takes the right to edit the image", async ({ expect }) => {
    const { account, administrator, member: reader, organization } = await anImage("1.0");
    const [editor, outsider] = [await newUser(account), await newUser(account)];
    const stranger = (await newAccount()).administrator;
    await grant(administrator, organization, reader.name, 1);
    await grant(administrator, organization, editor.name, 3, "web");
    const path = tagsOf(organization);
    for (const client of [outsider, stranger]) {
      expect(await swrProblem(await client.post(path, body("1.0", "new")))).toBe(UNKNOWN_IMAGE);
      expect(await swrProblem(await client.post(tagsOf(newName("org")), body("1.0", "new")))).toBe(UNKNOWN_IMAGE);
    }
    expect(await swrProblem(await reader.post(path, body("1.0", "new")))).toBe(DENIED);
    expect((await editor.post(path, body("1.0", "new"))).status).toBe(201);
  });

  it("of two at once onto the same tag lets one win without override", async ({ expect }) => {
    const { administrator, organization, digests } = await anImage("1.0", "2.0");
    const both = await Promise.all(
      ["1.0", "2.0"].map((source) => administrator.post(tagsOf(organization), body(source, "new"))),
    );
    expect(statusesOf(both)).toEqual([201, 409]);
    const winner = both.findIndex(({ status }) => status === 201);
    expect(await digestOfTag(administrator, organization, "new")).toBe(digests[winner]);
  });
});

describe("the history of tags", () => {
  it("tells what each tag pointed to, by whom and since when, newest first and page by page", async ({ expect }) => {
    const { administrator, member, organization, digests } = await anImage("a", "b");
    await grant(administrator, organization, member.name, 7);
    await member.post(tagsOf(organization), { source_tag: "b", destination_tag: "a", override: true });
    await member.delete(`${tagsOf(organization)}/a`);
    const ofTag = await (await administrator.get(historyPath(organization, "a"))).json<History>();
    const event = { tag: "a", deleted: false, time: expect.any(String) as string };
    expect(ofTag).toEqual({
      events: [
        { ...event, digest: null, previous: digests[1], deleted: true, user: member.name },
        { ...event, digest: digests[1], previous: digests[0], user: member.name },
        { ...event, digest: digests[0], previous: null, user: administrator.name },
      ],
      next: null,
    });
    const seen: string[] = [];
    for (let cursor = ""; ;) {
      const response = await member.get(`${historyPath(organization)}?limit=3${cursor}`);
      const page: History = await response.json();
      seen.push(...page.events.map(({ tag, deleted }) => (deleted ? `-${tag}` : tag)));
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(seen).toEqual(["-a", "a", "b", "a"]);
    expect(await (await member.get(historyPath(organization, "never"))).json()).toEqual({ events: [], next: null });
    await member.post(tagsOf(organization), { source_tag: "b", destination_tag: "a" });
    const again = await member.get(`${historyPath(organization)}?limit=1`);
    expect(await again.json()).toMatchObject({ events: [{ tag: "a", digest: digests[1], previous: null }] });
  });

  it("is for those who have a right in the image's own account", async ({ expect }) => {
    const { account, administrator, member: reader, organization } = await anImage("a");
    const outsider = await newUser(account);
    const stranger = (await newAccount()).administrator;
    await grant(administrator, organization, reader.name, 1, "web");
    for (const path of [historyPath(organization), historyPath(organization, "a")]) {
      expect((await reader.get(path)).status).toBe(200);
      for (const client of [outsider, stranger]) expect((await client.get(path)).status).toBe(404);
      expect((await outsider.send("GET", path, undefined, { Authorization: "" })).status).toBe(401);
    }
    await administrator.patch(`/v2/manage/namespaces/${organization}/repos/web`, { is_public: true });
    expect((await stranger.get(historyPath(organization))).status).toBe(403);
  });

  it.for(["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=WyJhIl0", "offset=1"])(
    "is refused with %s",
    async (query, { expect }) => {
      const { administrator, organization } = await anImage("a");
      expect((await administrator.get(`${historyPath(organization)}?${query}`)).status).toBe(400);
      expect((await administrator.get(`${historyPath(organization, "a")}?${query}`)).status).toBe(400);
    },
  );
});

describe("listing tags", () => {
  const page = { repositoryId: 1, name: undefined, isDescending: true, limit: 100, offset: 0 };
  const events = { repositoryId: 1, before: 5, limit: 100 };
  it.for([
    ["by update", (db: Database) => listTagPage(db, { ...page, order: "updatedAt" })],
    ["by name", (db: Database) => listTagPage(db, { ...page, order: "name" })],
    ["history of one", (db: Database) => listTagEvents(db, { ...events, tag: parseTag("a") })],
    ["history of all", (db: Database) => listTagEvents(db, { ...events, tag: undefined })],
  ] as const)("%s walks an index and sorts nothing", async ([what, act], { expect }) => {
    expect((await planOf(act)).filter((step) => step.startsWith("SCAN"))).toEqual([]);
    // A subquery may sort the blobs of one index, which are a handful.
    const sorts = (await planOf(act, { isOuter: true })).filter((step) => step.includes("TEMP B-TREE"));
    // A page by offset is found in the index, and then sorted once more.
    expect(sorts).toEqual(what.startsWith("by ") ? ["USE TEMP B-TREE FOR ORDER BY"] : []);
  });

  it("counts them without looking at them", async ({ expect }) => {
    const plans = await plansOf((db) => listTagRecords(db, { ...page, order: "name" }));
    expect(plans).toHaveLength(2);
    expect(
      plans.filter((plan) => plan.every((step) => step.startsWith("SEARCH repositories USING INTEGER PRIMARY KEY"))),
    ).toHaveLength(1);
  });
});
