import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { MAX_SESSIONS } from "../../src/registry/logins/sessions.ts";
import { REFRESH_IDLE_MS } from "../../src/registry/logins/tokens.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { deleteEndedSessions, findSession, hasSession, listSessions } from "../../src/storage/logins/sessions.ts";
import { type Client, asUser, auditOf, newAccount, newUser } from "../support/workerd/managing-clients.ts";
import { planOf, scansIn } from "../support/workerd/query-plans.ts";
import { ADMINISTRATOR, basic, errorsOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { at, openSession, sendWithCookie } from "../support/workerd/signed-requests.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);

interface Login {
  id: string;
  kind: string;
  client: string | null;
  address: string | null;
  lastAddress: string | null;
  created: string;
  lastUsed: string | null;
  expires: string;
  current: boolean;
}

async function loginsOf(response: Response | Promise<Response>): Promise<Login[]> {
  const answer = await response;
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json<{ logins: Login[] }>()).logins;
}

/** Logs a container tool in, as docker does. */
async function dockerLogin(client: Client, headers: Record<string, string> = {}, clientId = "docker"): Promise<string> {
  const response = await fetchAnonymously(`/token?offline_token=true&client_id=${clientId}`, {
    headers: { Authorization: basic(client.name, client.password), ...headers },
  });
  const { refresh_token = "" } = await response.json<{ refresh_token?: string }>();
  return refresh_token;
}

function refresh(token: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token, client_id: "docker" });
  return fetchAnonymously("/token", { method: "POST", headers, body });
}

async function iamToken(client: Client): Promise<string> {
  const user = { name: client.name, password: client.password };
  const response = await fetchAnonymously("/v3/auth/tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json", "User-Agent": "huaweicloud-sdk" },
    body: JSON.stringify({ auth: { identity: { methods: ["password"], password: { user } } } }),
  });
  return response.headers.get("X-Subject-Token") ?? "";
}

const withAuthToken = (token: string) =>
  fetchAnonymously("/v2/manage/namespaces", { headers: { "X-Auth-Token": token } });

describe("the list of one's logins", () => {
  /** A user with a login of each kind, and what the list says of them to the browser among these. */
  async function everyKindOfLogin() {
    const { member } = await newAccount();
    const from = { "CF-Connecting-IP": "192.0.2.31" };
    const refreshToken = await dockerLogin(member, { ...from, "User-Agent": "docker/28.1" });
    const plain = await fetchAnonymously("/token?offline_token=true", {
      headers: { Authorization: basic(member.name, member.password), "User-Agent": `skopeo/1.9\t${"x".repeat(500)}` },
    });
    const { refresh_token: other = "" } = await plain.json<{ refresh_token?: string }>();
    const token = await iamToken(member);
    const cookie = await openSession(member.name, member.password);
    const text = await (await sendWithCookie(cookie, "GET", "/api/logins")).text();
    const { logins } = JSON.parse(text) as { logins: Login[] };
    return { member, text, logins, secrets: [refreshToken, other, token, cookie.split("=")[1] ?? ""] };
  }

  it("has all kinds with client, address and times", async ({ expect }) => {
    const { logins } = await everyKindOfLogin();
    expect(logins.map(({ kind }) => kind).sort()).toEqual(["browser", "iam-token", "refresh-token", "refresh-token"]);
    const docker = logins.find(({ client }) => client === "docker");
    expect(docker).toMatchObject({ kind: "refresh-token", address: "192.0.2.31", lastUsed: null });
    expect(Math.abs(Date.parse(docker?.expires ?? "") - Date.now() - REFRESH_IDLE_MS)).toBeLessThan(MINUTE);
    const skopeo = logins.find(({ client }) => client?.startsWith("skopeo/1.9 xxx"));
    expect(skopeo?.client).toHaveLength(160);
  });

  it("marks the present login, of which there is none by a password", async ({ expect }) => {
    const { member, logins } = await everyKindOfLogin();
    expect(logins.filter(({ current }) => current).map(({ kind }) => kind)).toEqual(["browser"]);
    expect((await loginsOf(member.get("/api/logins"))).filter(({ current }) => current)).toEqual([]);
  });

  it("tells no secret, and ids that are good for nothing", async ({ expect }) => {
    const { text, logins, secrets } = await everyKindOfLogin();
    const rows = JSON.stringify((await env.DB.prepare("SELECT * FROM sessions").all()).results);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(20);
      expect(text).not.toContain(secret);
      expect(rows).not.toContain(secret);
    }
    for (const { id } of logins) {
      expect(id).toMatch(/^[0-9a-f]{24}$/);
      expect((await refresh(id)).status).toBe(401);
      expect((await withAuthToken(id)).status).toBe(401);
    }
  });

  it("tells the last use to within some minutes, and from where, without a write for each request", async ({
    expect,
  }) => {
    const { member } = await newAccount();
    const start = Date.now();
    const token = await at(start, () => dockerLogin(member, { "CF-Connecting-IP": "192.0.2.32" }));
    const use = (time: number, address: string) =>
      at(start + time, async () => {
        expect((await refresh(token, { "CF-Connecting-IP": address })).status).toBe(200);
        const [login] = await loginsOf(member.get("/api/logins"));
        return login;
      });
    const first = await use(MINUTE, "192.0.2.33");
    expect(first).toMatchObject({ address: "192.0.2.32", lastAddress: "192.0.2.33" });
    expect(Date.parse(first?.lastUsed ?? "")).toBe(start + MINUTE);
    expect(await use(5 * MINUTE, "192.0.2.34")).toEqual(first);
    const third = await use(7 * MINUTE, "192.0.2.34");
    expect(third).toMatchObject({ address: "192.0.2.32", lastAddress: "192.0.2.34" });
    expect(Date.parse(third?.lastUsed ?? "")).toBe(start + 7 * MINUTE);
  });

  it("searches an index", async ({ expect }) => {
    const steps = [
      ...(await planOf((db) => listSessions(db, 1, new Date()))),
      ...(await planOf((db) => findSession(db, { kind: "browser", tokenHash: "a" }, new Date()))),
      ...(await planOf((db) => hasSession(db, 1, "a", new Date()))),
    ];
    expect(scansIn(steps)).toEqual([]);
    expect(steps.join()).toContain("sessions_by_user");
  });
});

describe("a refresh token", () => {
  it("ends after 30 days without a use, and lives on by being used", async ({ expect }) => {
    const { member } = await newAccount();
    const start = Date.now();
    const token = await at(start, () => dockerLogin(member));
    const statusAt = (days: number) => at(start + days * DAY, async () => (await refresh(token)).status);
    expect(await statusAt(29)).toBe(200);
    expect(await statusAt(58)).toBe(200);
    expect(await statusAt(88.1)).toBe(401);
    const rows = () => env.DB.prepare("SELECT count(*) AS n FROM sessions").first<number>("n");
    const before = (await rows()) ?? 0;
    const deleted = await deleteEndedSessions(openDatabase(env.DB), new Date(start + 88.1 * DAY), 1000);
    expect(deleted).toBeGreaterThan(0);
    expect(await rows()).toBe(before - deleted);
  });

  it("that is none, such as one from before they could be listed, is told to log in again", async ({ expect }) => {
    const old = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VySWQiOjEsImF1ZCI6InJlZnJlc2gifQ.c2lnbmF0dXJl";
    for (const token of [old, "", "x"]) {
      const response = await refresh(token);
      expect(response.status).toBe(401);
      expect((await errorsOf(response))[0]).toMatchObject({
        code: "UNAUTHORIZED",
        message: expect.stringContaining("log in again") as string,
      });
    }
  });

  it("is no cookie and no X-Auth-Token, nor is either of those one of the others", async ({ expect }) => {
    const { member } = await newAccount();
    const refreshToken = await dockerLogin(member);
    const authToken = await iamToken(member);
    const cookie = (await openSession(member.name, member.password)).split("=")[1] ?? "";
    const asCookie = async (token: string) =>
      (await sendWithCookie(`__Host-berth_session=${token}`, "GET", "/api/session")).status;
    const statuses = async (token: string) => [
      (await refresh(token)).status,
      (await withAuthToken(token)).status,
      await asCookie(token),
    ];
    expect(await statuses(refreshToken)).toEqual([200, 401, 401]);
    expect(await statuses(authToken)).toEqual([401, 200, 401]);
    expect(await statuses(cookie)).toEqual([401, 401, 200]);
  });

  it(`is one of ${MAX_SESSIONS} at most: the one that was used least recently ends`, async ({ expect }) => {
    const { member } = await newAccount();
    const start = Date.now();
    const cookie = await openSession(member.name, member.password);
    const tokens: string[] = [];
    for (let count = 0; count < MAX_SESSIONS; count += 1) {
      tokens.push(await at(start + count, () => dockerLogin(member)));
    }
    await at(start + 10 * MINUTE, () => refresh(tokens[0] ?? ""));
    await Promise.all([dockerLogin(member), dockerLogin(member)]);
    const logins = await loginsOf(member.get("/api/logins"));
    expect(logins.filter(({ kind }) => kind === "refresh-token")).toHaveLength(MAX_SESSIONS);
    expect(await Promise.all([0, 1, 2, 3].map(async (index) => (await refresh(tokens[index] ?? "")).status))).toEqual([
      200, 401, 401, 200,
    ]);
    // Those of another kind have room of their own.
    expect((await sendWithCookie(cookie, "GET", "/api/session")).status).toBe(200);
    const ended = (await auditOf(member.name)).filter(({ action }) => action === "session.end");
    expect(ended).toHaveLength(2);
    expect(ended[0]?.detail).toContain("at most");
  });
});

describe("ending a login", () => {
  it("of docker's refuses its next request for a token, with words, and nobody else's", async ({ expect }) => {
    const { member } = await newAccount();
    const [mine, other] = [await dockerLogin(member, {}, "mine"), await dockerLogin(member, {}, "other")];
    const login = (await loginsOf(member.get("/api/logins"))).find(({ client }) => client === "mine");
    expect((await member.delete(`/api/logins/${login?.id}`)).status).toBe(204);
    const refused = await refresh(mine);
    expect(refused.status).toBe(401);
    expect((await errorsOf(refused))[0]?.message).toContain("the login has ended");
    expect((await refresh(other)).status).toBe(200);
    const again = await member.delete(`/api/logins/${login?.id}`);
    expect(again.status).toBe(404);
    expect((await errorsOf(again))[0]?.code).toBe("LOGIN_UNKNOWN");
    const [event] = (await auditOf(member.name)).filter(({ action }) => action === "session.end");
    expect(JSON.parse(event?.detail ?? "null")).toEqual({ kind: "refresh-token", login: login?.id, client: "mine" });
  });

  it("ends what its tokens manage, at once; what they pull, after five minutes", async ({ expect }) => {
    const { member } = await newAccount();
    const bearerOf = async (refreshToken: string) => {
      const { token } = await (await refresh(refreshToken)).json<{ token: string }>();
      return { Authorization: `Bearer ${token}` };
    };
    const [mine, other] = [await dockerLogin(member, {}, "mine"), await dockerLogin(member, {}, "other")];
    const [headers, others] = [await bearerOf(mine), await bearerOf(other)];
    const logins = await loginsOf(fetchAnonymously("/api/logins", { headers }));
    expect(logins.filter(({ current }) => current).map(({ client }) => client)).toEqual(["mine"]);
    const ended = await fetchAnonymously("/api/logins", { method: "DELETE", headers });
    expect(await ended.json()).toEqual({ ended: 1 });
    expect((await fetchAnonymously("/api/session", { headers })).status).toBe(200);
    for (const path of ["/api/session", "/v2/manage/namespaces", "/v3/projects"]) {
      const refused = await fetchAnonymously(path, { headers: others });
      expect(refused.status).toBe(401);
      expect(await refused.text()).toContain("the login has ended: log in again");
    }
    expect((await fetchAnonymously("/v2/", { headers: others })).status).toBe(200);
  });

  it("ends all others of whatever kind, and the present one goes on", async ({ expect }) => {
    const { member } = await newAccount();
    const { member: stranger } = await newAccount();
    const [docker, token, strangers] = [await dockerLogin(member), await iamToken(member), await dockerLogin(stranger)];
    const [mine, old] = [
      await openSession(member.name, member.password),
      await openSession(member.name, member.password),
    ];
    const response = await sendWithCookie(mine, "DELETE", "/api/logins");
    expect([response.status, await response.json()]).toEqual([200, { ended: 3 }]);
    expect((await sendWithCookie(mine, "GET", "/api/session")).status).toBe(200);
    expect((await sendWithCookie(old, "GET", "/api/session")).status).toBe(401);
    expect((await refresh(docker)).status).toBe(401);
    expect((await withAuthToken(token)).status).toBe(401);
    expect((await refresh(strangers)).status).toBe(200);
    expect((await auditOf(member.name)).filter(({ action }) => action === "session.end")).toHaveLength(3);
  });

  it.for(["", "zz", "%", "0".repeat(23), "0".repeat(24), "0".repeat(64), "'", "_".repeat(24)])(
    "knows none by the id %j",
    async (id, { expect }) => {
      const { member } = await newAccount();
      const token = await dockerLogin(member);
      expect([404, 405]).toContain((await member.delete(`/api/logins/x${encodeURIComponent(id)}`)).status);
      if (id !== "") expect((await member.delete(`/api/logins/${encodeURIComponent(id)}`)).status).toBe(404);
      expect((await refresh(token)).status).toBe(200);
    },
  );

  it("of somebody else is for administrators of the account, and of an operator for operators", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const colleague = await newUser(account);
    const stranger = (await newAccount()).administrator;
    const token = await dockerLogin(member);
    const path = `/api/users/${member.name}/logins`;
    const [login] = await loginsOf(administrator.get(path));
    for (const [client, status] of [
      [colleague, 403],
      [member, 403],
      [stranger, 404],
    ] as const) {
      const answers = [await client.get(path), await client.delete(`${path}/${login?.id}`), await client.delete(path)];
      expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
    }
    // By another user's id neither.
    expect((await colleague.delete(`/api/logins/${login?.id}`)).status).toBe(404);
    expect((await refresh(token)).status).toBe(200);
    expect((await administrator.delete(`${path}/${login?.id}`)).status).toBe(204);
    expect((await refresh(token)).status).toBe(401);
    expect(await (await administrator.delete(path)).json()).toEqual({ ended: 0 });

    const boss = await newUser(account, { role: "operator" });
    const bossToken = await dockerLogin(boss);
    const bossPath = `/api/users/${boss.name}/logins`;
    const refused = [await administrator.get(bossPath), await administrator.delete(bossPath)];
    expect(refused.map(({ status }) => status)).toEqual([403, 403]);
    expect((await refresh(bossToken)).status).toBe(200);
    const peer = await newUser(account, { role: "operator" });
    expect(await (await peer.delete(bossPath)).json()).toEqual({ ended: 1 });
    expect((await refresh(bossToken)).status).toBe(401);
    expect((await operator.get(path)).status).toBe(404);
  });

  it("comes with the password, whichever way it is changed, also while a login is under way", async ({ expect }) => {
    const { member } = await newAccount();
    const tokens = [await dockerLogin(member), await iamToken(member)];
    const cookie = await openSession(member.name, member.password);
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE name = ?").bind("another", member.name).run();
    expect((await refresh(tokens[0] ?? "")).status).toBe(401);
    expect((await withAuthToken(tokens[1] ?? "")).status).toBe(401);
    expect((await sendWithCookie(cookie, "GET", "/api/session")).status).toBe(401);
  });
});

describe("a password at the token service", () => {
  const uses = async (client: Client) => (await auditOf(client.name)).filter(({ action }) => action === "token.create");
  const login = (client: Client, address: string) =>
    fetchAnonymously("/token", {
      headers: {
        Authorization: basic(client.name, client.password),
        "CF-Connecting-IP": address,
        "User-Agent": "docker/28",
      },
    });

  it("is in the audit once an hour for an address, however often it comes", async ({ expect }) => {
    const { member } = await newAccount();
    for (let count = 0; count < 5; count += 1) await login(member, "192.0.2.41");
    await login(member, "192.0.2.42");
    const form = new URLSearchParams({ grant_type: "password", username: member.name, password: member.password });
    await fetchAnonymously("/token", { method: "POST", body: form, headers: { "CF-Connecting-IP": "192.0.2.41" } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const events = await uses(member);
    expect(events.map(({ result, detail }) => [result, detail])).toEqual([
      ["success", '{"with":"password","client":"docker/28"}'],
      ["success", '{"with":"password","client":"docker/28"}'],
    ]);
    await at(Date.now() + 61 * MINUTE, () => login(member, "192.0.2.41"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await uses(member)).toHaveLength(3);
  });
});
