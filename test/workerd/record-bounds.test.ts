/** What one user can multiply beside what quotas count: each kind of row has a bound (docs/quotas.md). */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { cleanUp } from "../../src/registry/deletion/cleanups.ts";
import { keepHouse } from "../../src/registry/housekeeping/housekeeping.ts";
import { openStores } from "../../src/storage/stores.ts";
import { newAccount, newName, newOrganization, PASSWORD, pushAs } from "../support/workerd/managing-clients.ts";
import { miscounted, setLimits } from "../support/workerd/quota-counts.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";
import { WEBHOOK } from "../support/workerd/triggered-images.ts";

const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const count = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .first<number>("count");

const stores = openStores(env);
const plenty = () => new Budget(stores.db, 100_000, 60_000);
const NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";

describe("the history of tags", () => {
  it("is no longer than 100,000 events and two for each tag; the oldest of the image go", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`, "latest");
    await pushAs(administrator, `${organization}/other`, "v1");
    // As if there were nearly so many: counting is what takes the place of a count.
    await run("UPDATE accounts SET tag_event_count = 100000 WHERE name = ?", account);
    const events = () =>
      count(
        "SELECT count(*) AS count FROM tag_history WHERE repository_id IN (SELECT id FROM repositories WHERE name = ?)",
        `${organization}/web`,
      );
    for (let push = 0; push < 10; push += 1) await pushAs(administrator, `${organization}/web`, "latest");
    expect(await events()).toBeLessThanOrEqual(5);
    const history = await administrator.get(`/api/organizations/${organization}/images/web/tags/latest/history`);
    const { events: shown } = await history.json<{ events: { previous: string | null }[] }>();
    expect(shown.length).toBe(await events());
    // Another image's stay.
    expect(
      await count(
        "SELECT count(*) AS count FROM tag_history WHERE repository_id IN (SELECT id FROM repositories WHERE name = ?)",
        `${organization}/other`,
      ),
    ).toBe(1);
    await run("UPDATE accounts SET tag_event_count = ? WHERE name = ?", ((await events()) ?? 0) + 1, account);
    expect(await miscounted()).toEqual([]);
  });
});

describe("the audit", () => {
  it("of an account has a million events at most; the oldest go", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await newOrganization(administrator);
    const id = await env.DB.prepare("SELECT id FROM accounts WHERE name = ?").bind(account).first<number>("id");
    const events = () => count("SELECT count(*) AS count FROM audit_events WHERE account_id = ?", id);
    const before = (await events()) ?? 0;
    await run("UPDATE accounts SET audit_event_count = 1000000 WHERE id = ?", id);
    await newOrganization(administrator);
    expect(await events()).toBeLessThanOrEqual(before);
    const { results } = await env.DB.prepare(
      "SELECT action FROM audit_events WHERE account_id = ? ORDER BY id DESC LIMIT 1",
    )
      .bind(id)
      .all();
    expect(results).toEqual([{ action: "organization.create" }]);
    await run("UPDATE accounts SET audit_event_count = ? WHERE id = ?", await events(), id);
  });
});

describe("users", () => {
  it("are 10,000 in an account at most", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await run(
      `INSERT INTO users (account_id, name, role, password_hash, created_at)
       ${NUMBERS} SELECT accounts.id, ?2 || i, 'member', '', 0 FROM n CROSS JOIN accounts WHERE accounts.name = ?3`,
      9997,
      newName("user"),
      account,
    );
    const add = () => administrator.post("/api/users", { name: newName("user"), password: PASSWORD, role: "member" });
    expect((await add()).status).toBe(201);
    const refused = await add();
    expect([refused.status, await errorsOf(refused)]).toMatchObject([409, [{ code: "USER_LIMIT" }]]);
  });
});

describe("clusters and triggers", () => {
  it("are limited for an account as a whole, beside their organizations and images", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organizations = await Promise.all([1, 2, 3].map(() => newOrganization(administrator)));
    for (const organization of organizations.slice(0, 2)) {
      await run(
        `INSERT INTO clusters (organization_id, name, server, encrypted_token, created_at, updated_at)
         ${NUMBERS} SELECT organizations.id, 'c' || i, 'https://cluster.example.com', '', 0, 0 FROM n CROSS JOIN organizations
         WHERE organizations.name = ?2`,
        100,
        organization,
      );
    }
    const cluster = { name: "more", server: "https://cluster.example.com", authority: null, token: "t", test: false };
    const refused = await administrator.post(`/api/organizations/${organizations[2]}/clusters`, cluster);
    expect([refused.status, await errorsOf(refused)]).toMatchObject([409, [{ code: "CLUSTER_LIMIT" }]]);

    await pushAs(administrator, `${organizations[2]}/web`);
    await pushAs(administrator, `${organizations[2]}/last`);
    await run(
      `INSERT INTO repositories (organization_id, account_id, name, created_at)
       ${NUMBERS} SELECT organization_id, account_id, name || i, 0 FROM n CROSS JOIN repositories WHERE name = ?2`,
      99,
      `${organizations[2]}/web`,
    );
    await run(
      `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
       ${NUMBERS} SELECT repositories.id, 't' || i, 'all', '', 1, '{}', 0, 0 FROM n CROSS JOIN repositories
       WHERE repositories.name LIKE ?2`,
      100,
      `${organizations[2]}/web%`,
    );
    const trigger = { name: "more", condition: { kind: "all" }, target: WEBHOOK };
    const addTrigger = () => administrator.post(`/api/organizations/${organizations[2]}/images/last/triggers`, trigger);
    const added = await addTrigger();
    expect([added.status, await errorsOf(added)]).toMatchObject([409, [{ code: "TRIGGER_LIMIT" }]]);

    // What goes along with an image, or with an organization, makes room.
    expect((await administrator.delete(`/v2/manage/namespaces/${organizations[2]}/repos/web`)).status).toBe(204);
    expect((await administrator.delete(`/v2/manage/namespaces/${organizations[1]}`)).status).toBe(204);
    await cleanUp(stores, plenty());
    expect((await addTrigger()).status).toBe(201);
    const room = await administrator.post(`/api/organizations/${organizations[2]}/clusters`, cluster);
    expect(room.status).toBe(201);
    expect((await miscounted()).filter((text) => /triggers|clusters/.test(text))).toEqual([]);
  });

  it("cost the same to limit however many images an account has", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`);
    const costOf = async (name: string) => {
      const { meta } = await env.DB.prepare(
        `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
         SELECT id, ?, 'all', '', 1, '{}', 0, 0 FROM repositories WHERE name = ?`,
      )
        .bind(name, `${organization}/web`)
        .run();
      return meta.rows_read;
    };
    const few = await costOf("few");
    await setLimits(`organizations/${organization}`, { images: 10_000 });
    await setLimits(`accounts/${account}`, { images: 10_000 });
    await run(
      `INSERT INTO repositories (organization_id, account_id, name, created_at)
       ${NUMBERS} SELECT organization_id, account_id, name || i, 0 FROM n CROSS JOIN repositories WHERE name = ?2`,
      3000,
      `${organization}/web`,
    );
    expect(await costOf("many")).toBe(few);
  });
});

describe("the log of aging", () => {
  it("repeats the beginning of a long rule, and ends with the audit's days", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    for (const tag of ["a", "b", "c"]) await pushAs(administrator, `${organization}/web`, tag);
    const labels = Array.from({ length: 99 }, (_, number) => `${"x".repeat(100)}${number}`);
    const path = `/api/organizations/${organization}/images/web/aging`;
    const rule = { kind: "tag_rule", amount: 1, labels, patterns: ["v.*"] };
    expect((await administrator.send("PUT", `${path}/rule`, rule)).status).toBe(200);
    const { entries } = await (await administrator.get(`${path}/log`)).json<{ entries: { rule: typeof rule }[] }>();
    expect(entries).toHaveLength(2);
    for (const entry of entries) {
      expect(entry.rule).toMatchObject({ kind: "tag_rule", amount: 1, labels: [...labels.slice(0, 9), "…"] });
    }
    const length = await count("SELECT max(length(rule)) AS count FROM retention_log");
    expect(length).toBeLessThan(1500);

    await keepHouse(openStores(env), new Date());
    expect(await count("SELECT count(*) AS count FROM retention_log")).toBe(2);
    await keepHouse(openStores(env), new Date(Date.now() + 181 * 24 * 60 * 60 * 1000));
    expect(await count("SELECT count(*) AS count FROM retention_log")).toBe(0);
  });
});
