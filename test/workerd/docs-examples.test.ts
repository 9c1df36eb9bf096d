/**
 * Every example of `/docs` as its page has it: read as a shell reads it, and sent. It has to be answered as the operation's description
 * says of success. Before each there is what the examples name; ids, which the registry chooses, are put in.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { commandOf } from "../../src/http/docs/example.ts";
import { type DescribedOperation, describeApi, operationsOf } from "../../src/http/openapi-document.ts";
import { pushConfigured } from "../support/workerd/configured-images.ts";
import { ADMINISTRATOR, fetchAnonymously, send } from "../support/workerd/registry-requests.ts";

const ORIGIN = "http://registry.test";
const document = describeApi(app);
const operations = operationsOf(document);

const IMAGE = "/api/organizations/acme/images/shop$web";
const ACME = "/api/organizations/acme";

/** Sends JSON, and answers what came, or undefined. What is there already is refused: that is as well. */
async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await send(method, path, {
    headers: { "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** The first value of a field in an answer, wherever it is. */
async function find(path: string, field: string): Promise<string> {
  const found = new RegExp(`"${field}":"?([^",}]+)`).exec(JSON.stringify(await ask("GET", path)))?.[1];
  if (found === undefined) throw new Error(`${path} has no ${field}`);
  return found;
}

/** Clusters, receivers, registries elsewhere and issuers: all of them answer. */
function answerOutside(input: RequestInfo | URL): Promise<Response> {
  const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname === "/.well-known/openid-configuration") {
    return Promise.resolve(Response.json({ issuer: origin, jwks_uri: `${origin}/keys` }));
  }
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const keys = [{ kty: "OKP", crv: "Ed25519", x, kid: "1", use: "sig" }];
  if (pathname.endsWith("/selfsubjectaccessreviews"))
    return Promise.resolve(Response.json({ status: { allowed: true } }));
  return Promise.resolve(Response.json(pathname === "/keys" ? { keys } : {}));
}

let config = "";
/** Whether something that examples name may be gone. */
let isDisturbed = false;

/** What the examples name. */
async function prepare(): Promise<void> {
  await ask("POST", "/api/organizations", { name: "acme" });
  // Not again when they are there: hashing a password that is refused then takes as long.
  const { results } = await env.DB.prepare("SELECT name FROM accounts UNION SELECT name FROM users").all<{
    name: string;
  }>();
  const there = new Set(results.map(({ name }) => name));
  if (!there.has("south")) await ask("POST", "/api/accounts", { name: "south" });
  if (!there.has("alice")) await ask("POST", "/api/users", { name: "alice", password: "long enough to be one" });
  await ask("POST", "/api/users", { name: "deployer", kind: "robot" });
  for (const name of ["tokyo", "docker-hub"]) {
    await ask("POST", "/api/remotes", { name, url: `https://${name}.example.com`, test: false });
  }
  await ask("POST", "/api/organizations", { name: "hub" });
  await ask("PUT", "/api/organizations/hub/upstream", { remote: "docker-hub" });
  const pushed = await pushConfigured("acme/shop/web", "1.0", { architecture: "amd64", os: "linux" });
  config = pushed.config.digest;
  const cluster = { name: "production", server: "https://cluster.example.com", token: "token", test: false };
  await ask("POST", `${ACME}/clusters`, cluster);
  await ask("POST", `${IMAGE}/triggers`, {
    name: "deploy",
    condition: { kind: "all" },
    target: { kind: "webhook", url: "https://hooks.example.com/", format: "text" },
  });
  for (const of of [ACME, IMAGE]) {
    await ask("POST", `${of}/sync-rules`, { remote: "tokyo", remoteOrganization: "given" });
    await ask("POST", `${of}/permissions`, { permissions: [{ user: "alice", level: "edit" }] });
  }
  await ask("PUT", `${IMAGE}/aging/rule`, { kind: "tag_rule", amount: 100 });
  await ask("POST", `${IMAGE}/shares`, { account: "south", deadline: "forever" });
  await ask("POST", `${IMAGE}/immutable-tag-rules`, { pattern: "never" });
  await ask("POST", "/api/trust-rules", {
    name: "release",
    issuer: "https://issuer.example.com",
    conditions: [{ claim: "sub", value: "job" }],
    grants: [{ organization: "acme", level: "read" }],
  });
}

const noPermissions = async () => {
  for (const of of [ACME, IMAGE]) await ask("DELETE", `${of}/permissions/alice`);
};
const noShare = () => ask("DELETE", `${IMAGE}/shares/south`);
const noRule = () => ask("DELETE", `${IMAGE}/aging/rule`);
const newJob = () => ask("POST", `${IMAGE}/sync`, { remote: "tokyo", remoteOrganization: "given" });
const team = () => ask("POST", "/api/organizations", { name: "team" });
const noTeam = () => ask("DELETE", "/api/organizations/team");
const noStable = () => ask("DELETE", `${IMAGE}/tags/stable`);
const noOtherImage = () => ask("DELETE", `${ACME}/images/shop$api`);
const delivery = () => ask("POST", `${IMAGE}/triggers/deploy/test`);
const key = () => ask("POST", "/api/access-keys");
const noKeys = async () => {
  const { accessKeys = [] } = (await ask("GET", "/api/access-keys")) as { accessKeys?: { access: string }[] };
  for (const { access } of accessKeys) await ask("DELETE", `/api/access-keys/${access}`);
};
const robotKey = () => ask("POST", "/api/users/deployer/access-keys");
const login = () =>
  fetchAnonymously("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(ADMINISTRATOR),
  });
const aliceLogin = () =>
  fetchAnonymously("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: "alice", password: "long enough to be one" }),
  });
const SYNC = { remoteRegionId: "tokyo", remoteNamespace: "team" };
const swrSync = () => ask("POST", "/v2/manage/namespaces/acme/repos/shop$web/sync_repo", SYNC);

/** What an example needs besides: what it makes is not to be there, or what it changes is. */
const BEFORE: Readonly<Record<string, () => Promise<unknown>>> = {
  createNamespace: noTeam,
  deleteNamespaces: team,
  createOrganization: noTeam,
  deleteOrganization: team,
  createCopiedNamespace: noTeam,
  createNamespaceAuth: noPermissions,
  createUserRepositoryAuth: noPermissions,
  grantOrganizationPermissions: noPermissions,
  grantImagePermissions: noPermissions,
  createRepo: noOtherImage,
  createImage: noOtherImage,
  createRepoTag: noStable,
  createTag: noStable,
  createRepoDomains: noShare,
  shareImage: noShare,
  createRetention: noRule,
  restoreTag: () => ask("DELETE", `${IMAGE}/tags/1.0`),
  deleteImageSyncRepo: swrSync,
  createImageSyncRepo: () => ask("DELETE", "/v2/manage/namespaces/acme/repos/shop$web/sync_repo", SYNC),
  createSyncRule: () => ask("DELETE", "/v2/manage/namespaces/acme/repos/shop$web/sync_repo", SYNC),
  showImageSyncJob: newJob,
  cancelImageSyncJob: newJob,
  resendImageSyncJob: async () => {
    await newJob();
    await ask("POST", `${IMAGE}/sync-jobs/${await find(`${IMAGE}/sync-jobs`, "id")}/cancel`);
  },
  showDelivery: delivery,
  resendDelivery: delivery,
  deleteRemote: () => ask("POST", "/api/remotes", { name: "kyoto", url: "https://kyoto.example.com", test: false }),
  createRemote: () => ask("DELETE", "/api/remotes/kyoto"),
  createUser: () => ask("DELETE", "/api/users/deployer"),
  createAccessKey: noKeys,
  deleteAccessKey: async () => {
    await noKeys();
    await key();
  },
  deleteAccessKeyOfUser: robotKey,
  endLogin: login,
  endLoginOfUser: aliceLogin,
  removeUpstream: () => ask("PUT", "/api/organizations/hub/upstream", { remote: "docker-hub" }),
};

/** Takes away what would hinder a later one. */
const AFTER: Readonly<Record<string, () => Promise<unknown>>> = {
  createTrigger: () => ask("DELETE", `${IMAGE}/triggers/nginx`),
  createTrustRule: () => ask("DELETE", "/api/trust-rules/nightly"),
  createAccount: () => ask("DELETE", "/api/accounts/west"),
  changeUser: () => ask("PATCH", "/api/users/alice", { role: "member" }),
  setVisibility: () => ask("PATCH", IMAGE, { public: false }),
};

const userId = () => env.DB.prepare("SELECT id FROM users WHERE name = 'alice'").first<number>("id").then(String);
const rowId = (sql: string) => env.DB.prepare(sql).first<number>("id").then(String);

/** Which ids an example names, by what is in the command in their place. */
async function idsFor({ path, operation }: DescribedOperation): Promise<Record<string, string>> {
  const id = operation.operationId ?? "";
  if (path.includes("{user_id}")) return { "users/7": `users/${await userId()}` };
  if (id.endsWith("Auth") && !id.startsWith("show")) return { '"17"': `"${await userId()}"` };
  if (path.includes("{retention_id}")) {
    return { "retentions/7": `retentions/${await rowId("SELECT id FROM retention_rules")}` };
  }
  if (path.includes("{cluster_id}")) return { "clusters/7": `clusters/${await rowId("SELECT id FROM clusters")}` };
  if (path.includes("{digest}")) return { [`sha256:${"0".repeat(64)}`]: config };
  if (path.includes("{rule}")) {
    const rules = path.includes("/images/") ? `${IMAGE}/sync-rules` : `${ACME}/sync-rules`;
    return { "sync-rules/7": `sync-rules/${await find(rules, "id")}` };
  }
  if (path.includes("sync-jobs/{id}")) return { "sync-jobs/7": `sync-jobs/${await find(`${IMAGE}/sync-jobs`, "id")}` };
  if (path.includes("deliveries/{id}")) {
    return { "deliveries/7": `deliveries/${await find(`${IMAGE}/triggers/deploy/deliveries`, "id")}` };
  }
  if (path.includes("immutable-tag-rules/{id}")) {
    return { "rules/7": `rules/${await find(`${IMAGE}/immutable-tag-rules`, "id")}` };
  }
  if (path.includes("{access}")) {
    const keys = path.includes("{name}") ? "/api/users/deployer/access-keys" : "/api/access-keys";
    return { ABCDEFGHIJ0123456789: await find(keys, "access") };
  }
  if (path.includes("logins/{id}")) {
    const logins = path.includes("{name}") ? "/api/users/alice/logins" : "/api/logins";
    return { "5f3d0c8a91be47d2a6f01c9e": await find(logins, "id") };
  }
  return {};
}

/** The words of a command, as a POSIX shell takes them apart: quotes of both kinds, and variables in double ones. */
function wordsOf(command: string, variables: Readonly<Record<string, string>>): string[] {
  const parts = command.replaceAll("\\\n", " ").matchAll(/'([^']*)'|"([^"]*)"|\\(.)|([^\s'"\\]+)|(\s+)/g);
  const words = [""];
  for (const [, single, double, escaped, plain, space] of parts) {
    if (space !== undefined) words.push("");
    else {
      const filled = double?.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => {
        const value = variables[name];
        if (value === undefined) throw new Error(`nobody has said what $${name} is`);
        return value;
      });
      words[words.length - 1] += single ?? filled ?? escaped ?? plain ?? "";
    }
  }
  return words.filter((word) => word !== "");
}

/** Sends what curl would. */
function run(command: string): Promise<Response> {
  const [program, ...words] = wordsOf(command, {
    NAME: ADMINISTRATOR.name,
    PASSWORD: ADMINISTRATOR.password,
    NEW_PASSWORD: ADMINISTRATOR.password,
    ACCOUNT: "admin",
    TOKEN: "any",
    CLUSTER_TOKEN: "token",
    REMOTE_PASSWORD: "secret",
  });
  expect(program).toBe("curl");
  const headers = new Headers();
  let method = "GET";
  let address = "";
  let body: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const next = () => words[++at] ?? "";
    if (word === "-X") method = next();
    else if (word === "-u") headers.set("Authorization", `Basic ${btoa(next())}`);
    else if (word === "-H") headers.set(...(next().split(": ", 2) as [string, string]));
    else if (word === "-d") body = next();
    else address = word;
  }
  expect(address.startsWith(ORIGIN)).toBe(true);
  return fetchAnonymously(address, { method, headers, ...(body !== undefined && { body }) });
}

describe("the example of", () => {
  beforeAll(async () => {
    vi.spyOn(globalThis, "fetch").mockImplementation(answerOutside);
    await prepare();
  }, 300_000);

  it.for(operations)("$method $path is answered as described", async (described, { expect: expectHere }) => {
    const { operation, method, path } = described;
    const id = operation.operationId ?? "";
    if (isDisturbed) await prepare();
    await BEFORE[id]?.();
    isDisturbed = method === "delete" || path.endsWith("/delete") || BEFORE[id] !== undefined;
    let command = commandOf(document, described, ORIGIN);
    for (const [placeholder, value] of Object.entries(await idsFor(described))) {
      expectHere(command).toContain(placeholder);
      command = command.replaceAll(placeholder, () => value);
    }
    const response = await run(command);
    const text = await response.text();
    await AFTER[id]?.();
    const successes = Object.keys(operation.responses ?? {}).filter((status) => status.startsWith("2"));
    expectHere({ command, status: String(response.status), text }).toMatchObject({
      status: expect.toBeOneOf(successes),
    });
  });
});
