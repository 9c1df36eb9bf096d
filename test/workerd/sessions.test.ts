import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { deleteEndedSessions, findSession } from "../../src/storage/logins/sessions.ts";
import { type Client, asUser, auditOf, newAccount, newName } from "../support/workerd/managing-clients.ts";
import { planOf, scansIn } from "../support/workerd/query-plans.ts";
import { basic, errorCodes, errorsOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { at, openSession, sendWithCookie } from "../support/workerd/signed-requests.ts";

const HOUR = 3600 * 1000;

let account: string;
let user: Client;

beforeAll(async () => {
  ({ account, administrator: user } = await newAccount());
});

function logIn(body: unknown, base = "", headers: Record<string, string> = {}): Promise<Response> {
  return fetchAnonymously(`${base}/api/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

describe("logging in", () => {
  it("sets a cookie that scripts cannot read and other sites cannot send", async ({ expect }) => {
    const start = Date.now();
    const response = await logIn({ name: user.name, password: user.password });
    expect(response.status).toBe(200);
    const body = await response.json<{ user: object; expires: string }>();
    expect(body.user).toEqual({ id: expect.any(String), name: user.name, account, role: "administrator" });
    expect(Date.parse(body.expires)).toBeGreaterThanOrEqual(start + 12 * HOUR);
    const cookie = response.headers.get("Set-Cookie") ?? "";
    const [token, ...attributes] = cookie.split("; ");
    expect(token).toMatch(/^__Host-berth_session=[A-Za-z0-9_-]{43}$/);
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict", "Secure"]);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(JSON.stringify(body)).not.toContain(token?.split("=")[1]);
    const rows = await env.DB.prepare("SELECT * FROM sessions").all();
    expect(JSON.stringify(rows.results)).not.toContain(token?.split("=")[1]);
    expect(await auditOf(user.name)).toMatchObject([{ action: "session.login", result: "success" }]);
  });

  it.for([
    ["http://localhost:8080", false],
    ["http://127.0.0.1:8080", false],
    ["http://[::1]", false],
    ["http://berth.localhost", false],
    ["https://localhost", true],
    ["https://berth.example", true],
    ["http://berth.example", true],
    ["http://127.0.0.1.example", true],
  ] as const)("at %s makes the cookie Secure: %s", async ([base, isSecure], { expect }) => {
    const response = await logIn({ name: user.name, password: user.password }, base);
    const cookie = response.headers.get("Set-Cookie") ?? "";
    expect(cookie.includes("Secure")).toBe(isSecure);
    // Browsers take the prefix with TLS only, and so nothing that a neighbour in the domain has set.
    expect(cookie.split("=")[0]).toBe(isSecure ? "__Host-berth_session" : "berth_session");
  });

  it("is refused with the words that every wrong login gets", async ({ expect }) => {
    for (const login of [
      { name: user.name, password: "wrong" },
      { name: newName("nobody"), password: "wrong" },
    ]) {
      const response = await logIn(login);
      expect(response.status).toBe(401);
      expect(response.headers.get("Set-Cookie")).toBe(null);
      const [error] = await errorsOf(response);
      expect(error?.message).toBe("authentication required: the user name or the password is wrong");
    }
  });

  it.for([
    {},
    { name: "alice" },
    { name: "", password: "x" },
    { name: "alice", password: "" },
    { name: 1, password: "x" },
    { name: "alice", password: ["x"] },
    { name: "alice", password: "x", remember: true },
    { name: "alice", password: "x".repeat(1001) },
    { name: "a".repeat(201), password: "x" },
    [],
    null,
    "text",
  ])("with the body %j is refused", async (body, { expect }) => {
    expect((await logIn(body)).status).toBe(400);
  });

  it("needs JSON, so that no form of another site can do it", async ({ expect }) => {
    const body = JSON.stringify({ name: user.name, password: user.password });
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const headers = { "Content-Type": type };
      const response = await fetchAnonymously("/api/session", { method: "POST", headers, body });
      expect([400, 415]).toContain(response.status);
      expect(response.headers.get("Set-Cookie")).toBe(null);
    }
    const broken = await user.send("POST", "/api/session", "{");
    expect(broken.status).toBe(400);
  });

  it("works with the cookie of a session that has ended", async ({ expect }) => {
    const cookie = await openSession(user.name, user.password);
    await sendWithCookie(cookie, "DELETE", "/api/session");
    expect((await logIn({ name: user.name, password: user.password }, "", { Cookie: cookie })).status).toBe(200);
  });
});

describe("a session", () => {
  it("tells who one is, until one logs out", async ({ expect }) => {
    const cookie = await openSession(user.name, user.password);
    const other = await openSession(user.name, user.password);
    const shown = await sendWithCookie(cookie, "GET", "/api/session");
    const self = await shown.json<{ user: object; expires: string }>();
    expect(self.user).toMatchObject({ name: user.name, account, role: "administrator" });
    expect(Math.abs(Date.parse(self.expires) - Date.now() - 12 * HOUR)).toBeLessThan(60_000);
    const closed = await sendWithCookie(cookie, "DELETE", "/api/session");
    expect(closed.status).toBe(204);
    expect(closed.headers.get("Set-Cookie")).toMatch(/^__Host-berth_session=; Max-Age=0; Path=\//);
    expect((await sendWithCookie(cookie, "GET", "/api/session")).status).toBe(401);
    expect((await sendWithCookie(other, "GET", "/api/session")).status).toBe(200);
    // Pages that everybody may see ask this way: it is no error that nobody has logged in.
    const nobody = { user: null, expires: null };
    expect(await (await sendWithCookie(cookie, "GET", "/api/visitor")).json()).toEqual(nobody);
    expect(await (await fetchAnonymously("/api/visitor")).json()).toEqual(nobody);
    const visitor = await sendWithCookie(other, "GET", "/api/visitor");
    expect(await visitor.json()).toEqual(await (await sendWithCookie(other, "GET", "/api/session")).json());
    expect((await sendWithCookie(cookie, "DELETE", "/api/session")).status).toBe(204);
    const actions = (await auditOf(user.name)).map(({ action }) => action);
    expect(actions.filter((action) => action === "session.logout")).toHaveLength(2);
  });

  it("tells who one is by other credentials as well, and nobody without", async ({ expect }) => {
    expect(await (await user.get("/api/session")).json()).toMatchObject({ user: { name: user.name }, expires: null });
    const { token } = await (
      await fetchAnonymously("/token", { headers: { Authorization: basic(user.name, user.password) } })
    ).json<{ token: string }>();
    const bearer = { Authorization: `Bearer ${token}` };
    expect((await fetchAnonymously("/api/session", { headers: bearer })).status).toBe(200);
    const anonymous = await fetchAnonymously("/api/session");
    expect(anonymous.status).toBe(401);
    expect(await errorCodes(anonymous)).toEqual(["UNAUTHORIZED"]);
    for (const cookie of ["__Host-berth_session=nonsense", "__Host-berth_session=", "other=1"]) {
      expect((await sendWithCookie(cookie, "GET", "/api/session")).status).toBe(401);
    }
  });

  it("is for SWR's API too, and not for the registry API", async ({ expect }) => {
    const cookie = await openSession(user.name, user.password);
    expect((await sendWithCookie(cookie, "GET", "/v2/manage/namespaces")).status).toBe(200);
    expect((await sendWithCookie(cookie, "GET", "/v2/")).status).toBe(401);
    expect((await sendWithCookie(cookie, "GET", "/v2/_catalog")).status).toBe(401);
  });

  it("ends after 12 hours", async ({ expect }) => {
    const start = Date.now();
    const cookie = await at(start, () => openSession(user.name, user.password));
    const statusAt = (time: number) =>
      at(time, async () => (await sendWithCookie(cookie, "GET", "/api/session")).status);
    expect(await statusAt(start + 12 * HOUR - 1000)).toBe(200);
    expect(await statusAt(start + 12 * HOUR)).toBe(401);
    const count = () => env.DB.prepare("SELECT count(*) AS n FROM sessions").first<number>("n");
    const before = (await count()) ?? 0;
    const db = openDatabase(env.DB);
    await deleteEndedSessions(db, new Date(start + 12 * HOUR), 1000);
    expect(await count()).toBeLessThan(before);
    expect(await deleteEndedSessions(db, new Date(start - 24 * HOUR), 1000)).toBe(0);
  });

  it("is found by an index", async ({ expect }) => {
    const plan = await planOf((db) => findSession(db, { kind: "browser", tokenHash: "a" }, new Date()));
    expect(scansIn(plan)).toEqual([]);
  });
});

describe("a request with a session cookie", () => {
  const ORIGIN = "http://registry.test";

  it.for([
    [{}, false],
    [{ "Sec-Fetch-Site": "same-origin" }, true],
    [{ "Sec-Fetch-Site": "same-site" }, false],
    [{ "Sec-Fetch-Site": "cross-site" }, false],
    [{ "Sec-Fetch-Site": "none" }, false],
    [{ Origin: ORIGIN }, true],
    [{ Origin: "https://registry.test" }, false],
    [{ Origin: "http://registry.test:8080" }, false],
    [{ Origin: "http://registry.test.evil.example" }, false],
    [{ Origin: "null" }, false],
    [{ Referer: `${ORIGIN}/` }, false],
  ] as const)("that changes something and has %j is allowed: %s", async ([headers, isAllowed], { expect }) => {
    const cookie = await openSession(user.name, user.password);
    const post = (path: string, body: unknown) =>
      fetchAnonymously(path, {
        method: "POST",
        headers: { Cookie: cookie, "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
    const answers = [
      await post("/api/users", { name: newName("u"), password: "long enough" }),
      await post("/v2/manage/namespaces", { namespace: newName("org") }),
    ];
    for (const { status } of answers) expect(status).toBe(isAllowed ? 201 : 403);
    const logout = await fetchAnonymously("/api/session", {
      method: "DELETE",
      headers: { Cookie: cookie, ...headers },
    });
    expect(logout.status).toBe(isAllowed ? 204 : 403);
    if (!isAllowed) expect(await errorCodes(logout)).toEqual(["DENIED"]);
  });

  it("may come from anywhere when it only reads", async ({ expect }) => {
    const cookie = await openSession(user.name, user.password);
    expect((await fetchAnonymously("/api/users", { headers: { Cookie: cookie } })).status).toBe(200);
  });
});

describe("changing one's password", () => {
  const put = (client: Client, body: unknown) => client.send("PUT", "/api/session/password", body);

  it("ends every other login made with the old one", async ({ expect }) => {
    const { member } = await newAccount();
    const [mine, other] = [
      await openSession(member.name, member.password),
      await openSession(member.name, member.password),
    ];
    const old = basic(member.name, member.password);
    const login = await fetchAnonymously("/token?offline_token=true", { headers: { Authorization: old } });
    const { refresh_token = "" } = await login.json<{ refresh_token?: string }>();
    const body = { current: member.password, new: "a new password" };
    expect((await sendWithCookie(mine, "PUT", "/api/session/password", body)).status).toBe(204);

    expect((await sendWithCookie(mine, "GET", "/api/session")).status).toBe(200);
    expect((await sendWithCookie(other, "GET", "/api/session")).status).toBe(401);
    expect((await member.get("/api/session")).status).toBe(401);
    expect((await asUser(member.name, "a new password").get("/api/session")).status).toBe(200);
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token });
    expect((await fetchAnonymously("/token", { method: "POST", body: form })).status).toBe(401);
    const audit = await auditOf(member.name);
    expect(audit.filter(({ action }) => action === "user.password")).toHaveLength(1);
    expect(JSON.stringify(audit)).not.toContain("a new password");
  });

  it("ends all sessions when it is not done from one", async ({ expect }) => {
    const { member } = await newAccount();
    const { member: stranger } = await newAccount();
    const cookie = await openSession(member.name, member.password);
    const others = await openSession(stranger.name, stranger.password);
    expect((await put(member, { current: member.password, new: "a new password" })).status).toBe(204);
    expect((await sendWithCookie(cookie, "GET", "/api/session")).status).toBe(401);
    expect((await sendWithCookie(others, "GET", "/api/session")).status).toBe(200);
  });

  it("needs the current one", async ({ expect }) => {
    const { member } = await newAccount();
    const response = await put(member, { current: "wrong", new: "a new password" });
    expect(response.status).toBe(403);
    expect((await member.get("/api/session")).status).toBe(200);
    const anonymous = await fetchAnonymously("/api/session/password", {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ current: member.password, new: "a new password" }),
    });
    expect(anonymous.status).toBe(401);
  });

  it("takes 8 to 128 characters", async ({ expect }) => {
    const { member } = await newAccount();
    let current = member.password;
    for (const [replacement, status] of [
      ["x".repeat(7), 400],
      ["x".repeat(8), 204],
      ["x".repeat(128), 204],
      ["x".repeat(129), 400],
      [12_345_678, 400],
    ] as const) {
      const response = await put(asUser(member.name, current), { current, new: replacement });
      expect([replacement, response.status]).toEqual([replacement, status]);
      if (status === 204) current = replacement;
    }
    expect((await put(asUser(member.name, current), { current, new: "long enough", x: 1 })).status).toBe(400);
  });
});
