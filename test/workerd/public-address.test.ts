/** Where the registry says that it is: by PUBLIC_URL, and not by the host that a request names (ADR 0016). */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { readSettings } from "../../src/model/settings.ts";
import { newKey, sendSigned } from "../support/workerd/signed-requests.ts";
import { newAccount, newName, pushAs, withSettings } from "../support/workerd/managing-clients.ts";
import { clientOf, deliveriesOf, anImage, newTrigger } from "../support/workerd/triggered-images.ts";

const PUBLIC = { PUBLIC_URL: "https://registry.example.com, https://second.example.com:8443" };
const UNSET = { PUBLIC_URL: "" };
const HOST = "registry.example.com";
/** What a client may write as the host of its request. */
const FORGED = "http://evil.example:8080";

describe("the host of a request is in nothing that others use later", () => {
  it.for([FORGED, "http://second.example.com:8443", "http://127.0.0.1:8787"])("at %s", async (origin, { expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    const { organization, repository } = setting;
    const { host } = new URL(origin);
    const client = clientOf(setting.administrator, PUBLIC);
    const image = `/api/organizations/${organization}/images/web`;
    const manage = "/v2/manage";
    const answers: string[] = [];
    const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
      const response = await client.send(method, `${origin}${path}`, body);
      const text = await response.clone().text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      answers.push(`${method} ${path} ${JSON.stringify([...response.headers])} ${text}`);
      return text;
    };
    const manifest = await ask("GET", `/v2/${repository}/manifests/latest`);
    const pushed = await client.send("PUT", `${origin}/v2/${repository}/manifests/v1`, `${manifest} `, {
      "Content-Type": "application/vnd.oci.image.manifest.v1+json",
    });
    expect([pushed.status, pushed.headers.get("Location")?.startsWith("/v2/")]).toEqual([201, true]);
    await ask("POST", `${manage}/namespaces/${organization}/repos/web/tags`, {
      source_tag: "latest",
      destination_tag: "v2",
      override: false,
    });
    await ask("POST", `${image}/triggers/hook/test`);
    for (const path of [
      `${manage}/repos?namespace=${organization}`,
      `${manage}/namespaces/${organization}/repos/web`,
      `${manage}/namespaces/${organization}/repos/web/tags`,
      image,
      `${image}/tags`,
      `${image}/manifests/v1`,
      `${image}/triggers/hook/deliveries`,
      `${image}/archive?reference=v1`,
    ]) {
      const text = await ask("GET", path).catch((error: Error) => error.message);
      if (path.endsWith("/repos/web")) expect(text).toContain(`${HOST}/${repository}`);
    }
    expect(await ask("POST", `${manage}/utils/secret`)).toContain(`"${HOST}"`);
    expect(await ask("POST", "/api/login-command")).toContain(`"registry":"${HOST}"`);
    expect(answers.filter((text) => text.includes(host))).toEqual([]);
    expect(answers.filter((text) => text.includes("X-Swr-Dockerlogin") || text.includes("x-swr-dockerlogin"))).toEqual([
      expect.stringContaining(` ${HOST}"`),
    ]);
    const events = (await deliveriesOf(setting)).map(({ event }) => JSON.parse(event) as { registry: string });
    expect(events.map(({ registry }) => registry)).toEqual(Array(3).fill(`https://${HOST}`));
  });

  it("an old event is told of the address that is configured now", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting);
    await pushAs(setting.administrator, setting.repository, "v1");
    await env.DB.prepare(`UPDATE deliveries SET event = json_set(event, '$.registry', ?)`).bind(FORGED).run();
    const [{ id } = { id: 0 }] = await deliveriesOf(setting);
    const client = clientOf(setting.administrator, PUBLIC);
    expect((await client.post(`${setting.path}/triggers/hook/deliveries/${id}/resend`)).status).toBe(201);
    const newest = (await deliveriesOf(setting)).at(-1);
    expect(JSON.parse(newest?.event ?? "")).toMatchObject({ registry: `https://${HOST}` });
  });
});

describe("a client is told to log in", () => {
  it.for([
    // The name that it used is one of the registry's.
    ["https://registry.example.com", PUBLIC, "https://registry.example.com"],
    ["http://registry.example.com", PUBLIC, "https://registry.example.com"],
    ["http://registry.example.com:443", PUBLIC, "https://registry.example.com"],
    ["http://second.example.com:8443", PUBLIC, "https://second.example.com:8443"],
    // Another, or the one by which a proxy asks.
    ["http://second.example.com", PUBLIC, "https://registry.example.com"],
    ["http://127.0.0.1:8787", PUBLIC, "https://registry.example.com"],
    [FORGED, PUBLIC, "https://registry.example.com"],
    ["http://127.0.0.1:8787", { PUBLIC_URL: "http://127.0.0.1:8787" }, "http://127.0.0.1:8787"],
    // Another port of the machine itself, which is forwarded to it.
    ["http://localhost:9000", { PUBLIC_URL: "http://127.0.0.1:8787" }, "http://localhost:9000"],
    [FORGED, { PUBLIC_URL: "http://127.0.0.1:8787" }, "http://127.0.0.1:8787"],
    // Where nothing is configured the platform has chosen this Worker by the name.
    ["https://berth.example.workers.dev", UNSET, "https://berth.example.workers.dev"],
    ["http://berth.example.workers.dev", UNSET, "https://berth.example.workers.dev"],
    ["http://localhost:8787", UNSET, "http://localhost:8787"],
    ["http://[::1]:8787", UNSET, "http://[::1]:8787"],
  ] as const)("at %s, with %j, at %s", async ([origin, settings, expected], { expect }) => {
    const { headers } = await withSettings(settings)(`${origin}/v2/`);
    const { host } = new URL(expected);
    expect(headers.get("WWW-Authenticate")).toBe(`Bearer realm="${expected}/token",service="${host}"`);
  });
});

describe("behind a proxy that ends TLS", () => {
  it.for([
    ["http://registry.example.com", PUBLIC, true],
    ["http://127.0.0.1:8787", PUBLIC, true],
    ["http://127.0.0.1:8787", { PUBLIC_URL: "http://127.0.0.1:8787" }, false],
    ["http://localhost:8787", { PUBLIC_URL: "http://127.0.0.1:8787" }, false],
    ["http://registry.example.com", UNSET, true],
    ["http://127.0.0.1:8787", UNSET, false],
  ] as const)("the cookie at %s, with %j, is Secure: %s", async ([origin, settings, isSecure], { expect }) => {
    const { administrator } = await newAccount();
    const { name, password } = administrator;
    const response = await withSettings(settings)(`${origin}/api/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name, password }),
    });
    expect(response.status).toBe(200);
    expect(/; Secure/i.test(response.headers.get("Set-Cookie") ?? "")).toBe(isSecure);
  });

  it.for([
    ["https://registry.example.com", 201],
    ["https://second.example.com:8443", 201],
    ["https://registry.example.com:8443", 403],
    ["https://registry.example.com.evil.example", 403],
    ["http://evil.example:8080", 403],
    ["null", 403],
  ] as const)("a page of %s may use the session: %s", async ([origin, status], { expect }) => {
    const { administrator } = await newAccount();
    const { name, password } = administrator;
    const fetch = withSettings(PUBLIC);
    const send = (path: string, body: unknown, headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:8787${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
    const cookie = (await send("/api/session", { name, password }, {})).headers.get("Set-Cookie")?.split(";")[0] ?? "";
    const answer = await send("/api/users", { name: newName("u"), password }, { Cookie: cookie, Origin: origin });
    expect(answer.status).toBe(status);
  });

  it("a signed request is that of the host that its client signed", async ({ expect }) => {
    const { administrator } = await newAccount();
    const key = await newKey(administrator);
    const arrive = async (host: string, signed: string) => {
      const response = await sendSigned(key, "GET", "/v2/manage/namespaces", {
        fetch: withSettings(PUBLIC),
        headers: { Host: signed },
        alter: (request) => {
          request.url.host = host;
          request.headers.delete("Host");
        },
      });
      return response.status;
    };
    expect(await arrive(HOST, HOST)).toBe(200);
    expect(await arrive("127.0.0.1:8787", HOST)).toBe(200);
    expect(await arrive("127.0.0.1:8787", "second.example.com:8443")).toBe(200);
    expect(await arrive("127.0.0.1:8787", "127.0.0.1:8787")).toBe(200);
    expect(await arrive(HOST, "evil.example")).toBe(401);
  });
});

it("neither address of the registry is one that triggers may call", async ({ expect }) => {
  const setting = await anImage();
  const client = clientOf(setting.administrator, PUBLIC);
  for (const url of [
    "https://registry.example.com/a",
    "https://second.example.com:8443/",
    "https://SECOND.example.com.:8443",
  ]) {
    const target = { kind: "webhook", url, format: "text" };
    const wanted = { name: newName("hook"), condition: { kind: "all" }, target };
    const response = await client.post(`${FORGED}${setting.path}/triggers`, wanted);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("this registry itself")]);
  }
});

it("a wrong PUBLIC_URL is refused by its name", ({ expect }) => {
  expect(() => readSettings({ PUBLIC_URL: "registry.example.com" })).toThrow("the variable PUBLIC_URL is not valid");
});
