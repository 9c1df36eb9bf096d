/** Deleting what has very many rows: gone at once for everybody, and in slices from the database. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Actor, Role } from "../../src/model/rights/access.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { cleanSoon, cleanUp } from "../../src/registry/deletion/cleanups.ts";
import { collectGarbage } from "../../src/registry/garbage/garbage.ts";
import { runDueRules } from "../../src/registry/aging/aging.ts";
import { openStores, type Stores } from "../../src/registry/stores.ts";
import type { Digest } from "../../src/kernel/digest.ts";
import {
  type OrganizationName,
  parseRepositoryName,
  type RepositoryName,
  type Tag,
} from "../../src/kernel/reference.ts";
import { insertAccessKey } from "../../src/storage/logins/access-keys.ts";
import { countQueries, MAX_QUERIES, openDatabase } from "../../src/storage/database.ts";
import { restoreTag } from "../../src/storage/deletion/deleted-tags.ts";
import { cleanAccount, cleanTrigger, cleanUser } from "../../src/storage/deletion/clean-targets.ts";
import { deleteRepository } from "../../src/storage/deletion/delete-repository.ts";
import { deleteManifest } from "../../src/registry/content/delete-manifest.ts";
import { createOrganization } from "../../src/storage/organizations/organizations.ts";
import { findRepositoryRecord } from "../../src/storage/images/repositories.ts";
import { saveBlob } from "../../src/storage/content/blobs.ts";
import { newObjectKey } from "../../src/storage/content/objects.ts";
import { openUploadRow } from "../../src/storage/content/open-uploads.ts";
import { retag } from "../../src/storage/content/retag.ts";
import { insertUser } from "../../src/storage/accounts/users.ts";
import { digestOf } from "../../src/model/hash.ts";
import { nothingAsked } from "../bench/full/size.ts";
import { countedRows } from "../bench/full/rows.ts";
import { dyingStores } from "../support/workerd/dying-stores.ts";
import {
  asUser,
  newAccount,
  newName,
  newOrganization,
  newUser,
  PASSWORD,
  pushAs,
  userIdOf,
} from "../support/workerd/managing-clients.ts";
import { ADMINISTRATOR } from "../support/workerd/registry-requests.ts";
import { miscounted } from "../support/workerd/quota-counts.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { accessTo, pushing } from "../support/workerd/calls.ts";
import { replacing } from "../support/replacing.ts";
import { waitUntil } from "../support/workerd/waiting.ts";

const HOUR = 60 * 60 * 1000;
const budget = ({ db }: Stores) => new Budget(db, 100_000, HOUR);

/** Rows that one statement may write, with all indexes and triggers: of a slice of a hundred. */
const MAX_WRITTEN = 4000;

/** The stores of a process of which it is known what it asks of D1. */
function watched() {
  const asked = nothingAsked();
  const stores: Stores = { ...openStores(env), db: openDatabase(countedRows(env.DB, asked)) };
  return { stores, asked };
}

const unwatched: Stores = { ...openStores(env), db: openDatabase(env.DB) };

const actor: Actor = {
  user: { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" },
  address: undefined,
};

async function query<T>(sql: string): Promise<T[]> {
  return (await env.DB.prepare(sql).all<T>()).results;
}

async function countOf(sql: string): Promise<number> {
  const [row] = await query<{ count: number }>(sql);
  return row?.count ?? Number.NaN;
}

/** An image with so many tags, each a manifest of its own, and as many referrers, blobs and lines of every log. */
async function largeImage(count: number): Promise<{ name: RepositoryName; id: number; organization: string }> {
  const { administrator } = await newAccount();
  const organization = await newOrganization(administrator);
  const name = parseRepositoryName(`${organization}/large`);
  await pushAs(administrator, name, "first");
  const [row] = await query<{ id: number }>(`SELECT id FROM repositories WHERE name = '${name}'`);
  const id = row?.id ?? 0;
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const digest = (what: string) => `'sha256:${what}-${id}-' || i`;
  const now = Date.now();
  const statements = [
    `INSERT INTO blobs (digest, object_key, size, created_at, last_used_at)
     ${numbers} SELECT ${digest("blob")}, 'blobs/large-${id}-' || i, 10, ${now}, 0 FROM n`,
    `INSERT INTO repository_blobs (repository_id, blob_id) SELECT ${id}, id FROM blobs WHERE digest LIKE 'sha256:blob-${id}-%'`,
    `INSERT INTO manifests (repository_id, digest, media_type, size, created_at)
     ${numbers} SELECT ${id}, ${digest("manifest")}, 'application/vnd.oci.image.manifest.v1+json', 2, ${now} FROM n`,
    `INSERT INTO manifest_texts SELECT id, 0, '{}' FROM manifests WHERE digest LIKE 'sha256:manifest-${id}-%'`,
    `INSERT INTO manifest_blobs SELECT m.id, b.id FROM manifests m JOIN blobs b
       ON b.digest = replace(m.digest, 'manifest', 'blob') WHERE m.digest LIKE 'sha256:manifest-${id}-%'`,
    // One manifest that has all blobs, one index of all manifests, and a subject that all refer to.
    `INSERT INTO manifests (repository_id, digest, media_type, size, created_at) VALUES
       (${id}, 'sha256:whole-${id}', 'x', 2, 0), (${id}, 'sha256:index-${id}', 'x', 2, 0)`,
    `INSERT INTO manifest_texts SELECT id, 0, '{}' FROM manifests WHERE digest IN ('sha256:whole-${id}', 'sha256:index-${id}')`,
    `INSERT OR IGNORE INTO manifest_blobs SELECT m.id, b.id FROM manifests m JOIN blobs b ON b.digest LIKE 'sha256:blob-${id}-%'
     WHERE m.digest = 'sha256:whole-${id}'`,
    `INSERT INTO manifest_children SELECT p.id, c.id FROM manifests p JOIN manifests c ON c.digest LIKE 'sha256:manifest-${id}-%'
     WHERE p.digest = 'sha256:index-${id}'`,
    `UPDATE manifests SET subject = 'sha256:whole-${id}', unreferenced_since = NULL WHERE digest LIKE 'sha256:manifest-${id}-%'`,
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) SELECT ${id}, 'v' || m.id, m.id, ${now}, ${now} - m.id FROM manifests m WHERE digest LIKE 'sha256:manifest-${id}-%'`,
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) SELECT ${id}, 'whole', m.id, ${now}, ${now} FROM manifests m WHERE digest = 'sha256:whole-${id}'`,
    // Companions, some of which rest, and what was noted of them.
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at, companion_of)
     ${numbers} SELECT ${id}, 'signature-' || i, m.id, ${now}, ${now}, 'sha256:whole-${id}' FROM n, manifests m WHERE m.digest = 'sha256:manifest-${id}-' || i`,
    `INSERT INTO resting_companions (repository_id, name, manifest_id, companion_of, created_at, updated_at)
     ${numbers} SELECT ${id}, 'resting-' || i, m.id, 'sha256:index-${id}', ${now}, ${now} FROM n, manifests m WHERE m.digest = 'sha256:whole-${id}'`,
    `INSERT INTO unsettled_manifests (repository_id, digest, is_released) ${numbers} SELECT ${id}, ${digest("unsettled")}, 1 FROM n`,
    `INSERT INTO tag_history (repository_id, tag, digest, created_at) ${numbers} SELECT ${id}, 'v' || i, NULL, ${now} FROM n`,
    `INSERT INTO retention_log (repository_id, rule_id, rule, tag, digest, created_at)
     ${numbers} SELECT ${id}, 1, '{}', 'v' || i, 'x', ${now} FROM n`,
    `INSERT INTO daily_image_usage (repository_id, day, stored_bytes, tags) ${numbers} SELECT ${id}, date('now', '-' || i || ' days'), i, i FROM n`,
    `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
     VALUES (${id}, 'hook', 'all', '', 1, '{"kind":"webhook"}', 0, 0)`,
    `INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, created_at)
     ${numbers} SELECT 'large-${id}-' || i, (SELECT id FROM triggers WHERE repository_id = ${id}), '{}', 'v', 'x', 'success', 0 FROM n`,
  ];
  for (const statement of statements) await env.DB.prepare(statement).run();
  return { name, id, organization };
}

/** Rows that any table has of an image, and of what belonged to it. */
async function rowsLeft(id: number): Promise<string[]> {
  const tables = [
    "tags",
    "resting_companions",
    "unsettled_manifests",
    "manifests",
    "repository_blobs",
    "tag_history",
    "retention_log",
    "daily_image_usage",
    "triggers",
    "shares",
  ];
  const counts = await Promise.all([
    ...tables.map(
      async (table) =>
        [table, await countOf(`SELECT count(*) AS count FROM ${table} WHERE repository_id = ${id}`)] as const,
    ),
    countOf(`SELECT count(*) AS count FROM repositories WHERE id = ${id}`).then(
      (count) => ["repositories", count] as const,
    ),
    countOf(`SELECT count(*) AS count FROM deliveries WHERE uid LIKE 'large-${id}-%'`).then(
      (count) => ["deliveries", count] as const,
    ),
    countOf("SELECT count(*) AS count FROM cleanups").then((count) => ["cleanups", count] as const),
    countOf("SELECT count(*) AS count FROM manifests WHERE unreferenced_since < 0").then(
      (count) => ["gone", count] as const,
    ),
  ]);
  return counts.flatMap(([table, count]) => (count > 0 ? [`${count} ${table}`] : []));
}

async function userOf(name: string, accountName: string, role: Role): Promise<Actor> {
  const id = Number(await userIdOf(name));
  const accountId = await countOf(`SELECT account_id AS count FROM users WHERE id = ${id}`);
  return { user: { id, name, accountId, accountName, role }, address: undefined };
}

/** As `deleteImage`, whose rights have tests of their own. */
async function remove(stores: Stores, image: { id: number; name: RepositoryName }): Promise<void> {
  expect(await deleteRepository(stores.db, actor, image)).toEqual({ outcome: "deleted" });
  await cleanSoon({ kind: "image", targetId: image.id }, stores);
}

/** Adds tags to the manifest of an image's tag `first`. @returns what counts the image's tags. */
async function addTags(image: string, count: number): Promise<() => Promise<number>> {
  await env.DB.prepare(
    numbered(
      count,
      "INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)",
      `SELECT repository_id, 'v' || i, manifest_id, 0, 0 FROM n, tags JOIN repositories r ON r.id = repository_id
       WHERE r.name = '${image}' AND tags.name = 'first'`,
    ),
  ).run();
  return () =>
    countOf(`SELECT count(*) AS count FROM tags JOIN repositories r ON r.id = repository_id WHERE r.name = '${image}'`);
}

describe("deleting a large image", () => {
  const COUNT = 350;

  it("is one thing for everybody, and many small ones for the database", async () => {
    const { name, id, organization } = await largeImage(COUNT);
    expect(await miscounted()).toEqual([]);
    const { stores, asked } = watched();
    await remove(stores, { id, name });
    // Gone from every list, its name free, its tags and bytes no longer its organization's business.
    expect(await rowsLeft(id)).not.toEqual([]);
    expect(await query(`SELECT 1 FROM repositories WHERE name = '${name}'`)).toEqual([]);
    const { administrator } = await newAccount();
    expect((await administrator.get(`/v2/manage/namespaces/${organization}/repos/large`)).status).toBe(404);
    expect(
      await countOf(`SELECT used AS count FROM quotas JOIN organizations o ON o.id = holder_id
      WHERE holder = 'organization' AND resource = 'images' AND o.name = '${organization}'`),
    ).toBe(0);
    await cleanUp(stores, budget(stores));
    expect(await rowsLeft(id)).toEqual([]);
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    expect(await miscounted()).toEqual([]);
    expect(await query("PRAGMA foreign_key_check")).toEqual([]);
    const [used] = await query<{ used: number }>(
      `SELECT min(last_used_at) AS used FROM blobs WHERE digest LIKE 'sha256:blob-${id}-%'`,
    );
    expect(used?.used).toBeGreaterThan(Date.now() - HOUR);
  });

  it("leaves the name to a new image, which has nothing of the old one", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const image = `/v2/manage/namespaces/${organization}/repos/web`;
    await pushAs(administrator, `${organization}/web`, "old");
    const [old] = await query<{ id: number }>(`SELECT id FROM repositories WHERE name = '${organization}/web'`);
    // As many as one slice does not take.
    await env.DB.prepare(
      `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
       SELECT repository_id, 'old-' || i, manifest_id, 0, 0 FROM n, tags WHERE repository_id = ${old?.id} AND name = 'old'`,
    ).run();
    expect((await administrator.delete(image)).status).toBe(204);
    await pushAs(administrator, `${organization}/web`, "new");
    const tags = await (await administrator.get(`${image}/tags`)).json<{ Tag: string }[]>();
    expect(tags.map(({ Tag }) => Tag)).toEqual(["new"]);
    expect((await administrator.get(`/v2/${organization}/web/manifests/old`)).status).toBe(404);
    // And its organization can go as soon as it is empty for its users.
    expect((await administrator.delete(image)).status).toBe(204);
    expect((await administrator.delete(`/v2/manage/namespaces/${organization}`)).status).toBe(204);
    expect((await administrator.get(`/v2/manage/namespaces/${organization}`)).status).toBe(404);
    await newOrganization(administrator, organization);
    // The run after the last answer may be under way, and have what this one waits for.
    await waitUntil(async () => {
      await cleanUp(unwatched, budget(unwatched));
      return (await countOf("SELECT count(*) AS count FROM cleanups")) === 0;
    });
    expect(await countOf("SELECT count(*) AS count FROM organizations WHERE name >= '~'")).toBe(0);
    expect(await countOf("SELECT count(*) AS count FROM repositories WHERE account_id = 0")).toBe(0);
    expect(await miscounted()).toEqual([]);
  });

  it("goes on where a process died, wherever that was", { timeout: 240_000 }, async () => {
    const { name, id } = await largeImage(COUNT);
    await remove(unwatched, { id, name });
    let deaths = 0;
    for (let after = 1; after < 200; after += 1) {
      const { stores } = dyingStores(1 + (after % 20));
      try {
        await cleanUp(stores, budget(stores));
      } catch {
        deaths += 1;
      }
      if ((await rowsLeft(id)).length === 0) break;
    }
    expect(deaths).toBeGreaterThan(5);
    expect(await rowsLeft(id)).toEqual([]);
    expect(await miscounted()).toEqual([]);
    expect(await query("PRAGMA foreign_key_check")).toEqual([]);
  });
});

/** Rows of one column, for as many numbers as are wanted. */
function numbered(count: number, insertion: string, selection: string): string {
  return `${insertion} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) ${selection}`;
}

describe("deleting what else may have very many rows", () => {
  it("takes a user away at once, and permissions on many images in slices", async () => {
    const { account, administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    const user = await userIdOf(member.name);
    const accountId = `(SELECT account_id FROM users WHERE id = ${user})`;
    for (const sql of [
      numbered(
        450,
        "INSERT INTO repositories (organization_id, account_id, name, created_by, created_at)",
        `SELECT id, account_id, '${organization}/of-' || i, ${user}, 0 FROM n, organizations WHERE name = '${organization}'`,
      ),
      `INSERT INTO repository_permissions (repository_id, user_id, level, created_at)
       SELECT id, ${user}, 'read', 0 FROM repositories WHERE name LIKE '${organization}/of-%'`,
      numbered(
        250,
        "INSERT INTO sessions (token_hash, user_id, created_at, expires_at)",
        `SELECT '${organization}-' || i, ${user}, 0, 9e12 FROM n`,
      ),
    ]) {
      await env.DB.prepare(sql).run();
    }
    expect((await member.get("/api/session")).status).toBe(200);
    expect((await administrator.delete(`/api/users/${member.name}`)).status).toBe(204);
    // Gone for everybody: the login, the list, what was created, and the right to an image.
    expect((await member.get("/api/session")).status).toBe(401);
    const listed = await (await administrator.get("/api/users")).json<{ users: { name: string }[] }>();
    expect(listed.users.map(({ name }) => name)).not.toContain(member.name);
    expect(listed.users.map(({ name }) => name).filter((name) => name >= "~")).toEqual([]);
    const access = `/v2/manage/namespaces/${organization}/repos/of-1`;
    const image = await (await administrator.get(access)).json<{ creator_name?: string }>();
    expect(image.creator_name ?? "").toBe("");
    expect(await countOf(`SELECT user_count AS count FROM accounts WHERE name = '${account}'`)).toBe(1);
    // The name is free, and its next owner has nothing of the last one.
    const next = await newUser(account, { name: member.name });
    expect((await next.get(access)).status).toBe(404);
    // A slice went at once. The run after an answer of the test before may have taken more.
    const left = await countOf(`SELECT count(*) AS count FROM repository_permissions WHERE user_id = ${user}`);
    expect(left).toBeLessThanOrEqual(350);
    const { stores, asked } = watched();
    await cleanUp(stores, budget(stores));
    for (const table of ["repository_permissions", "sessions"]) {
      expect(await countOf(`SELECT count(*) AS count FROM ${table} WHERE user_id = ${user}`)).toBe(0);
    }
    expect(await query("SELECT * FROM cleanups")).toEqual([]);
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    expect(await miscounted()).toEqual([]);
    expect(await query(`SELECT 1 FROM users WHERE name = '${member.name}' AND account_id = ${accountId}`)).toHaveLength(
      1,
    );
  });

  it("takes an account away at once, and its users in slices", async () => {
    const { account, administrator, member } = await newAccount();
    await env.DB.prepare(
      numbered(
        120,
        "INSERT INTO users (account_id, name, role, password_hash, created_at)",
        `SELECT id, '${account}-' || i, 'member', '', 0 FROM n, accounts WHERE name = '${account}'`,
      ),
    ).run();
    const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);
    const { stores, asked } = watched();
    expect((await operator.delete(`/api/accounts/${account}`)).status).toBe(204);
    expect((await operator.get(`/api/accounts/${account}`)).status).toBe(404);
    for (const client of [administrator, member]) expect((await client.get("/api/session")).status).toBe(401);
    const listed = await (await operator.get("/api/accounts?limit=1000")).json<{ accounts: { name: string }[] }>();
    expect(listed.accounts.map(({ name }) => name).filter((name) => name === account || name >= "~")).toEqual([]);
    // Nobody comes into it any more.
    const id = await countOf("SELECT max(id) AS count FROM accounts WHERE name >= '~'");
    await expect(
      env.DB.prepare(
        "INSERT INTO users (account_id, name, role, password_hash, created_at) VALUES (?, 'late', 'member', '', 0)",
      )
        .bind(id)
        .run(),
    ).rejects.toThrow("the account is deleted");
    for (let after = 1; after < 40 && (await countOf("SELECT count(*) AS count FROM cleanups")) > 0; after += 1) {
      const dying = dyingStores(2 + (after % 5)).stores;
      await cleanUp(dying, budget(dying)).catch(() => undefined);
    }
    await cleanUp(stores, budget(stores));
    expect(await countOf(`SELECT count(*) AS count FROM users WHERE account_id = ${id} AND name < '~'`)).toBe(0);
    expect(await query("SELECT * FROM cleanups")).toEqual([]);
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    expect(await miscounted()).toEqual([]);
    expect(
      (
        await operator.post("/api/accounts", {
          name: account,
          administrator: { name: administrator.name, password: PASSWORD },
        })
      ).status,
    ).toBe(201);
  });

  it("takes a trigger away at once, and its history in slices", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`);
    const triggers = `/api/organizations/${organization}/images/web/triggers`;
    const hook = {
      name: "hook",
      condition: { kind: "all" },
      target: { kind: "webhook", url: "https://hooks.example.com/", format: "cloudevents" },
    };
    expect(await statusOf(administrator.post(triggers, hook))).toBe(201);
    const old = await countOf(`SELECT max(id) AS count FROM triggers`);
    await env.DB.prepare(
      numbered(
        130,
        "INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, created_at)",
        `SELECT '${organization}-' || i, ${old}, '{}', 'v', 'x', 'success', ${Date.now()} FROM n`,
      ),
    ).run();
    expect((await administrator.delete(`${triggers}/hook`)).status).toBe(204);
    expect((await administrator.get(`${triggers}/hook`)).status).toBe(404);
    expect(await (await administrator.get(triggers)).json()).toMatchObject({ triggers: [] });
    expect(await statusOf(administrator.post(triggers, hook))).toBe(201);
    const deliveries = await (await administrator.get(`${triggers}/hook/deliveries`)).json<{ deliveries: unknown[] }>();
    expect(deliveries.deliveries).toEqual([]);
    const { stores, asked } = watched();
    await cleanUp(stores, budget(stores));
    expect(
      await query(`SELECT 1 FROM deliveries WHERE trigger_id = ${old} UNION SELECT 1 FROM triggers WHERE id = ${old}`),
    ).toEqual([]);
    expect(await query("SELECT * FROM cleanups")).toEqual([]);
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
  });

  it("takes a manifest away with all of its tags, or with none of them", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const name = `${organization}/web`;
    const digest = await pushAs(administrator, name, "first");
    const tagsLeft = await addTags(name, 2100);
    const rules = `/api/organizations/${organization}/images/web/immutable-tag-rules`;
    const rule = await administrator.post(rules, { pattern: "v77" });
    expect(rule.status).toBe(201);
    expect((await administrator.delete(`/v2/${name}/manifests/${digest}`)).status).toBe(403);
    expect(await tagsLeft()).toBe(2101);
    const { id } = await rule.json<{ id: number }>();
    expect((await administrator.delete(`${rules}/${id}`)).status).toBe(204);
    expect((await administrator.delete(`/v2/${name}/manifests/${digest}`)).status).toBe(202);
    expect(await tagsLeft()).toBe(0);
    expect((await administrator.get(`/v2/${name}/manifests/${digest}`)).status).toBe(404);
    await cleanUp(unwatched, budget(unwatched));
    expect(await miscounted()).toEqual([]);
  });
});

describe("a manifest with more tags than one request can delete", () => {
  it("goes with the repetition of the request, and loses nothing meanwhile", async () => {
    const { account, administrator } = await newAccount();
    const name = parseRepositoryName(`${await newOrganization(administrator)}/web`);
    const digest = (await pushAs(administrator, name, "first")) as Digest;
    const tagsLeft = await addTags(name, 2100);
    const owner = await userOf(administrator.name, account, "administrator");
    // As if it had deleted hundreds of thousands already.
    const db = openDatabase(env.DB, MAX_QUERIES);
    while (countQueries(db) < MAX_QUERIES - 210) await db.run("SELECT 1");
    const call = pushing({ ...unwatched, db }, owner.user);
    await expect(deleteManifest(call, accessTo("delete", name), digest)).rejects.toMatchObject({
      code: "OVERLOADED",
      message: `${digest} has more tags than one request can delete: repeat the request, which goes on`,
    });
    expect(await tagsLeft()).toBeGreaterThan(0);
    expect(await tagsLeft()).toBeLessThan(2101);
    expect((await administrator.get(`/v2/${name}/manifests/${digest}`)).status).toBe(200);
    expect((await administrator.delete(`/v2/${name}/manifests/${digest}`)).status).toBe(202);
    expect(await tagsLeft()).toBe(0);
    await cleanUp(unwatched, budget(unwatched));
    expect(await miscounted()).toEqual([]);
  });
});

describe("an account that is deleted meanwhile", () => {
  it("gets no organization, no image and no user any more, and it is known why", async () => {
    const { account } = await newAccount();
    const [row] = await query<{ id: number }>(`SELECT id FROM accounts WHERE name = '${account}'`);
    const accountId = row?.id ?? 0;
    const user = { ...actor.user, accountId };
    await env.DB.prepare("UPDATE accounts SET name = '~' || id WHERE id = ?").bind(accountId).run();
    const { db } = unwatched;
    const [organization, image] = [newName("late"), newName("late")];
    const late = { ...actor, user };
    const repository = parseRepositoryName(`${image}/web`);
    const creation = { actor: late, organizationQuota: 10, isImage: false };
    const blob = { digest: digestOf(new Uint8Array(0)), objectKey: newObjectKey(), size: 0 };
    for (const attempt of [
      () => createOrganization(db, late, organization as OrganizationName, 10),
      () => saveBlob(db, blob, { repository, userId: user.id }, creation),
      () => openUploadRow(db, late, repository, "late", creation),
      () =>
        insertUser(db, late, {
          accountId,
          name: newName("late"),
          role: "member",
          passwordHash: "",
          createdAt: new Date(),
        }),
    ]) {
      expect(await attempt()).toEqual({ outcome: "account-gone" });
    }
    expect(await query(`SELECT 1 FROM organizations WHERE account_id = ${accountId}`)).toEqual([]);
  });
});

async function statusOf(answer: Promise<Response>): Promise<number> {
  const { status } = await answer;
  return status;
}

describe("what is done by the clock", () => {
  it("changes a bounded number of rows with each statement", { timeout: 240_000 }, async () => {
    const { name, id } = await largeImage(700);
    const { stores, asked } = watched();
    // Aging of all tags but one.
    await env.DB.prepare(
      `INSERT INTO retention_rules (repository_id, kind, amount, labels, patterns, created_at, updated_at, next_run_at)
       VALUES (${id}, 'tag_rule', 1, '[]', '[]', 0, 0, 0)`,
    ).run();
    await runDueRules(stores, budget(stores));
    expect(
      await countOf(`SELECT count(*) AS count FROM tags WHERE repository_id = ${id} AND companion_of IS NULL`),
    ).toBe(1);
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    // An image that kept what nothing needs and keeps it no longer.
    await env.DB.prepare(`UPDATE manifests SET unreferenced_since = NULL WHERE repository_id = ${id}`).run();
    await env.DB.prepare(`INSERT INTO cleanups (kind, target_id) VALUES ('untagged', ${id})`).run();
    await cleanUp(stores, budget(stores));
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    expect(
      await countOf(`SELECT count(*) AS count FROM manifests WHERE repository_id = ${id} AND unreferenced_since = 0`),
    ).toBeGreaterThan(0);
    // Collection of the index of all manifests, of these, and of the manifest of all blobs.
    await env.DB.prepare(`DELETE FROM tags WHERE repository_id = ${id}`).run();
    for (let run = 0; run < 6; run += 1) {
      await env.DB.batch([
        env.DB.prepare("UPDATE manifests SET unreferenced_since = 1 WHERE unreferenced_since >= 0"),
        env.DB.prepare("UPDATE blobs SET last_used_at = 1"),
      ]);
      await collectGarbage(stores, budget(stores));
    }
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    expect(await countOf(`SELECT count(*) AS count FROM manifests WHERE repository_id = ${id}`)).toBe(0);
    expect(await countOf(`SELECT count(*) AS count FROM blobs WHERE digest LIKE 'sha256:blob-${id}-%'`)).toBe(0);
    expect(await miscounted()).toEqual([]);
    await remove(stores, { id, name });
  });

  it("takes a blob from any number of images before it deletes it", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const { stores, asked } = watched();
    for (const statement of [
      `INSERT INTO repositories (organization_id, account_id, name, created_at)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 800)
       SELECT o.id, o.account_id, o.name || '/of-' || i, 0 FROM n, organizations o WHERE o.name = '${organization}'`,
      "INSERT INTO blobs (digest, object_key, size, created_at, last_used_at) VALUES ('sha256:base', 'blobs/base', 1, 0, 1)",
      `INSERT INTO repository_blobs (repository_id, blob_id) SELECT r.id, b.id FROM repositories r, blobs b
       WHERE r.name LIKE '${organization}/of-%' AND b.digest = 'sha256:base'`,
    ]) {
      await env.DB.prepare(statement).run();
    }
    await collectGarbage(stores, budget(stores));
    expect(await query("SELECT 1 FROM blobs WHERE digest = 'sha256:base'")).toEqual([]);
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    expect(await miscounted()).toEqual([]);
  });
});

describe("hiding an image", () => {
  /** An image with the tag `first`. */
  async function imageWithRules(...patterns: string[]): Promise<{ id: number; name: RepositoryName }> {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const name = parseRepositoryName(`${organization}/web`);
    await pushAs(administrator, name, "first");
    const rules = `/api/organizations/${organization}/images/web/immutable-tag-rules`;
    for (const pattern of patterns) expect((await administrator.post(rules, { pattern })).status).toBe(201);
    return { id: await countOf(`SELECT id AS count FROM repositories WHERE name = '${name}'`), name };
  }

  it("looks at no tag where no rule keeps one, and otherwise at those that came since", async () => {
    const planFor = async (...patterns: string[]) => {
      const image = await imageWithRules(...patterns);
      const isMeant = /^update "repositories" set "account_id"/i;
      const plan = await planOf((recorded) => deleteRepository(recorded, actor, image), { isMeant });
      return plan.filter((step) => / tags /.test(step));
    };
    expect(await planFor()).toEqual([]);
    expect(await planFor("v*")).toEqual([
      expect.stringContaining("tags_by_update (repository_id=? AND updated_at>?)"),
      expect.stringContaining("(repository_id=? AND name=?)"),
    ]);
    expect(await planFor("sha256-*")).toEqual([
      expect.stringContaining("tags_by_update (repository_id=? AND updated_at>?)"),
      expect.stringContaining("tags_companions (repository_id=?"),
    ]);
  });

  it.for([
    ["v*", "v1", "NULL"],
    ["signature", "signature", "'sha256:1'"],
    ["sha256-*", "sha256-1.sig", "'sha256:1'"],
  ] as const)("does nothing when a tag came that %s keeps", async ([pattern, tag, companionOf]) => {
    const image = await imageWithRules(pattern);
    /** Deletes it while a tag comes, right after the look at those that are there. */
    const deleteWhile = (updatedAt: number) => {
      const batch = async (statements: D1PreparedStatement[]) => {
        await env.DB.prepare(
          `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at, companion_of)
           SELECT repository_id, '${tag}', manifest_id, ${updatedAt}, ${updatedAt}, ${companionOf}
           FROM tags WHERE repository_id = ${image.id}`,
        ).run();
        return env.DB.batch(statements);
      };
      const interrupted = replacing(env.DB, { prepare: (sql: string) => env.DB.prepare(sql), batch });
      return deleteRepository(openDatabase(interrupted), actor, image);
    };
    expect(await deleteWhile(Date.now())).toEqual({ outcome: "tags-immutable", tags: [tag] });
    await env.DB.prepare(`DELETE FROM tags WHERE repository_id = ${image.id} AND name = '${tag}'`).run();
    // One that is older was looked at already.
    expect(await deleteWhile(1000)).toEqual({ outcome: "deleted" });
  });
});

describe("deleting an organization", () => {
  it("deletes what it took up on each day in slices, and the organization with the last of them", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const id = await countOf(`SELECT id AS count FROM organizations WHERE name = '${organization}'`);
    await env.DB.prepare(
      numbered(
        350,
        "INSERT INTO daily_organization_usage (organization_id, day, stored_bytes, tags)",
        `SELECT ${id}, date('now', '-' || i || ' days'), i, i FROM n`,
      ),
    ).run();
    expect((await administrator.delete(`/api/organizations/${organization}`)).status).toBe(204);
    const days = () => countOf(`SELECT count(*) AS count FROM daily_organization_usage WHERE organization_id = ${id}`);
    const { stores, asked } = watched();
    await cleanUp(stores, budget(stores));
    expect(asked.mostWritten).toBeLessThan(MAX_WRITTEN);
    expect(await days()).toBe(0);
    expect(await countOf(`SELECT count(*) AS count FROM organizations WHERE id = ${id}`)).toBe(0);
    expect(
      await countOf(`SELECT count(*) AS count FROM cleanups WHERE kind = 'organization' AND target_id = ${id}`),
    ).toBe(0);
  });
});

describe("what was deleted since a request began", () => {
  const { db } = unwatched;

  it("as an image is no image to restore, move or look up", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const name = parseRepositoryName(`${organization}/web`);
    for (const tag of ["first", "second"]) await pushAs(administrator, name, tag);
    const image = `/v2/manage/namespaces/${organization}/repos/web`;
    expect((await administrator.delete(`${image}/tags/first`)).status).toBe(204);
    const id = await countOf(`SELECT id AS count FROM repositories WHERE name = '${name}'`);
    expect(await deleteRepository(db, actor, { id, name })).toEqual({ outcome: "deleted" });
    const unknown = { outcome: "repository-unknown" };
    expect(await restoreTag(db, actor, { id, name }, "first" as Tag, new Date(0), "https://registry.test")).toEqual(
      unknown,
    );
    const retagging = { source: "second" as Tag, destination: "third" as Tag, overrides: false };
    expect(await retag(db, actor, { id, name }, retagging, "")).toEqual(unknown);
    expect(await findRepositoryRecord(db, id)).toBeUndefined();
  });

  it("as a user makes no organization and no access key", async () => {
    const { account, administrator, member } = await newAccount();
    const deleted = await userOf(member.name, account, "member");
    const make = async (name: string) => {
      const key = { access: name, encryptedSecret: "", createdAt: new Date(), endsAt: null };
      const { outcome } = await createOrganization(db, deleted, name as OrganizationName, 5);
      return [outcome === "created", await insertAccessKey(db, deleted, deleted.user, key, 2)];
    };
    expect(await make(newName("org"))).toEqual([true, true]);
    expect((await administrator.delete(`/api/users/${member.name}`)).status).toBe(204);
    expect(await make(newName("org"))).toEqual([false, false]);
  });
});

describe("what is left of deletions", () => {
  const { db } = unwatched;

  it("of an image is counted as history even where a run of something else still writes some", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const name = parseRepositoryName(`${organization}/web`);
    await pushAs(administrator, name, "first");
    const id = await countOf(`SELECT id AS count FROM repositories WHERE name = '${name}'`);
    expect(await deleteRepository(db, actor, { id, name })).toEqual({ outcome: "deleted" });
    await env.DB.prepare(`INSERT INTO tag_history (repository_id, tag, created_at) VALUES (${id}, 'first', 0)`).run();
    expect(await miscounted()).toEqual([]);
    await cleanUp(unwatched, budget(unwatched));
    expect(await miscounted()).toEqual([]);
  });

  it.for([
    ["a trigger", cleanTrigger],
    ["a user", cleanUser],
    ["an account", cleanAccount],
  ] as const)("of %s is nothing when another run has done the last of it", async ([, clean]) => {
    expect(await clean(db, 1_000_000)).toBe(true);
  });

  it("of one image does not hold up that of another", async () => {
    const [small, large] = [await largeImage(1), await largeImage(350)];
    for (const image of [small, large])
      expect(await deleteRepository(db, actor, image)).toEqual({ outcome: "deleted" });
    await cleanSoon({ kind: "image", targetId: large.id }, unwatched);
    // Also while the larger one is at any of its steps.
    for (let run = 0; run < 60 && (await rowsLeft(large.id)).length > 0; run += 1) {
      const { stores } = watched();
      await cleanUp(stores, new Budget(stores.db, 60, HOUR));
    }
    for (const { id } of [small, large]) expect(await rowsLeft(id)).toEqual([]);
    expect(await miscounted()).toEqual([]);
  });

  it("of a large image leaves others their part of a run", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`, "first");
    const id = await countOf(`SELECT id AS count FROM repositories WHERE name = '${organization}/web'`);
    const large = await largeImage(700);
    for (const image of [large, { id, name: parseRepositoryName(`${organization}/web`) }]) {
      expect(await deleteRepository(db, actor, image)).toEqual({ outcome: "deleted" });
    }
    const { stores } = watched();
    await cleanUp(stores, new Budget(stores.db, 100, HOUR));
    // Its manifest may wait behind those of the large one.
    expect(await query(`SELECT 1 FROM tags WHERE repository_id = ${id}`)).toEqual([]);
    expect(await rowsLeft(large.id)).not.toEqual([]);
    await cleanUp(unwatched, budget(unwatched));
    expect(await rowsLeft(large.id)).toEqual([]);
  });

  it("of manifests leaves images their part of a run", async () => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const name = parseRepositoryName(`${organization}/web`);
    await pushAs(administrator, name, "first");
    const id = await countOf(`SELECT id AS count FROM repositories WHERE name = '${name}'`);
    expect(await deleteRepository(db, actor, { id, name })).toEqual({ outcome: "deleted" });
    const large = await largeImage(700);
    await env.DB.batch([
      env.DB.prepare(`DELETE FROM tags WHERE repository_id = ${large.id}`),
      env.DB.prepare(
        `UPDATE manifests SET unreferenced_since = -2, digest = '~' || id || ' ' || digest, subject = NULL
         WHERE repository_id = ${large.id} AND digest <> 'sha256:whole-${large.id}'`,
      ),
    ]);
    const tagsLeft = () => countOf(`SELECT count(*) AS count FROM tags WHERE repository_id = ${id}`);
    expect(await tagsLeft()).toBe(1);
    const { stores } = watched();
    await cleanUp(stores, new Budget(stores.db, 60, HOUR));
    expect(await tagsLeft()).toBe(0);
    await cleanUp(unwatched, budget(unwatched));
    await remove(unwatched, large);
    await cleanUp(unwatched, budget(unwatched));
    expect(await rowsLeft(large.id)).toEqual([]);
  });
});
