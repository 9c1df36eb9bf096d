/** The line that the log has of each request, and its id (docs/monitoring.md). */
import { describe, it } from "vitest";
import {
  newAccount,
  newOrganization,
  PASSWORD,
  pushAs,
  tokenFor,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import { basic, digestOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { logged, requestsIn } from "../support/workerd/request-log.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const fetchLogged = withSettings({ LOG_REQUESTS: "all" });

async function lineOf(path: string, init: RequestInit = {}, fetch = fetchLogged) {
  let response: Response | undefined;
  const lines = await logged(async () => {
    response = await fetch(path, init);
    await response.clone().text();
  });
  if (!response) throw new Error("no answer");
  return { response, lines, line: requestsIn(lines).at(-1) };
}

describe("the log of requests", () => {
  it("says what was asked for by whom, and what came of it", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/image`);
    const { response, line } = await lineOf(`/v2/${organization}/image/manifests/latest`, {
      headers: {
        Authorization: basic(administrator.name, PASSWORD),
        "CF-Ray": "8f0c1d2e3a4b5c6d-FRA",
        "CF-Connecting-IP": "192.0.2.7",
      },
    });
    expect(response.status).toBe(200);
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      event: "request",
      id: response.headers.get("X-Request-Id"),
      ray: "8f0c1d2e3a4b5c6d-FRA",
      method: "GET",
      route: "/v2/:name/manifests/:reference",
      status: 200,
      ms: expect.any(Number),
      bytesOut: Number(response.headers.get("Content-Length")),
      user: expect.any(Number),
      organization,
      image: "image",
      ip: "192.0.2.7",
    });
  });

  it("names the organization and the image of a request to the API, and the bytes of its body", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/image`);
    const body = JSON.stringify({ description: "new" });
    const { response, line } = await lineOf(`/api/organizations/${organization}/images/image`, {
      method: "PATCH",
      body,
      headers: {
        Authorization: basic(administrator.name, PASSWORD),
        "Content-Type": "application/json",
        "Content-Length": String(body.length),
      },
    });
    expect(line).toMatchObject({
      method: "PATCH",
      route: "/api/organizations/:organization/images/:image",
      status: response.status,
      bytesIn: body.length,
      organization,
      image: "image",
    });
  });

  it.for([
    ["all", "200", true],
    ["all", "404", true],
    ["failures", "404", false],
    ["none", "404", false],
  ] as const)("set to %s has a line of a %s: %s", async ([setting, status, isThere], { expect }) => {
    const path = status === "200" ? "/healthz/live" : "/v1/nothing";
    const { response, line } = await lineOf(path, {}, withSettings({ LOG_REQUESTS: setting }));
    expect([response.status, line !== undefined]).toEqual([Number(status), isThere]);
  });

  it("set to failures has a line of what the registry failed at", async ({ expect }) => {
    const fetch = withSettings({ LOG_REQUESTS: "failures", BUCKET: undefined, DB: undefined });
    const { response, line } = await lineOf(
      `/v2/a/b/manifests/latest`,
      { headers: { Authorization: basic("x", "y") } },
      fetch,
    );
    expect([response.status, line?.["code"]]).toEqual([500, "UNKNOWN"]);
  });

  it("leaves addresses out where LOG_ADDRESSES is false", async ({ expect }) => {
    const headers = { "CF-Connecting-IP": "192.0.2.7" };
    const { line } = await lineOf("/v2/", { headers }, withSettings({ LOG_REQUESTS: "all", LOG_ADDRESSES: "false" }));
    expect([line?.["status"], line?.["ip"]]).toEqual([401, undefined]);
  });

  it("has no secret, wherever a client puts one", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const image = `${organization}/image`;
    await pushAs(administrator, image);
    const secret = `Secret-${crypto.randomUUID()}`;
    const token = await tokenFor(administrator, `repository:${image}:pull,push`);
    const begun = await fetchAnonymously(`/v2/${image}/blobs/uploads/`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
    });
    const upload = begun.headers.get("Location") ?? "";
    const uploadId = upload.split("/").at(-1) ?? "";
    expect(uploadId.length).toBeGreaterThan(20);
    const headers = {
      Authorization: basic(administrator.name, secret),
      Cookie: `berth_session=${secret}; berth_bookmark=${secret}`,
      "X-Auth-Token": secret,
      "User-Agent": secret,
      Referer: `https://x.test/${secret}`,
      "X-Request-Id": secret,
      "CF-Ray": secret,
      "CF-Connecting-IP": secret,
      Range: secret,
      "If-Match": secret,
    };
    const form = new URLSearchParams({
      grant_type: "password",
      username: administrator.name,
      password: secret,
      scope: secret,
    });
    const requests: [string, RequestInit][] = [
      ...[
        "/v2/",
        `/v2/${image}/manifests/${secret}`,
        `/v2/${secret}/manifests/x`,
        `/v2/${image}/tags/list?last=${secret}`,
      ].map((path): [string, RequestInit] => [path, { headers }]),
      [`/token?service=x&scope=${secret}&account=${secret}`, { headers }],
      ["/token", { method: "POST", body: form }],
      ["/token", { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: secret }) }],
      [`/api/organizations/${secret}/images/${secret}?token=${secret}`, { headers }],
      [
        "/api/session",
        {
          method: "POST",
          body: JSON.stringify({ name: "admin", password: secret }),
          headers: { "Content-Type": "application/json" },
        },
      ],
      [`/v2/manage/namespaces/${secret}/repos/${secret}`, { headers }],
      [`/v3/auth/tokens`, { method: "POST", body: JSON.stringify({ auth: secret }), headers }],
      [`/metrics?token=${secret}`, { headers: { Authorization: `Bearer ${secret}` } }],
      [`/${secret}`, { headers }],
      [`/v2/${image}/blobs/${digestOf("x")}`, { headers: { Authorization: `Bearer ${secret}.${secret}.${secret}` } }],
      [upload, { headers: { Authorization: `Bearer ${token}` } }],
      [
        upload,
        { method: "PATCH", body: "bytes", headers: { Authorization: `Bearer ${token}`, "Content-Length": "5" } },
      ],
      [
        `${upload}?digest=${digestOf("no")}&state=${secret}`,
        { method: "PUT", headers: { Authorization: `Bearer ${token}` } },
      ],
    ];
    const lines: string[] = [];
    for (const [path, init] of requests) lines.push(...(await lineOf(path, init)).lines);
    expect(requestsIn(lines)).toHaveLength(requests.length);
    const all = lines.join("\n");
    expect(all.toLowerCase()).not.toContain(secret.toLowerCase());
    expect(all).not.toContain(token);
    expect(all).not.toContain(uploadId);
    expect(all).not.toContain(btoa(`${administrator.name}:${secret}`));
  });

  it("cannot be made to have a line that a client has written", async ({ expect }) => {
    const forged = encodeURIComponent('x"}\n{"event":"request","user":1}\u2028\u202e');
    for (const path of [`/v2/${forged}/manifests/latest`, `/api/organizations/${forged}`, `/${forged}`]) {
      const { lines } = await lineOf(path);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^[ -~]+$/);
      expect(requestsIn(lines)[0]).not.toHaveProperty("user");
    }
  });
});

describe("the id of a request", () => {
  it.for([
    "/v2/",
    "/token?scope=x",
    "/api/organizations",
    "/v2/manage/namespaces",
    "/v3/projects",
    "/healthz/live",
    "/nothing",
  ])("is in the header of each answer: %s", async (path, { expect }) => {
    const [one, other] = await Promise.all([fetchAnonymously(path), fetchAnonymously(path)]);
    expect(one.headers.get("X-Request-Id")).toMatch(UUID);
    expect(one.headers.get("X-Request-Id")).not.toBe(other.headers.get("X-Request-Id"));
  });

  it("is in the error bodies whose format has room for it", async ({ expect }) => {
    const oci = await fetchAnonymously("/v2/a/b/manifests/latest");
    const api = await fetchAnonymously("/api/organizations");
    const nothing = await fetchAnonymously("/v1/nothing");
    expect(await oci.json()).toMatchObject({ errors: [{ detail: { requestId: oci.headers.get("X-Request-Id") } }] });
    expect(await api.json()).toMatchObject({ requestId: api.headers.get("X-Request-Id") });
    expect(await nothing.json()).toMatchObject({
      errors: [{ detail: { requestId: nothing.headers.get("X-Request-Id") } }],
    });
  });

  it("is in the line about a failure, which has no id of an upload", async ({ expect }) => {
    const fetch = withSettings({ DB: undefined, LOG_REQUESTS: "none" });
    const { response, lines } = await lineOf(
      "/v2/a/b/blobs/uploads/signed-id",
      { headers: { Authorization: basic("x", "y") } },
      fetch,
    );
    expect(response.status).toBe(500);
    expect(lines[0]).toContain(`GET /v2/a/b/blobs/uploads/… (request ${response.headers.get("X-Request-Id")}) failed`);
  });
});
