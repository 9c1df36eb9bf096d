/**
 * What Huawei's Terraform provider asks for, request by request, as its resources do (github.com/huaweicloud/
 * terraform-provider-huaweicloud, huaweicloud/services/swr): what it reads back has to be what was configured, or every plan
 * finds a difference.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { pushImage } from "../support/server-images.ts";
import { type AccessKey, addUser, type Person } from "../support/server-people.ts";
import { useRegistry } from "./sdk-registry.ts";
import { sendAsIs, sign } from "./signing.ts";

const setting = useRegistry({ ORGANIZATION_QUOTA: "20" });
const PROJECT = "0f5181caba0024e72f89c0045e707b91";

let key: AccessKey;
let owner: Person;
/** Named so that the order of granting is not the order of names. */
let zoe: Person;
let adam: Person;

beforeAll(async () => {
  ({ person: owner } = await setting.account("tf"));
  key = await owner.addAccessKey();
  zoe = await addUser(setting.server, owner, "zoe");
  adam = await addUser(setting.server, owner, "adam");
});

/** Sends a request as the provider does: without a signed Host, with a line break after the body. */
async function send(method: string, path: string, body?: unknown) {
  const request = sign(setting.server.address, key, {
    method,
    path,
    body,
    end: "\n",
    unsigned: ["host", "x-project-id"],
    headers: { accept: "application/json", "user-agent": "HashiCorp Terraform/1.9.8", "x-project-id": PROJECT },
  });
  // Node would leave it out of a DELETE.
  if (request.body !== "") request.headers["content-length"] = String(Buffer.byteLength(request.body));
  const { status, body: text } = await sendAsIs(Number(new URL(setting.server.url).port), request);
  return { status, body: text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>) };
}

interface Granted {
  user_id: string;
  user_name?: string;
  permission: "Manage" | "Write" | "Read";
}
const AUTH = { Manage: 7, Write: 3, Read: 1 } as const;
const PERMISSION: Readonly<Record<number, string>> = { 7: "Manage", 3: "Write", 1: "Read" };

/** `addSwrOrganizationPermissions` and `addSwrImagePermissions`: who has no name is looked up. */
async function addPermissions(path: string, users: readonly Granted[], created: readonly number[]) {
  const entries = [];
  for (const { user_id, user_name, permission } of users) {
    entries.push({ user_id, user_name: user_name ?? (await nameOf(user_id)), auth: AUTH[permission] });
  }
  const answer = await send("POST", path, entries);
  expect(created).toContain(answer.status);
  expect(answer.body).toEqual({});
}

async function nameOf(id: string): Promise<string> {
  const { status, body } = await send("GET", `/v3.0/OS-USER/users/${id}`);
  expect(status).toBe(200);
  return (body as { user: { name: string } }).user.name;
}

/** Read, which is what the next plan is compared with. */
async function readPermissions(path: string): Promise<Granted[]> {
  const { status, body } = await send("GET", path);
  expect(status).toBe(200);
  const { self_auth: self, others_auths: others } = body as {
    self_auth: { user_name: string; auth: number };
    others_auths: { user_id: string; user_name: string; auth: number }[];
  };
  expect(PERMISSION[self.auth]).toBeDefined();
  return others
    .filter(({ user_name }) => user_name !== self.user_name)
    .map(({ auth, ...user }) => ({ ...user, permission: PERMISSION[auth] as Granted["permission"] }));
}

/** Update: what was is taken away, what shall be is added, all names looked up anew. */
async function changePermissions(path: string, old: readonly Granted[], wanted: readonly Granted[], created: number[]) {
  const answer = await send(
    "DELETE",
    path,
    old.map(({ user_id }) => user_id),
  );
  expect(answer.status).toBe(204);
  const anew = wanted.map(({ user_id, permission }) => ({ user_id, permission }));
  await addPermissions(path, anew, created);
}

const MANAGE = "/v2/manage/namespaces";

describe.each([
  ["huaweicloud_swr_organization_permissions", `${MANAGE}/tf-access/access`, [200, 201, 202]],
  ["huaweicloud_swr_image_permissions", `${MANAGE}/tf-access/repos/web/access`, [201]],
] as const)("%s", (_, path, created) => {
  beforeAll(async () => {
    await send("POST", MANAGE, { namespace: "tf-access" });
    await send("POST", `${MANAGE}/tf-access/repos`, { repository: "web", is_public: false });
  });

  test("names of users may be left out, and come back in the order of granting", async () => {
    const wanted: Granted[] = [
      { user_id: zoe.id, permission: "Read" },
      { user_id: adam.id, permission: "Write" },
    ];
    await addPermissions(path, wanted, created);
    const read = await readPermissions(path);
    expect(read).toEqual([
      { user_id: zoe.id, user_name: zoe.name, permission: "Read" },
      { user_id: adam.id, user_name: adam.name, permission: "Write" },
    ]);
    // Changed by somebody else, and back: the order stays.
    for (const auth of [7, 1]) {
      await send("PATCH", path, [{ user_id: zoe.id, user_name: zoe.name, auth }]);
    }
    expect(await readPermissions(path)).toEqual(read);
  });

  test("a permission is changed, and the others stay where they are", async () => {
    const wanted: Granted[] = [
      { user_id: adam.id, permission: "Manage" },
      { user_id: zoe.id, permission: "Write" },
    ];
    await changePermissions(path, await readPermissions(path), wanted, [...created]);
    expect((await readPermissions(path)).map(({ user_name, permission }) => [user_name, permission])).toEqual([
      [adam.name, "Manage"],
      [zoe.name, "Write"],
    ]);
  });

  test("an apply goes on where one before it took all away and failed", async () => {
    await send("DELETE", path, [adam.id, zoe.id]);
    await changePermissions(path, await readPermissions(path), [{ user_id: zoe.id, permission: "Read" }], [...created]);
    expect(await readPermissions(path)).toHaveLength(1);
    expect((await send("DELETE", path, [zoe.id])).status).toBe(204);
    expect((await send("DELETE", path, [])).status).toBe(204);
  });
});

describe("huaweicloud_swr_repository", () => {
  test("comes back as it was configured, without a category too", async () => {
    await send("POST", MANAGE, { namespace: "tf-images" });
    for (const [repository, properties, category] of [
      ["plain", {}, ""],
      ["other", { category: "other" }, "other"],
      ["servers", { category: "app_server", description: "the shop" }, "app_server"],
    ] as const) {
      const { status } = await send("POST", `${MANAGE}/tf-images/repos`, {
        repository,
        is_public: false,
        ...properties,
      });
      expect([200, 201, 202]).toContain(status);
      const path = `${MANAGE}/tf-images/repos/${repository}`;
      const read = (await send("GET", path)).body;
      expect(read).toMatchObject({ name: repository, category, is_public: false });
      // Update sends what is configured; the rest stays.
      expect((await send("PATCH", path, { is_public: true, ...properties })).status).toBe(201);
      expect((await send("GET", path)).body).toMatchObject({ category, is_public: true });
    }
    const { body } = await send("GET", "/v2/manage/repos?limit=10&namespace=tf-images&offset=0");
    expect(body).toMatchObject([{ category: "other" }, { category: "" }, { category: "app_server" }]);
    // What has none is found among the others, as the console shows it.
    const others = await send("GET", "/v2/manage/repos?category=other&limit=10&namespace=tf-images&offset=0");
    expect(others.body).toMatchObject([{ name: "other" }, { name: "plain" }]);
  });
});

describe("huaweicloud_swr_image_retention_policy", () => {
  test("has its selectors in the order that they were given in", async () => {
    await send("POST", MANAGE, { namespace: "tf-aging" });
    await send("POST", `${MANAGE}/tf-aging/repos`, { repository: "web", is_public: false });
    const path = `${MANAGE}/tf-aging/repos/web/retentions`;
    const policyOf = (selectors: readonly string[]) => ({
      algorithm: "or",
      rules: [
        {
          template: "tag_rule",
          params: { num: "5" },
          tag_selectors: selectors.map((text) => {
            const [kind = "", pattern = ""] = text.split(" ");
            return { kind, pattern };
          }),
        },
      ],
    });
    const orders = [
      ["regexp v1[.].*", "label latest", "regexp rc-.*", "label stable", "label stable"],
      ["label latest", "regexp a", "regexp b", "label stable"],
      ["regexp a", "label latest"],
      ["label latest", "regexp a"],
      ["regexp a", "regexp b"],
      [],
    ];
    const [first = []] = orders;
    const created = await send("POST", path, policyOf(first));
    expect(created.status).toBe(201);
    const { id } = created.body as { id: number };
    for (const selectors of orders) {
      expect((await send("PATCH", `${path}/${id}`, policyOf(selectors))).status).toBe(201);
      expect((await send("GET", `${path}/${id}`)).body).toMatchObject(policyOf(selectors));
      expect((await send("GET", path)).body).toMatchObject([policyOf(selectors)]);
    }
    expect((await send("DELETE", `${path}/${id}`)).status).toBe(200);
  });
});

describe("huaweicloud_swr_image_trigger", () => {
  test("finds a cluster's name by its id, and reads back what it sent", async () => {
    await send("POST", MANAGE, { namespace: "tf-deploy" });
    await send("POST", `${MANAGE}/tf-deploy/repos`, { repository: "web", is_public: false });
    const cluster = await owner.ask<{ id: string }>("POST", "/api/organizations/tf-deploy/clusters", {
      name: "production",
      server: "https://cluster.example.com:6443",
      authority: null,
      token: "token",
      test: false,
    });
    const found = await send("GET", `/api/v3/projects/${PROJECT}/clusters/${cluster.id}`);
    expect(found).toMatchObject({
      status: 200,
      body: { kind: "Cluster", apiVersion: "v3", metadata: { name: "production", uid: cluster.id } },
    });
    const { name } = (found.body as { metadata: { name: string } }).metadata;
    const path = `${MANAGE}/tf-deploy/repos/web/triggers`;
    const sent = {
      action: "update",
      name: "deploy",
      app_type: "deployments",
      application: "web",
      cluster_id: cluster.id,
      cluster_name: name,
      cluster_ns: "default",
      trigger_type: "regular",
      condition: "^v[0-9]+$",
      enable: "true",
    };
    expect((await send("POST", path, sent)).status).toBe(201);
    expect((await send("GET", `${path}/deploy`)).body).toMatchObject({ ...sent, trigger_mode: "cce", container: "" });
    expect((await send("PATCH", `${path}/deploy`, { enable: "false" })).status).toBe(201);
    expect((await send("GET", `${path}/deploy`)).body).toMatchObject({ enable: "false" });
    expect((await send("DELETE", `${path}/deploy`)).status).toBe(204);
    for (const id of ["999999", "none", "0"]) {
      const { status } = await send("GET", `/api/v3/projects/${PROJECT}/clusters/${id}`);
      expect(`${id} ${status}`).toBe(`${id} 404`);
    }
  });
});

describe("huaweicloud_swr_image_auto_sync", () => {
  test("is made without `override`, read back by its target, and gone when it is deleted twice", async () => {
    await send("POST", MANAGE, { namespace: "tf-sync" });
    await send("POST", `${MANAGE}/tf-sync/repos`, { repository: "shop/web", is_public: false });
    const remote = { name: "tokyo", url: "https://elsewhere.example.com", username: null, password: null, test: false };
    await owner.ask("POST", "/api/remotes", remote);
    const path = `${MANAGE}/tf-sync/repos/shop$web/sync_repo`;
    const target = { remoteRegionId: "tokyo", remoteNamespace: "team" };
    expect(await send("POST", path, { ...target, syncAuto: true })).toEqual({ status: 200, body: {} });
    // `resourceSwrImageAutoSyncRead` looks through the list for what it has made.
    expect(await send("GET", path)).toMatchObject({
      status: 200,
      body: [{ ...target, namespace: "tf-sync", repoName: "shop/web", syncAuto: true, override: false }],
    });
    expect((await send("DELETE", path, target)).status).toBe(200);
    expect(await send("DELETE", path, target)).toMatchObject({
      status: 400,
      body: { errors: [{ errorCode: "SVCSTG.SWR.4001158" }] },
    });
    expect((await send("GET", path)).body).toEqual([]);
  });
});

describe("huaweicloud_swr_image_manual_sync", () => {
  test("takes an empty array for success, and pages jobs until one is empty", async () => {
    const repository = `${MANAGE}/tf-sync/repos/shop$web`;
    await pushImage(owner, "tf-sync/shop/web", "v1");
    const sent = { imageTag: ["v1"], remoteRegionId: "tokyo", remoteNamespace: "team", override: true };
    expect(await send("POST", `${repository}/sync_images`, sent)).toEqual({ status: 200, body: [] });
    const pageOf = (offset: number) =>
      send("GET", `${repository}/sync_job?filter=limit%3A%3A10%7Coffset%3A%3A${offset}`);
    expect(await pageOf(0)).toMatchObject({ status: 200, body: [{ tag: "v1", override: true }] });
    expect(await pageOf(1)).toEqual({ status: 200, body: [] });
  });
});

test("what the provider asks IAM before it comes to the registry", async () => {
  const { body: projects } = await send("GET", "/v3/projects?name=berth");
  expect(projects).toMatchObject({ projects: [{ name: "berth" }] });
  expect((await send("GET", "/v3/auth/domains")).body).toMatchObject({ domains: [{ name: owner.account }] });
  expect((await send("GET", `/v3.0/OS-USER/users/${zoe.id}`)).body).toMatchObject({
    user: { id: zoe.id, name: zoe.name, enabled: true },
  });
  expect(await send("GET", "/v3.0/OS-USER/users/999999")).toMatchObject({
    status: 404,
    body: { error: { code: 404 } },
  });
  expect((await send("GET", "/v3.0/nothing")).status).toBe(404);
});
