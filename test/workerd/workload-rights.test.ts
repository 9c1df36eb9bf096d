/** Whose pushes may set which containers: a right on one image is none on the organization's clusters (ADR 0017). */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { readDetail } from "../../src/model/read-detail.ts";
import { deliver } from "../../src/registry/triggers/deliveries.ts";
import { KubernetesApi } from "../support/fake-kubernetes-api.ts";
import { grantOnImage, grantOnOrganization } from "../support/workerd/stored-rights.ts";
import { type Client, newUser, pushAs } from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";
import {
  anImage,
  CLUSTER,
  clientOf,
  deliveriesOf,
  type TriggeredImage,
  stores,
} from "../support/workerd/triggered-images.ts";

let api: KubernetesApi;
let isAway = false;

beforeEach(() => {
  isAway = false;
  api = new KubernetesApi();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    if (isAway) throw new Error("connection refused");
    const request = new Request(input, init);
    const { body, status } = api.answer({
      method: request.method,
      path: request.url.replace(CLUSTER.server, ""),
      authorization: request.headers.get("Authorization"),
      contentType: request.headers.get("Content-Type"),
      body: await request.text(),
    });
    return new Response(JSON.stringify(body), { status });
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const FOREIGN = "other.example.com/bank/payments:1";
const OWN_CONTAINER = { application: "toy", container: "app" };
const FOREIGN_CONTAINER = { application: "payments", container: "api" };

interface Place {
  application: string;
  container?: string;
  namespace?: string;
}

interface Clustered extends TriggeredImage {
  /** Makes a user of the account with a right on the image alone. */
  onImage: (level?: string) => Promise<Client>;
  /** The container's image as it is. */
  imageOf: (place: { application: string; container: string }) => string | undefined;
}

/** An image, a cluster, a workload that runs the image, and one that does not. */
async function aCluster(namespaces: string[] = []): Promise<Clustered> {
  const setting = await anImage();
  const { administrator, organization, repository, account } = setting;
  const cluster = { ...CLUSTER, token: api.token, namespaces, test: false };
  const made = await administrator.post(`/api/organizations/${organization}/clusters`, cluster);
  if (made.status !== 201) throw new Error(`making a cluster: ${made.status} ${await made.text()}`);
  api.add("deployments", "toy", { app: `registry.test/${repository}:1`, sidecar: FOREIGN });
  api.add("deployments", "payments", { api: FOREIGN });
  return {
    ...setting,
    onImage: async (level = "edit") => {
      const user = await newUser(account);
      await grantOnImage(repository, user.name, level);
      return clientOf(user);
    },
    imageOf: ({ application, container }) => api.images("deployments", application)[container],
  };
}

const targetOf = ({ namespace = "default", ...place }: Place) => ({
  kind: "kubernetes",
  cluster: CLUSTER.name,
  workload: "deployments",
  namespace,
  ...place,
});

function create(client: Client, { path }: TriggeredImage, place: Place, more: object = {}): Promise<Response> {
  return client.post(`${path}/triggers`, { name: "t", condition: { kind: "all" }, target: targetOf(place), ...more });
}

async function said(response: Response): Promise<string> {
  if (response.ok) return String(response.status);
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.message}`;
}

/** Pushes a tag and has everything delivered that this sets off; answers what came of the last. */
async function pushAndDeliver(setting: TriggeredImage, client: Client, tag = "v2"): Promise<string> {
  await pushAs(client, setting.repository, tag);
  const id = (await deliveriesOf(setting)).at(-1)?.id ?? 0;
  await deliver(stores, id);
  const row = await env.DB.prepare("SELECT status, detail FROM deliveries WHERE id = ?")
    .bind(id)
    .first<{ status: string; detail: string }>();
  return `${row?.status}: ${readDetail(row?.detail ?? "").detail}`;
}

const ORGANIZATION_RIGHT = /it takes edit on organization \S+, or a container that runs image \S+ already/;

describe("a user with a right on the image alone", () => {
  it.for(["edit", "manage"])("with %s may not set a container that runs another image", async (level, { expect }) => {
    const setting = await aCluster();
    const client = await setting.onImage(level);
    const { swr } = setting;
    const others: Place[] = [
      FOREIGN_CONTAINER,
      { application: "toy", container: "sidecar" },
      { application: "toy", container: "absent" },
      { application: "payments" },
      { application: "absent" },
      { application: "payments", namespace: "bank" },
    ];
    const answers: string[] = [];
    for (const place of others) answers.push(await said(await create(client, setting, place)));
    expect(answers.filter((answer) => !answer.startsWith("403 you do not have the permission"))).toEqual([]);
    expect(answers.filter((answer) => !ORGANIZATION_RIGHT.test(answer))).toEqual([]);
    // What is in the cluster is not told: they differ in what was asked for only.
    expect(answers[0]?.replace("payments", "absent")).toBe(answers[4]);
    const bySwr = await client.post(swr, {
      name: "t",
      action: "update",
      app_type: "deployments",
      application: "payments",
      container: "api",
      cluster_ns: "default",
      cluster_name: CLUSTER.name,
      condition: "",
      trigger_type: "all",
      enable: "true",
    });
    expect(bySwr.status).toBe(403);
    expect(await bySwr.text()).toMatch(ORGANIZATION_RIGHT);
    expect(api.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  it("may set one that runs the image already", async ({ expect }) => {
    const setting = await aCluster();
    const client = await setting.onImage();
    expect((await create(client, setting, OWN_CONTAINER)).status).toBe(201);
    expect((await create(client, setting, { application: "toy" }, { name: "whole" })).status).toBe(201);
    await pushAndDeliver(setting, client);
    expect(setting.imageOf(OWN_CONTAINER)).toBe(`registry.test/${setting.repository}:v2`);
    expect(setting.imageOf({ application: "toy", container: "sidecar" })).toBe(FOREIGN);
  });

  it.for([
    ["the same name at another registry", (repository: string) => `evil.example/${repository}:1`],
    ["another tag's image", (repository: string) => `registry.test/${repository}-other:1`],
    ["an image below it", (repository: string) => `registry.test/${repository}/other:1`],
    ["a longer host", (repository: string) => `registry.test.evil.example/${repository}:1`],
    ["no host", (repository: string) => `${repository}:1`],
  ] as const)("is not taken in by %s", async ([, imageOf], { expect }) => {
    const setting = await aCluster();
    api.add("deployments", "odd", { app: imageOf(setting.repository) });
    const client = await setting.onImage();
    expect((await create(client, setting, { application: "odd", container: "app" })).status).toBe(403);
    expect((await create(client, setting, { application: "odd" })).status).toBe(403);
  });

  it("is refused with the reason while the cluster cannot be asked", async ({ expect }) => {
    const setting = await aCluster();
    const client = await setting.onImage();
    isAway = true;
    const answer = await said(await create(client, setting, OWN_CONTAINER));
    expect(answer).toMatch(/^403 .*whether one does could not be found out: .*cannot be reached/);
    isAway = false;
    api.answers.push(() => ({ status: 500, body: {} }));
    expect(await said(await create(client, setting, OWN_CONTAINER))).toContain("the API server answered 500");
    expect((await create(client, setting, OWN_CONTAINER)).status).toBe(201);
  });

  it("sets nothing once the container runs another image", async ({ expect }) => {
    const setting = await aCluster();
    const client = await setting.onImage();
    await create(client, setting, OWN_CONTAINER);
    api.add("deployments", "toy", { app: FOREIGN });
    expect(await pushAndDeliver(setting, client)).toMatch(/^failed: container app of deployment toy .* another image/);
    expect(setting.imageOf(OWN_CONTAINER)).toBe(FOREIGN);
  });

  it("makes nothing of a trigger of somebody with the right but what the own right allows", async ({ expect }) => {
    const setting = await aCluster();
    const { administrator, path, swr } = setting;
    const client = await setting.onImage();
    expect((await create(administrator, setting, FOREIGN_CONTAINER, { enabled: false })).status).toBe(201);
    for (const change of [
      { enabled: true },
      { condition: { kind: "tag", text: "v2" } },
      { firesAlways: true },
      { target: targetOf(FOREIGN_CONTAINER) },
      { enabled: false, condition: { kind: "all" } },
    ]) {
      const answer = await said(await client.patch(`${path}/triggers/t`, change));
      expect([change, answer]).toEqual([change, expect.stringMatching(/^403 you do not have the permission/)]);
    }
    expect((await client.patch(`${swr}/t`, { enable: "true" })).status).toBe(403);
    await pushAs(client, setting.repository, "v1");
    expect(await deliveriesOf(setting)).toEqual([]);
    // To switch it off is no harm.
    expect((await administrator.patch(`${path}/triggers/t`, { enabled: true })).status).toBe(200);
    expect((await client.patch(`${path}/triggers/t`, { enabled: false })).status).toBe(200);
    expect((await client.patch(`${swr}/t`, { enable: "false" })).status).toBe(201);
    expect((await administrator.patch(`${swr}/t`, { enable: "true" })).status).toBe(201);
    expect(await pushAndDeliver(setting, client)).toMatch(/^rolling: /);
    expect(setting.imageOf(FOREIGN_CONTAINER)).toBe(`registry.test/${setting.repository}:v2`);
  });

  it("answers for a trigger that they have changed, also if another user made it", async ({ expect }) => {
    const setting = await aCluster();
    const { administrator, path } = setting;
    const client = await setting.onImage();
    await create(administrator, setting, OWN_CONTAINER);
    expect((await client.patch(`${path}/triggers/t`, { condition: { kind: "all" } })).status).toBe(200);
    api.add("deployments", "toy", { app: FOREIGN });
    expect(await pushAndDeliver(setting, client)).toMatch(/^failed: .*another image/);
    // Who has the right and only switches it answers for no target that others have set.
    expect((await administrator.patch(`${path}/triggers/t`, { enabled: true })).status).toBe(200);
    expect(await pushAndDeliver(setting, client, "v3")).toMatch(/^failed: .*another image/);
    expect((await administrator.patch(`${path}/triggers/t`, { target: targetOf(OWN_CONTAINER) })).status).toBe(200);
    expect(await pushAndDeliver(setting, client, "v4")).toMatch(/^rolling: /);
  });

  it("sends no event again to a trigger that was switched off", async ({ expect }) => {
    const setting = await aCluster();
    const { administrator, path } = setting;
    const client = await setting.onImage();
    await create(administrator, setting, FOREIGN_CONTAINER);
    await pushAndDeliver(setting, administrator);
    const [{ id } = { id: 0 }] = await deliveriesOf(setting);
    await administrator.patch(`${path}/triggers/t`, { enabled: false });
    api.add("deployments", "payments", { api: FOREIGN });
    const resend = `${path}/triggers/t/deliveries/${id}/resend`;
    expect(await said(await client.post(resend))).toMatch(ORGANIZATION_RIGHT);
    expect((await administrator.post(resend)).status).toBe(201);
  });

  it("changes nothing by a test", async ({ expect }) => {
    const setting = await aCluster();
    const client = await setting.onImage();
    await create(setting.administrator, setting, FOREIGN_CONTAINER);
    expect((await client.post(`${setting.path}/triggers/t/test`)).status).toBe(201);
    await deliver(stores, (await deliveriesOf(setting)).at(-1)?.id ?? 0);
    expect(setting.imageOf(FOREIGN_CONTAINER)).toBe(FOREIGN);
    expect(api.requests.filter(({ method, path }) => method === "PATCH" && !path.includes("dryRun=All"))).toEqual([]);
  });
});

describe("a user who may edit the organization", () => {
  it("may set any container, though the cluster is away just now", async ({ expect }) => {
    const setting = await aCluster();
    const user = await newUser(setting.account);
    await grantOnOrganization(setting.organization, user.name, "edit");
    const client = clientOf(user);
    isAway = true;
    expect((await create(client, setting, FOREIGN_CONTAINER)).status).toBe(201);
    isAway = false;
    expect(await pushAndDeliver(setting, client)).toMatch(/^rolling: /);
    expect(setting.imageOf(FOREIGN_CONTAINER)).toBe(`registry.test/${setting.repository}:v2`);
  });

  it.for([
    ["loses that right", "DELETE FROM organization_permissions WHERE user_id = (SELECT id FROM users WHERE name = ?1)"],
    [
      "may only read",
      "UPDATE organization_permissions SET level = 'read' WHERE user_id = (SELECT id FROM users WHERE name = ?1)",
    ],
    ["is deleted", "DELETE FROM users WHERE name = ?1"],
  ] as const)("and then %s lends it no more", async ([, change], { expect }) => {
    const setting = await aCluster();
    const user = await newUser(setting.account);
    await grantOnOrganization(setting.organization, user.name, "edit");
    const client = clientOf(user);
    await create(client, setting, FOREIGN_CONTAINER);
    await create(client, setting, OWN_CONTAINER, { name: "own" });
    await env.DB.prepare(change).bind(user.name).run();
    await pushAs(setting.administrator, setting.repository, "v2");
    for (const { id } of await deliveriesOf(setting)) await deliver(stores, id);
    expect(setting.imageOf(FOREIGN_CONTAINER)).toBe(FOREIGN);
    // What runs the image goes on.
    expect(setting.imageOf(OWN_CONTAINER)).toBe(`registry.test/${setting.repository}:v2`);
  });
});

describe("a cluster that is for some namespaces", () => {
  it("takes triggers for these only, also from administrators", async ({ expect }) => {
    const setting = await aCluster(["shop", "default"]);
    const { administrator } = setting;
    const refused = await said(await create(administrator, setting, { ...FOREIGN_CONTAINER, namespace: "bank" }));
    expect(refused).toBe("400 cluster production is for namespaces shop, default, and not for bank");
    expect((await create(administrator, setting, FOREIGN_CONTAINER)).status).toBe(201);
    const moved = { target: targetOf({ ...FOREIGN_CONTAINER, namespace: "bank" }) };
    expect((await administrator.patch(`${setting.path}/triggers/t`, moved)).status).toBe(400);
    const lesser = await setting.onImage();
    const foreign = await said(await create(lesser, setting, { ...OWN_CONTAINER, namespace: "bank" }));
    expect(foreign).toMatch(ORGANIZATION_RIGHT);
    expect(foreign).not.toContain("shop");
  });

  it("updates nothing elsewhere, though the trigger was there before", async ({ expect }) => {
    const setting = await aCluster();
    const { administrator, organization, path } = setting;
    await create(administrator, setting, FOREIGN_CONTAINER);
    const cluster = `/api/organizations/${organization}/clusters/${CLUSTER.name}`;
    const change = async (namespaces: string[]) => {
      const response = await administrator.patch(cluster, { namespaces, test: false });
      return [response.status, (await response.json<{ namespaces: string[] }>()).namespaces];
    };
    expect(await change(["shop", "shop"])).toEqual([200, ["shop"]]);
    expect(await pushAndDeliver(setting, administrator)).toBe(
      "failed: cluster production is for namespace shop, and not for default",
    );
    expect((await administrator.patch(`${path}/triggers/t`, { firesAlways: true })).status).toBe(400);
    const test = await administrator.post(`${cluster}/test`, { namespace: "default" });
    expect(await test.json()).toEqual({
      works: false,
      detail: "cluster production is for namespace shop, and not for default",
      reasons: [
        { code: "NAMESPACE_OUTSIDE", values: { cluster: "production", namespaces: "shop", namespace: "default" } },
      ],
    });
    expect(await change([])).toEqual([200, []]);
    expect(await pushAndDeliver(setting, administrator, "v3")).toMatch(/^rolling: /);
  });

  it.for([
    [["Shop"]],
    [["-a"]],
    [[""]],
    [["a.b"]],
    [["a".repeat(64)]],
    [Array.from({ length: 101 }, (_, at) => `n${at}`)],
  ])("has names as Kubernetes has them: not %j", async ([namespaces], { expect }) => {
    const { administrator, organization } = await anImage();
    const cluster = { ...CLUSTER, namespaces, test: false };
    expect((await administrator.post(`/api/organizations/${organization}/clusters`, cluster)).status).toBe(400);
  });
});
