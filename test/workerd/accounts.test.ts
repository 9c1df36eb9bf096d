import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { listAccounts } from "../../src/storage/accounts/accounts.ts";
import { newKey, openSession, permanentLogin, sendSigned, sendWithCookie } from "../support/workerd/signed-requests.ts";
import {
  asUser,
  auditOf,
  type Client,
  newAccount,
  newName,
  newOrganization,
  statusesOf,
} from "../support/workerd/managing-clients.ts";
import { walkOf } from "../support/workerd/query-plans.ts";
import { addUser, ADMINISTRATOR, errorCodes, fetchAnonymously } from "../support/workerd/registry-requests.ts";

const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);

interface Created {
  name: string;
  administrator: { name: string; password?: string };
}

interface Page {
  accounts: { name: string; users: number; organizations: number }[];
  next: string | null;
}

describe("creating an account", () => {
  it("makes an administrator of the same name, whose password is shown once", async ({ expect }) => {
    const name = newName("acme");
    const response = await operator.post("/api/accounts", { name });
    expect(response.status).toBe(201);
    const created = await response.json<Created>();
    expect(created).toMatchObject({ name, administrator: { name } });
    const { password = "" } = created.administrator;
    expect(password.length).toBeGreaterThanOrEqual(20);

    const administrator = asUser(name, password);
    expect(await (await administrator.get("/api/session")).json()).toMatchObject({
      user: { name, account: name, role: "administrator" },
    });
    expect((await administrator.post("/api/users", { name: newName("u"), password: "long enough" })).status).toBe(201);
    const shown = await (await operator.get(`/api/accounts/${name}`)).text();
    expect(shown).not.toContain(password);
    expect(JSON.stringify(await auditOf(name))).not.toContain(password);
    expect((await auditOf(name))[0]).toMatchObject({ action: "account.create", user_name: "admin" });
  });

  it("takes an administrator that is given", async ({ expect }) => {
    const [name, first] = [newName("acme"), newName("first")];
    const response = await operator.post("/api/accounts", {
      name,
      administrator: { name: first, password: "given password" },
    });
    expect(response.status).toBe(201);
    expect((await response.json<Created>()).administrator).toEqual({ name: first });
    const session = await asUser(first, "given password").get("/api/session");
    expect(await session.json()).toMatchObject({ user: { name: first, account: name, role: "administrator" } });
  });

  it("makes all or nothing", async ({ expect }) => {
    const { account, member } = await newAccount();
    const taken = await operator.post("/api/accounts", { name: account });
    expect(taken.status).toBe(409);
    expect(await errorCodes(taken)).toEqual(["ACCOUNT_EXISTS"]);

    const name = newName("acme");
    const administrator = { name: member.name, password: "long enough" };
    const userTaken = await operator.post("/api/accounts", { name, administrator });
    expect(userTaken.status).toBe(409);
    expect(await errorCodes(userTaken)).toEqual(["USER_EXISTS"]);
    expect((await operator.get(`/api/accounts/${name}`)).status).toBe(404);
    expect(await auditOf(name)).toEqual([]);

    const answers = await Promise.all([1, 2].map(() => operator.post("/api/accounts", { name })));
    expect(statusesOf(answers)).toEqual([201, 409]);
  });

  it("is for operators", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const name = newName("acme");
    for (const client of [administrator, member]) {
      const response = await client.post("/api/accounts", { name });
      expect(response.status).toBe(403);
      expect((await client.get("/api/accounts")).status).toBe(403);
      expect((await client.delete("/api/accounts/admin")).status).toBe(403);
    }
    expect((await fetchAnonymously("/api/accounts")).status).toBe(401);
    expect((await operator.get(`/api/accounts/${name}`)).status).toBe(404);
  });

  it.for([
    ["a", 201],
    [`A${"a".repeat(63)}`, 201],
    [`a${"a".repeat(64)}`, 400],
    ["a.b_c-d9", 201],
    ["", 400],
    ["1a", 400],
    ["-a", 400],
    ["..", 400],
    ["a/b", 400],
    ["a@b", 400],
    ["a:b", 400],
    ["a b", 400],
    ["a\n", 400],
    ["ä", 400],
    [1, 400],
    [null, 400],
  ] as const)("of the name %j answers %i", async ([name, status], { expect }) => {
    expect((await operator.post("/api/accounts", { name })).status).toBe(status);
  });

  it("refuses what it does not know", async ({ expect }) => {
    const name = newName("acme");
    for (const body of [
      {},
      [],
      { name, quota: 1 },
      { name, administrator: {} },
      { name, administrator: { name, password: "short" } },
      { name, administrator: { name, password: "x".repeat(129) } },
      { name, administrator: { name: "a@b", password: "long enough" } },
      { name, administrator: { name, password: "long enough", role: "operator" } },
    ]) {
      expect((await operator.post("/api/accounts", body)).status).toBe(400);
    }
  });
});

describe("accounts", () => {
  let prefix: string;
  let names: string[];

  beforeAll(async () => {
    prefix = newName("list");
    names = [1, 2, 3, 4, 5].map((number) => `${prefix}-${number}`);
    for (const name of names) await addUser(newName("u"), "long enough", { account: name, role: "administrator" });
  });

  it("are listed by name, page by page", async ({ expect }) => {
    const found: string[] = [];
    let query = `search=${prefix.toUpperCase()}&limit=2`;
    for (let page = 0; page < 3; page += 1) {
      const { accounts, next } = await (await operator.get(`/api/accounts?${query}`)).json<Page>();
      found.push(...accounts.map(({ name }) => name));
      expect(next === null).toBe(page === 2);
      query = `search=${prefix}&limit=2&cursor=${next}`;
    }
    expect(found).toEqual(names);
    const { accounts } = await (await operator.get("/api/accounts?limit=1000")).json<Page>();
    expect(accounts.length).toBeGreaterThanOrEqual(6);
    expect(accounts.find(({ name }) => name === names[0])).toMatchObject({ users: 1, organizations: 0 });
  });

  it.for(["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=W10", "cursor=WzFd", "search=", "sort=name"])(
    "are not listed with %s",
    async (query, { expect }) => {
      expect((await operator.get(`/api/accounts?${query}`)).status).toBe(400);
    },
  );

  it("are found by an index", async ({ expect }) => {
    const page = { search: "a", after: "b", limit: 10 };
    const { walks, faults } = await walkOf(
      (db) => listAccounts(db, page),
      "(accounts_name_unique|sqlite_autoindex_accounts_1)",
    );
    expect(walks).toHaveLength(2);
    expect(faults).toEqual([]);
  });

  it("are shown to operators and their own users", async ({ expect }) => {
    const { account, member, administrator } = await newAccount();
    const { administrator: stranger } = await newAccount();
    await newOrganization(administrator);
    for (const client of [operator, administrator, member]) {
      const response = await client.get(`/api/accounts/${account}`);
      expect(await response.json()).toMatchObject({ name: account, users: 2, organizations: 1 });
    }
    const hidden = await stranger.get(`/api/accounts/${account}`);
    const absent = await stranger.get(`/api/accounts/${newName("none")}`);
    expect([hidden.status, absent.status]).toEqual([404, 404]);
    expect(await errorCodes(hidden)).toEqual(["ACCOUNT_UNKNOWN"]);
  });
});

describe("deleting an account", () => {
  it("takes its users and their logins along", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const key = await newKey(member);
    const cookie = await openSession(member.name, member.password);
    expect((await operator.delete(`/api/accounts/${account}`)).status).toBe(204);
    const login = { headers: { Authorization: permanentLogin(key) } };
    const answers = [
      await administrator.get("/api/session"),
      await sendWithCookie(cookie, "GET", "/api/session"),
      await sendSigned(key, "GET", "/api/session"),
      await fetchAnonymously("/v2/", login),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect((await operator.get(`/api/accounts/${account}`)).status).toBe(404);
    expect((await operator.delete(`/api/accounts/${account}`)).status).toBe(404);
    expect((await auditOf(account)).map(({ action }) => action)).toEqual(["account.delete"]);
    expect((await operator.post("/api/accounts", { name: account })).status).toBe(201);
  });

  it("is refused while it has organizations", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const refused = await operator.delete(`/api/accounts/${account}`);
    expect(refused.status).toBe(409);
    expect(await errorCodes(refused)).toEqual(["ACCOUNT_IN_USE"]);
    expect((await administrator.get("/api/session")).status).toBe(200);
    expect((await administrator.delete(`/v2/manage/namespaces/${organization}`)).status).toBe(204);
    expect((await operator.delete(`/api/accounts/${account}`)).status).toBe(204);
  });

  it("is refused or comes first when an organization is created at the same time", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const organization = newName("org");
    const [deleted, created] = await Promise.all([
      operator.delete(`/api/accounts/${account}`),
      administrator.post("/v2/manage/namespaces", { namespace: organization }),
    ]);
    const isThere = await env.DB.prepare("SELECT 1 FROM organizations WHERE name = ?").bind(organization).first();
    expect(deleted.status).toBe(isThere ? 409 : 204);
    expect(created.status === 201).toBe(isThere !== null);
  });

  it("is never of one's own", async ({ expect }) => {
    const refused = await operator.delete("/api/accounts/admin");
    expect(refused.status).toBe(409);
    expect(await errorCodes(refused)).toEqual(["ACCOUNT_IN_USE"]);
  });

  it("leaves an operator, also when two delete each other", async ({ expect }) => {
    const account = newName("acme");
    const name = newName("operator");
    await addUser(name, "long enough", { account, role: "operator" });
    const other: Client = asUser(name, "long enough");
    await other.get("/api/session");
    await Promise.all([operator.delete(`/api/accounts/${account}`), other.delete("/api/accounts/admin")]);
    const left = await env.DB.prepare("SELECT count(*) AS n FROM users WHERE role = 'operator'").first<number>("n");
    expect(left).toBe(1);
  });
});
