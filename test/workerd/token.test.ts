import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { describe, it, vi } from "vitest";
import { hashPassword } from "../../src/model/logins/passwords.ts";
import { TOKEN_LIFETIME_S } from "../../src/registry/logins/tokens.ts";
import { openSession, sendWithCookie } from "../support/workerd/signed-requests.ts";
import { newName } from "../support/workerd/managing-clients.ts";
import {
  addUser,
  ADMINISTRATOR,
  basic,
  errorCodes,
  errorsOf,
  fetchAnonymously,
  newRepository,
  pushImage,
} from "../support/workerd/registry-requests.ts";

const ADMIN = basic(ADMINISTRATOR.name, ADMINISTRATOR.password);

interface TokenAnswer {
  token: string;
  access_token: string;
  expires_in: number;
  issued_at: string;
  scope: string;
  refresh_token?: string;
}

async function getToken(query: string, authorization?: string): Promise<Response> {
  return fetchAnonymously(`/token?${query}`, authorization ? { headers: { Authorization: authorization } } : {});
}

function postToken(form: Record<string, string>): Promise<Response> {
  return fetchAnonymously("/token", { method: "POST", body: new URLSearchParams(form) });
}

function withToken(token: string, path: string, method = "GET"): Promise<Response> {
  return fetchAnonymously(path, { method, headers: { Authorization: `Bearer ${token}` } });
}

describe("a request without credentials", () => {
  it("is told where to get a token, and for what", async ({ expect }) => {
    const ping = await fetchAnonymously("/v2/");
    expect(ping.status).toBe(401);
    expect(ping.headers.get("WWW-Authenticate")).toBe(
      'Bearer realm="http://registry.test/token",service="registry.test"',
    );
    expect(ping.headers.get("Docker-Distribution-Api-Version")).toBe("registry/2.0");
    expect(await errorCodes(ping)).toEqual(["UNAUTHORIZED"]);
    const wanted = [
      ["GET", "/v2/a/b/manifests/1", "repository:a/b:pull"],
      ["PUT", "/v2/a/b/manifests/1", "repository:a/b:pull,push"],
      ["POST", "/v2/a/b/blobs/uploads/", "repository:a/b:pull,push"],
      ["DELETE", "/v2/a/b/manifests/1", "repository:a/b:delete"],
      ["GET", "/v2/_catalog", "registry:catalog:*"],
    ] as const;
    for (const [method, path, scope] of wanted) {
      const response = await fetchAnonymously(path, { method });
      expect(response.status).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toContain(`scope="${scope}"`);
      expect(response.headers.get("WWW-Authenticate")).not.toContain("error=");
    }
  });
});

describe("the token service", () => {
  it("gives a token for what the user may do, in the words of both specifications", async ({ expect }) => {
    const repository = newRepository();
    const response = await getToken(`service=x&scope=repository:${repository}:pull,push&client_id=docker`, ADMIN);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const answer = await response.json<TokenAnswer>();
    expect(answer.access_token).toBe(answer.token);
    expect(answer.expires_in).toBe(TOKEN_LIFETIME_S);
    expect(answer.expires_in).toBeLessThanOrEqual(300);
    expect(answer.scope).toBe(`repository:${repository}:pull,push`);
    expect(Math.abs(Date.parse(answer.issued_at) - Date.now())).toBeLessThan(60_000);
    expect(answer.refresh_token).toBe(undefined);
    expect((await withToken(answer.token, "/v2/")).status).toBe(200);
    expect((await withToken(answer.token, `/v2/${repository}/blobs/uploads/`, "POST")).status).toBe(202);
  });

  it("limits a token to its scopes, and then asks for the missing one", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository, "1.0");
    const { token } = await (await getToken(`scope=repository:${repository}:pull`, ADMIN)).json<TokenAnswer>();
    expect((await withToken(token, `/v2/${repository}/manifests/1.0`)).status).toBe(200);
    const refused = [
      ["DELETE", `/v2/${repository}/manifests/1.0`],
      ["POST", `/v2/${repository}/blobs/uploads/`],
      ["GET", `/v2/${newRepository()}/tags/list`],
      ["GET", "/v2/_catalog"],
    ] as const;
    for (const [method, path] of refused) {
      const response = await withToken(token, path, method);
      expect(response.status).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toContain('error="insufficient_scope"');
    }
  });

  it("takes several scopes, repeated or in one parameter, and all actions as *", async ({ expect }) => {
    const [first, second] = [newRepository(), newRepository()];
    await pushImage(second);
    const query = `scope=repository:${first}:*&scope=repository:${second}:pull%20registry:catalog:*`;
    const { token, scope } = await (await getToken(query, ADMIN)).json<TokenAnswer>();
    expect(scope).toBe(`repository:${first}:pull,push,delete repository:${second}:pull registry:catalog:*`);
    expect((await withToken(token, "/v2/_catalog")).status).toBe(200);
  });

  it.for([
    ["an organization that is there", () => newRepository()],
    ["one that the first push makes", () => `${newName("first")}/two`],
  ] as const)("takes two scopes of one name together, in any order: in %s", async ([, name], { expect }) => {
    for (const orders of ["pull pull,push", "pull,push pull", "push pull", "pull *"]) {
      const repository = name();
      const query = orders.split(" ").map((actions) => `scope=repository:${repository}:${actions}`);
      const { token, scope } = await (await getToken(query.join("&"), ADMIN)).json<TokenAnswer>();
      expect(scope).not.toContain(" ");
      // As containerd does: it looks first, and then pushes.
      const blob = `/v2/${repository}/blobs/sha256:${"0".repeat(64)}`;
      expect((await withToken(token, blob, "HEAD")).status, orders).toBe(404);
      for (const again of [false, true]) {
        const upload = await withToken(token, `/v2/${repository}/blobs/uploads/`, "POST");
        expect(upload.status, `${orders}${again ? " again" : ""}`).toBe(202);
      }
    }
  });

  it("passes over scopes that mean nothing, and refuses a heap of them", async ({ expect }) => {
    const query = [
      "",
      "x",
      "repository",
      "repository:a",
      "repository:Bad Name:pull",
      "repository(plugin):a/b:push",
      "galaxy:a:b",
    ];
    const answer = await getToken(query.map((scope) => `scope=${encodeURIComponent(scope)}`).join("&"), ADMIN);
    const { scope } = await answer.json<TokenAnswer>();
    expect(scope.split(" ")).toContain("repository:a/b:push");
    expect((await getToken("scope=a:b:c&".repeat(51), ADMIN)).status).toBe(405);
  });

  it("gives anybody a token, which allows nothing", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository, "1.0");
    const { token, scope } = await (await getToken(`scope=repository:${repository}:pull`)).json<TokenAnswer>();
    expect(scope).toBe(`repository:${repository}:`);
    const response = await withToken(token, `/v2/${repository}/manifests/1.0`);
    expect(response.status).toBe(401);
    expect(await errorCodes(response)).toEqual(["UNAUTHORIZED"]);
  });

  it("denies, once and for all, what the user asked a token for and did not get", async ({ expect }) => {
    await addUser("reader", "password of a reader");
    const repository = newRepository();
    await pushImage(repository);
    const answer = await getToken(`scope=repository:${repository}:pull,push`, basic("reader", "password of a reader"));
    const { token } = await answer.json<TokenAnswer>();
    const response = await withToken(token, `/v2/${repository}/blobs/uploads/`, "POST");
    expect(response.status).toBe(403);
    expect((await errorsOf(response))[0]).toMatchObject({
      code: "DENIED",
      message: expect.stringContaining(repository),
    });
  });

  it("speaks OAuth2: password for a refresh token, and that for tokens", async ({ expect }) => {
    const { name: username, password } = ADMINISTRATOR;
    const scope = `repository:${newRepository()}:pull,push`;
    const login = await postToken({
      grant_type: "password",
      username,
      password,
      scope,
      access_type: "offline",
      service: "x",
    });
    const first = await login.json<TokenAnswer>();
    expect(first.scope).toBe(scope);
    const refreshed = await postToken({ grant_type: "refresh_token", refresh_token: first.refresh_token ?? "", scope });
    const second = await refreshed.json<TokenAnswer>();
    expect(second.refresh_token).toBe(first.refresh_token);
    expect((await withToken(second.token, "/v2/")).status).toBe(200);

    const offline = await (await getToken("offline_token=true", ADMIN)).json<TokenAnswer>();
    expect(offline.refresh_token).toEqual(expect.any(String));
    expect((await postToken({ grant_type: "client_credentials" })).status).toBe(405);
  });

  it("ends a refresh token with the password it came from", async ({ expect }) => {
    await addUser("changing", "old password", { role: "operator" });
    const login = await getToken("offline_token=true", basic("changing", "old password"));
    const { refresh_token = "" } = await login.json<TokenAnswer>();
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE name = 'changing'")
      .bind(hashPassword("new password"))
      .run();
    expect((await postToken({ grant_type: "refresh_token", refresh_token })).status).toBe(401);
    expect((await getToken("", basic("changing", "old password"))).status).toBe(401);
    expect((await getToken("", basic("changing", "new password"))).status).toBe(200);
  });
});

describe("a browser's session", () => {
  const scope = (repository: string) => `scope=repository:${repository}:pull,push`;
  const ask = (cookie: string, query: string, headers: Record<string, string> = {}) =>
    fetchAnonymously(`/token?${query}`, { headers: { Cookie: cookie, ...headers } });
  const OWN_PAGE = { "Sec-Fetch-Site": "same-origin" };

  it("gives a page of the registry tokens, which push and pull and manage nothing", async ({ expect }) => {
    const cookie = await openSession(ADMINISTRATOR.name, ADMINISTRATOR.password);
    const repository = newRepository();
    const response = await ask(cookie, scope(repository), OWN_PAGE);
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const { token, scope: granted } = await response.json<TokenAnswer>();
    expect(granted).toBe(`repository:${repository}:pull,push`);
    expect((await withToken(token, `/v2/${repository}/blobs/uploads/`, "POST")).status).toBe(202);
    expect((await withToken(token, "/api/users")).status).toBe(403);

    const unscoped = await (await ask(cookie, "", { Origin: "http://registry.test" })).json<TokenAnswer>();
    expect((await withToken(unscoped.token, "/v2/")).status).toBe(200);
    expect((await withToken(unscoped.token, "/api/users")).status).toBe(403);
  });

  it("gives no token that outlives it", async ({ expect }) => {
    const cookie = await openSession(ADMINISTRATOR.name, ADMINISTRATOR.password);
    const answer = await (await ask(cookie, "offline_token=true", OWN_PAGE)).json<TokenAnswer>();
    expect(answer.refresh_token).toBe(undefined);
  });

  it.for([
    {},
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "none" },
    { Origin: "http://registry.test.example" },
    { Origin: "https://registry.test" },
    { Origin: "null" },
  ])("gives nothing to what is no page of the registry: %j", async (headers, { expect }) => {
    const cookie = await openSession(ADMINISTRATOR.name, ADMINISTRATOR.password);
    const response = await ask(cookie, scope(newRepository()), headers);
    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain('token"');
  });

  it("that has ended, or never was, is told so in place of a token for nobody", async ({ expect }) => {
    const cookie = await openSession(ADMINISTRATOR.name, ADMINISTRATOR.password);
    await sendWithCookie(cookie, "DELETE", "/api/session");
    for (const ended of [cookie, "__Host-berth_session=made-up"]) {
      const response = await ask(ended, scope(newRepository()), OWN_PAGE);
      expect(response.status).toBe(401);
      expect((await errorsOf(response))[0]).toMatchObject({
        code: "UNAUTHORIZED",
        message: "the session has ended: log in again",
      });
    }
  });

  it("counts for nothing beside credentials, nor where there is another cookie", async ({ expect }) => {
    const query = `scope=repository:${newRepository()}:push`;
    const beside = await ask("__Host-berth_session=made-up", query, { Authorization: ADMIN });
    expect((await beside.json<TokenAnswer>()).scope).toMatch(/:push$/);
    const other = await ask("theme=dark", query);
    expect(other.status).toBe(200);
    expect((await other.json<TokenAnswer>()).scope).not.toContain("push");
  });
});

describe("wrong credentials", () => {
  it("are refused alike by every route, no matter whose they are", async ({ expect }) => {
    const messages = new Set<string>();
    for (const authorization of [basic(ADMINISTRATOR.name, "wrong"), basic("nobody", "wrong"), basic("", "")]) {
      const answers = [
        await getToken("", authorization),
        await fetchAnonymously("/v2/", { headers: { Authorization: authorization } }),
      ];
      for (const response of answers) {
        expect(response.status).toBe(401);
        const [error] = await errorsOf(response);
        expect(error?.code).toBe("UNAUTHORIZED");
        messages.add(error?.message ?? "");
      }
    }
    expect(messages.size).toBe(1);
    expect((await postToken({ grant_type: "password", username: "admin", password: "wrong" })).status).toBe(401);
  });

  it("cost the same work whether or not the name exists", async ({ expect }) => {
    const time = async (name: string) => {
      const times: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const start = performance.now();
        await getToken("", basic(name, `wrong ${round}`));
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[1] ?? 0;
    };
    await addUser("somebody", "password of somebody");
    await env.DB.prepare("UPDATE users SET password_hash = ? WHERE name = 'somebody'")
      .bind(hashPassword("password of somebody")) // of the cost that passwords are stored with outside of tests
      .run();
    const ratio = (await time("somebody")) / (await time("nobody"));
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(2.5);
  });

  it.for(["Bearer nonsense", "Bearer a.b.c", "Digest x", "Basic ???", "Bearer"])(
    "in the form of %s are refused",
    async (authorization, { expect }) => {
      const response = await fetchAnonymously("/v2/", { headers: { Authorization: authorization } });
      expect(response.status).toBe(401);
    },
  );
});

describe("a token", () => {
  const forge = (secret: string, claims: Record<string, unknown>, audience = "access") =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("berth")
      .setAudience(audience)
      .setExpirationTime("5m")
      .sign(new TextEncoder().encode(secret));
  const claims = {
    user: { id: 1, name: "admin", accountId: 1, accountName: "admin", role: "operator" },
    reach: "account",
    passwordChanges: 0,
    access: [],
  };

  it("that somebody else signed, or that is of the other kind, is refused", async ({ expect }) => {
    expect((await withToken(await forge(env.TOKEN_SECRET, claims), "/v2/")).status).toBe(200);
    expect((await withToken(await forge("x".repeat(40), claims), "/v2/")).status).toBe(401);
    expect((await withToken(await forge(env.TOKEN_SECRET, claims, "refresh"), "/v2/")).status).toBe(401);
    const { refresh_token = "" } = await (await getToken("offline_token=true", ADMIN)).json<TokenAnswer>();
    expect((await withToken(refresh_token, "/v2/")).status).toBe(401);
    const { token } = await (await getToken("", ADMIN)).json<TokenAnswer>();
    expect((await postToken({ grant_type: "refresh_token", refresh_token: token })).status).toBe(401);
  });

  it("ends after its time", async ({ expect }) => {
    const { token } = await (await getToken("", ADMIN)).json<TokenAnswer>();
    expect((await withToken(token, "/v2/")).status).toBe(200);
    const now = Date.now();
    vi.useFakeTimers({ now: now + TOKEN_LIFETIME_S * 1000 + 5000, toFake: ["Date"] });
    try {
      const response = await withToken(token, "/v2/");
      expect(response.status).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
    } finally {
      vi.useRealTimers();
    }
  });
});
