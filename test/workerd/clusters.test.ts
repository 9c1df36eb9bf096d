/** Clusters of an organization over the API. The API server is a stand-in for `fetch`. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, type ExpectStatic, it, vi } from "vitest";
import { decryptClusterToken } from "../../src/registry/triggers/cluster-secrets.ts";
import { findClusterById } from "../../src/storage/triggers/clusters.ts";
import { KubernetesApi } from "../support/fake-kubernetes-api.ts";
import {
  asUser,
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  statusesOf,
} from "../support/workerd/managing-clients.ts";
import { errorCodes, errorsOf, fetchAnonymously, textWithoutId } from "../support/workerd/registry-requests.ts";
import {
  anImage,
  answers,
  CLUSTER,
  clientOf,
  KUBERNETES,
  newCluster,
  newTrigger,
  SECRETS,
  stores,
  wholeAudit,
} from "../support/workerd/triggered-images.ts";

interface Cluster {
  id: string;
  name: string;
  server: string;
  authority: string | null;
  created: string;
  updated: string;
}

let api: KubernetesApi;
let isAway = false;
/** The requests that the cluster was sent. */
let asked: { url: string; authorization: string | null; redirect: string | undefined }[] = [];

beforeEach(() => {
  api = new KubernetesApi();
  isAway = false;
  asked = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const authorization = request.headers.get("Authorization");
    asked.push({ url: request.url, authorization, redirect: init?.redirect });
    if (isAway) throw new TypeError("connection refused");
    const { body, status } = api.answer({
      method: request.method,
      path: new URL(request.url).pathname,
      // The stand-in has a token of its own.
      authorization: authorization === `Bearer ${SECRETS.token}` ? `Bearer ${api.token}` : authorization,
      contentType: request.headers.get("Content-Type"),
      body: await request.text(),
    });
    return Response.json(body, { status });
  });
});

afterEach(async ({ expect }) => {
  vi.restoreAllMocks();
  const said = `${answers.splice(0).join("\n")}${await wholeAudit()}`;
  for (const secret of Object.values(SECRETS)) expect(said).not.toContain(secret);
});

async function setUp() {
  const { account, administrator: owner, member } = await newAccount();
  const administrator = clientOf(owner);
  const organization = await newOrganization(administrator);
  const path = `/api/organizations/${organization}/clusters`;
  const create = (fields: object = {}) => administrator.post(path, { ...CLUSTER, ...fields });
  return { account, administrator, member: clientOf(member), organization, path, create };
}

async function refusalOf(response: Response): Promise<string> {
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.code}: ${error?.message}`;
}

async function tokenOf({ id }: Pick<Cluster, "id">): Promise<string | undefined> {
  const record = await findClusterById(stores.db, Number(id));
  return record && decryptClusterToken(stores, record);
}

describe("a cluster", () => {
  const shownBy = (expect: ExpectStatic) => ({
    id: expect.stringMatching(/^\d+$/),
    name: "production",
    server: "https://cluster.example.com:6443",
    authority: null,
    namespaces: [],
    created: expect.stringMatching(/Z$/),
    updated: expect.stringMatching(/Z$/),
  });
  const CHANGES = { server: "https://other.example.com/k8s/", token: ` ${SECRETS.token}\n` };
  const CHANGED_SERVER = "https://other.example.com/k8s";

  it("is made, listed by name and shown, without its token", async ({ expect }) => {
    const { administrator, organization, path, create } = await setUp();
    const shown = shownBy(expect);
    const made = await create();
    const cluster = await made.json<Cluster>();
    expect([made.status, cluster]).toEqual([201, shown]);
    expect(await tokenOf(cluster)).toBe(SECRETS.token);
    await newCluster(administrator, organization, "Alpha");
    const listed = await administrator.get(path);
    expect([listed.status, await listed.json()]).toEqual([200, { clusters: [{ ...shown, name: "Alpha" }, shown] }]);
    expect(await (await administrator.get(`${path}/production`)).json()).toEqual(cluster);
  });

  it("is changed, with spaces around the token left out", async ({ expect }) => {
    const { administrator, path, create } = await setUp();
    const cluster = await (await create()).json<Cluster>();
    const patched = await administrator.patch(`${path}/production`, CHANGES);
    expect([patched.status, await patched.json()]).toEqual([200, { ...shownBy(expect), server: CHANGED_SERVER }]);
    expect(await tokenOf(cluster)).toBe(SECRETS.token);
  });

  it("is unknown to every operation once it is deleted", async ({ expect }) => {
    const { administrator, path, create } = await setUp();
    await create();
    const deleted = await administrator.delete(`${path}/production`);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect(await refusalOf(await administrator.get(`${path}/production`))).toMatch(
      /^404 CLUSTER_UNKNOWN: .*production/,
    );
    for (const method of ["DELETE", "PATCH"]) {
      const response = await administrator.send(method, `${path}/production`, method === "PATCH" ? {} : undefined);
      expect([method, response.status]).toEqual([method, 404]);
    }
    expect((await administrator.post(`${path}/production/test`, {})).status).toBe(404);
  });

  it("is in the audit when it is made, changed and deleted", async ({ expect }) => {
    const { administrator, organization, path, create } = await setUp();
    await create();
    await newCluster(administrator, organization, "Alpha");
    await administrator.patch(`${path}/production`, CHANGES);
    await administrator.delete(`${path}/production`);
    expect((await auditOf(organization)).map(({ action, detail }) => `${action} ${detail}`)).toEqual([
      expect.stringContaining("organization.create"),
      'cluster.create {"cluster":"production","server":"https://cluster.example.com:6443"}',
      'cluster.create {"cluster":"Alpha","server":"https://cluster.example.com:6443"}',
      'cluster.update {"cluster":"production","server":{"from":"https://cluster.example.com:6443","to":"https://other.example.com/k8s"},"credentials":"changed"}',
      'cluster.delete {"cluster":"production"}',
    ]);
  });

  it("is tried out before it is saved", async ({ expect }) => {
    const { create, administrator, path } = await setUp();
    expect(await refusalOf(await create({ token: "a wrong one".replaceAll(" ", "-") }))).toMatch(
      /^400 CLUSTER_INVALID: the API server does not accept the token/,
    );
    isAway = true;
    expect(await refusalOf(await create())).toMatch(/^400 CLUSTER_INVALID: .*refused/);
    expect(await (await administrator.get(path)).json()).toEqual({ clusters: [] });
    asked = [];
    expect((await create({ test: false })).status).toBe(201);
    expect(asked).toEqual([]);

    const change = (body: object) => administrator.patch(`${path}/production`, body);
    expect(await refusalOf(await change({ authority: null }))).toMatch(/^400 CLUSTER_INVALID/);
    expect((await change({ authority: null, test: false })).status).toBe(200);
    isAway = false;
    expect((await change({ token: SECRETS.token })).status).toBe(200);
    expect(new Set(asked.map(({ redirect }) => redirect))).toEqual(new Set(["manual"]));
  });

  it("keeps its token from another server", async ({ expect }) => {
    const { create, administrator, path } = await setUp();
    const cluster = await (await create()).json<Cluster>();
    asked = [];
    const change = (body: object) => administrator.patch(`${path}/production`, body);
    const moved = await change({ server: "https://evil.example.com", test: false });
    expect(await refusalOf(moved)).toBe("400 CLUSTER_INVALID: another server takes the token anew");
    expect((await change({ server: "https://evil.example.com" })).status).toBe(400);
    expect(asked).toEqual([]);
    // The same in other words is no other.
    expect((await change({ server: "https://CLUSTER.example.com:6443/" })).status).toBe(200);
    expect((await change({ server: "https://new.example.com", token: "another-one", test: false })).status).toBe(200);
    expect(await tokenOf(cluster)).toBe("another-one");
    expect(await (await administrator.get(`${path}/production`)).json()).toMatchObject({
      server: "https://new.example.com",
    });
  });

  it.for(["a", "7", "A".repeat(128), "cce-cluster_1.north"])("may be named %s", async (name, { expect }) => {
    const { create, administrator, path } = await setUp();
    expect((await create({ name })).status).toBe(201);
    expect((await administrator.get(`${path}/${name}`)).status).toBe(200);
  });

  it.for(["", "A".repeat(129), "-a", "a-", ".", "a b", "a/b", "ü", "a\u0000", 7, null, undefined])(
    "may not be named %j",
    async (name, { expect }) => {
      const { create } = await setUp();
      const response = await create({ name });
      expect(response.status).toBe(400);
      expect(await errorCodes(response)).toEqual([typeof name === "string" ? "CLUSTER_INVALID" : "PARAMETER_INVALID"]);
    },
  );

  const PEM = "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n";
  it.for<[string, object, string]>([
    ["plain HTTP", { server: "http://cluster.example.com" }, "not https"],
    ["loopback", { server: "https://127.0.0.1:6443" }, "own"],
    ["a private address", { server: "https://10.0.0.1:6443" }, "private"],
    ["a private address as a number", { server: "https://167772161" }, "private"],
    ["metadata", { server: "https://169.254.169.254" }, "link-local"],
    ["a local name", { server: "https://kubernetes.default.svc.local" }, "not a public name"],
    ["this registry", { server: "http://registry.test" }, "this registry"],
    ["no address", { server: "cluster" }, "is not an address"],
    ["a password", { server: "https://a:b@cluster.example.com" }, "password"],
    ["a query", { server: "https://cluster.example.com?a" }, "query"],
    ["2,049 characters", { server: `https://cluster.example.com/${"a".repeat(2021)}` }, "2048"],
    ["no certificate", { authority: "CA" }, "certificate"],
    ["an empty authority", { authority: "" }, "certificate"],
    ["a certificate that is none", { authority: PEM }, "certificate"],
    ["a key", { authority: PEM.replaceAll("CERTIFICATE", "PRIVATE KEY") }, "PRIVATE KEY"],
    ["16 KiB and a byte", { authority: "a".repeat(16_385) }, "16384"],
    ["an empty token", { token: "" }, "token"],
    ["spaces for a token", { token: " \n" }, "token"],
    ["a token of two lines", { token: "a\nb" }, "token"],
    ["a token that is no ASCII", { token: "tökén" }, "token"],
    ["a token of 16,385 characters", { token: "a".repeat(16_385) }, "token"],
  ])("is refused for %s", async ([, fields, why], { expect }) => {
    const { create, administrator, organization, path } = await setUp();
    for (const test of [true, false]) {
      const refusal = await refusalOf(await create({ ...fields, test }));
      expect(refusal).toMatch(/^400 CLUSTER_INVALID: /);
      expect(refusal).toContain(why);
    }
    await newCluster(administrator, organization);
    const changed = await administrator.patch(`${path}/production`, { token: SECRETS.token, ...fields });
    expect(changed.status).toBe(400);
    expect(asked).toEqual([]);
  });

  it.for<[string, unknown]>([
    ["a number for a server", { ...CLUSTER, server: 7 }],
    ["no server", { ...CLUSTER, server: undefined }],
    ["no token", { ...CLUSTER, token: undefined }],
    ["null for a token", { ...CLUSTER, token: null }],
    ["a list for an authority", { ...CLUSTER, authority: [] }],
    ["a text for test", { ...CLUSTER, test: "false" }],
    ["an unknown field", { ...CLUSTER, id: 7 }],
    ["a list", [CLUSTER]],
    ["null", "null"],
  ])("is refused for %s", async ([, body], { expect }) => {
    const { administrator, path } = await setUp();
    const response = await administrator.post(path, body);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toContain("PARAMETER_INVALID");
  });

  it("has its name alone, also when two are made at once", async ({ expect }) => {
    const { create } = await setUp();
    const both = await Promise.all([create(), create()]);
    expect(statusesOf(both)).toEqual([201, 409]);
    expect(await refusalOf(await create())).toMatch(/^409 CLUSTER_EXISTS: .*production/);
    // In another organization it is another one.
    expect((await (await setUp()).create()).status).toBe(201);
  });

  it("is one of at most 100 of an organization", async ({ expect }) => {
    const { create, organization } = await setUp();
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
       INSERT INTO clusters (organization_id, name, server, encrypted_token, created_at, updated_at)
       SELECT organizations.id, 'c' || i, 'https://a.example', '', 0, 0 FROM n JOIN organizations ON name = ?`,
    )
      .bind(organization)
      .run();
    const both = await Promise.all([create({ name: "one", test: false }), create({ name: "two", test: false })]);
    expect(statusesOf(both)).toEqual([201, 409]);
    expect(await refusalOf(await create({ name: "three", test: false }))).toMatch(/^409 CLUSTER_LIMIT: .*100/);
  });

  it("stays while a trigger names it, and goes with its organization", async ({ expect }) => {
    const setting = await anImage();
    const { administrator, organization } = setting;
    const path = `/api/organizations/${organization}/clusters/production`;
    await newCluster(administrator, organization);
    await newTrigger(setting, { target: KUBERNETES });
    expect(await refusalOf(await administrator.delete(path))).toMatch(/^409 CLUSTER_IN_USE: .*production/);
    expect((await administrator.get(path)).status).toBe(200);
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web`);
    await administrator.delete(`/v2/manage/namespaces/${organization}`);
    const { results } = await env.DB.prepare(
      "SELECT 1 FROM clusters JOIN organizations o ON o.id = organization_id WHERE o.name = ?",
    )
      .bind(organization)
      .all();
    expect(results).toEqual([]);
    expect((await administrator.get(path)).status).toBe(404);
  });
});

describe("the test of a cluster", () => {
  it("says whether it works, and what does not", async ({ expect }) => {
    const { create, administrator, path } = await setUp();
    await create();
    const test = async (body: object) => {
      const response = await administrator.post(`${path}/production/test`, body);
      return [response.status, await response.json()];
    };
    expect(await test({})).toEqual([200, { works: true, detail: null, reasons: [] }]);
    expect(await test({ namespace: "shop" })).toEqual([200, { works: true, detail: null, reasons: [] }]);
    api.isAllowed = (verb, resource) => verb !== "patch" || resource === "cronjobs";
    const detail = "the token's account may not patch statefulsets api in namespace shop";
    const use = { namespace: "shop", workload: "statefulsets", application: "api" };
    expect(await test(use)).toEqual([
      200,
      { works: false, detail, reasons: [expect.objectContaining({ code: "TOKEN_WITHOUT_RIGHTS_TO_ONE" })] },
    ]);
    expect(await test({ ...use, workload: "cronjobs" })).toEqual([200, { works: true, detail: null, reasons: [] }]);
    isAway = true;
    expect(await test({})).toMatchObject([200, { works: false, detail: expect.stringContaining("refused") }]);
  });

  it("is refused for what makes no sense", async ({ expect }) => {
    const { create, administrator, path } = await setUp();
    await create();
    const wrong = [
      { workload: "pods" },
      { namespace: 7 },
      { namespace: "n".repeat(64) },
      { application: "a".repeat(254) },
      { x: 1 },
      [],
    ];
    for (const body of wrong) expect((await administrator.post(`${path}/production/test`, body)).status).toBe(400);
  });
});

describe("who may", () => {
  /** Method, path below the clusters, body, and what it takes. */
  const ROUTES: [method: string, below: string, body: unknown, level: "edit" | "manage", ok: number][] = [
    ["GET", "", undefined, "edit", 200],
    ["POST", "", { ...CLUSTER, name: "another" }, "manage", 201],
    ["GET", "/production", undefined, "edit", 200],
    ["PATCH", "/production", { token: SECRETS.token }, "manage", 200],
    ["POST", "/production/test", {}, "edit", 200],
    ["DELETE", "/production", undefined, "manage", 204],
  ];

  it.for(ROUTES)("%s clusters%s", async ([method, below, body, level, ok], { expect }) => {
    const { account, administrator, member, organization, path, create } = await setUp();
    await create();
    const people: Record<string, Client> = {};
    for (const [name, auth] of [
      ["read", 1],
      ["edit", 3],
      ["manage", 7],
    ] as const) {
      people[name] = clientOf(await newUser(account));
      await grant(administrator, organization, people[name].name, auth);
    }
    const ask = async (client: Client) => (await client.send(method, `${path}${below}`, body)).status;
    const stranger = (await newAccount()).administrator;
    expect(await ask(clientOf(stranger))).toBe(404);
    expect(await ask(member)).toBe(404);
    expect(await ask(people["read"] ?? member)).toBe(403);
    expect(await ask(people["edit"] ?? member)).toBe(level === "edit" ? ok : 403);
    expect(await ask(people["manage"] ?? member)).toBe(ok);
    const anonymous = await fetchAnonymously(`${path}${below}`, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(anonymous.status).toBe(401);
    // A refusal tells nothing that an organization that is not there would not.
    const absent = newName("org");
    const refused = await asUser(stranger.name).send(method, `${path}${below}`, body);
    const nothing = await asUser(stranger.name).send(method, `${path.replace(organization, absent)}${below}`, body);
    expect((await textWithoutId(nothing)).replaceAll(absent, organization)).toBe(await textWithoutId(refused));
  });
});
