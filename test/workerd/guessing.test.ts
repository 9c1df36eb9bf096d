/** Whom guesses of passwords hold up, and whom they do not. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, it } from "vitest";
import { hashPassword } from "../../src/model/logins/passwords.ts";
import { newKey, openSession, permanentLogin, sendWithCookie } from "../support/workerd/signed-requests.ts";
import { asUser, type Client, newAccount, newName, newUser } from "../support/workerd/managing-clients.ts";
import { basic, errorsOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";

const JSON_TYPE = { "Content-Type": "application/json" };

/** Everywhere that a name and a password can be tried. */
const DOORS: Record<string, (login: { name: string; password: string }, headers?: object) => Promise<Response>> = {
  "POST /token": ({ name, password }, headers) =>
    fetchAnonymously("/token", {
      method: "POST",
      headers: { ...headers },
      body: new URLSearchParams({ grant_type: "password", username: name, password }),
    }),
  "GET /token": (login, headers) => getWithBasic("/token", login, headers),
  "GET /v2/": (login, headers) => getWithBasic("/v2/", login, headers),
  "GET /v2/_catalog": (login, headers) => getWithBasic("/v2/_catalog", login, headers),
  "GET /v2/manage/namespaces": (login, headers) => getWithBasic("/v2/manage/namespaces", login, headers),
  "GET /v3/auth/domains": (login, headers) => getWithBasic("/v3/auth/domains", login, headers),
  "GET /api/session": (login, headers) => getWithBasic("/api/session", login, headers),
  "POST /api/session": (login, headers) =>
    fetchAnonymously("/api/session", {
      method: "POST",
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify(login),
    }),
  "POST /v3/auth/tokens": (user, headers) =>
    fetchAnonymously("/v3/auth/tokens", {
      method: "POST",
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify({ auth: { identity: { methods: ["password"], password: { user } } } }),
    }),
};

function getWithBasic(path: string, { name, password }: { name: string; password: string }, headers: object = {}) {
  return fetchAnonymously(path, { headers: { Authorization: basic(name, password), ...headers } });
}

function from(address: string) {
  return { "CF-Connecting-IP": address };
}

/** Fails to log in, under another name each time and without a hash, until that is refused: two minutes' worth at most. */
async function exhaust(address: string): Promise<Response> {
  for (let attempt = 0; attempt < 130; attempt += 1) {
    const response = await getWithBasic("/v2/", { name: newName("berth@x"), password: "guess" }, from(address));
    if (response.status === 429) return response;
  }
  throw new Error("130 failures were allowed");
}

describe("failures from one address, under whatever names", () => {
  let user: Client;
  /** Of a user whose login was made before, from anywhere. */
  const signedIn: Record<string, (headers: object) => Promise<Response>> = {};
  let refusal: Response;

  const ADDRESS = "2001:db8:1:2::7";

  beforeAll(async () => {
    user = (await newAccount()).administrator;
    const cookie = await openSession(user.name, user.password);
    const iam = await DOORS["POST /v3/auth/tokens"]?.(user);
    const { token, refresh_token = "" } = await (
      await getWithBasic("/token?offline_token=true", user)
    ).json<{ token: string; refresh_token?: string }>();
    const command = await (await user.post("/api/login-command")).json<{ user: string; password: string }>();
    const key = permanentLogin(await newKey(user));
    const get = (path: string, headers: object) => fetchAnonymously(path, { headers: { ...headers } });
    signedIn["cookie"] = (headers) => get("/api/session", { Cookie: cookie, ...headers });
    signedIn["X-Auth-Token"] = (headers) =>
      get("/api/session", { "X-Auth-Token": iam?.headers.get("X-Subject-Token") ?? "", ...headers });
    signedIn["bearer"] = (headers) => get("/api/session", { Authorization: `Bearer ${token}`, ...headers });
    signedIn["refresh token"] = (headers) =>
      fetchAnonymously("/token", {
        method: "POST",
        headers: { ...headers },
        body: new URLSearchParams({ grant_type: "refresh_token", refresh_token }),
      });
    signedIn["temporary login command"] = (headers) =>
      getWithBasic("/token", { name: command.user, password: command.password }, headers);
    signedIn["permanent login command"] = (headers) => get("/token", { Authorization: key, ...headers });
    signedIn["remembered password"] = (headers) => getWithBasic("/api/session", user, headers);
    signedIn["remembered password, new session"] = async (headers) => {
      const response = await DOORS["POST /api/session"]?.(user, headers);
      return response ?? new Response();
    };
  });
  // An isolate asks the limit again every ten seconds.
  beforeEach(async () => {
    refusal = await exhaust(ADDRESS);
  });

  it("are refused with 429, in the words of each protocol, and say when to come again", async ({ expect }) => {
    expect(refusal.headers.get("Retry-After")).toBe("60");
    expect((await errorsOf(refusal))[0]?.code).toBe("TOOMANYREQUESTS");
  });

  it.for(Object.entries(DOORS))("are refused at %s, whose answer waits", async ([, open], { expect }) => {
    // Once in ten seconds the isolate asks the limit again, and a new minute may have begun.
    for (let attempt = 0; ; attempt += 1) {
      const start = performance.now();
      const response = await open({ name: newName("nobody"), password: "guess" }, from(ADDRESS));
      await response.text();
      if (response.status === 401 && attempt < 3) {
        await exhaust(ADDRESS);
        continue;
      }
      expect(response.status).toBe(429);
      expect(response.headers.get("Retry-After")).toBe("60");
      expect(performance.now() - start).toBeGreaterThan(900);
      return;
    }
  });

  it("count for the whole /64 of an IPv6 address, and for nobody else", async ({ expect }) => {
    const member = await newUser(newName("account"));
    const statusFrom = async (address: string) => (await getWithBasic("/v2/", member, from(address))).status;
    expect(await statusFrom("2001:db8:1:2:ffff::1")).toBe(429);
    expect(await statusFrom("2001:db8:1:3::7")).toBe(200);
  });

  it("do not hold up users who are signed in", async ({ expect }) => {
    for (const [kind, send] of Object.entries(signedIn)) {
      const start = performance.now();
      expect([kind, (await send(from(ADDRESS))).status]).toEqual([kind, 200]);
      expect([kind, performance.now() - start < 900]).toEqual([kind, true]);
    }
  });

  it("do not keep users who are signed in from setting passwords", async ({ expect }) => {
    const cookie = await openSession(user.name, user.password);
    const send = (method: string, path: string, body: unknown) =>
      fetchAnonymously(path, {
        method,
        headers: { ...JSON_TYPE, Cookie: cookie, "Sec-Fetch-Site": "same-origin", ...from(ADDRESS) },
        body: JSON.stringify(body),
      });
    const made = await send("POST", "/api/users", { name: newName("user"), password: "long enough" });
    expect(made.status).toBe(201);
    const changed = await send("PUT", "/api/session/password", { current: user.password, new: user.password });
    expect(changed.status).toBe(204);
  });
});

describe("a user's name", () => {
  it("is not locked by failures from other addresses", async ({ expect }) => {
    const { member } = await newAccount();
    for (let attempt = 0; attempt < 45; attempt += 5) {
      const guesses = [0, 1, 2, 3, 4].map((at) => ({ name: member.name, password: `guess ${attempt + at}` }));
      await Promise.all(guesses.map((guess) => getWithBasic("/v2/", guess, from("192.0.2.80"))));
    }
    expect((await getWithBasic("/v2/", member, from("192.0.2.81"))).status).toBe(200);
    // And once it was right somewhere, the isolate knows it everywhere.
    expect((await getWithBasic("/v2/", member, from("192.0.2.80"))).status).toBe(200);
  });
});

describe("hashes", () => {
  it("are refused beyond what may wait from one address, and work again afterwards", async ({ expect }) => {
    const address = from("192.0.2.90");
    // The stored hash costs what it costs outside of tests.
    const member = await newUser(newName("account"));
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE name = ?")
      .bind(hashPassword(member.password), member.name)
      .run();
    const start = performance.now();
    const guesses = await Promise.all(
      Array.from({ length: 40 }, () => getWithBasic("/v2/", { name: newName("nobody"), password: "guess" }, address)),
    );
    const refused = guesses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(10);
    expect(guesses.length - refused.length).toBeGreaterThan(2);
    for (const response of refused) expect(Number(response.headers.get("Retry-After"))).toBeLessThanOrEqual(60);
    expect(performance.now() - start).toBeLessThan(30_000);
    expect((await getWithBasic("/v2/", member, address)).status).toBe(200);
  });

  it("are one for a login that comes many times at once", async ({ expect }) => {
    const member = await newUser(newName("account"));
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE name = ?")
      .bind(hashPassword(member.password), member.name)
      .run();
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => getWithBasic("/v2/", member, from("192.0.2.91"))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 200));
  });

  it("are not made of what is too long to be anybody's", async ({ expect }) => {
    const { member } = await newAccount();
    const start = performance.now();
    for (const login of [
      { name: member.name, password: "x".repeat(100_000) },
      { name: "x".repeat(10_000), password: member.password },
    ]) {
      expect((await getWithBasic("/v2/", login, from("192.0.2.92"))).status).toBe(401);
    }
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("a login that a page of another site sends", () => {
  const FOREIGN = [
    { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site", Origin: "https://other.registry.test" },
    { Origin: "https://evil.example" },
    { Origin: "http://registry.test.evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain" },
  ];
  const OWN = [
    {},
    { "Sec-Fetch-Site": "same-origin", Origin: "http://registry.test" },
    { "Sec-Fetch-Site": "none" },
    { Origin: "http://registry.test" },
  ];

  it.for(Object.entries(DOORS))(
    "is refused at %s, right or wrong, and counts for nothing",
    async ([, open], { expect }) => {
      const { administrator: user } = await newAccount();
      const address = from("192.0.2.95");
      for (let round = 0; round < 45; round += 1) {
        const foreign = FOREIGN[round % FOREIGN.length];
        const guess = { name: user.name, password: round % 2 === 0 ? user.password : "guess" };
        const headers = { ...address, ...foreign };
        expect([foreign, (await open(guess, headers)).status]).toEqual([foreign, 403]);
      }
      for (const own of OWN) {
        const response = await open(user, { ...address, ...own });
        expect([own, response.ok]).toEqual([own, true]);
      }
      const events = await env.DB.prepare(
        "SELECT count(*) AS n FROM audit_events WHERE user_name = ? AND result = 'denied'",
      )
        .bind(user.name)
        .first<number>("n");
      expect(events).toBe(0);
    },
  );
});

describe("one's own password", () => {
  it("is changed with the current one only, by whatever credentials", async ({ expect }) => {
    const { administrator } = await newAccount();
    const cookie = await openSession(administrator.name, administrator.password);
    const iam = await DOORS["POST /v3/auth/tokens"]?.(administrator);
    const { token } = await (await getWithBasic("/token", administrator)).json<{ token: string }>();
    const path = `/api/users/${administrator.name}`;
    const body = { password: "set without the old one" };
    const credentials = [
      { "X-Auth-Token": iam?.headers.get("X-Subject-Token") ?? "" },
      { Authorization: `Bearer ${token}` },
      { Authorization: basic(administrator.name, administrator.password) },
    ];
    const answers = [
      await sendWithCookie(cookie, "PATCH", path, body),
      await sendWithCookie(cookie, "PATCH", path, { ...body, role: "administrator" }),
    ];
    for (const headers of credentials) {
      const init = { method: "PATCH", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
      answers.push(await fetchAnonymously(path, init));
    }
    for (const response of answers) {
      expect(response.status).toBe(403);
      expect((await errorsOf(response))[0]?.message).toContain("/api/session/password");
    }
    expect((await administrator.get("/api/session")).status).toBe(200);
    expect((await asUser(administrator.name, body.password).get("/api/session")).status).toBe(401);
  });

  it("may be tried 20 times a minute by its session, whatever others guess", async ({ expect }) => {
    const { member } = await newAccount();
    const cookie = await openSession(member.name, member.password);
    const change = (current: string) =>
      sendWithCookie(cookie, "PUT", "/api/session/password", { current, new: "a new password" });
    const statuses: number[] = [];
    while (statuses.length < 41 && statuses.at(-1) !== 429) statuses.push((await change("wrong")).status);
    expect(new Set(statuses)).toEqual(new Set([403, 429]));
    // What is known to be right costs no attempt.
    expect((await change(member.password)).status).toBe(204);
  });
});
