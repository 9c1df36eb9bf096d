import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { Role } from "../../src/model/rights/access.ts";
import { listUsers } from "../../src/storage/accounts/users.ts";
import { newKey, openSession, permanentLogin, sendSigned, sendWithCookie } from "../support/workerd/signed-requests.ts";
import {
  accessPath,
  asUser,
  auditOf,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  statusesOf,
  userIdOf,
} from "../support/workerd/managing-clients.ts";
import { walkOf } from "../support/workerd/query-plans.ts";
import { ADMINISTRATOR, basic, errorCodes, fetchAnonymously } from "../support/workerd/registry-requests.ts";

const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);
const PASSWORD = "long enough";

async function roleOf(name: string): Promise<Role | null> {
  return env.DB.prepare("SELECT role FROM users WHERE name = ?").bind(name).first<Role>("role");
}

describe("listing users", () => {
  it("shows the names of one's own account to all of its users", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    await newAccount();
    for (const client of [administrator, member]) {
      const answer = await client.get("/api/users");
      const text = await answer.text();
      const { users } = JSON.parse(text) as { users: { id: string; name: string; role: Role }[] };
      expect(new Map(users.map(({ name, role }) => [name, role]))).toEqual(
        new Map([
          [administrator.name, "administrator"],
          [member.name, "member"],
        ]),
      );
      expect(users.find(({ name }) => name === member.name)?.id).toBe(await userIdOf(member.name));
      expect(text).not.toContain("scrypt");
    }
    expect((await fetchAnonymously("/api/users")).status).toBe(401);
  });

  it("pages by name, and finds parts of it", async ({ expect }) => {
    const { account, member } = await newAccount();
    const prefix = newName("find");
    for (const number of [3, 1, 2]) await newUser(account, { name: `${prefix}-${number}` });
    interface Page {
      users: { name: string }[];
      next: string | null;
    }
    const page = async (query: string) => (await member.get(`/api/users?${query}`)).json<Page>();
    const first = await page(`search=${prefix.slice(2).toUpperCase()}&limit=2`);
    expect(first.users.map(({ name }) => name)).toEqual([`${prefix}-1`, `${prefix}-2`]);
    const second = await page(`search=${prefix}&limit=2&cursor=${first.next}`);
    expect(second.users.map(({ name }) => name)).toEqual([`${prefix}-3`]);
    expect(second.next).toBe(null);
    expect((await page("search=%25")).users).toEqual([]);
  });

  it("walks an index", async ({ expect }) => {
    const page = { search: "a", after: "b", limit: 10 };
    const { walks, faults } = await walkOf((db) => listUsers(db, 1, page), "users_by_account");
    expect(walks).toHaveLength(2);
    expect(faults).toEqual([]);
  });
});

describe("creating a user", () => {
  it("is for administrators of the account", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const name = newName("user");
    expect((await member.post("/api/users", { name, password: PASSWORD })).status).toBe(403);
    const response = await administrator.post("/api/users", { name, password: PASSWORD });
    expect(response.status).toBe(201);
    const user = await response.json<object>();
    expect(user).toMatchObject({ id: await userIdOf(name), name, role: "member" });
    expect(Object.keys(user).sort()).toEqual(["created", "id", "kind", "name", "role"]);
    expect(await (await asUser(name, PASSWORD).get("/api/session")).json()).toMatchObject({ user: { account } });
    expect(await auditOf(name)).toMatchObject([{ action: "user.create", user_name: administrator.name }]);
    expect(JSON.stringify(await auditOf(name))).not.toContain(PASSWORD);
  });

  it("makes operators only by operators, and users of other accounts as well", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const { account: otherAccount } = await newAccount();
    const make = (client: typeof operator, extra: object) =>
      client.post("/api/users", { name: newName("user"), password: PASSWORD, ...extra });
    const cases = [
      [administrator, { role: "administrator" }, 201],
      [administrator, { role: "operator" }, 403],
      [administrator, { account }, 201],
      [administrator, { account: otherAccount }, 403],
      [administrator, { account: newName("none") }, 403],
      [operator, { role: "operator" }, 201],
      [operator, { account: otherAccount, role: "administrator" }, 201],
      [operator, { account: newName("none") }, 404],
    ] as const;
    for (const [client, extra, status] of cases) {
      expect([extra, (await make(client, extra)).status]).toEqual([extra, status]);
    }
  });

  it("is refused for a name that is taken, in whichever account", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const { member: stranger } = await newAccount();
    for (const { name } of [member, stranger]) {
      const response = await administrator.post("/api/users", { name, password: PASSWORD });
      expect(response.status).toBe(409);
      expect(await errorCodes(response)).toEqual(["USER_EXISTS"]);
    }
    const name = newName("user");
    const answers = await Promise.all([1, 2].map(() => administrator.post("/api/users", { name, password: PASSWORD })));
    expect(statusesOf(answers)).toEqual([201, 409]);
  });

  it.for([
    [{ name: "u7", password: "x".repeat(7) }, 400],
    [{ name: "u8", password: "x".repeat(8) }, 201],
    [{ name: "u128", password: "x".repeat(128) }, 201],
    [{ name: "u129", password: "x".repeat(129) }, 400],
    [{ name: "u".repeat(64), password: PASSWORD }, 201],
    [{ name: "u".repeat(65), password: PASSWORD }, 400],
    [{ name: "a@b", password: PASSWORD }, 400],
    [{ name: "a:b", password: PASSWORD }, 400],
    [{ name: "..", password: PASSWORD }, 400],
    [{ name: "9a", password: PASSWORD }, 400],
    [{ name: "role", password: PASSWORD, role: "owner" }, 400],
    [{ name: "unknown", password: PASSWORD, email: "x" }, 400],
    [{ name: "nothing" }, 400],
    [{ password: PASSWORD }, 400],
    [{ name: 1, password: PASSWORD }, 400],
  ] as const)("with %j answers %i", async ([body, status], { expect }) => {
    expect((await operator.post("/api/users", body)).status).toBe(status);
  });
});

describe("changing a user", () => {
  it("gives another role at once, also to who is logged in", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const headers = { Authorization: basic(member.name, member.password) };
    const { token } = await (await fetchAnonymously("/token", { headers })).json<{ token: string }>();
    const bearer = { headers: { Authorization: `Bearer ${token}` } };
    const path = `/api/users/${member.name}`;
    const response = await administrator.patch(path, { role: "administrator" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ name: member.name, role: "administrator" });
    const shown = await fetchAnonymously("/api/session", bearer);
    expect(await shown.json()).toMatchObject({ user: { role: "administrator" } });
    expect((await administrator.patch(path, { role: "member" })).status).toBe(200);
    expect((await fetchAnonymously(`${path}/access-keys`, bearer)).status).toBe(403);
    const changes = (await auditOf(member.name)).filter(({ action }) => action === "user.update");
    expect(changes.map(({ detail }) => detail)).toEqual([
      '{"role":{"from":"member","to":"administrator"}}',
      '{"role":{"from":"administrator","to":"member"}}',
    ]);
  });

  it("sets a password, which ends the user's sessions", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const cookie = await openSession(member.name, member.password);
    const password = "set by another";
    const change = await administrator.patch(`/api/users/${member.name}`, { password, role: "administrator" });
    expect(change.status).toBe(200);
    expect((await sendWithCookie(cookie, "GET", "/api/session")).status).toBe(401);
    expect((await member.get("/api/session")).status).toBe(401);
    expect(await (await asUser(member.name, password).get("/api/session")).json()).toMatchObject({
      user: { role: "administrator" },
    });
    const audit = await auditOf(member.name);
    expect(audit.map(({ action }) => action)).toEqual(expect.arrayContaining(["user.update", "user.password"]));
    expect(JSON.stringify(audit)).not.toContain(password);
  });

  it("is for administrators of the account; others do not learn who is there", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const { administrator: stranger } = await newAccount();
    for (const send of [
      (client: typeof operator, name: string) => client.patch(`/api/users/${name}`, { role: "member" }),
      (client: typeof operator, name: string) => client.delete(`/api/users/${name}`),
    ]) {
      expect((await send(member, administrator.name)).status).toBe(403);
      for (const client of [stranger, operator]) {
        for (const name of [member.name, newName("none"), "..%2f", "a%40b"]) {
          const response = await send(client, name);
          expect([name, response.status]).toEqual([name, 404]);
          if (!name.includes("%")) expect(await errorCodes(response)).toEqual(["USER_UNKNOWN"]);
        }
      }
    }
    expect(await roleOf(member.name)).toBe("member");
  });

  it("leaves operators to operators", async ({ expect }) => {
    const administrator = await newUser("admin", { role: "administrator" });
    const other = await newUser("admin", { role: "operator" });
    for (const change of [{ role: "member" }, { password: PASSWORD }, { role: "operator" }]) {
      expect((await administrator.patch(`/api/users/${other.name}`, change)).status).toBe(403);
    }
    expect((await administrator.patch(`/api/users/${administrator.name}`, { role: "operator" })).status).toBe(403);
    expect((await administrator.delete(`/api/users/${other.name}`)).status).toBe(403);
    expect((await operator.patch(`/api/users/${administrator.name}`, { role: "operator" })).status).toBe(200);
    expect((await operator.patch(`/api/users/${other.name}`, { role: "administrator" })).status).toBe(200);
    expect((await operator.delete(`/api/users/${other.name}`)).status).toBe(204);
    expect((await operator.delete(`/api/users/${administrator.name}`)).status).toBe(204);
  });

  it.for([{}, { role: "owner" }, { role: null }, { password: "short" }, { name: "other" }, [], "x"])(
    "to %j is refused",
    async (body, { expect }) => {
      const { administrator, member } = await newAccount();
      expect((await administrator.patch(`/api/users/${member.name}`, body)).status).toBe(400);
    },
  );
});

describe("the last administrator of an account", () => {
  it("stays one", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const path = `/api/users/${administrator.name}`;
    const answers = [await administrator.patch(path, { role: "member" }), await administrator.delete(path)];
    for (const response of answers) {
      expect(response.status).toBe(409);
      expect(await errorCodes(response)).toEqual(["LAST_ADMINISTRATOR"]);
    }
    expect((await administrator.patch(path, { role: "administrator" })).status).toBe(200);
    expect((await administrator.patch(`/api/users/${member.name}`, { role: "member" })).status).toBe(200);
    expect((await administrator.delete(`/api/users/${member.name}`)).status).toBe(204);
    const actions = (await auditOf(administrator.name)).map(({ action }) => action);
    expect(actions.filter((action) => action === "user.delete" || action === "user.password")).toEqual([]);
  });

  it.for(["demote", "delete"])("is left when two %s each other", async (how, { expect }) => {
    const { account, administrator } = await newAccount();
    const other = await newUser(account, { role: "administrator" });
    await Promise.all([administrator.get("/api/session"), other.get("/api/session")]);
    const send = (client: typeof operator, name: string) =>
      how === "demote" ? client.patch(`/api/users/${name}`, { role: "member" }) : client.delete(`/api/users/${name}`);
    const answers = await Promise.all([send(administrator, other.name), send(other, administrator.name)]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const roles = await Promise.all([roleOf(administrator.name), roleOf(other.name)]);
    expect(roles.filter((role) => role === "administrator")).toHaveLength(1);
  });

  it("is the last operator of the deployment", async ({ expect }) => {
    const another = await newUser("admin", { role: "administrator" });
    await env.DB.prepare("UPDATE users SET role = 'administrator' WHERE role = 'operator' AND name <> 'admin'").run();
    for (const response of [
      await operator.patch("/api/users/admin", { role: "administrator" }),
      await operator.patch("/api/users/admin", { role: "member" }),
      await operator.delete("/api/users/admin"),
    ]) {
      expect(response.status).toBe(409);
      expect(await errorCodes(response)).toEqual(["LAST_ADMINISTRATOR"]);
    }
    expect(await roleOf("admin")).toBe("operator");
    expect((await operator.delete(`/api/users/${another.name}`)).status).toBe(204);
  });
});

describe("deleting a user", () => {
  it("ends everything of theirs", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await grant(administrator, organization, member.name, 7);
    const [key, cookie] = [await newKey(member), await openSession(member.name, member.password)];
    const headers = { Authorization: basic(member.name, member.password) };
    const login = await fetchAnonymously("/token?offline_token=true", { headers });
    const { token, refresh_token = "" } = await login.json<{ token: string; refresh_token?: string }>();
    const own = await newOrganization(member);

    expect((await administrator.delete(`/api/users/${member.name}`)).status).toBe(204);
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token });
    const answers = [
      await member.get("/api/session"),
      await sendWithCookie(cookie, "GET", "/api/session"),
      await sendSigned(key, "GET", "/api/session"),
      await fetchAnonymously("/v2/", { headers: { Authorization: permanentLogin(key) } }),
      await fetchAnonymously("/token", { method: "POST", body: form }),
      await fetchAnonymously("/api/session", { headers: { Authorization: `Bearer ${token}` } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
    const access = await (await administrator.get(accessPath(organization))).text();
    expect(access).not.toContain(member.name);
    expect((await administrator.get(`/v2/manage/namespaces/${own}`)).status).toBe(200);
    expect((await administrator.delete(`/api/users/${member.name}`)).status).toBe(404);
    expect((await auditOf(member.name)).map(({ action }) => action)).toContain("user.delete");
  });

  it("leaves nothing to the next user of that name, who gets another id", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const headers = { Authorization: basic(member.name, member.password) };
    const { token } = await (await fetchAnonymously("/token", { headers })).json<{ token: string }>();
    const id = await userIdOf(member.name);
    expect((await administrator.delete(`/api/users/${member.name}`)).status).toBe(204);
    await administrator.post("/api/users", { name: member.name, password: PASSWORD });
    expect(await userIdOf(member.name)).not.toBe(id);
    const response = await fetchAnonymously("/api/session", { headers: { Authorization: `Bearer ${token}` } });
    expect(response.status).toBe(401);
  });
});
