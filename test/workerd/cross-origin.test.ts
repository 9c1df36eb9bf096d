/** What browsers and curious programs ask before anything else: OPTIONS, and CORS. */
import { describe, it } from "vitest";
import { API_PATHS } from "../../src/kernel/api-paths.ts";
import { readSettings } from "../../src/model/settings.ts";
import { newAccount, newOrganization, pushAs, withSettings } from "../support/workerd/managing-clients.ts";
import { basic, fetchAnonymously } from "../support/workerd/registry-requests.ts";

const UI = "https://ui.example.com";
const withUi = withSettings({ CORS_ORIGINS: `${UI}, https://other.example.com:8443` });

describe("OPTIONS", () => {
  it.for([
    ["/v2/", "GET, HEAD, OPTIONS"],
    ["/v2/a/b/manifests/latest", "GET, HEAD, PUT, DELETE, OPTIONS"],
    ["/v2/a/b/blobs/uploads/uuid", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"],
    ["/v2/a/b/tags/list", "GET, HEAD, OPTIONS"],
    ["/token", "GET, HEAD, POST, OPTIONS"],
    ["/api/users", "GET, HEAD, POST, OPTIONS"],
    ["/v2/manage/namespaces", "GET, HEAD, POST, OPTIONS"],
    ["/v1/search", "GET, HEAD, OPTIONS"],
    ["/organizations/a", "GET, HEAD, OPTIONS"],
    ["/v2/a/b/nothing", "GET, HEAD, OPTIONS"],
  ] as const)("of %s tells %s, without credentials", async ([path, allow], { expect }) => {
    const answer = await fetchAnonymously(path, { method: "OPTIONS" });
    expect([answer.status, answer.headers.get("Allow")]).toEqual([204, allow]);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });

  it("is never 404", async ({ expect }) => {
    for (const path of API_PATHS.flatMap((prefix) => [prefix, `${prefix}/`, `${prefix}/x/y`])) {
      expect((await fetchAnonymously(path, { method: "OPTIONS" })).status, path).toBe(204);
    }
  });
});

describe("pages of other origins", () => {
  const preflight = (fetch: typeof withUi, path: string, Origin: string, method = "PUT") =>
    fetch(`http://registry.test${path}`, {
      method: "OPTIONS",
      headers: { Origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization" },
    });

  it("may do nothing unless the operator names them", async ({ expect }) => {
    for (const [fetch, origin] of [
      [withSettings({}), UI],
      [withUi, "https://evil.example.com"],
      [withUi, `${UI}:444`],
      [withUi, "null"],
    ] as const) {
      const asked = await preflight(fetch, "/v2/a/b/manifests/t", origin);
      const read = await fetch("http://registry.test/v2/", { headers: { Origin: origin } });
      for (const { headers } of [asked, read]) {
        expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
      }
    }
  });

  it("that the operator names may use the registry API, and see its headers and errors", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/box`);
    const { headers } = await preflight(withUi, `/v2/${organization}/box/manifests/latest`, UI);
    expect(headers.get("Access-Control-Allow-Origin")).toBe(UI);
    expect(headers.get("Access-Control-Allow-Methods")).toContain("DELETE");
    expect(headers.get("Access-Control-Allow-Headers")).toContain("Authorization");
    expect(headers.get("Vary")).toContain("Origin");
    const ask = (path: string, more: Record<string, string> = {}) =>
      withUi(`http://registry.test${path}`, { headers: { Origin: UI, "Sec-Fetch-Site": "cross-site", ...more } });
    const refused = await ask("/v2/");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("Access-Control-Allow-Origin")).toBe(UI);
    expect(refused.headers.get("Access-Control-Expose-Headers")).toContain("WWW-Authenticate");
    const Authorization = basic(administrator.name, administrator.password);
    const tags = await ask(`/v2/${organization}/box/tags/list`, { Authorization });
    expect([tags.status, tags.headers.get("Access-Control-Allow-Origin")]).toEqual([200, UI]);
    const token = await ask("/token?service=registry.test", { Authorization });
    expect([token.status, token.headers.get("Access-Control-Allow-Origin")]).toEqual([200, UI]);
  });

  it("never the management APIs, where a session's cookie counts", async ({ expect }) => {
    const { administrator } = await newAccount();
    const Authorization = basic(administrator.name, administrator.password);
    for (const path of ["/v2/manage/namespaces", "/api/users", "/v3/manage/namespaces", "/v3/projects"]) {
      const { headers } = await preflight(withUi, path, UI);
      expect(headers.get("Access-Control-Allow-Origin"), path).toBeNull();
      // The browser's user has not typed this password here: it is remembered from another page.
      const own = { Origin: UI, "Sec-Fetch-Site": "cross-site", Authorization };
      expect((await withUi(`http://registry.test${path}`, { headers: own })).status, path).toBe(403);
    }
  });

  it("get no answer from a browser's cache that was none for them", async ({ expect }) => {
    const vary = async (fetch: typeof withUi, path: string, headers: Record<string, string> = {}) =>
      (await fetch(`http://registry.test${path}`, { headers })).headers.get("Vary") ?? "";
    expect(await vary(withUi, "/v2/")).toContain("Origin");
    expect(await vary(withUi, "/v2/", { Origin: "https://evil.example.com" })).toContain("Origin");
    expect(await vary(withUi, "/api/session")).not.toContain("Origin");
    expect(await vary(withSettings({}), "/v2/")).not.toContain("Origin");
  });

  it("may ask for parts of a blob", async ({ expect }) => {
    const { headers } = await preflight(withUi, "/v2/a/b/blobs/sha256:0", UI, "GET");
    for (const name of ["Range", "If-Range"]) expect(headers.get("Access-Control-Allow-Headers")).toContain(name);
  });

  it("are named by their origins", ({ expect }) => {
    expect(readSettings({ CORS_ORIGINS: `${UI}/ http://localhost:3000` }).corsOrigins).toEqual([
      UI,
      "http://localhost:3000",
    ]);
    for (const wrong of ["*", "ui.example.com", `${UI}/path`]) {
      expect(() => readSettings({ CORS_ORIGINS: wrong })).toThrow("CORS_ORIGINS");
    }
  });
});
