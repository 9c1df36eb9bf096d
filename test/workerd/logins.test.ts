import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { at, type Key, newKey, permanentLogin } from "../support/workerd/signed-requests.ts";
import { type Client, newAccount, newName } from "../support/workerd/managing-clients.ts";
import { basic, errorsOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";

const HOUR = 3600 * 1000;
const REFUSAL = "authentication required: the user name or the password is wrong";

let user: Client;
let key: Key;
let permanent: string;

beforeAll(async () => {
  user = (await newAccount()).administrator;
  key = await newKey(user);
  permanent = permanentLogin(key);
});

interface Command {
  command: string;
  user: string;
  password: string;
  registry: string;
  expires: string;
}

async function temporaryLogin(client = user, query = ""): Promise<Command> {
  const response = await client.post(`/api/login-command${query}`);
  if (response.status !== 200) throw new Error(`making a command: ${response.status} ${await response.text()}`);
  return response.json<Command>();
}

function ping(authorization: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetchAnonymously("/v2/", { headers: { Authorization: authorization, ...headers } });
}

async function tokenOf(authorization: string, query = ""): Promise<{ token: string; refresh_token?: string }> {
  return (await fetchAnonymously(`/token?${query}`, { headers: { Authorization: authorization } })).json();
}

function postToken(form: Record<string, string>): Promise<Response> {
  return fetchAnonymously("/token", { method: "POST", body: new URLSearchParams(form) });
}

describe("a login command", () => {
  it("is permanent for an access key, with any project", async ({ expect }) => {
    for (const project of ["cn-north-4", "eu-west-0_team", "x", "a b@c"]) {
      const headers = { Authorization: permanentLogin(key, project) };
      expect((await fetchAnonymously("/token", { headers })).status).toBe(200);
      expect((await fetchAnonymously("/v2/", { headers })).status).toBe(200);
    }
    expect((await ping(permanentLogin(key, ""))).status).toBe(401);
  });

  it("pushes and pulls", async ({ expect }) => {
    const organization = newName("org");
    const { token } = await tokenOf(permanent, `scope=repository:${organization}/web:pull,push`);
    const upload = (Authorization: string) =>
      fetchAnonymously(`/v2/${organization}/web/blobs/uploads/`, { method: "POST", headers: { Authorization } });
    expect((await upload(`Bearer ${token}`)).status).toBe(202);
    const { user: name, password } = await temporaryLogin();
    expect((await upload(basic(name, password))).status).toBe(202);
  });

  it("does not shut out the others: all work at once, on many machines", async ({ expect }) => {
    const [first, second] = [await temporaryLogin(), await temporaryLogin()];
    expect(first.user).not.toBe(second.user);
    const logins = [
      permanent,
      basic(first.user, first.password),
      basic(second.user, second.password),
      basic(user.name, user.password),
    ];
    const pings = await Promise.all([...logins, ...logins].map((login) => ping(login)));
    expect(pings.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  });

  it("does not count against the limit of attempts while it is right", async ({ expect }) => {
    const headers = { "CF-Connecting-IP": "192.0.2.50" };
    const pings = await Promise.all(Array.from({ length: 60 }, () => ping(permanent, headers)));
    expect(new Set(pings.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it("ends with its access key", async ({ expect }) => {
    const { administrator: client } = await newAccount();
    const doomed = await newKey(client);
    expect((await ping(permanentLogin(doomed))).status).toBe(200);
    expect((await client.delete(`/api/access-keys/${doomed.access}`)).status).toBe(204);
    expect((await ping(permanentLogin(doomed))).status).toBe(401);
  });

  it("is good for the registry only", async ({ expect }) => {
    const temporary = await temporaryLogin();
    const { token } = await tokenOf(permanent, "offline_token=true");
    for (const Authorization of [permanent, basic(temporary.user, temporary.password), `Bearer ${token}`]) {
      for (const path of ["/api/session", "/api/access-keys", "/v2/manage/namespaces", "/v3/auth/domains"]) {
        const response = await fetchAnonymously(path, { headers: { Authorization } });
        expect([path, response.status]).toEqual([path, 403]);
      }
      const made = await fetchAnonymously("/api/login-command", { method: "POST", headers: { Authorization } });
      expect(made.status).toBe(403);
    }
    const [name, password] = atob(permanent.slice(6)).split(":");
    const session = await user.post("/api/session", { name, password });
    expect(session.status).toBe(401);
    expect((await errorsOf(session))[0]?.message).toBe(REFUSAL);
  });

  it("leaves nothing behind that outlives it", async ({ expect }) => {
    expect((await tokenOf(permanent, "offline_token=true")).refresh_token).toBe(undefined);
    const [username = "", password = ""] = atob(permanent.slice(6)).split(":");
    const answer = await postToken({ grant_type: "password", username, password, access_type: "offline" });
    expect(answer.status).toBe(200);
    expect(await answer.json<object>()).not.toHaveProperty("refresh_token");
  });
});

describe("a temporary login command", () => {
  it("is one to paste, for the project asked for", async ({ expect }) => {
    const command = await temporaryLogin();
    expect(command.command).toBe(`docker login -u ${command.user} -p ${command.password} ${command.registry}`);
    expect(command.command).toMatch(/^docker login -u berth@[A-Z0-9]{24} -p [0-9a-f]{64} registry\.test$/);
    expect((await temporaryLogin(user, "?project=cn-north-4")).user).toMatch(/^cn-north-4@[A-Z0-9]{24}$/);
    for (const project of ["a b", "$(reboot)", "a@b", "a".repeat(65)]) {
      const query = `?project=${encodeURIComponent(project)}`;
      expect((await user.post(`/api/login-command${query}`)).status).toBe(400);
    }
    expect((await user.post("/api/login-command", {})).status).toBe(200);
    expect((await fetchAnonymously("/api/login-command", { method: "POST" })).status).toBe(401);
  });

  it("ends after 24 hours", async ({ expect }) => {
    const start = Date.now();
    const { user: name, password, expires } = await temporaryLogin();
    const end = Date.parse(expires);
    expect(end).toBeGreaterThan(start + 24 * HOUR - 1000);
    expect(end).toBeLessThanOrEqual(Date.now() + 24 * HOUR);
    const login = basic(name, password);
    expect(await at(end - 1000, async () => (await ping(login)).status)).toBe(200);
    expect(await at(end, async () => (await ping(login)).status)).toBe(401);
    expect(await at(end + 1000, async () => (await ping(login)).status)).toBe(401);
    expect(await at(end + 1000, async () => (await ping(permanent)).status)).toBe(200);
  });

  it("holds for its project, user and end only", async ({ expect }) => {
    const { user: name, password } = await temporaryLogin();
    const [project, temporaryKey = ""] = name.split("@");
    const other = await temporaryLogin((await newAccount()).administrator);
    const later = await at(Date.now() + HOUR, () => temporaryLogin());
    const wrong = [
      basic(`cn-north-4@${temporaryKey}`, password),
      basic(`${project}@${later.user.split("@")[1]}`, password),
      basic(other.user, password),
      basic(name, other.password),
      basic(name, password.toUpperCase()),
      basic(name, password.slice(0, -1)),
      basic(name.toLowerCase(), password),
      basic(temporaryKey, password),
    ];
    for (const login of wrong) expect((await ping(login)).status).toBe(401);
    expect((await ping(basic(name, password))).status).toBe(200);
  });

  it("ends with the password, and with the user", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const first = await temporaryLogin(member);
    const login = basic(first.user, first.password);
    expect((await ping(login)).status).toBe(200);
    expect((await administrator.patch(`/api/users/${member.name}`, { password: "another password" })).status).toBe(200);
    expect((await ping(login)).status).toBe(401);

    const second = await temporaryLogin({ ...member, ...asUserWith(member.name, "another password") });
    expect((await ping(basic(second.user, second.password))).status).toBe(200);
    expect((await administrator.delete(`/api/users/${member.name}`)).status).toBe(204);
    expect((await ping(basic(second.user, second.password))).status).toBe(401);
  });

  it("is what SWR's API makes as well", async ({ expect }) => {
    for (const [path, project] of [
      ["/v2/manage/utils/secret?projectname=cn-north-4", "cn-north-4"],
      ["/v2/manage/utils/secret", "berth"],
      ["/v2/manage/utils/secret?projectname=", "berth"],
      ["/v2/manage/utils/authorizationtoken", "berth"],
    ] as const) {
      const response = await user.post(path);
      expect(response.status).toBe(200);
      const command = response.headers.get("x-swr-dockerlogin") ?? "";
      const [, name = "", password = ""] = /^docker login -u (\S+) -p (\S+) registry\.test$/.exec(command) ?? [];
      expect(name.startsWith(`${project}@`)).toBe(true);
      expect(await response.json()).toEqual({ auths: { "registry.test": { auth: btoa(`${name}:${password}`) } } });
      const expires = response.headers.get("X-Swr-Expireat") ?? "";
      expect(expires).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(Date.parse(expires) - Date.now()).toBeGreaterThan(23.9 * HOUR);
      expect((await ping(basic(name, password))).status).toBe(200);
    }
    expect((await user.post("/v2/manage/utils/secret?projectname=a%20b")).status).toBe(400);
    expect((await fetchAnonymously("/v2/manage/utils/secret", { method: "POST" })).status).toBe(401);
  });

  it("is in the audit, without its password", async ({ expect }) => {
    const { user: name, password } = await temporaryLogin();
    const row = await env.DB.prepare("SELECT * FROM audit_events WHERE resource = ?").bind(name).first();
    expect(row).toMatchObject({ action: "login-command.create", user_name: user.name });
    expect(JSON.stringify(row)).not.toContain(password);
  });
});

describe("wrong credentials", () => {
  it("are refused alike, whatever is wrong", async ({ expect }) => {
    const temporary = await temporaryLogin();
    const ended = await at(Date.now() - 25 * HOUR, () => temporaryLogin());
    const [name = "", password = ""] = atob(permanent.slice(6)).split(":");
    const wrong = [
      basic(user.name, "wrong"),
      basic("nobody", "wrong"),
      basic("", ""),
      basic(name, "wrong"),
      basic(name, key.secret),
      basic(name, password.toUpperCase()),
      basic(name.toLowerCase(), password),
      basic(key.access, password),
      basic(`berth@${"A".repeat(20)}`, password),
      basic(`berth@${"A".repeat(24)}`, password),
      basic("berth@", ""),
      basic("@", ""),
      basic(temporary.user, password),
      basic(ended.user, ended.password),
    ];
    const told = new Set<string>();
    for (const login of wrong) {
      for (const path of ["/v2/", "/token"]) {
        const response = await fetchAnonymously(path, { headers: { Authorization: login } });
        const [error] = await errorsOf(response);
        told.add(`${response.status} ${error?.code} ${error?.message}`);
      }
    }
    expect([...told]).toEqual([`401 UNAUTHORIZED ${REFUSAL}`]);
  });

  it("are in the audit, and cannot flood it", async ({ expect }) => {
    const address = "192.0.2.60";
    const count = async () =>
      env.DB.prepare("SELECT count(*) AS n FROM audit_events WHERE address = ?").bind(address).first<number>("n");
    const name = newName("berth@x");
    const fail = (login: string) => ping(login, { "CF-Connecting-IP": address });
    await fail(basic(name, "guessed"));
    const row = await env.DB.prepare("SELECT * FROM audit_events WHERE address = ?").bind(address).first();
    expect(row).toMatchObject({ action: "session.login", result: "denied", user_name: name });
    expect(JSON.stringify(row)).not.toContain("guessed");
    for (let round = 0; round < 50; round += 1) await fail(basic(newName("berth@x"), "guessed"));
    // 20 in a minute, of which the test may see two.
    expect(await count()).toBeLessThanOrEqual(40);
  });
});

describe("too many attempts to log in", () => {
  /** As many as two minutes allow: the limit counts by the clock, and one more is too many whichever they began in. */
  async function exhaust(send: () => Promise<Response>): Promise<Response> {
    for (let attempt = 0; attempt < 41; attempt += 1) {
      const response = await send();
      if (response.status === 429) return response;
    }
    throw new Error("41 attempts were allowed");
  }

  it("are refused for that name and address, and nobody else", async ({ expect }) => {
    const from = (address: string) => ({ "CF-Connecting-IP": address });
    const address = from("192.0.2.1");
    const { member } = await newAccount();
    const right = basic(member.name, member.password);
    expect((await ping(right, address)).status).toBe(200);
    const limited = await exhaust(() => ping(basic(member.name, "wrong"), address));
    expect(limited.headers.get("Retry-After")).toBe("60");
    expect((await errorsOf(limited))[0]?.code).toBe("TOOMANYREQUESTS");
    // What was right once is known, and costs no attempt.
    expect((await ping(right, address)).status).toBe(200);
    expect((await ping(basic(member.name, "wrong"), from("192.0.2.2"))).status).toBe(401);
    expect((await ping(basic("nobody", "wrong"), address)).status).toBe(401);
  });

  it("are refused alike for names that exist and that do not, by every door", async ({ expect }) => {
    const headers = { "CF-Connecting-IP": "192.0.2.3", "Content-Type": "application/json" };
    const post = (path: string, body: unknown) =>
      fetchAnonymously(path, { method: "POST", headers, body: JSON.stringify(body) });
    const name = newName("nobody");
    const iamLogin = { methods: ["password"], password: { user: { name, password: "wrong" } } };
    const limited = await exhaust(() => post("/api/session", { name, password: "wrong" }));
    const others = await Promise.all([
      post("/v3/auth/tokens", { auth: { identity: iamLogin } }),
      ping(basic(name, "wrong"), headers),
      fetchAnonymously("/token", { headers: { ...headers, Authorization: basic(name, "wrong") } }),
      fetchAnonymously("/v2/manage/namespaces", { headers: { ...headers, Authorization: basic(name, "wrong") } }),
    ]);
    for (const response of [limited, ...others]) {
      // A new minute may have begun in between.
      if (response.status === 401) continue;
      expect(response.status).toBe(429);
      expect(response.headers.get("Retry-After")).toBe("60");
    }
  });

  it("end for wrong keys as well", async ({ expect }) => {
    const headers = { "CF-Connecting-IP": "192.0.2.4" };
    const limited = await exhaust(() => ping(basic(`berth@${key.access}`, "wrong"), headers));
    expect(limited.status).toBe(429);
    expect((await ping(permanent, headers)).status).toBe(200);
  });
});

describe("the token service", () => {
  it("takes forms only, of a reasonable size", async ({ expect }) => {
    const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
    expect((await fetchAnonymously("/token", json)).status).toBe(405);
    expect((await postToken({ grant_type: "password", username: "x".repeat(1024 * 1024) })).status).toBe(413);
    expect((await postToken({ grant_type: "password", username: user.name, password: user.password })).status).toBe(
      200,
    );
  });
});

function asUserWith(name: string, password: string): Pick<Client, "post"> {
  return {
    post: (path) => fetchAnonymously(path, { method: "POST", headers: { Authorization: basic(name, password) } }),
  };
}
