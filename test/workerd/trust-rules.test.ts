/** Trust rules as administrators make them; which jobs they let in: job-logins.test.ts. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { findCandidateRules, findFactsOfUsers, listTrustRules } from "../../src/storage/trust/trust-rules.ts";
import { parseRepositoryName } from "../../src/kernel/reference.ts";
import {
  auditOf,
  newAccount,
  newName,
  newOrganization,
  pushAs,
  statusesOf,
} from "../support/workerd/managing-clients.ts";
import { planOf, scansIn } from "../support/workerd/query-plans.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";
import { allAsked, askedOf, AUDIENCE, serveIssuers, TestIssuer } from "../support/workerd/test-issuer.ts";
import { FROM_ACME, grantedTo, newTrusting } from "../support/workerd/trusting-accounts.ts";

beforeEach(() => {
  serveIssuers();
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function newSetting() {
  const { account, administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  const issuer = await TestIssuer.start();
  const rule = {
    name: newName("rule"),
    issuer: issuer.url,
    conditions: [FROM_ACME],
    grants: [{ organization, level: "edit" }],
  };
  return { account, administrator, member, organization, issuer, rule };
}

describe("a trust rule", () => {
  it("is told as it was made, for the registry's own host if no audience is named", async ({ expect }) => {
    const { account, administrator, organization, rule } = await newSetting();
    await pushAs(administrator, `${organization}/web`);
    const grants = [{ image: `${organization}/web`, level: "manage" }, ...rule.grants];
    const response = await administrator.post("/api/trust-rules", { ...rule, grants });
    expect(response.status).toBe(201);
    const made = await response.json();
    expect(made).toMatchObject({
      name: rule.name,
      issuer: rule.issuer,
      audience: AUDIENCE,
      conditions: rule.conditions,
      grants: [...rule.grants, { image: `${organization}/web`, level: "manage" }],
      lifetime: 3600,
      user: `oidc:${account}:${rule.name}`,
      createdBy: administrator.name,
    });
    expect(await (await administrator.get(`/api/trust-rules/${rule.name}`)).json()).toEqual(made);
    expect(await (await administrator.get("/api/trust-rules")).json()).toEqual({ rules: [made] });
  });

  it("is no user of the account, neither in lists nor in numbers, and takes no password", async ({ expect }) => {
    const { account, administrator, rule } = await newSetting();
    const users = async () =>
      (await (await administrator.get("/api/users")).json<{ users: { name: string }[] }>()).users;
    const count = () =>
      env.DB.prepare("SELECT user_count FROM accounts WHERE name = ?").bind(account).first<number>("user_count");
    const before = [await users(), await count()];
    await administrator.post("/api/trust-rules", rule);
    const principal = `oidc:${account}:${rule.name}`;
    expect([await users(), await count()]).toEqual(before);
    expect((await administrator.patch(`/api/users/${principal}`, { password: "correct horse" })).status).toBe(404);
    expect((await administrator.delete(`/api/users/${principal}`)).status).toBe(404);
    expect((await administrator.post(`/api/users/${principal}/access-keys`)).status).toBe(404);
    const found = `/api/users?search=${encodeURIComponent(rule.name)}`;
    expect(await (await administrator.get(found)).json()).toMatchObject({ users: [] });
    expect(await grantedTo("anything", "acme/web", principal)).toBe("401");
    expect((await administrator.delete(`/api/trust-rules/${rule.name}`)).status).toBe(204);
    expect([await users(), await count()]).toEqual(before);
  });

  it("is changed as a whole, and the audit tells what from and to what", async ({ expect }) => {
    const { administrator, organization, rule } = await newSetting();
    await administrator.post("/api/trust-rules", rule);
    const { name, ...terms } = rule;
    const conditions = [{ claim: "sub", value: "repo:acme/web:environment:production" }];
    const changed = { ...terms, conditions, grants: [{ organization, level: "read" }], lifetime: 600 };
    const response = await administrator.send("PUT", `/api/trust-rules/${name}`, changed);
    expect(await response.json()).toMatchObject(changed);
    const [, update] = await auditOf(name);
    expect(update?.action).toBe("trust-rule.update");
    expect(JSON.parse(update?.detail ?? "{}")).toEqual({
      conditions: { from: rule.conditions, to: conditions },
      grants: { from: rule.grants, to: [{ organization, level: "read" }] },
      lifetime: { from: 3600, to: 600 },
    });
  });

  it("is of its account alone, and its name too", async ({ expect }) => {
    const one = await newSetting();
    const other = await newSetting();
    await one.administrator.post("/api/trust-rules", one.rule);
    const path = `/api/trust-rules/${one.rule.name}`;
    const { name, ...terms } = other.rule;
    expect((await other.administrator.get(path)).status).toBe(404);
    expect((await other.administrator.send("PUT", path, terms)).status).toBe(404);
    expect((await other.administrator.delete(path)).status).toBe(404);
    expect((await other.administrator.post("/api/trust-rules", { ...other.rule, name: one.rule.name })).status).toBe(
      201,
    );
    const again = await one.administrator.post("/api/trust-rules", one.rule);
    expect([again.status, (await errorsOf(again))[0]?.code]).toEqual([409, "TRUST_RULE_EXISTS"]);
    expect(name).not.toBe(one.rule.name);
  });

  it("grants nothing of others, and nothing that is not there", async ({ expect }) => {
    const { administrator, organization, rule } = await newSetting();
    const { administrator: stranger } = await newAccount();
    const foreign = await newOrganization(stranger);
    await pushAs(stranger, `${foreign}/web`);
    const wrong = [
      [{ organization: foreign, level: "read" }],
      [{ image: `${foreign}/web`, level: "read" }],
      [{ organization: newName("org"), level: "read" }],
      [{ image: `${organization}/none`, level: "read" }],
      [...rule.grants, ...rule.grants],
      [],
    ];
    for (const grants of wrong) {
      expect((await administrator.post("/api/trust-rules", { ...rule, grants })).status).toBe(400);
    }
    expect(await (await administrator.get("/api/trust-rules")).json()).toEqual({ rules: [] });
  });

  it("is not for an issuer that the registry may not ask, which is not asked", async ({ expect }) => {
    const { administrator, rule } = await newSetting();
    const before = allAsked().length;
    const addresses = [
      "https://127.0.0.1",
      "https://10.1.2.3/x",
      "https://localhost",
      "http://issuer.example.com",
      "https://10.0.0.1:8443",
    ];
    for (const issuer of addresses) {
      const response = await administrator.post("/api/trust-rules", { ...rule, issuer });
      expect([response.status, (await errorsOf(response))[0]?.code]).toEqual([400, "ISSUER_INVALID"]);
    }
    expect(allAsked().length).toBe(before);
  });

  it("is one of at most fifty, however many are made at once", async ({ expect }) => {
    const { account, administrator, rule } = await newSetting();
    await env.DB.prepare(
      `INSERT INTO users (account_id, name, role, password_hash, created_at, kind)
       SELECT accounts.id, 'oidc:' || name || ':r' || value, 'member', '', 0, 'rule' FROM json_each(?), accounts
       WHERE name = ?`,
    )
      .bind(JSON.stringify(Array.from({ length: 48 }, (_, at) => at)), account)
      .run();
    await env.DB.prepare(
      `INSERT INTO trust_rules (user_id, account_id, name, issuer, audience, conditions, lifetime, created_at, updated_at)
       SELECT id, account_id, name, 'https://x.example.com', 'x', '[]', 300, 0, 0 FROM users
       WHERE kind = 'rule' AND account_id = (SELECT id FROM accounts WHERE name = ?)`,
    )
      .bind(account)
      .run();
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, at) =>
        administrator.post("/api/trust-rules", { ...rule, name: `${rule.name}-${at}` }),
      ),
    );
    expect(statusesOf(answers)).toEqual([201, 201, 409, 409]);
  });

  it("goes with its account", async ({ expect }) => {
    const { account, administrator, organization, image, issuer } = await newTrusting();
    expect(askedOf(issuer).length).toBeGreaterThan(0);
    await administrator.delete(`/api/organizations/${organization}/images/web`);
    expect((await administrator.delete(`/api/organizations/${organization}`)).status).toBe(204);
    await env.DB.prepare("UPDATE accounts SET name = '~' || id WHERE name = ?").bind(account).run();
    expect(await grantedTo(await issuer.token(), image)).toBe("401");
    expect(await grantedTo(await issuer.token(), image, `oidc/${account}`)).toBe("401");
  });

  it("is found by an index, by whatever is known of it", async ({ expect }) => {
    const token = { issuer: "https://a.example.com", audiences: ["a"] };
    for (const owners of [{ account: "a" }, { organizations: ["a"] }, "anybody"] as const) {
      expect(scansIn(await planOf((db) => findCandidateRules(db, token, owners)))).toEqual([]);
    }
    expect(scansIn(await planOf((db) => listTrustRules(db, 1)))).toEqual([]);
    expect(scansIn(await planOf((db) => findFactsOfUsers(db, [1], [parseRepositoryName("a/b")])))).toEqual([]);
  });
});
