/** What one user can multiply beside what quotas count: each kind of row has a bound (docs/quotas.md). */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { keepHouse } from "../../src/registry/housekeeping.ts";
import { openStores } from "../../src/storage/stores.ts";
import { newAccount, newName, newOrganization, PASSWORD, pushAs } from "../support/workerd/management.ts";
import { miscounted } from "../support/workerd/quotas.ts";
import { errorsOf } from "../support/workerd/registry.ts";
import { WEBHOOK } from "../support/workerd/triggers.ts";

const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const count = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .first<number>("count");

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
  it("are 10,000 in an account at most", { timeout: 120_000 }, async ({ expect }) => {
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

    await pushAs(administrator, `${organizations[0]}/web`);
    await pushAs(administrator, `${organizations[1]}/web`);
    // Without the limit, which counts all of them at each: that takes a minute.
    const limit = await env.DB.prepare("SELECT sql FROM sqlite_master WHERE name = 'triggers_limited'").first<string>(
      "sql",
    );
    await run("DROP TRIGGER triggers_limited");
    await run(
      `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
       ${NUMBERS} SELECT repositories.id, 't' || i, 'all', '', 1, '{}', 0, 0 FROM n CROSS JOIN repositories
       WHERE repositories.name = ?2`,
      10_000,
      `${organizations[0]}/web`,
    );
    await run(limit ?? "");
    const trigger = { name: "more", condition: { kind: "all" }, target: WEBHOOK };
    const added = await administrator.post(`/api/organizations/${organizations[1]}/images/web/triggers`, trigger);
    expect([added.status, await errorsOf(added)]).toMatchObject([409, [{ code: "TRIGGER_LIMIT" }]]);
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
