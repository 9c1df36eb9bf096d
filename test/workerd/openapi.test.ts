import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { type DescribedOperation, describeApi, type Operation, operationsOf } from "../../src/http/openapi-document.ts";
import { makePublic } from "../support/workerd/stored-rights.ts";
import { pushConfigured, pushIndex } from "../support/workerd/configured-images.ts";
import { newOrganizationSyncRule, newSyncJob, newSyncRule } from "../support/workerd/access-targets.ts";
import { answerAsIssuer, ISSUER, newTrustRule } from "../support/workerd/stored-trust-rules.ts";
import { newName, newUser } from "../support/workerd/managing-clients.ts";
import { problemsOf, referencesIn, resolve } from "../support/workerd/openapi.ts";
import { fetchAnonymously, pushBlob, send } from "../support/workerd/registry-requests.ts";

const document = describeApi(app);
const operations = operationsOf(document);

describe("the document", () => {
  it("is what the server answers, to any site", async ({ expect }) => {
    const response = await fetchAnonymously("/openapi.json");
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it("is OpenAPI 3.1 of this origin", ({ expect }) => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info.title).toBeTruthy();
    expect(document.info.version).toBeTruthy();
    expect(document.servers).toEqual([{ url: "/", description: "This registry." }]);
    expect(operations.length).toBeGreaterThan(50);
  });

  it("refers to nothing that it does not have", ({ expect }) => {
    const references = new Set(referencesIn(document));
    expect(references.size).toBeGreaterThan(20);
    expect([...references].filter((reference) => resolve(document, reference) === undefined)).toEqual([]);
  });

  it("names every operation once", ({ expect }) => {
    const ids = operations.map(({ operation }) => operation.operationId ?? "");
    expect(ids.filter((id) => !/^[a-zA-Z]\w*$/.test(id))).toEqual([]);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it.for(operations)("describes $method $path whole", ({ path, operation }, { expect }) => {
    expect(operation.summary).toBeTruthy();
    const parameters = parametersOf(operation);
    const inPath = parameters.filter((parameter) => parameter.in === "path");
    expect(inPath.map(({ name }) => name).sort()).toEqual(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).sort(),
    );
    expect(inPath.every(({ required }) => required === true)).toBe(true);
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(parameters.filter(({ schema }) => schema === undefined)).toEqual([]);
    expect(operation.tags).toHaveLength(1);
    expect(document.tags?.map(({ name }) => name)).toContain(operation.tags?.[0]);
    const schemes = (operation.security ?? []).flatMap((scheme) => Object.keys(scheme));
    expect(Object.keys(document.components?.securitySchemes ?? {})).toEqual(expect.arrayContaining(schemes));
    const statuses = Object.keys(operation.responses ?? {});
    expect(statuses).toContain("default");
    expect(statuses.filter((status) => !/^([1-5]\d\d|default)$/.test(status))).toEqual([]);
    expect(statuses.length).toBeGreaterThan(1);
  });

  it("describes every route of both APIs, and no other", ({ expect }) => {
    // The registry API, its tokens, what operators' tools ask for, and this.
    const OTHERS =
      /^\/(?:token|swr\/auth\/v2\/registry\/auth|docs(?:\/.*)?|openapi\.json|healthz(?:\/live)?|metrics)$|^\/v[12]\/(?!manage\/)/;
    const routes = app.routes
      .filter(({ method, path }) => method !== "ALL" && !OTHERS.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
  });
});

function parametersOf({ parameters = [] }: Operation) {
  return parameters.flatMap((parameter) => ("in" in parameter ? [parameter] : []));
}

/** What an operation may answer with this status, as the document says. */
function schemaFor({ operation }: DescribedOperation, status: number): unknown {
  const response = operation.responses?.[String(status)] ?? operation.responses?.["default"];
  const resolved = response && "$ref" in response ? resolve(document, response.$ref as string) : response;
  return (resolved as { content?: Record<string, { schema?: unknown }> }).content;
}

/** Answers whose bytes no schema describes. */
const BYTES = ["application/x-tar", "application/octet-stream"];

/** What an answer has that the document does not say, or the other way round. */
async function deviations(described: DescribedOperation, response: Response): Promise<string[]> {
  const content = schemaFor(described, response.status) as Record<string, { schema?: unknown }> | undefined;
  const mediaType = response.headers.get("Content-Type")?.split(";")[0] ?? "";
  const text = new TextDecoder().decode(await response.arrayBuffer());
  if (!content) return text === "" ? [] : [`${response.status} has a body: ${text.slice(0, 200)}`];
  const schema = content[mediaType]?.schema;
  if (!schema)
    return [`${response.status} is ${mediaType}, not ${Object.keys(content).join(" or ")}: ${text.slice(0, 200)}`];
  if (BYTES.includes(mediaType)) return text === "" ? [`${response.status} has no body`] : [];
  const values = mediaType === "application/x-ndjson" ? text.trim().split("\n") : [text];
  return values.flatMap((value) =>
    problemsOf(document, schema, JSON.parse(value)).map((problem) => `${response.status} ${problem}`),
  );
}

describe("the server", async () => {
  const organization = newName("org");
  const image = "shop/web";
  const repository = `${organization}/${image}`;
  const user = await newUser("admin");
  const partner = newName("account");
  await newUser(partner);
  const config = {
    architecture: "amd64",
    os: "linux",
    created: "2026-01-01T00:00:00Z",
    config: { Env: ["A=b"], Labels: { a: "b" } },
    history: [{ created_by: "RUN make" }],
  };
  const pushed = await pushConfigured(repository, "latest", config);
  await pushIndex(repository, "all", [
    {
      mediaType: pushed.mediaType,
      digest: pushed.digest,
      size: pushed.size,
      platform: { os: "linux", architecture: "amd64" },
      annotations: { a: "b" },
    },
  ]);

  const rule = { kind: "date_rule", amount: 30 };
  const aging = await send("PUT", `/api/organizations/${organization}/images/shop$web/aging/rule`, {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(rule),
  });
  const { id: ruleId } = await aging.json<{ id: number }>();
  const CLUSTER = { name: "production", server: "https://cluster.example.com", token: "token", test: false };
  const WEBHOOK = { kind: "webhook", url: "https://hooks.example.com/", format: "text", secret: "secret" };
  await send("POST", `/api/organizations/${organization}/clusters`, {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(CLUSTER),
  });
  await send("POST", `/api/organizations/${organization}/images/shop$web/triggers`, {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: "deploy", condition: { kind: "all" }, target: WEBHOOK }),
  });
  const delivery = await env.DB.prepare(
    `INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, attempts, detail, created_at, finished_at)
      SELECT 'uid', id, '{"tag":"latest","user":"admin","digest":"' || ?1 || '"}', 'latest', ?1, 'success', 1, 'answered 200', 1, 2
      FROM triggers WHERE name = 'deploy' RETURNING id`,
  )
    .bind(pushed.digest)
    .first<number>("id");
  await env.DB.prepare("INSERT INTO delivery_attempts VALUES (?, 1, 1, 5, 200, 'answered 200', 'fine')")
    .bind(delivery)
    .run();

  // One to be deleted, and one that rules keep.
  for (const name of ["tokyo", "osaka"]) {
    await send("POST", "/api/remotes", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name, url: `https://${name}.example.com`, test: false }),
    });
  }
  // An organization of its own: one that has images cannot stand for another registry.
  const { name: cache } = await (
    await send("POST", "/api/organizations", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: newName("cache") }),
    })
  ).json<{ name: string }>();
  await send("PUT", `/api/organizations/${cache}/upstream`, {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ remote: "osaka" }),
  });
  // It is found where a name is asked for.
  const { name: ruleName } = await newTrustRule("admin");
  await env.DB.prepare("UPDATE trust_rules SET name = 'admin' WHERE name = ?").bind(ruleName).run();
  const trust = {
    issuer: ISSUER,
    conditions: [{ claim: "sub", glob: "job:*" }],
    grants: [
      { organization, level: "edit" },
      { image: repository, level: "read" },
    ],
  };

  /** What parameters stand for; whatever is not here is a name that nothing has. */
  const VALUES: Record<string, string> = {
    namespace: organization,
    organization,
    repository: image.replace("/", "$"),
    image: image.replace("/", "$"),
    reference: "latest",
    digest: (await pushBlob(repository)).digest,
    tag: "latest",
    user: user.name,
    account: partner,
    name: "admin",
    project_id: "berth",
    retention_id: String(ruleId),
    cluster: CLUSTER.name,
    cluster_id: String(
      await env.DB.prepare(
        "SELECT id FROM clusters WHERE organization_id = (SELECT id FROM organizations WHERE name = ?)",
      )
        .bind(organization)
        .first("id"),
    ),
    trigger: "deploy",
    remote: "tokyo",
    id: String(delivery),
    user_id: String(await env.DB.prepare("SELECT id FROM users WHERE name = ?").bind(user.name).first("id")),
  };
  const NOTHING = { namespace: "nothing", organization: "nothing", name: "nothing", user_id: "999999" };

  function valueOf({ name, schema }: ReturnType<typeof parametersOf>[number], values: Record<string, string>): string {
    const choices = schema && "enum" in schema ? schema.enum : undefined;
    return values[name] ?? String(choices?.[0] ?? "999");
  }

  /** What rules and jobs of synchronization are called, which other things are called otherwise. */
  const SYNC_VALUES: Record<string, Record<string, string>> = {
    "/api/organizations/{organization}/images/{image}/sync-rules/{rule}": {
      rule: await newSyncRule(repository, "osaka"),
    },
    "/api/organizations/{organization}/sync-rules/{rule}": {
      rule: await newOrganizationSyncRule(organization, "osaka"),
    },
    "/api/organizations/{organization}/images/{image}/sync-jobs/{id}": { id: await newSyncJob(repository, "osaka") },
  };

  function pathOf({ path, operation }: DescribedOperation, given: Record<string, string>): string {
    const parameters = parametersOf(operation);
    const values = given === VALUES ? { ...VALUES, ...SYNC_VALUES[path] } : given;
    const filled = parameters
      .filter((parameter) => parameter.in === "path")
      .reduce((text, parameter) => text.replace(`{${parameter.name}}`, valueOf(parameter, values)), path);
    // It may come in a filter instead, so that the document cannot demand it.
    if (/^list(SharedReposDetails|CopiedRepositories)$/.test(operation.operationId ?? "")) {
      return `${filled}?center=self`;
    }
    if (operation.operationId === "showSyncJob") return `${filled}?filter=limit%3A%3A10%7Coffset%3A%3A0`;
    const query = parameters
      .filter((parameter) => parameter.in === "query" && parameter.required)
      .map((parameter) => `${parameter.name}=${valueOf(parameter, values)}`);
    return query.length > 0 ? `${filled}?${query.join("&")}` : filled;
  }

  /** Without a signature that path is docker's. */
  const OWN = operations.filter(({ path }) => path !== "/v2");
  const READS = OWN.filter(({ method }) => method === "get");
  const WRITES = OWN.filter(({ method }) => method !== "get");
  const json = { "Content-Type": "application/json" };

  it.for(READS)("answers $path as described, to the administrator", async (described, { expect }) => {
    const values = described.path.endsWith("/upstream") ? { ...VALUES, organization: cache } : VALUES;
    const response = await send("GET", pathOf(described, values));
    // A share or key that is not there is no reason not to look at the answer.
    if (!/access_domain|\{access\}|\{account\}/.test(described.path)) expect(response.status).toBe(200);
    expect(await deviations(described, response)).toEqual([]);
  });

  it("answers /v2 as described, to clients of SWR", async ({ expect }) => {
    const described = operations.find(({ path }) => path === "/v2");
    const response = await send("GET", "/v2", { headers: { "X-Auth-Token": "any" } });
    expect(response.status).toBe(200);
    expect(described && (await deviations(described, response))).toEqual([]);
  });

  it("answers the image routes as described for an index, to anybody", async ({ expect }) => {
    await makePublic(repository);
    for (const described of READS.filter(
      ({ path }) =>
        path.startsWith("/api/organizations/{organization}/images/{image}/manifests") || path === "/api/image-centre",
    )) {
      const response = await fetchAnonymously(pathOf(described, { ...VALUES, reference: "all" }));
      expect(response.status).toBe(200);
      expect(await deviations(described, response)).toEqual([]);
    }
  });

  it.for(OWN)("refuses anybody $method $path as described", async (described, { expect }) => {
    const response = await fetchAnonymously(pathOf(described, { ...VALUES, ...NOTHING }), {
      method: described.method.toUpperCase(),
      headers: json,
      ...(described.method !== "get" && { body: "{}" }),
    });
    expect(await deviations(described, response)).toEqual([]);
  });

  it.for(READS)("says that there is nothing at $path as described", async (described, { expect }) => {
    expect(await deviations(described, await send("GET", pathOf(described, { ...VALUES, ...NOTHING })))).toEqual([]);
  });

  const TRIGGERS = "/api/organizations/{organization}/images/{image}/triggers";
  const WORKLOAD = { application: "nginx", namespace: "default" };
  const KUBERNETES = { kind: "kubernetes", cluster: CLUSTER.name, workload: "deployments", ...WORKLOAD };
  const SWR_TRIGGER = {
    name: "All_tags",
    action: "update",
    app_type: "deployments",
    application: "nginx",
    cluster_ns: "default",
    cluster_name: CLUSTER.name,
    trigger_type: "all",
    condition: ".*",
    enable: "true",
  };
  const RIGHTS = "/api/organizations/{organization}/permissions";
  const SHARES = "/api/organizations/{organization}/images/{image}/shares";
  const GRANTED = { permissions: [{ user: user.name, level: "read" }] };
  const CHANGES: [method: string, path: string, body: unknown, status: number][] = [
    ["post", "/v2/manage/namespaces", { namespace: newName("org") }, 201],
    ["post", "/v2/manage/namespaces/{namespace}/repos", { repository: "new", is_public: false }, 200],
    ["patch", "/v2/manage/namespaces/{namespace}/repos/{repository}", { is_public: false, category: "linux" }, 201],
    [
      "post",
      "/v2/manage/namespaces/{namespace}/access",
      [{ user_id: VALUES["user_id"], user_name: user.name, auth: 1 }],
      200,
    ],
    ["delete", "/v2/manage/namespaces/{namespace}/access", [VALUES["user_id"]], 204],
    [
      "post",
      "/v2/manage/namespaces/{namespace}/repos/{repository}/tags",
      { source_tag: "latest", destination_tag: "2.0" },
      201,
    ],
    ["delete", "/v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}", undefined, 204],
    [
      "patch",
      "/v2/manage/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}",
      { algorithm: "or", rules: [{ template: "tag_rule", params: { num: "9" }, tag_selectors: [] }] },
      201,
    ],
    ["delete", "/v2/manage/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}", undefined, 200],
    [
      "post",
      "/v2/manage/namespaces/{namespace}/repos/{repository}/retentions",
      { algorithm: "or", rules: [{ template: "date_rule", params: { days: "30" }, tag_selectors: [] }] },
      201,
    ],
    ["post", "/api/organizations", { name: newName("org") }, 201],
    ["post", "/api/organizations/{organization}/images", { image: "made", category: "linux" }, 201],
    ["patch", "/api/organizations/{organization}/images/{image}", { public: false, description: "the shop" }, 200],
    ["post", "/api/images/visibility", { images: [{ organization, image: "made" }], public: true }, 200],
    ["post", "/api/images/delete", { images: ["made", "absent"].map((made) => ({ organization, image: made })) }, 200],
    ["post", RIGHTS, GRANTED, 201],
    ["patch", `${RIGHTS}/{user}`, { level: "edit" }, 200],
    ["delete", `${RIGHTS}/{user}`, undefined, 204],
    ["post", "/api/organizations/{organization}/images/{image}/permissions", GRANTED, 201],
    ["delete", "/api/organizations/{organization}/images/{image}/permissions/{user}", undefined, 204],
    ["post", SHARES, { account: partner, deadline: "forever", note: "beta" }, 201],
    ["get", SHARES, undefined, 200],
    ["patch", `${SHARES}/{account}`, { deadline: "2999-12-31" }, 200],
    ["get", `${SHARES}/{account}`, undefined, 200],
    ["delete", `${SHARES}/{account}`, undefined, 204],
    [
      "post",
      "/api/organizations/{organization}/images/{image}/tags",
      { name: "3.0", source: "latest", override: true },
      201,
    ],
    ["post", "/api/organizations/{organization}/images/{image}/tags/{tag}/restore", undefined, 200],
    ["post", "/api/organizations/{organization}/images/{image}/tags/delete", { tags: ["2.0", "absent"] }, 200],
    ["put", "/api/organizations/{organization}/images/{image}/aging/rule", rule, 200],
    ["post", "/api/organizations/{organization}/images/{image}/aging/preview", rule, 200],
    ["delete", "/api/organizations/{organization}/images/{image}/aging/rule", undefined, 204],
    [
      "post",
      "/api/organizations/{organization}/known-layers",
      { image: "web", diffIds: [`sha256:${"0".repeat(64)}`] },
      200,
    ],
    ["post", "/api/organizations/{organization}/clusters", { ...CLUSTER, name: "staging" }, 201],
    ["patch", "/api/organizations/{organization}/clusters/{cluster}", { token: "another", test: false }, 200],
    ["post", "/api/organizations/{organization}/clusters/{cluster}/test", {}, 200],
    ["post", "/api/remotes", { name: "kyoto", url: "kyoto.example.com", username: "me", password: "secret" }, 201],
    ["patch", "/api/remotes/{remote}", { username: "me", password: "secret" }, 200],
    ["post", "/api/remotes/{remote}/test", undefined, 200],
    ["delete", "/api/remotes/{remote}", undefined, 204],
    ["post", TRIGGERS, { name: "hook", condition: { kind: "all" }, target: WEBHOOK }, 201],
    ["post", TRIGGERS, { name: "nginx", condition: { kind: "tag", text: "never" }, target: KUBERNETES }, 201],
    ["get", TRIGGERS, undefined, 200],
    ["patch", `${TRIGGERS}/{trigger}`, { enabled: false }, 200],
    ["post", `${TRIGGERS}/{trigger}/test`, undefined, 201],
    ["post", `${TRIGGERS}/try-condition`, { kind: "regular", text: "v*" }, 200],
    ["post", `${TRIGGERS}/{trigger}/deliveries/{id}/resend`, undefined, 201],
    ["post", "/v2/manage/namespaces/{namespace}/repos/{repository}/triggers", SWR_TRIGGER, 201],
    ["get", "/v2/manage/namespaces/{namespace}/repos/{repository}/triggers", undefined, 200],
    ["patch", "/v2/manage/namespaces/{namespace}/repos/{repository}/triggers/{trigger}", { enable: "false" }, 201],
    ["get", "/v2/manage/namespaces/{namespace}/repos/{repository}/triggers/{trigger}", undefined, 200],
    ["delete", "/v2/manage/namespaces/{namespace}/repos/{repository}/triggers/{trigger}", undefined, 204],
    ["post", "/v2/manage/utils/secret", undefined, 200],
    ["post", "/api/access-keys", undefined, 201],
    ["post", "/api/users", { name: newName("robot"), kind: "robot" }, 201],
    ["post", "/api/trust-rules", { ...trust, name: "release" }, 201],
    ["get", "/api/trust-rules", undefined, 200],
    ["put", "/api/trust-rules/{name}", trust, 200],
    ["delete", "/api/trust-rules/{name}", undefined, 204],
    ["post", "/api/session", { name: user.name, password: user.password }, 200],
  ];
  it.for(CHANGES)("answers %s %s as described when it succeeds", async ([method, path, body, status], { expect }) => {
    const described = operations.find((operation) => operation.method === method && operation.path === path);
    if (!described) throw new Error(`${method} ${path} is not described`);
    // Clusters, receivers of webhooks, and an issuer.
    vi.spyOn(globalThis, "fetch").mockImplementation(
      async (input) => answerAsIssuer(input) ?? new Response("{}", { status: 201 }),
    );
    const response = await send(method.toUpperCase(), pathOf(described, { ...VALUES, tag: "2.0" }), {
      headers: json,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(response.status).toBe(status);
    expect(Object.keys(described.operation.responses ?? {})).toContain(String(status));
    expect(await deviations(described, response)).toEqual([]);
  });

  it.for(WRITES)("refuses bodies that make no sense at $method $path as described", async (described, { expect }) => {
    const { method } = described;
    // Only what is not there: what is there would be deleted by some of these.
    const path = pathOf(described, { ...VALUES, ...NOTHING });
    for (const body of ['{"unknown": 1}', "[]", "{", "null", "x".repeat(1024 * 1024 + 1)]) {
      const response = await send(method.toUpperCase(), path, { headers: json, body });
      expect(await deviations(described, response)).toEqual([]);
    }
    const response = await send(method.toUpperCase(), path, { headers: { "Content-Type": "text/plain" }, body: "{}" });
    expect(await deviations(described, response)).toEqual([]);
  });
});
