/** Browsers are told to come by TLS only: on every surface, in errors too, and never on one's own machine. */
import { describe, it, vi } from "vitest";
import { withSettings } from "../support/workerd/managing-clients.ts";
import {
  ADMINISTRATOR,
  basic,
  fetchAnonymously,
  newRepository,
  pushImage,
} from "../support/workerd/registry-requests.ts";

const HEADER = "Strict-Transport-Security";
const VALUE = "max-age=31536000";

/** A page, a file, an answer and an error of each surface, with the status that it has. */
const ANSWERS: readonly (readonly [path: string, status: number, init?: RequestInit])[] = [
  ["/", 200],
  ["/", 200, { headers: { Accept: "text/html" } }],
  ["/images/somewhere", 200, { headers: { Accept: "text/html" } }],
  ["/nothing.js", 404],
  ["/docs", 302, { redirect: "manual" }],
  ["/docs/en/images", 200],
  ["/openapi.json", 200],
  ["/v2/", 401],
  ["/v2/nothing", 404],
  ["/v2/a/b/manifests/latest", 401],
  ["/v2/manage/namespaces", 401],
  ["/v3/manage/nothing", 401],
  ["/v3/projects", 401],
  ["/v3/auth/tokens", 400, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }],
  ["/token", 200],
  ["/token", 405, { method: "PUT" }],
  ["/api/settings", 200],
  ["/api/session", 204, { method: "DELETE" }],
  ["/api/nothing", 404],
  ["/api/users", 401],
];

const console404 = { ASSETS: { fetch: async () => new Response("page", { headers: { [HEADER]: VALUE } }) } };

describe("an answer", () => {
  it.for(ANSWERS)("of %s, %i, says so over TLS", async ([path, status, init], { expect }) => {
    // The files of the console are Cloudflare's to serve, or a stand-in's here.
    const fetch = path === "/nothing.js" ? fetchAnonymously : withSettings(console404);
    const answerAt = async (origin: string) => {
      const response = await fetch(`${origin}${path}`, init);
      await response.arrayBuffer();
      return response;
    };
    for (const origin of ["https://berth.example", "https://127.0.0.1.example"]) {
      const response = await answerAt(origin);
      expect(response.status).toBe(status);
      expect(response.headers.get(HEADER)).toBe(VALUE);
    }
    for (const origin of [
      "http://berth.example",
      "http://localhost:8787",
      "http://127.0.0.1:8787",
      "https://localhost",
      "https://berth.localhost",
    ]) {
      expect((await answerAt(origin)).headers.get(HEADER)).toBe(null);
    }
  });

  it("says so when the registry is not set up, or fails", async ({ expect }) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const unset = await withSettings({ TOKEN_SECRET: "short" })("https://berth.example/v2/");
    expect([unset.status, unset.headers.get(HEADER)]).toEqual([500, VALUE]);
    const failing = {
      prepare: () => {
        throw new Error("no database");
      },
    };
    const failed = await withSettings({ DB: failing })("https://berth.example/api/users", {
      headers: { Authorization: basic("a", "b") },
    });
    expect([failed.status, failed.headers.get(HEADER)]).toEqual([500, VALUE]);
    vi.restoreAllMocks();
  });

  it("of a blob keeps its length and bytes", async ({ expect }) => {
    const repository = newRepository();
    const { digest, size } = await pushImage(repository);
    const headers = { Authorization: basic(ADMINISTRATOR.name, ADMINISTRATOR.password) };
    const manifest = await fetchAnonymously(`https://berth.example/v2/${repository}/manifests/${digest}`, { headers });
    const { config } = await manifest.json<{ config: { digest: string; size: number } }>();
    for (const method of ["GET", "HEAD"]) {
      const path = `https://berth.example/v2/${repository}/blobs/${config.digest}`;
      const response = await fetchAnonymously(path, { method, headers });
      expect(response.headers.get("Content-Length")).toBe(String(config.size));
      expect((await response.arrayBuffer()).byteLength).toBe(method === "GET" ? config.size : 0);
      expect(response.headers.get(HEADER)).toBe(VALUE);
    }
    expect(manifest.headers.get("Content-Length")).toBe(String(size));
  });
});
