import { describe, it } from "vitest";
import { app } from "../../src/app.ts";
import { API_PATHS, isApiPath } from "../../src/kernel/api-paths.ts";
import { withSettings } from "../support/workerd/managing-clients.ts";
import { errorCodes } from "../support/workerd/registry-requests.ts";

const BROWSER = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

/** The console's files as Cloudflare serves them to the Worker. */
const FILES: Readonly<Record<string, { type: string; body: string }>> = {
  "/": { type: "text/html; charset=utf-8", body: "<!doctype html>the console" },
  "/icon.svg": { type: "image/svg+xml", body: "<svg/>" },
};
const asked: string[] = [];
const ASSETS = {
  fetch: async (request: Request) => {
    const { pathname } = new URL(request.url);
    asked.push(`${request.method} ${pathname}`);
    const file = FILES[pathname];
    if (!file) return new Response("", { status: 404 });
    return new Response(request.method === "HEAD" ? null : file.body, { headers: { "Content-Type": file.type } });
  },
};
const request = withSettings({ ASSETS });

describe("the console", () => {
  it("is what browsers get at the root; programs get the versions of the API", async ({ expect }) => {
    const page = await request("/", { headers: BROWSER });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("the console");
    expect(page.headers.get("Vary")).toContain("Accept");

    for (const headers of [{ Accept: "application/json" }, { Accept: "*/*" }, {}]) {
      const list = await request("/", { headers });
      expect(list.headers.get("Content-Type")).toBe("application/json");
      expect(list.headers.get("Vary")).toContain("Accept");
      expect(Object.keys(await list.json<object>())).toEqual(["versions"]);
    }
  });

  it.for([
    "/sign-in?next=%2Fimages",
    "/images/acme/team%2Fweb/tags",
    "/organizations/acme",
    // Names that begin like an API's path are not below it.
    "/api-reference",
    "/v2x",
    "/tokens",
    "/docs.html",
  ])("draws its page at %s, for browsers only", async (path, { expect }) => {
    const page = await request(path, { headers: BROWSER });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("the console");

    const refusal = await request(path);
    expect(refusal.status).toBe(404);
    expect(await errorCodes(refusal)).toEqual(["UNSUPPORTED"]);
  });

  it("has its files for everybody, and answers HEAD", async ({ expect }) => {
    for (const headers of [BROWSER, {}]) {
      const file = await request("/icon.svg", { headers });
      expect(file.headers.get("Content-Type")).toBe("image/svg+xml");
      expect(await file.text()).toBe("<svg/>");
    }
    const head = await request("/images", { method: "HEAD", headers: BROWSER });
    expect(head.status).toBe(200);
    expect(head.headers.get("Content-Type")).toContain("text/html");
    expect(await head.text()).toBe("");
  });

  it.for(["POST", "PUT", "PATCH", "DELETE"])("takes no %s", async (method, { expect }) => {
    const refusal = await request("/images", { method, headers: BROWSER });
    expect(refusal.status).toBe(404);
    expect(await errorCodes(refusal)).toEqual(["UNSUPPORTED"]);
  });

  it.for(API_PATHS)("leaves what is below %s to its API, in a browser too", async (path, { expect }) => {
    asked.length = 0;
    for (const method of ["GET", "HEAD"]) {
      const refusal = await request(`${path}/nothing-is-here`, { method, headers: BROWSER });
      expect(refusal.status).toBeGreaterThanOrEqual(400);
      expect(refusal.headers.get("Content-Type")).toContain("application/json");
    }
    expect(asked).toEqual([]);
  });

  it("hides no route of an API", ({ expect }) => {
    const hidden = app.routes.map(({ path }) => path).filter((path) => !isApiPath(path) && !["/", "/*"].includes(path));
    expect(hidden).toEqual([]);
  });
});
