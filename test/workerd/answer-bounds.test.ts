/**
 * Every route that answers something, asked of a registry that is as full of long things as it may be: each answer has a
 * bound of its own, in bytes and in queries. A new route gets a row here.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { documents, SMALL_DOCUMENT_BYTES } from "../../src/documents.ts";
import { MAX_ANSWER_BYTES } from "../../src/kernel/excerpt.ts";
import { MAX_MANIFEST_BYTES } from "../../src/kernel/limits.ts";
import { encryptClusterToken } from "../../src/registry/triggers/cluster-secrets.ts";
import { MAX_QUERIES } from "../../src/storage/database.ts";
import { type Hostile, newHostileRegistry } from "../support/workerd/hostile-registry.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { ADMINISTRATOR, basic } from "../support/workerd/registry-requests.ts";

interface Row {
  /** As the app has it. */
  route: string;
  /** Instead of the route's own path; `{name}` in it and in the query is a value of the registry. */
  at?: string;
  query?: string;
  /** Default 200. */
  status?: number;
  /** Bytes; default {@link MAX_ANSWER_BYTES}. */
  limit?: number;
  /** Sent as it is read, so that only its pieces have a bound. */
  isStream?: boolean;
}

const row = (route: string, details: Omit<Row, "route"> = {}): Row => ({ route, ...details });

const MANAGE = "/v2/manage";
const NAMESPACE = `${MANAGE}/namespaces/:namespace`;
const REPOSITORY = `${NAMESPACE}/repos/:repository`;
const DOMAINS = `${NAMESPACE}/repositories/:repository/access-domains`;
const IMAGE = "/api/organizations/:organization/images/:image";
const CLUSTERS = "/api/organizations/:organization/clusters";
const ORGANIZATION = "/api/organizations/:organization";
const OCI = "/v2/:name{.+}";
/** A manifest is answered as it was pushed. */
const DOCUMENT = { limit: MAX_MANIFEST_BYTES } as const;

const TABLE: readonly Row[] = [
  row("GET /"),
  row("GET /openapi.json"),
  row("GET /docs", { status: 302 }),
  row("GET /docs/:language", { at: "/docs/en" }),
  row("GET /docs/:language/search.json", { at: "/docs/zh/search.json" }),
  row("GET /docs/:language/:page", { at: "/docs/zh/synchronization" }),
  row("GET /docs/:language/guides/:guide", { at: "/docs/en/guides/troubleshooting" }),
  row("GET /healthz"),
  row("GET /healthz/live"),
  row("GET /metrics", { status: 404 }),
  row("GET /token", { query: "?scope=repository:{name}:pull,push&scope=registry:catalog:*" }),
  row("GET /v1/_ping"),
  row("GET /v1/search", { query: "?n=100" }),
  row("GET /v2"),
  row("GET /v2/_catalog"),
  row("GET /v2/_catalog", { query: "?n=100000" }),
  row(`GET ${OCI}/tags/list`),
  row(`GET ${OCI}/tags/list`, { query: "?n=100000" }),
  row(`GET ${OCI}/manifests/:reference`, DOCUMENT),
  row(`GET ${OCI}/manifests/:reference`, { at: "/v2/{name}/manifests/image", ...DOCUMENT }),
  row(`GET ${OCI}/manifests/:reference`, { at: "/v2/{name}/manifests/absent", status: 404 }),
  row(`GET ${OCI}/blobs/:digest`, { at: "/v2/{name}/blobs/{blob}", isStream: true }),
  row(`GET ${OCI}/blobs/uploads/:session`, { at: "/v2/{name}/blobs/uploads/none", status: 404 }),
  row(`GET ${OCI}/referrers/:digest`),

  row(`GET ${MANAGE}/namespaces`),
  row(`GET ${MANAGE}/namespaces`, { query: "?mode=visible" }),
  row(`GET ${NAMESPACE}`),
  row(`GET ${NAMESPACE}/access`),
  row(`GET ${MANAGE}/repos`),
  row(`GET ${MANAGE}/repos`, { query: "?limit=1000&order_column=updated_time" }),
  row(`GET ${MANAGE}/repos`, { query: "?limit=10" }),
  row(`GET ${MANAGE}/shared-repositories`, { query: "?center=self&limit=1000" }),
  row(`GET ${MANAGE}/shared-repositories`, { query: "?center=thirdparty&limit=1000" }),
  row(`GET ${REPOSITORY}`),
  row(`GET ${REPOSITORY}/access`),
  row(`GET ${REPOSITORY}/tags`),
  row(`GET ${REPOSITORY}/tags`, { query: "?limit=1000" }),
  row(`GET ${REPOSITORY}/tags/:tag`),
  row(`GET ${REPOSITORY}/tags/:tag`, { at: `${MANAGE}/namespaces/{namespace}/repos/{repository}/tags/image` }),
  row(`GET ${DOMAINS}`),
  row(`GET ${DOMAINS}/:access_domain`),
  row(`GET ${REPOSITORY}/retentions`),
  row(`GET ${REPOSITORY}/retentions/histories`, { query: "?limit=1000" }),
  row(`GET ${REPOSITORY}/retentions/:retention_id`),
  row(`GET ${REPOSITORY}/triggers`),
  row(`GET ${REPOSITORY}/triggers/:trigger`),
  row(`GET ${MANAGE}/projects/:project_id/quotas`),
  row(`GET ${MANAGE}/projects/:project_id/feature-gates`),
  row(`GET ${MANAGE}/overview`),
  row(`GET ${MANAGE}/reports/:resource_type/:frequency`, { at: `${MANAGE}/reports/downflow/daily` }),
  row(`GET ${MANAGE}/reports/:resource_type/:frequency`, { at: `${MANAGE}/reports/store/daily` }),
  row(`GET ${REPOSITORY}/sync_repo`),
  row(`GET ${REPOSITORY}/sync_job`, { query: "?filter=limit::1000|offset::0" }),
  row(`GET ${MANAGE}/regions`),
  row(`GET ${REPOSITORY}/:tag/accessories`, { query: "?limit=100" }),
  row(`GET ${REPOSITORY}/:tag/references`),
  row(`GET ${MANAGE}/agency`),
  row("GET /v3/manage/namespaces/:namespace/repos/:repository/tags", { query: "?limit=1000&with_manifest=true" }),
  row("GET /v3/manage/repos", { query: "?limit=1000" }),
  row("GET /v3/manage/shared-repositories", { query: "?shared_by=self&limit=1000" }),
  row("GET /v3/manage/shared-repositories", { query: "?shared_by=thirdparty&limit=1000" }),
  row("GET /dockyard/v2/namespaces"),
  row("GET /dockyard/v2/visible/namespaces"),
  row("GET /dockyard/v2/namespaces/:namespace"),
  row("GET /dockyard/v2/repositories", { query: "?filter=center::self", isStream: true }),
  row("GET /swr/auth/v2/registry/auth", { query: "?scope=repository:{name}:pull,push" }),
  row("GET /v3/projects", { query: `?name=${"x".repeat(64)}` }),
  row("GET /v3/auth/projects"),
  row("GET /v3/auth/domains"),
  row("GET /v3/users/:user_id"),
  row("GET /v3.0/OS-USER/users/:user_id"),
  row("GET /api/v3/projects/:project_id/clusters/:cluster_id"),

  row("GET /api/images", { query: "?scope=all&limit=100" }),
  row("GET /api/images", { query: "?scope=sent&limit=100&sort=updated" }),
  row("GET /api/image-centre", { query: "?limit=100&sort=updated" }),
  row("GET /api/organizations", { query: "?limit=1000" }),
  row("GET /api/organizations/:organization"),
  row("GET /api/organizations/:organization/usage"),
  row("GET /api/organizations/:organization/usage/daily", { query: "?days=365" }),
  row("GET /api/organizations/:organization/quota"),
  row("GET /api/accounts/:name/quota", { at: "/api/accounts/{account}/quota" }),
  row("GET /api/quotas"),
  row("GET /api/quotas/own"),
  row("GET /api/overview"),
  row("GET /api/reports/pulled-bytes"),
  row("GET /api/reports/stored-bytes"),
  row("GET /api/organizations/:organization/permissions"),
  row("GET /api/logins"),
  row("GET /api/users/:name/logins", { at: "/api/users/{user}/logins" }),
  row("GET /api/secret-rotation"),
  row("GET /api/activity", { query: "?limit=50" }),
  row("GET /api/changes"),
  row("GET /api/shares", { query: "?direction=sent&limit=1000" }),
  row("GET /api/shares", { query: "?direction=received&limit=1000" }),
  row("GET /api/users", { query: "?limit=1000" }),
  row("GET /api/users/:name/access-keys", { at: "/api/users/{user}/access-keys" }),
  row("GET /api/accounts", { query: "?limit=1000" }),
  row("GET /api/accounts/:name", { at: "/api/accounts/{account}" }),
  row("GET /api/access-keys"),
  row("GET /api/trust-rules"),
  row("GET /api/trust-rules/:name", { at: "/api/trust-rules/{rule}" }),
  row("GET /api/session"),
  row("GET /api/visitor"),
  row("GET /api/settings"),
  row("GET /api/organizations/:organization/upstream", { status: 404 }),
  row("GET /api/remotes"),
  row("GET /api/remotes/:remote", { at: "/api/remotes/remote-00" }),
  row("GET /api/audit", { query: "?limit=1000" }),
  row("GET /api/audit", { query: "?limit=1000&organization={organization}" }),
  row("GET /api/audit/export", { isStream: true }),
  row("GET /api/garbage-collection"),
  row(`GET ${IMAGE}`),
  row(`GET ${IMAGE}/usage/daily`, { query: "?days=365" }),
  row(`GET ${IMAGE}/tags`, { query: "?limit=100" }),
  row(`GET ${IMAGE}/tags`, { query: "?limit=100&sort=updated" }),
  row(`GET ${IMAGE}/manifests/:reference`),
  row(`GET ${IMAGE}/manifests/:reference`, { at: "/api/organizations/{organization}/images/{image}/manifests/image" }),
  row(`GET ${IMAGE}/manifests/:reference/text`, DOCUMENT),
  row(`GET ${IMAGE}/manifests/:reference/archive`, { status: 409 }),
  row(`GET ${IMAGE}/manifests/:reference/archive`, {
    at: "/api/organizations/{organization}/images/{image}/manifests/whole/archive",
    isStream: true,
  }),
  row(`GET ${IMAGE}/blobs/:digest`, {
    at: "/api/organizations/{organization}/images/{image}/blobs/{blob}",
    isStream: true,
  }),
  row(`GET ${IMAGE}/manifests/:reference/referrers`, { query: "?limit=1000" }),
  row(`GET ${IMAGE}/history`, { query: "?limit=1000" }),
  row(`GET ${IMAGE}/tags/:tag/history`, {
    at: "/api/organizations/{organization}/images/{image}/tags/{deletedTag}/history",
    query: "?limit=1000",
  }),
  row(`GET ${IMAGE}/permissions`),
  row(`GET ${IMAGE}/shares`),
  row(`GET ${IMAGE}/shares/:account`),
  row(`GET ${IMAGE}/immutable-tag-rules`),
  row(`GET ${IMAGE}/triggers`),
  row(`GET ${IMAGE}/workloads`, { query: "?cluster=hostile" }),
  row(`GET ${IMAGE}/triggers/:trigger`),
  row(`GET ${IMAGE}/triggers/:trigger/deliveries`, { query: "?limit=1000" }),
  row(`GET ${IMAGE}/triggers/:trigger/deliveries/:id`),
  row(`GET ${IMAGE}/sync-rules`),
  row(`GET ${IMAGE}/sync-rules/:rule`, {
    at: "/api/organizations/{organization}/images/{image}/sync-rules/{syncRule}",
  }),
  row(`GET ${IMAGE}/sync-jobs`, { query: "?limit=1000" }),
  row(`GET ${IMAGE}/sync-jobs/:id`, { at: "/api/organizations/{organization}/images/{image}/sync-jobs/{syncJob}" }),
  row(`GET ${ORGANIZATION}/sync-rules`),
  row(`GET ${ORGANIZATION}/sync-rules/:rule`, {
    at: "/api/organizations/{organization}/sync-rules/{organizationRule}",
  }),
  row(`GET ${ORGANIZATION}/sync-jobs`, { query: "?limit=1000" }),
  row(`GET ${CLUSTERS}`),
  row(`GET ${CLUSTERS}/:cluster`),
  row(`GET ${IMAGE}/aging`),
  row(`GET ${IMAGE}/aging/rule`),
  row(`GET ${IMAGE}/aging/log`, { query: "?limit=1000" }),
  row(`GET ${IMAGE}/restorable-tags`, { query: "?limit=1000" }),
  row(`GET ${IMAGE}/garbage-collection`),
];

/** Queries that an answer may take, with finding out who asks: a handful, however much there is. */
const MAX_ANSWER_QUERIES = 25;

let registry: Hostile = {};
beforeAll(async () => {
  registry = await newHostileRegistry();
  await addHostileCluster(registry);
}, 300_000);

/** A cluster whose workloads have the longest names, all run the image, and have no end. */
async function addHostileCluster({ organization = "", image = "" }: Hostile): Promise<void> {
  const id = await env.DB.prepare("SELECT id FROM organizations WHERE name = ?").bind(organization).first<number>("id");
  const token = await encryptClusterToken(lastingStores(), id ?? 0, "hostile", "token");
  await env.DB.prepare(
    `INSERT INTO clusters (organization_id, name, server, encrypted_token, created_at, updated_at)
     VALUES (?, 'hostile', 'https://hostile.example.com', ?, 0, 0)`,
  )
    .bind(id, token)
    .run();
  const repository = `registry.test/${organization}/${image.replaceAll("$", "/")}`;
  const label = (at: number) => String(at).padStart(63, "a");
  const containers = Array.from({ length: 20 }, (_, at) => ({ name: label(at), image: repository }));
  const spec = { template: { spec: { containers } } };
  const items = Array.from({ length: 50 }, (_, at) => ({
    metadata: { name: [label(1), label(2), label(3), label(at).slice(0, 61)].join("."), namespace: label(at) },
    spec,
  }));
  const page = JSON.stringify({ metadata: { continue: "again" }, items });
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(page));
}

it("has a row for each route that answers something, and a route for each row", ({ expect }) => {
  const routes = new Set(
    app.routes.filter(({ method }) => method === "GET").map(({ method, path }) => `${method} ${path}`),
  );
  const rows = new Set(TABLE.map(({ route }) => route));
  expect([...routes].filter((route) => !rows.has(route))).toEqual([]);
  expect([...rows].filter((route) => !routes.has(route))).toEqual([]);
});

for (const each of TABLE) {
  const { route, at, query = "", status = 200, limit = MAX_ANSWER_BYTES, isStream = false } = each;
  it(`${at === undefined ? route : `GET ${at}`}${query} has a bounded answer`, async ({ expect }) => {
    const valueOf = (_: string, name: string) => registry[name] ?? `no-${name}`;
    const path = (at ?? route.slice("GET ".length)).replace(/:(\w+)(?:\{\.\+\})?/g, valueOf);
    const url = new URL((path + query).replace(/\{(\w+)\}/g, valueOf), "http://registry.test");
    const prepare = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, "prepare");
    const context = createExecutionContext();
    const headers = { Authorization: basic(ADMINISTRATOR.name, ADMINISTRATOR.password) };
    const response = await app.fetch(new Request(url, { headers }), env, context);
    const held = documents.used;
    let bytes = 0;
    let largest = 0;
    for await (const piece of response.body ?? []) {
      bytes += piece.byteLength;
      largest = Math.max(largest, piece.byteLength);
    }
    const queries = prepare.mock.calls.length;
    prepare.mockRestore();
    await waitOnExecutionContext(context);
    expect(response.status).toBe(status);
    expect(isStream ? largest : bytes).toBeLessThanOrEqual(limit);
    expect(queries).toBeLessThanOrEqual(isStream ? MAX_QUERIES : MAX_ANSWER_QUERIES);
    // What a client that reads slowly keeps in memory is counted, and given back once it has been read.
    if (!isStream && bytes > SMALL_DOCUMENT_BYTES) expect(held).toBeGreaterThanOrEqual(bytes);
    expect(documents.used).toBe(0);
  });
}
