import { describe, it } from "vitest";
import { errorCodes, errorsOf, fetchAnonymously, pushImage, send } from "../support/workerd/registry-requests.ts";

describe("a name", () => {
  it.for([
    `a/${"b".repeat(128)}`,
    `${"a".repeat(64)}/b`,
    "acme/a/b/c/d",
    "acme/a.b_c__d-e---f",
    "a1-b/0",
    "acme/manifests/latest",
    "acme/blobs",
    "acme/blobs/uploads",
    "acme/tags/list",
    "acme/referrers",
    "acme/manage",
    "management/x",
  ])("like %s is taken", async (name, { expect }) => {
    const { digest } = await pushImage(name, "1.0");
    expect((await send("HEAD", `/v2/${name}/manifests/${digest}`)).status).toBe(200);
    expect(await (await send("GET", `/v2/${name}/tags/list`)).json()).toEqual({ name, tags: ["1.0"] });
  });

  it.for([
    ["image", "organization"],
    ["Acme/web", "lower-case"],
    ["acme/Web", "lower-case"],
    [`${"a".repeat(65)}/b`, "64"],
    [`a/${"b".repeat(129)}`, "128"],
    ["1acme/web", "letter"],
    ["acme/-web", "only between"],
    ["acme/web-", "only between"],
    ["acme/a..b", "only between"],
    ["acme/a___b", "only between"],
    ["acme/a._b", "only between"],
    ["acme//b", "only between"],
    ["acme/ü", "only between"],
    ["acme/a%20b", "only between"],
    ["acme/a%2f%2e%2e%2fb", "only between"],
    ["manage/namespaces", "reserved"],
  ] as const)("like %s is refused because of its %s", async ([name, why], { expect }) => {
    for (const [method, path] of [
      ["GET", `/v2/${name}/manifests/1.0`],
      ["POST", `/v2/${name}/blobs/uploads/`],
      ["GET", `/v2/${name}/tags/list`],
    ] as const) {
      const response = await send(method, path);
      expect(response.status).toBe(400);
      const [error] = await errorsOf(response);
      expect(error?.code).toBe("NAME_INVALID");
      expect(error?.message).toContain(why);
    }
  });
});

describe("a tag", () => {
  it.for(["1", "_", "A.b-C_9", "x".repeat(128)])("like %s is taken", async (tag, { expect }) => {
    await pushImage("acme/tagged", tag);
    expect((await send("HEAD", `/v2/acme/tagged/manifests/${tag}`)).status).toBe(200);
  });

  it.for([".a", "-a", "a b", "a@b", "ä", "x".repeat(129)])("like %s is refused", async (tag, { expect }) => {
    const response = await send("PUT", `/v2/acme/tagged/manifests/${encodeURIComponent(tag)}`, { body: "{}" });
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["TAG_INVALID"]);
  });
});

describe("the routes", () => {
  it.for(["GET", "HEAD"])("answer %s /v2/ and /v2", async (method, { expect }) => {
    for (const path of ["/v2/", "/v2"]) {
      const response = await send(method, path);
      expect(response.status).toBe(200);
      expect(response.headers.get("Docker-Distribution-Api-Version")).toBe("registry/2.0");
      expect(response.headers.get("Content-Type")).toContain("application/json");
    }
  });

  it.for([
    ["GET", "/v2/acme/web"],
    ["GET", "/v2/acme/web/manifests"],
    ["POST", "/v2/acme/web/manifests/latest"],
    ["PATCH", "/v2/acme/web/blobs/uploads/"],
    ["DELETE", "/v2/"],
    ["GET", "/v2/acme/web/blobs/uploads/a/b/c"],
  ] as const)("answer %s %s in the registry's own words", async ([method, path], { expect }) => {
    const response = await send(method, path);
    expect([400, 404, 405]).toContain(response.status);
    expect(response.headers.get("Content-Type")).toContain("application/json");
    expect(await errorCodes(response)).toHaveLength(1);
  });

  it("elsewhere say that there is nothing", async ({ expect }) => {
    const response = await fetchAnonymously("/nowhere");
    expect(response.status).toBe(404);
    expect((await errorsOf(response))[0]?.message).toContain("/nowhere");
  });
});
