/** What an isolate loads before its first request: what pushes and pulls need, and nothing else (ADR 0028). */
import { PatternRouter } from "hono/router/pattern-router";
import { TrieRouter } from "hono/router/trie-router";
import { describe, it } from "vitest";
import { app } from "../../src/app.ts";
import { isRegistryPath } from "../../src/http/api-paths.ts";
import { registryApp } from "../../src/registry-app.ts";
import { fetchAnonymously } from "../support/workerd/registry-requests.ts";

const SOURCES = import.meta.glob<string>(["../../src/**/*.ts", "!../../src/{cli,client,console}/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Statements that load another module; those of types alone load none, and `import()` loads it later. */
const STATIC_IMPORT = /^(?:import|export)(?! type\b)(?:[^;"]*?\bfrom)? ?"([^"]+)";/gm;

/** What a module needs to be loaded, as paths from here or names of packages. */
function importsOf(module: string): string[] {
  return Array.from(SOURCES[module]?.matchAll(STATIC_IMPORT) ?? [], ([, target = ""]) =>
    target.startsWith(".") ? resolve(module, target) : target,
  );
}

function resolve(module: string, target: string): string {
  return `../..${new URL(target, `file:///${module.replace("../../", "")}`).pathname}`;
}

/** Everything that is loaded with a module, each with the first that needs it. */
function loadedWith(module: string): Map<string, string> {
  const loaded = new Map([[module, ""]]);
  for (const [each] of loaded) {
    for (const needed of importsOf(each)) if (!loaded.has(needed)) loaded.set(needed, each);
  }
  return loaded;
}

const FIRST = loadedWith("../../src/index.ts");

describe("an isolate starts", () => {
  it("with what pushes and pulls need", ({ expect }) => {
    for (const needed of ["http/oci/manifests.ts", "http/auth/token.ts", "storage/content/save-manifest.ts"]) {
      expect([...FIRST.keys()]).toContain(`../../src/${needed}`);
    }
    // Else the walk has lost its way.
    expect(loadedWith("../../src/app.ts").has("@hono/zod-openapi")).toBe(true);
  });

  it.for([
    ["the management APIs", /\/http\/(?:api|swr|iam|cce)\//],
    ["their description", /\/http\/(?:docs|openapi)/],
    ["libraries of schemas", /^(?:zod|@hono\/zod-openapi)$/],
    ["the engine of regular expressions", /\/model\/regular-expression\.ts$|^re2js$/],
    ["TLS", /\/src\/tls\//],
    ["what triggers call", /\/registry\/triggers\//],
    ["housekeeping", /\/registry\/(?:garbage|aging)\/|\/housekeeping\/housekeeping\.ts$/],
  ] as const)("without %s", ([, unwanted], { expect }) => {
    expect([...FIRST].filter(([module]) => unwanted.test(module))).toEqual([]);
  });
});

describe("the registry's app", () => {
  it("has every route of the paths that come to it", ({ expect }) => {
    const routesOf = ({ routes }: Pick<typeof app, "routes">) =>
      routes.filter(({ path }) => isRegistryPath(path)).map(({ method, path }) => `${method} ${path}`);
    // What SWR's SDKs get at /v2 is in the other app, to which their requests go.
    expect(routesOf(app)).toEqual(["GET /v2", ...routesOf(registryApp)]);
  });

  it("finds the same routes as the router that all other paths have", ({ expect }) => {
    const [own, other] = [new PatternRouter<number>(), new TrieRouter<number>()].map((router) => {
      registryApp.routes.forEach(({ method, path }, number) => router.add(method, path, number));
      return (method: string, path: string) =>
        router.match(method, path)[0].map(([number, parameters]) => [number, { ...parameters }]);
    });
    // As Hono gives paths to a router, without a slash at the end.
    const names = [
      "a",
      "a/b",
      "a/b/c/d",
      "acme/blobs",
      "acme/blobs/uploads",
      "acme/manifests/x",
      "acme/tags/list",
      "a//b",
    ];
    const ends = [
      "/blobs/sha256:0",
      "/blobs/uploads",
      "/blobs/uploads/1.open",
      "/blobs/uploads/1/2",
      "/blobs/ü",
      "/manifests/latest",
      "/manifests/sha256:0",
      "/manifests/a/b",
      "/manifests/ ",
      "/tags/list",
      "/tags/list/x",
      "/referrers/sha256:0",
      "/_catalog",
      "/blobs/x/manifests/y",
      "/manifests/x/blobs/y",
      "/unknown",
    ];
    const paths = names.flatMap((name) => ends.map((end) => `/v2/${name}${end}`));
    let found = 0;
    for (const path of [
      ...paths,
      "/v2",
      "/v2/_catalog",
      "/v20",
      "/v1/search",
      "/v1",
      "/token",
      "/token/x",
      "/",
      "/x",
    ]) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        expect({ method, path, routes: own?.(method, path) }).toEqual({ method, path, routes: other?.(method, path) });
        found += own?.(method, path).length ?? 0;
      }
    }
    expect(found).toBeGreaterThan(1000);
  });

  it.for([
    ["/v2/manage/namespaces", 401, "errors"],
    ["/v2/%6danage/namespaces", 401, "errors"],
    ["/v2/manage", 401, "errors"],
    ["/api/organizations", 401, "errors"],
    ["/v3/projects", 401, "error"],
  ] as const)("leaves %s to the API that it belongs to", async ([path, status, field], { expect }) => {
    const response = await fetchAnonymously(path);
    expect(response.headers.get("Docker-Distribution-Api-Version")).toBeNull();
    expect([response.status, Object.keys(await response.json<object>())]).toEqual([
      status,
      expect.arrayContaining([field]),
    ]);
  });

  it.for(["/v2", "/v2/"])("leaves %s to SWR for its SDKs", async (path, { expect }) => {
    const response = await fetchAnonymously(path, { headers: { "X-Auth-Token": "any" } });
    expect(await response.json()).toMatchObject({ version: { id: "v2" } });
  });

  it("answers OPTIONS with the methods of every path", async ({ expect }) => {
    const response = await fetchAnonymously("/v2/acme/web/manifests/latest", { method: "OPTIONS" });
    expect(response.headers.get("Allow")).toBe("GET, HEAD, PUT, DELETE, OPTIONS");
  });
});
