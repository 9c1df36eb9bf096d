import { beforeAll, describe, it } from "vitest";
import { at, type Key, newKey, sendSigned } from "../support/workerd/signed-requests.ts";
import { auditOf, type Client, newAccount, newName, userIdOf } from "../support/workerd/managing-clients.ts";
import { fetchAnonymously } from "../support/workerd/registry-requests.ts";

const HOUR = 3600 * 1000;

let account: string;
let user: Client;
let member: Client;
let key: Key;

beforeAll(async () => {
  ({ account, administrator: user, member } = await newAccount());
  key = await newKey(user);
});

interface TokenBody {
  token: {
    expires_at: string;
    issued_at: string;
    user: { id: string; domain: { id: string; name: string } };
    project?: { id: string; name: string };
  };
}

function tokenRequest(scope?: object, login: object = {}) {
  const person = { name: user.name, password: user.password, domain: { name: account }, ...login };
  return { auth: { identity: { methods: ["password"], password: { user: person } }, ...(scope && { scope }) } };
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetchAnonymously(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function newToken(): Promise<string> {
  const response = await post("/v3/auth/tokens", tokenRequest({ project: { name: "cn-north-4" } }));
  if (response.status !== 201) throw new Error(`getting a token: ${response.status} ${await response.text()}`);
  return response.headers.get("X-Subject-Token") ?? "";
}

function withToken(token: string, path: string, method = "GET"): Promise<Response> {
  return fetchAnonymously(path, { method, headers: { "X-Auth-Token": token, "Content-Type": "application/json" } });
}

/** Title and code of IAM's error answer. */
async function problemOf(response: Response): Promise<string> {
  const { error } = await response.json<{ error: { code: number; message: string; title: string } }>();
  return `${response.status} ${error.code} ${error.title}`;
}

describe("IAM's token endpoint", () => {
  it("gives a token for a name and password, in IAM's words", async ({ expect }) => {
    const response = await post("/v3/auth/tokens", tokenRequest({ project: { name: "cn-north-4" } }));
    expect(response.status).toBe(201);
    expect(response.headers.get("X-Subject-Token")).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const { token } = await response.json<TokenBody>();
    const domain = { id: expect.any(String), name: account };
    expect(token).toEqual({
      methods: ["password"],
      issued_at: expect.any(String),
      expires_at: expect.any(String),
      user: { id: await userIdOf(user.name), name: user.name, domain, password_expires_at: "" },
      project: { id: expect.any(String), name: "cn-north-4", domain },
      roles: [{ id: "administrator", name: "administrator" }],
      catalog: [],
    });
    expect(Date.parse(token.expires_at) - Date.parse(token.issued_at)).toBe(24 * HOUR);
    expect((await auditOf(user.name)).map(({ action }) => action)).toContain("session.login");
  });

  it("takes other scopes, or none", async ({ expect }) => {
    for (const scope of [undefined, {}, { domain: { name: account } }, { domain: { id: "1" } }]) {
      const response = await post("/v3/auth/tokens", tokenRequest(scope));
      expect(response.status).toBe(201);
      const { token } = await response.json<TokenBody>();
      expect(token).toHaveProperty("domain.name", account);
      expect(token).not.toHaveProperty("project");
    }
    const byId = await post("/v3/auth/tokens", tokenRequest({ project: { id: "0".repeat(32) } }));
    expect((await byId.json<TokenBody>()).token.project).toMatchObject({ id: "0".repeat(32), name: "berth" });
    const { token } = await (await post("/v3/auth/tokens", tokenRequest())).json<TokenBody>();
    const byDomainId = { domain: { id: token.user.domain.id } };
    expect((await post("/v3/auth/tokens", tokenRequest(undefined, byDomainId))).status).toBe(201);
    expect((await post("/v3/auth/tokens", tokenRequest(undefined, { domain: undefined }))).status).toBe(201);
  });

  it("refuses a wrong name, password or account alike", async ({ expect }) => {
    const told = new Set<string>();
    for (const login of [
      { password: "wrong" },
      { name: newName("nobody") },
      { domain: { name: newName("none") } },
      { domain: { id: "999999" } },
      { name: `berth@${key.access}` },
    ]) {
      const response = await post("/v3/auth/tokens", tokenRequest(undefined, login));
      expect(response.headers.get("X-Subject-Token")).toBe(null);
      told.add(await response.text());
    }
    expect(told.size).toBe(1);
    expect(JSON.parse([...told][0] ?? "")).toEqual({
      error: {
        code: 401,
        message: "authentication required: the user name or the password is wrong",
        title: "Unauthorized",
      },
    });
  });

  it("refuses what it does not understand in IAM's shape", async ({ expect }) => {
    const bodies = [
      {},
      "{",
      { auth: { identity: { methods: ["token"], token: { id: "x" } } } },
      { auth: { identity: { methods: [], password: { user: {} } } } },
      tokenRequest(undefined, { name: "" }),
      tokenRequest(undefined, { password: 1 }),
      tokenRequest({ project: { name: "a b" } }),
    ];
    for (const body of bodies) expect(await problemOf(await post("/v3/auth/tokens", body))).toBe("400 400 Bad Request");
    expect(await problemOf(await withToken(await newToken(), "/v3/nothing"))).toBe("404 404 Not Found");
  });

  it("gives a new token to who comes with one that has ended", async ({ expect }) => {
    expect((await post("/v3/auth/tokens", tokenRequest(), { "X-Auth-Token": "ended" })).status).toBe(201);
  });
});

describe("a token of IAM", () => {
  it("is good for the management APIs, and not for the registry API", async ({ expect }) => {
    const token = await newToken();
    for (const path of ["/v2/manage/namespaces", "/api/session", "/v3/auth/domains"]) {
      expect((await withToken(token, path)).status).toBe(200);
    }
    const made = await withToken(token, "/v2/manage/utils/secret?projectname=cn-north-4", "POST");
    expect(made.status).toBe(200);
    expect((await withToken(token, "/v2/_catalog")).status).toBe(401);
    expect((await withToken("nonsense", "/v2/manage/namespaces")).status).toBe(401);
    expect((await withToken("", "/api/session")).status).toBe(401);
    expect(await problemOf(await withToken("nonsense", "/v3/auth/domains"))).toBe("401 401 Unauthorized");
  });

  it("ends after 24 hours", async ({ expect }) => {
    const start = Date.now();
    const token = await at(start, newToken);
    const statusAt = (time: number) => at(time, async () => (await withToken(token, "/v3/auth/domains")).status);
    expect(await statusAt(start + 24 * HOUR - 1000)).toBe(200);
    expect(await statusAt(start + 24 * HOUR)).toBe(401);
    expect(await statusAt(start + 24 * HOUR + 1000)).toBe(401);
  });

  it("ends with the user's password", async ({ expect }) => {
    const { administrator, member: other } = await newAccount();
    const login = { auth: { identity: { methods: ["password"], password: { user: other } } } };
    const token = (await post("/v3/auth/tokens", login)).headers.get("X-Subject-Token") ?? "";
    expect((await withToken(token, "/api/session")).status).toBe(200);
    await administrator.patch(`/api/users/${other.name}`, { password: "another password" });
    expect((await withToken(token, "/api/session")).status).toBe(401);
  });
});

describe("IAM's lists", () => {
  it("know a project of any name, always under one id", async ({ expect }) => {
    const token = await newToken();
    interface Body {
      projects: { id: string; name: string; domain_id: string }[];
    }
    const projects = async (path: string) => (await (await withToken(token, path)).json<Body>()).projects;
    const [named] = await projects("/v3/projects?name=cn-north-4");
    expect(named).toMatchObject({ name: "cn-north-4", id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const signed = await sendSigned(key, "GET", "/v3/projects?name=cn-north-4");
    expect((await signed.json<Body>()).projects).toEqual([named]);
    const { token: body } = await (
      await post("/v3/auth/tokens", tokenRequest({ project: { name: "cn-north-4" } }))
    ).json<TokenBody>();
    expect(body.project?.id).toBe(named?.id);
    expect(await projects("/v3/projects?name=a%20b")).toEqual([]);
    for (const path of ["/v3/projects", "/v3/auth/projects"]) {
      expect((await projects(path)).map(({ name }) => name)).toEqual(["berth"]);
    }
  });

  it("know the caller's account and its users", async ({ expect }) => {
    const response = await sendSigned(key, "GET", "/v3/auth/domains");
    const { domains } = await response.json<{ domains: { id: string; name: string }[] }>();
    expect(domains).toMatchObject([{ name: account, enabled: true }]);
    const found = await sendSigned(key, "GET", `/v3/users/${await userIdOf(member.name)}`);
    expect(await found.json()).toMatchObject({ user: { name: member.name, domain_id: domains[0]?.id } });

    const { member: stranger } = await newAccount();
    for (const id of [await userIdOf(stranger.name), "999999", "x", "1e3", "-1", "9".repeat(30)]) {
      expect(await problemOf(await sendSigned(key, "GET", `/v3/users/${id}`))).toBe("404 404 Not Found");
    }
  });

  it("are for those who are logged in", async ({ expect }) => {
    for (const path of ["/v3/projects", "/v3/auth/projects", "/v3/auth/domains", "/v3/users/1"]) {
      expect(await problemOf(await fetchAnonymously(path))).toBe("401 401 Unauthorized");
    }
  });
});
