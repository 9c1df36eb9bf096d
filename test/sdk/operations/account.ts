/** What SWR tells of an account, and its login commands. */
import { beforeAll, expect, test } from "vitest";
import { MANIFEST_TYPE, pushImage, type PushedImage } from "../../support/server-images.ts";
import { type Person } from "../../support/server-people.ts";
import { PROJECT_ID, type SdkUser, type SdkRegistry } from "../sdk-registry.ts";

const HOURS_24 = 24 * 3600 * 1000;

/** Registers the tests. */
export function account(setting: SdkRegistry): void {
  let person: Person;
  let swr: SdkUser;
  let image: PushedImage;

  beforeAll(async () => {
    ({ person, sdk: swr } = await setting.account("west"));
    image = await pushImage(person, "west/web", "1");
  });

  test("quotas say how many organizations a user has created, and what the account has", async () => {
    const { quotas, httpStatusCode } = await swr.call<{ quotas: Record<string, unknown>[]; httpStatusCode: number }>(
      "listQuotas",
    );
    expect(httpStatusCode).toBe(200);
    expect(quotas[0]).toEqual({ quota_key: "namespace", quota_limit: 5, used: 1, unit: "" });
    expect(quotas.map((quota) => [quota["quota_key"], quota["quota_limit"], quota["unit"]])).toEqual([
      ["namespace", 5, ""],
      ["stored_bytes", 1024 * 1024, "MiB"],
      ["manifest_bytes", 512, "MiB"],
      ["image", 5000, ""],
      ["tag", 200_000, ""],
      ["open_upload", 500, ""],
    ]);
  });

  test("the overview and the daily reports tell what is stored and was pulled", async () => {
    const manifest = await person.send("GET", "/v2/west/web/manifests/1", undefined, { Accept: MANIFEST_TYPE });
    const { layers } = (await manifest.json()) as { layers: { digest: string; size: number }[] };
    const [layer] = layers;
    await (await person.send("GET", `/v2/west/web/blobs/${layer?.digest}`)).arrayBuffer();

    const pulled = (layer?.size ?? 0) + image.size;
    const overview = () => swr.call("showDomainOverview");
    await expect.poll(async () => (await overview())["downflow_size"], { timeout: 10_000 }).toBeGreaterThan(0);
    const found = await overview();
    expect(found).toEqual({
      domain_id: expect.any(String),
      domain_name: "west",
      namspace_num: 1,
      repo_num: 1,
      image_num: 1,
      store_space: expect.any(Number),
      downflow_size: expect.any(Number),
      httpStatusCode: 200,
    });
    expect([image.blobBytes, image.blobBytes + image.size]).toContain(found["store_space"]);
    expect([layer?.size, pulled]).toContain(found["downflow_size"]);

    const today = new Date().toISOString().slice(0, 10);
    for (const [type, value] of [
      ["downflow", found["downflow_size"]],
      ["store", found["store_space"]],
    ]) {
      const report = await swr.call<unknown[]>("showDomainResourceReports", {
        resource_type: type,
        frequency: "daily",
      });
      expect(report.httpStatusCode).toBe(200);
      expect(report.at(-1)).toEqual({ date: today, value });
    }
    const weekly = await swr.refusal("showDomainResourceReports", { resource_type: "store", frequency: "weekly" });
    expect(weekly).toMatch(/^40[04] SVCSTG\.SWR\./);
  });

  test("feature gates are true to what there is", async () => {
    const gates = await swr.call("showShareFeatureGates");
    const { httpStatusCode, ...values } = gates;
    expect(httpStatusCode).toBe(200);
    expect(values).toMatchObject({
      enable_experience: false,
      enable_hss_service: false,
      enable_image_scan: false,
      enable_sm3: false,
      enable_image_sync: true,
      enable_cci_service: false,
      enable_image_label: false,
      enable_pipeline: false,
      enable_authorization_token: true,
    });
    for (const value of Object.values(values)) expect(value).toBeTypeOf("boolean");
  });

  test("versions are listed, and version 2 is shown", async () => {
    const version = {
      id: "v2",
      links: { href: expect.stringMatching(/^http/), rel: "self" },
      version: expect.stringMatching(/^\d+\.\d+$/),
      status: "CURRENT",
      updated: expect.stringMatching(/Z$/),
      min_version: expect.stringMatching(/^\d+\.\d+$/),
    };
    expect(await swr.call("listApiVersions")).toEqual({ versions: [version], httpStatusCode: 200 });
    expect(await swr.call("showApiVersion", { api_version: "v2" })).toEqual({ version, httpStatusCode: 200 });
    expect(await swr.refusal("showApiVersion", { api_version: "v9" })).toMatch(/^404 /);
  });

  test("a temporary login command is made, with the user's project or the registry's", async () => {
    const { address } = setting.server;
    const secret = await swr.call<Secret>("createSecret", { projectname: "eu-west-101" });
    expect(secret.httpStatusCode).toBe(200);
    const command = /^docker login -u (eu-west-101@[A-Z0-9]+) -p ([0-9a-f]{64}) (\S+)$/.exec(
      secret["X-Swr-Dockerlogin"],
    );
    const [, user, password, host] = command ?? [];
    expect(host).toBe(address);
    expect(secret.auths).toEqual({
      [address]: { auth: Buffer.from(`${user}:${password}`).toString("base64") },
    });
    const bearer = await fetch(`${setting.server.url}/token?service=${address}&scope=repository:west/web:pull`, {
      headers: { Authorization: `Basic ${secret.auths[address]?.auth}` },
    });
    expect(bearer.status).toBe(200);

    const bare = await swr.call<Secret>("createSecret");
    expect(bare["X-Swr-Dockerlogin"]).toMatch(/^docker login -u berth@[A-Z0-9]+ -p [0-9a-f]{64} \S+$/);
    expect(await swr.refusal("createSecret", { projectname: "; rm" })).toMatch(/^400 SVCSTG\.SWR\./);

    // Its newer name, and the header that only newer SDKs read.
    const response = await person.send("POST", "/v2/manage/utils/authorizationtoken");
    expect(response.status).toBe(200);
    expect(response.headers.get("X-Swr-Dockerlogin")).toContain(address);
    const expires = Date.parse(response.headers.get("X-Swr-Expireat") ?? "");
    expect(Math.abs(expires - Date.now() - HOURS_24)).toBeLessThan(60_000);
  });

  test("what is no operation is refused in SWR's shape", async () => {
    const response = await person.send("GET", `/v2/manage/projects/${PROJECT_ID}/nothing`);
    expect(response.status).toBe(404);
    expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
    const message = expect.stringContaining("nothing");
    expect(await response.json()).toEqual({
      errors: [{ errorCode: expect.stringMatching(/^SVCSTG\.SWR\.404/), errorMessage: message, detail: message }],
      error_code: expect.stringMatching(/^SVCSTG\.SWR\.404/),
      error_msg: message,
      details: [{ error_code: expect.stringMatching(/^SVCSTG\.SWR\.404/), error_msg: message }],
    });
  });
}

interface Secret {
  auths: Record<string, { auth: string }>;
  "X-Swr-Dockerlogin": string;
}
