/** Who is let in to SWR's API: signatures and what may be wrong with them, tokens, Basic, cookies. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { type AccessKey, addUser, type Person } from "../support/server-people.ts";
import { pushImage } from "../support/server-images.ts";
import { SdkUser, useRegistry } from "./sdk-registry.ts";
import { sendAsIs, sign, type Unsigned, type WireRequest } from "./signing.ts";

const MINUTE_MS = 60_000;
/** Above what the registry lets two equal calls be apart (ADR 0007). */
const REPLAY_MS = 2500;

const setting = useRegistry();
let administrator: Person;
/** Has no password that is ever tried: wrong signatures count as attempts to log in. */
let signer: Person;
let key: AccessKey;

beforeAll(async () => {
  ({ person: administrator } = await setting.account("acme"));
  signer = await addUser(setting.server, administrator, "sigrid");
  key = await signer.addAccessKey();
  await pushImage(administrator, "acme/shop/web", "1");
});

const signed = (options: Unsigned = {}) => sign(setting.server.address, key, options);
const send = (request: WireRequest) => sendAsIs(setting.server.port, request);
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS);

const REFUSED = {
  errors: [expect.objectContaining({ errorCode: "SVCSTG.SWR.4010000", errorMessage: expect.any(String) })],
  error_code: "SVCSTG.SWR.4010000",
  error_msg: expect.any(String),
  details: [expect.objectContaining({ error_code: "SVCSTG.SWR.4010000" })],
};

async function expectRefused(request: WireRequest): Promise<void> {
  const { status, headers, body } = await send(request);
  expect(status).toBe(401);
  expect(JSON.parse(body)).toEqual(REFUSED);
  expect(headers["x-request-id"]).toEqual(expect.any(String));
}

describe("signatures", () => {
  test("any set of signed headers will do, with a host or without", async () => {
    expect((await send(signed())).status).toBe(200);
    const headers = { accept: "application/json", "user-agent": "golangsdk/2.0", "x-project-id": "p" };
    expect((await send(signed({ headers }))).status).toBe(200);
    const path = "/v2/manage/repos?name=shop%24web&filter=namespace%3A%3Aacme%7Cname%3A%3Ashop";
    expect((await send(signed({ path }))).status).toBe(200);
    // Some calls written by hand encode nothing.
    const bare = "/v2/manage/namespaces?filter=namespace::acme|mode::visible";
    expect((await send(signed({ path: bare }))).status).toBe(200);
    // Terraform's provider sets them after it has signed.
    const { headers: all, ...rest } = signed({ headers: { host: "elsewhere.localhost" } });
    const unsigned = { ...all, "x-project-id": "set later" };
    expect((await send({ ...rest, headers: unsigned })).status).toBe(200);
  });

  test.each<[what: string, alter: (request: WireRequest) => WireRequest]>([
    ["method", (request) => ({ ...request, method: "PATCH" })],
    ["path", (request) => ({ ...request, path: request.path.replace("/acme/", "/acmf/") })],
    ["a parameter's value", (request) => ({ ...request, path: request.path.replace("limit=1", "limit=2") })],
    ["a parameter's name", (request) => ({ ...request, path: request.path.replace("limit", "limits") })],
    ["one parameter more", (request) => ({ ...request, path: `${request.path}&offset=1` })],
    ["body", (request) => ({ ...request, body: request.body.replace("1", "7") })],
    ["no body", (request) => ({ ...request, body: "" })],
    ["a space in the body", (request) => ({ ...request, body: `${request.body} ` })],
    ["content type", withHeader("content-type", "text/plain")],
    ["project", withHeader("x-project-id", "another")],
    ["date", (request) => withHeader("x-sdk-date", laterBy1(request.headers["x-sdk-date"]))(request)],
    ["no date", withHeader("x-sdk-date", undefined)],
    ["no project", withHeader("x-project-id", undefined)],
    ["access key", (request) => withAuthorization(request, /Access=[A-Z0-9]+/, `Access=${"A".repeat(20)}`)],
    ["fewer signed headers", (request) => withAuthorization(request, "x-project-id;", "")],
    ["unsigned date", (request) => withAuthorization(request, ";x-sdk-date", "")],
    ["first digit", (request) => withAuthorization(request, /Signature=./, (found) => otherDigit(found))],
    ["last digit", (request) => withAuthorization(request, /.$/, (found) => otherDigit(found))],
    ["half a signature", (request) => withAuthorization(request, /.{32}$/, "")],
    ["other algorithm", (request) => withAuthorization(request, "SDK-HMAC-SHA256", "SDK-HMAC-SM3")],
    ["derived key", (request) => withAuthorization(request, "SDK-HMAC-SHA256", "V11-HMAC-SHA256")],
  ])("altered in a request: %s", async (_what, alter) => {
    const request = signed({
      method: "POST",
      path: "/v2/manage/namespaces/acme/access?limit=1",
      headers: { "x-project-id": "one" },
      body: [{ user_id: "1", user_name: "somebody", auth: 1 }],
    });
    const altered = alter(request);
    expect(altered).not.toEqual(request);
    await expectRefused(altered);
    // As it was made it is let in, and refused for another reason.
    expect((await send(request)).status).toBe(404);
  });

  test("the host that was signed is the request's own or a public one, for a proxy may have replaced it", async () => {
    const elsewhere = signed({ headers: { host: "elsewhere.localhost" } });
    await expectRefused(withHeader("host", setting.server.address)(elsewhere));
    await expectRefused(withHeader("host", "nowhere.localhost")(elsewhere));
    expect((await send(withHeader("host", "proxied.localhost")(signed()))).status).toBe(200);
  });

  test("a date may be 15 minutes off, and no more", async () => {
    for (const minutes of [-14, 14]) expect((await send(signed({ date: minutesAgo(minutes) }))).status).toBe(200);
    for (const minutes of [-16, 16]) await expectRefused(signed({ date: minutesAgo(minutes) }));
    await expectRefused(signed({ date: minutesAgo(60 * 24 * 365) }));
  });

  test("a wrong secret and a key that nobody has are refused alike", async () => {
    const wrong = sign(setting.server.address, { ...key, secret: "wrong" });
    const unknown = sign(setting.server.address, { access: "A".repeat(20), secret: key.secret });
    const answers = [await send(wrong), await send(unknown)];
    for (const { status } of answers) expect(status).toBe(401);
    expect(answers[0]?.body).toBe(answers[1]?.body);
    const sdk = new SdkUser(setting.server.url, { ...key, secret: "wrong" });
    expect(await sdk.refusal("listNamespaces")).toBe("401 SVCSTG.SWR.4010000");
  });

  test("a change that is sent once more later is refused; what only reads is answered again", async () => {
    const creation = signed({ method: "POST", body: { namespace: "replayed" } });
    const reading = signed();
    expect((await send(creation)).status).toBe(201);
    expect((await send(reading)).status).toBe(200);
    const sdk = await setting.sdkOf(signer);
    await sdk.call("deleteNamespaces", { namespace: "replayed" });

    await sleep(REPLAY_MS);
    await expectRefused(creation);
    expect(await sdk.refusal("showNamespace", { namespace: "replayed" })).toBe("404 SVCSTG.SWR.4040058");
    expect((await send(reading)).status).toBe(200);
  });

  test("a key that was deleted signs nothing any more", async () => {
    const user = await addUser(setting.server, administrator, "leaver");
    const leaving = await user.addAccessKey();
    const sdk = new SdkUser(setting.server.url, leaving);
    await sdk.call("listNamespaces");

    await user.ask("DELETE", `/api/access-keys/${leaving.access}`);
    expect(await sdk.refusal("listNamespaces")).toBe("401 SVCSTG.SWR.4010000");
  });
});

describe("other credentials reach the same operations", () => {
  test("a token of the identity service", async () => {
    const token = await authToken();
    await expectOperations("by-token", { "X-Auth-Token": token });
    expect((await ask("GET", "/v2/manage/namespaces", { "X-Auth-Token": `${token}x` })).status).toBe(401);
  });

  test("name and password", async () => {
    await expectOperations("by-basic", { Authorization: administrator.authorization });
  });

  test("a bearer token of the registry's own token service", async () => {
    const path = `/token?service=${setting.server.address}`;
    const { token } = await administrator.ask<{ token: string }>("GET", path);
    await expectOperations("by-bearer", { Authorization: `Bearer ${token}` });
  });

  test("a session cookie, from the registry's own pages only", async () => {
    const { name, password } = administrator;
    const login = await ask("POST", "/api/session", {}, { name, password });
    const [cookie = "", ...attributes] = (login.headers.get("Set-Cookie") ?? "").split("; ");
    expect(attributes).toEqual(expect.arrayContaining(["HttpOnly", "SameSite=Strict"]));
    expect(attributes).not.toContain("Secure");
    const origin = setting.server.url;
    await expectOperations("by-cookie", { Cookie: cookie, Origin: origin });

    for (const forged of [{}, { Origin: "https://evil.example" }, { "Sec-Fetch-Site": "cross-site" }]) {
      const headers = { Cookie: cookie, ...forged };
      expect((await ask("POST", "/v2/manage/namespaces", headers, { namespace: "forged" })).status).toBe(403);
    }
    expect((await ask("DELETE", "/api/session", { Cookie: cookie, Origin: origin })).status).toBe(204);
    expect((await ask("GET", "/v2/manage/namespaces", { Cookie: cookie })).status).toBe(401);
  });

  test("but not those of a login command, which push and pull only", async () => {
    const response = await administrator.send("POST", "/v2/manage/utils/secret");
    const { auths } = (await response.json()) as { auths: Record<string, { auth: string }> };
    const headers = { Authorization: `Basic ${auths[setting.server.address]?.auth}` };
    expect((await ask("GET", "/v2/acme/shop/web/tags/list", headers)).status).toBe(200);
    for (const path of ["/v2/manage/namespaces", "/api/access-keys"]) {
      expect((await ask("GET", path, headers)).status).toBe(403);
    }
  });

  test("and nobody at all does not", async () => {
    const response = await ask("GET", "/v2/manage/namespaces");
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual(REFUSED);
  });
});

describe("what Terraform's provider asks the identity service before anything else", () => {
  test("projects and the account, by token and by signature", async () => {
    const headers = { "X-Auth-Token": await authToken() };
    const projects = await ask("GET", "/v3/projects?name=eu-west-101", headers);
    expect(projects.status).toBe(200);
    const found = (await projects.json()) as { projects: { id: string; name: string }[] };
    expect(found.projects).toEqual([expect.objectContaining({ id: expect.any(String), name: "eu-west-101" })]);

    const domains = await send(signed({ path: "/v3/auth/domains" }));
    expect(domains.status).toBe(200);
    const domain = expect.objectContaining({ id: expect.any(String), name: "acme" });
    expect(JSON.parse(domains.body)).toMatchObject({ domains: [domain] });
  });

  test("a wrong password gets no token", async () => {
    const response = await ask("POST", "/v3/auth/tokens", {}, authRequest("wrong"));
    expect(response.status).toBe(401);
    expect(response.headers.get("X-Subject-Token")).toBeNull();
  });
});

function ask(method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<Response> {
  return fetch(`${setting.server.url}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

function authRequest(password: string) {
  const user = { name: administrator.name, password, domain: { name: administrator.account } };
  const identity = { methods: ["password"], password: { user } };
  return { auth: { identity, scope: { project: { name: "eu-west-101" } } } };
}

async function authToken(): Promise<string> {
  const response = await ask("POST", "/v3/auth/tokens", {}, authRequest(administrator.password));
  expect(response.status).toBe(201);
  return response.headers.get("X-Subject-Token") ?? "";
}

/** Creates, reads, changes and deletes with these credentials. */
async function expectOperations(namespace: string, headers: Record<string, string>): Promise<void> {
  const one = `/v2/manage/namespaces/${namespace}`;
  const image = { repository: "a/b", is_public: false };
  const operations: readonly [method: string, path: string, body?: unknown][] = [
    ["POST", "/v2/manage/namespaces", { namespace }],
    ["GET", one],
    ["GET", `${one}/access`],
    ["POST", `${one}/repos`, image],
    ["GET", `${one}/repos/a$b`],
    ["PATCH", `${one}/repos/a$b`, { is_public: true }],
    ["GET", `/v2/manage/repos?namespace=${namespace}`],
    ["GET", "/v2/manage/overview"],
    ["POST", "/v2/manage/utils/secret"],
    ["DELETE", `${one}/repos/a$b`],
    ["DELETE", one],
  ];
  for (const [method, path, body] of operations) {
    const { status } = await ask(method, path, headers, body);
    expect(`${method} ${path} ${status}`).toMatch(/ 20[014]$/);
  }
}

function withHeader(name: string, value: string | undefined) {
  return (request: WireRequest): WireRequest => {
    const { [name]: _, ...headers } = request.headers;
    return { ...request, headers: value === undefined ? headers : { ...headers, [name]: value } };
  };
}

function withAuthorization(
  request: WireRequest,
  pattern: string | RegExp,
  replacement: string | ((found: string) => string),
): WireRequest {
  const { authorization = "", ...headers } = request.headers;
  const altered = authorization.replace(pattern, (found) =>
    typeof replacement === "string" ? replacement : replacement(found),
  );
  return { ...request, headers: { ...headers, authorization: altered } };
}

function otherDigit(text: string): string {
  return `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`;
}

/** One second later, which no clock minds. */
function laterBy1(time = ""): string {
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(time) ?? [];
  const later = new Date(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) + 1000);
  return `${later.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}
