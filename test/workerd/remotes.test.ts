/** Remote registries of an account over the API. The registry elsewhere is a stand-in for `fetch`. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { decryptRemotePassword } from "../../src/registry/remotes/remote-secrets.ts";
import { openRemote } from "../../src/registry/remotes/remote-client.ts";
import { findRemote } from "../../src/storage/remotes/remotes.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { auditOf, newAccount, newName } from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";

const stores = lastingStores();
const OWN = { registry: "https://registry.test" };
const PASSWORD_THERE = "password-of-the-registry-elsewhere";
const LOGIN = { username: "robot", password: PASSWORD_THERE };

/** What was sent elsewhere: `METHOD url`, and who was named. */
let asked: { request: string; authorization: string | null }[] = [];
/** How each address answers, by `METHOD url`. */
let elsewhere: Record<string, () => Response> = {};
/** What the API has answered, in which no password may be. */
const answers: string[] = [];

beforeEach(() => {
  asked = [];
  elsewhere = {};
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const { method, url, headers } = new Request(input, init);
    asked.push({ request: `${method} ${url}`, authorization: headers.get("Authorization") });
    const answer = elsewhere[`${method} ${url}`];
    if (!answer) throw new TypeError("connection refused");
    return answer();
  });
});

afterEach(async ({ expect }) => {
  vi.restoreAllMocks();
  const { results } = await env.DB.prepare("SELECT detail FROM audit_events").all<{ detail: string | null }>();
  expect(answers.splice(0).join("\n") + results.map(({ detail }) => detail).join("\n")).not.toContain(PASSWORD_THERE);
});

async function setUp() {
  const { administrator, member } = await newAccount();
  const name = newName("remote");
  const send = async (method: string, path: string, body?: unknown, user = administrator) => {
    const response = await user.send(method, `/api/remotes${path}`, body);
    answers.push(await response.clone().text());
    return response;
  };
  const create = (fields: object = {}) =>
    send("POST", "", { name, url: "https://tokyo.example.com", test: false, ...fields });
  return { name, member, send, create };
}

async function refusalOf(response: Response): Promise<string> {
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.code}: ${error?.message}`;
}

/** The stored password of the remote registry of that name, decrypted. */
async function passwordOf(name: string): Promise<string | undefined> {
  const accountId = await env.DB.prepare("SELECT account_id FROM remotes WHERE name = ?")
    .bind(name)
    .first<number>("account_id");
  const remote = await findRemote(stores.db, accountId ?? 0, name);
  return remote && decryptRemotePassword(stores, remote);
}

describe("a remote registry", () => {
  it("is registered by an administrator, and known to every user of the account", async ({ expect }) => {
    const { name, member, send, create } = await setUp();
    const made = await create(LOGIN);
    const shown = { name, url: "https://tokyo.example.com", username: "robot" };
    expect([made.status, await made.json()]).toEqual([201, expect.objectContaining(shown)]);
    expect(await passwordOf(name)).toBe(PASSWORD_THERE);
    const listed = await send("GET", "", undefined, member);
    expect(await listed.json()).toEqual({ remotes: [expect.objectContaining(shown)] });
    expect(await refusalOf(await send("DELETE", `/${name}`, undefined, member))).toMatch(/^403 DENIED/);
    expect((await auditOf(name)).map(({ action }) => action)).toEqual(["remote.create"]);
  });

  it("belongs to its account: another one neither sees nor names it", async ({ expect }) => {
    const { name, create } = await setUp();
    await create();
    const other = await setUp();
    expect(await (await other.send("GET", "")).json()).toEqual({ remotes: [] });
    for (const [method, path] of [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/test"],
    ] as const) {
      const response = await other.send(method, `/${name}${path}`, method === "PATCH" ? {} : undefined);
      expect([method, await refusalOf(response)]).toEqual([method, expect.stringMatching(/^404 REMOTE_UNKNOWN/)]);
    }
  });

  it("is refused when its name is taken, and beyond fifty of an account", async ({ expect }) => {
    const { name, create } = await setUp();
    await create();
    expect(await refusalOf(await create())).toMatch(/^409 REMOTE_EXISTS/);
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
       INSERT INTO remotes (account_id, name, url, created_at, updated_at)
       SELECT (SELECT account_id FROM remotes WHERE name = ?), 'r' || i, 'https://a.example.com', 0, 0 FROM n`,
    )
      .bind(name)
      .run();
    expect(await refusalOf(await create({ name: newName("remote") }))).toMatch(/^409 REMOTE_LIMIT: .*50/);
  });

  it.for([
    ["docker.io", "https://registry-1.docker.io"],
    ["https://Index.Docker.io/v2/", "https://registry-1.docker.io"],
    ["ghcr.io", "https://ghcr.io"],
    ["https://registry.example.com:5000/", "https://registry.example.com:5000"],
  ] as const)("at %s is called at %s", async ([url, called], { expect }) => {
    const { create } = await setUp();
    expect(await (await create({ url })).json()).toMatchObject({ url: called });
  });

  it.for([
    ["url", "http://tokyo.example.com"],
    ["url", "https://10.0.0.1"],
    ["url", "https://localhost:5000"],
    ["url", "http://registry.test"],
    ["url", "https://me:secret@tokyo.example.com"],
    ["url", "https://tokyo.example.com/acme"],
    ["url", "https://tokyo.example.com?a=b"],
    ["url", "ftp://tokyo.example.com"],
    ["url", ""],
    ["name", ""],
    ["name", "-tokyo"],
    ["name", "to/kyo"],
    ["name", "x".repeat(65)],
    ["username", "a:b"],
    ["username", "x".repeat(257)],
    ["username", ""],
    ["password", ""],
    ["password", "x".repeat(16_385)],
  ] as const)("is refused with the %s %s", async ([field, value], { expect }) => {
    const { create } = await setUp();
    const refusal = await refusalOf(await create({ ...LOGIN, [field]: value }));
    expect(refusal).toMatch(/^400 (REMOTE_INVALID|PARAMETER_INVALID): /);
    expect(asked).toEqual([]);
  });

  it("keeps its password for the address and user name that it was given for", async ({ expect }) => {
    const { name, send, create } = await setUp();
    await create(LOGIN);
    for (const change of [{ url: "https://evil.example.com" }, { username: "somebody" }]) {
      expect(await refusalOf(await send("PATCH", `/${name}`, { ...change, test: false }))).toMatch(/password anew/);
    }
    const moved = await send("PATCH", `/${name}`, { url: "https://osaka.example.com", password: "new", test: false });
    expect([moved.status, await passwordOf(name)]).toEqual([200, "new"]);
    const anonymous = await send("PATCH", `/${name}`, { username: null, password: null, test: false });
    expect([anonymous.status, await passwordOf(name)]).toEqual([200, undefined]);
  });

  it("stays while something names it", async ({ expect }) => {
    const { name, send, create } = await setUp();
    await create();
    await env.DB.batch([
      env.DB.prepare("CREATE TABLE naming (remote_id integer NOT NULL REFERENCES remotes (id))"),
      env.DB.prepare("INSERT INTO naming SELECT id FROM remotes WHERE name = ?").bind(name),
    ]);
    expect(await refusalOf(await send("DELETE", `/${name}`))).toMatch(/^409 REMOTE_IN_USE/);
    await env.DB.exec("DROP TABLE naming");
    expect((await send("DELETE", `/${name}`)).status).toBe(204);
    expect((await send("GET", `/${name}`)).status).toBe(404);
  });
});

describe("trying it out", () => {
  const V2 = "GET https://tokyo.example.com/v2/";
  const REALM = "GET https://auth.example.com/token?service=tokyo";
  const challenge = (realm = "https://auth.example.com/token") =>
    new Response(null, { status: 401, headers: { "WWW-Authenticate": `Bearer realm="${realm}",service="tokyo"` } });
  const asToken = () => Response.json({ token: "t0ken", expires_in: 300 });
  const basic = `Basic ${btoa(`robot:${PASSWORD_THERE}`)}`;

  it("logs in where the registry says, and saves what works", async ({ expect }) => {
    const { create } = await setUp();
    let tries = 0;
    elsewhere = { [V2]: () => ((tries += 1) === 1 ? challenge() : new Response("{}")), [REALM]: asToken };
    expect((await create({ ...LOGIN, test: true })).status).toBe(201);
    expect(asked).toEqual([
      { request: V2, authorization: null },
      { request: REALM, authorization: basic },
      { request: V2, authorization: "Bearer t0ken" },
    ]);
  });

  it.for([
    ["wrong credentials", () => challenge(), () => new Response(null, { status: 401 }), /does not take the user name/],
    ["a page", () => new Response("no", { status: 404 }), asToken, /answered 404/],
    ["a token service in a private network", () => challenge("https://10.1.2.3/token"), asToken, /10\.1\.2\.3/],
    ["a token service without encryption", () => challenge("http://auth.example.com/token"), asToken, /plain HTTP/],
    ["an answer that is none", () => challenge(), () => Response.json({}), /no registry: .*token/],
    ["redirects without an end", () => Response.redirect("https://tokyo.example.com/v2/"), asToken, /redirects/],
    ["a redirect into a private network", () => Response.redirect("https://192.168.0.1/"), asToken, /192\.168\.0\.1/],
  ] as const)("refuses %s", async ([, registry, tokens, why], { expect }) => {
    const { name, send, create } = await setUp();
    elsewhere = { [V2]: registry, [REALM]: tokens };
    expect(await refusalOf(await create({ ...LOGIN, test: true }))).toMatch(why);
    expect((await send("GET", `/${name}`)).status).toBe(404);
    expect(asked.filter(({ request }) => /10\.1|192\.168|http:/.test(request))).toEqual([]);
  });

  it("says what does not work of one that is saved, and that nobody is there", async ({ expect }) => {
    const { name, send, create } = await setUp();
    await create(LOGIN);
    const tried = await send("POST", `/${name}/test`);
    expect(await tried.json()).toEqual({
      works: false,
      detail: "tokyo.example.com cannot be reached",
      reasons: [{ code: "NOT_REACHED_SOMEHOW", values: { host: "tokyo.example.com" } }],
    });
  });

  it("sends no password to a server that the registry redirects to", async ({ expect }) => {
    const { name, create } = await setUp();
    await create(LOGIN);
    const accountId = await env.DB.prepare("SELECT account_id FROM remotes WHERE name = ?")
      .bind(name)
      .first<number>("account_id");
    const remote = await findRemote(stores.db, accountId ?? 0, name);
    if (!remote) throw new Error("it is not there");
    const blob = `/v2/acme/web/blobs/sha256:${"0".repeat(64)}`;
    const storage = "https://storage.example.com/blob";
    elsewhere = {
      [`HEAD https://tokyo.example.com${blob}`]: () => Response.redirect(storage, 307),
      [`HEAD ${storage}`]: () => challenge("https://evil.example.com/token"),
    };
    const client = await openRemote(stores, remote, OWN, { attempts: 1 });
    await expect(client.hasBlob("acme/web", `sha256:${"0".repeat(64)}`)).rejects.toThrow(/401/);
    expect(asked.map(({ request }) => request)).toEqual([`HEAD https://tokyo.example.com${blob}`, `HEAD ${storage}`]);
  });
});
