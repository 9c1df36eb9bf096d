/** What a push does to workloads, and what becomes of a delivery whatever the cluster does. It is a stand-in for `fetch`. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { readDetail } from "../../src/model/read-detail.ts";
import type { Digest } from "../../src/kernel/digest.ts";
import type { PushEvent } from "../../src/model/triggers/push-event.ts";
import type { RepositoryName, Tag } from "../../src/kernel/reference.ts";
import type { KubernetesTarget } from "../../src/model/triggers/trigger-targets.ts";
import { decryptClusterToken, encryptClusterToken } from "../../src/registry/triggers/cluster-secrets.ts";
import { deliver } from "../../src/registry/triggers/deliveries.ts";
import { testCluster } from "../../src/registry/triggers/kubernetes.ts";
import type { Stores } from "../../src/registry/stores.ts";
import { findClusterById } from "../../src/storage/triggers/clusters.ts";
import { insertDelivery } from "../../src/storage/triggers/deliveries.ts";
import { listAttempts } from "../../src/storage/triggers/delivery-history.ts";
import { type ApiAnswer, KubernetesApi } from "../support/fake-kubernetes-api.ts";
import { lastingStores } from "../support/workerd/lasting-stores.ts";
import { newRepository, pushImage } from "../support/workerd/registry-requests.ts";

const SERVER = "https://cluster.example.com:6443/k8s";
const REGISTRY = "https://registry.example.com";
const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const OTHER_DIGEST = `sha256:${"b".repeat(64)}` as Digest;

let delays: number[] = [];
const stores: Stores = {
  ...lastingStores(),
  deliveries: {
    async sendBatch(_: unknown, options?: { delaySeconds?: number }) {
      delays.push(options?.delaySeconds ?? 0);
    },
  },
};

let api: KubernetesApi;

beforeEach(() => {
  delays = [];
  api = new KubernetesApi();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (init?.redirect !== "manual") throw new Error("redirects are followed");
    const { body, status, headers } = api.answer({
      method: request.method,
      path: request.url.replace(SERVER, ""),
      authorization: request.headers.get("Authorization"),
      contentType: request.headers.get("Content-Type"),
      body: await request.text(),
    });
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, { status, ...(headers && { headers }) });
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Setting {
  repository: string;
  /** Without a tag. */
  image: string;
  triggerId: number;
  clusterId: number;
}

async function newTrigger(changes: Partial<KubernetesTarget> = {}, server = SERVER): Promise<Setting> {
  const repository = newRepository();
  await pushImage(repository, "first");
  const row = await env.DB.prepare("SELECT id, organization_id AS organization FROM repositories WHERE name = ?")
    .bind(repository)
    .first<{ id: number; organization: number }>();
  if (!row) throw new Error("the repository is missing");
  const token = await encryptClusterToken(stores, row.organization, "production", api.token);
  const clusterId = await env.DB.prepare(
    "INSERT INTO clusters (organization_id, name, server, encrypted_token, created_at, updated_at) " +
      "VALUES (?, 'production', ?, ?, 0, 0) RETURNING id",
  )
    .bind(row.organization, server, token)
    .first<number>("id");
  const target: KubernetesTarget = {
    kind: "kubernetes",
    workload: "deployments",
    application: "nginx",
    namespace: "default",
    byDigest: false,
    ...changes,
  };
  const triggerId = await env.DB.prepare(
    "INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, cluster_id, approved_by, created_at, updated_at) " +
      "VALUES (?, 'All_tags', 'all', '.*', 1, ?, ?, (SELECT id FROM users WHERE name = 'admin'), 0, 0) RETURNING id",
  )
    .bind(row.id, JSON.stringify(target), clusterId)
    .first<number>("id");
  const image = `registry.example.com/${repository}`;
  return { repository, image, triggerId: triggerId ?? 0, clusterId: clusterId ?? 0 };
}

async function push({ repository, triggerId }: Setting, changes: Partial<PushEvent> = {}): Promise<number> {
  const id = await insertDelivery(stores.db, triggerId, {
    repository: repository as RepositoryName,
    tag: "v2" as Tag,
    digest: DIGEST,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    size: 500,
    user: "zhang",
    at: "2026-11-24T04:00:00.000Z",
    registry: REGISTRY,
    ...changes,
  });
  return id ?? 0;
}

interface State {
  status: string;
  attempts: number;
  detail: string;
}

/** Looks at a delivery now, whenever it would be due. */
async function look(id: number): Promise<State | null> {
  await env.DB.prepare("UPDATE deliveries SET next_attempt_at = 0 WHERE id = ? AND next_attempt_at IS NOT NULL")
    .bind(id)
    .run();
  await deliver(stores, id);
  const row = await env.DB.prepare("SELECT status, attempts, detail FROM deliveries WHERE id = ?")
    .bind(id)
    .first<State>();
  return row && { ...row, detail: readDetail(row.detail).detail };
}

async function lookUntilDone(id: number): Promise<State[]> {
  const states: State[] = [];
  for (let count = 0; count < 10; count += 1) {
    const state = await look(id);
    if (!state) break;
    states.push(state);
    if (state.status !== "rolling") break;
  }
  return states;
}

const refuse =
  (status: number, message: string, headers: Record<string, string> = {}) =>
  (): ApiAnswer => ({
    status,
    body: { kind: "Status", message },
    headers,
  });
const unreachable = () => {
  throw new TypeError("Network connection lost.");
};
const patches = () => api.requests.filter(({ method }) => method === "PATCH").map(({ body }) => JSON.parse(body));

describe("the image of a workload", () => {
  it("is set, and its rollout followed to the end", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1`, sidecar: "docker.io/library/envoy:1" });
    const id = await push(setting);
    const states = await lookUntilDone(id);
    expect(states.map(({ status, attempts }) => [status, attempts])).toEqual([
      ["rolling", 1],
      ["rolling", 1],
      ["success", 1],
    ]);
    expect(delays).toEqual([5, 10]);
    expect(states.map(({ detail }) => detail)).toEqual([
      `container web of deployment nginx in namespace default was set to ${setting.image}:v2`,
      `deployment nginx in namespace default was set to ${setting.image}:v2: 1 of 3 pods are updated`,
      `deployment nginx in namespace default was set to ${setting.image}:v2: all 3 pods are updated`,
    ]);
    expect(api.images("deployments", "nginx")).toEqual({
      web: `${setting.image}:v2`,
      sidecar: "docker.io/library/envoy:1",
    });
    expect(patches()).toEqual([
      {
        metadata: {
          resourceVersion: "1",
          annotations: {
            "kubernetes.io/change-cause": `berth: ${setting.image}:v2 (${DIGEST}) was pushed by zhang`,
          },
        },
        spec: {
          template: {
            metadata: { annotations: { "digest.berth/web": DIGEST } },
            spec: { containers: [{ name: "web", image: `${setting.image}:v2` }] },
          },
        },
      },
    ]);
    // What is merged stays.
    expect(api.get("deployments", "nginx").spec.template.metadata.labels).toEqual({ app: "nginx" });
    expect(await listAttempts(stores.db, id)).toMatchObject([{ number: 1, status: 200 }]);
  });

  it.for(["statefulsets", "daemonsets"] as const)("is set in %s and followed", async (workload, { expect }) => {
    const setting = await newTrigger({ workload });
    api.add(workload, "nginx", { web: `${setting.image}:v1` });
    const states = await lookUntilDone(await push(setting));
    expect(states.map(({ status }) => status)).toEqual(["rolling", "rolling", "success"]);
    expect(states.at(-1)?.detail).toMatch(/all 3 pods are updated$/);
    expect(api.images(workload, "nginx")).toEqual({ web: `${setting.image}:v2` });
  });

  it("is set in cron jobs, which have no rollout", async ({ expect }) => {
    const setting = await newTrigger({ workload: "cronjobs" });
    api.add("cronjobs", "nginx", { web: `${setting.image}:v1` });
    const id = await push(setting);
    expect(await look(id)).toMatchObject({ status: "success", detail: expect.stringContaining("the next job") });
    expect(api.images("cronjobs", "nginx")).toEqual({ web: `${setting.image}:v2` });
    expect(await look(await push(setting))).toMatchObject({
      status: "success",
      detail: expect.stringContaining("already"),
    });
    expect(patches()).toHaveLength(1);
  });

  it("is set in all containers that use the repository, whatever their tag or digest", async ({ expect }) => {
    const setting = await newTrigger();
    const { image } = setting;
    api.add(
      "deployments",
      "nginx",
      {
        tag: `${image}:v1`,
        bare: image,
        digest: `${image}@${OTHER_DIGEST}`,
        both: `${image}:v1@${OTHER_DIGEST}`,
        longer: `${image}-debug:v1`,
        deeper: `${image}/debug:v1`,
        elsewhere: `other.example.com/${setting.repository}:v1`,
      },
      { podSpec: { initContainers: [{ name: "init", image: `${image}:v0` }] } },
    );
    await lookUntilDone(await push(setting));
    const name = `${image}:v2`;
    expect(api.images("deployments", "nginx")).toEqual({
      tag: name,
      bare: name,
      digest: name,
      both: name,
      init: name,
      longer: `${image}-debug:v1`,
      deeper: `${image}/debug:v1`,
      elsewhere: `other.example.com/${setting.repository}:v1`,
    });
  });

  it("is set in the named container, whatever it had", async ({ expect }) => {
    const setting = await newTrigger({ container: "web" });
    api.add("deployments", "nginx", { web: "nginx", other: `${setting.image}:v1` });
    await lookUntilDone(await push(setting));
    expect(api.images("deployments", "nginx")).toEqual({ web: `${setting.image}:v2`, other: `${setting.image}:v1` });
  });

  it("is named by its digest when the trigger says so", async ({ expect }) => {
    const setting = await newTrigger({ byDigest: true });
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    await lookUntilDone(await push(setting));
    expect(api.images("deployments", "nginx")).toEqual({ web: `${setting.image}@${DIGEST}` });
    expect(patches()[0].spec.template.metadata).toBeUndefined();
  });

  it("is not set again, but a tag that was moved makes new pods", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    await lookUntilDone(await push(setting));
    expect(await look(await push(setting))).toMatchObject({
      status: "success",
      attempts: 1,
      detail: expect.stringMatching(/has .*:v2 already: all 3 pods are updated$/),
    });
    expect(patches()).toHaveLength(1);
    const states = await lookUntilDone(await push(setting, { digest: OTHER_DIGEST }));
    expect(states.map(({ status }) => status)).toEqual(["rolling", "rolling", "success"]);
    const { annotations } = api.get("deployments", "nginx").spec.template.metadata;
    expect(annotations).toEqual({ "digest.berth/web": OTHER_DIGEST });
  });

  it("is only tried out by a test", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    expect(await look(await push(setting, { isTest: true }))).toMatchObject({
      status: "success",
      detail: expect.stringMatching(/^tried out only: container web .* can be set to/),
    });
    expect(api.images("deployments", "nginx")).toEqual({ web: `${setting.image}:v1` });
    expect(api.requests.at(-1)?.path).toMatch(/\?fieldManager=berth&dryRun=All$/);
  });

  it("is set although the workload changes at the same time", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    const conflict = refuse(409, "the object has been modified");
    api.answers.push(
      () => undefined,
      conflict,
      () => undefined,
      conflict,
    );
    const id = await push(setting);
    expect(await look(id)).toMatchObject({ status: "rolling", attempts: 1 });
    expect(api.requests.map(({ method }) => method).join(" ")).toBe("GET PATCH GET PATCH GET PATCH");
  });

  it("is left to a push of the tag that comes after the workload was read", async ({ expect }) => {
    const setting = await newTrigger({ byDigest: true });
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    let newer: Promise<number> | undefined;
    api.answers.push(() => {
      newer = push(setting, { digest: OTHER_DIGEST });
      return undefined;
    });
    const older = await push(setting);
    expect(await look(older)).toEqual({
      status: "superseded",
      attempts: 1,
      detail: "a newer push of the tag took its place",
    });
    expect(api.requests.map(({ method }) => method)).toEqual(["GET"]);
    await lookUntilDone((await newer) ?? 0);
    expect(api.images("deployments", "nginx")).toEqual({ web: `${setting.image}@${OTHER_DIGEST}` });
  });

  it("is left to a push of the tag that set it between the reading and the writing", async ({ expect }) => {
    const setting = await newTrigger({ byDigest: true });
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    const older = await push(setting);
    let newer: Promise<number> | undefined;
    api.answers.push(
      () => undefined,
      () => {
        newer = push(setting, { digest: OTHER_DIGEST });
        return refuse(409, "the object has been modified")();
      },
    );
    expect(await look(older)).toMatchObject({ status: "superseded" });
    expect(api.requests.map(({ method }) => method).join(" ")).toBe("GET PATCH GET");
    await lookUntilDone((await newer) ?? 0);
    expect(api.images("deployments", "nginx")).toEqual({ web: `${setting.image}@${OTHER_DIGEST}` });
  });

  it("that was set without our hearing so is followed all the same", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    const patched = api.answer.bind(api);
    api.answers.push(
      () => undefined,
      (request) => {
        patched(request);
        api.requests.pop();
        return unreachable();
      },
    );
    const id = await push(setting);
    expect(await look(id)).toMatchObject({ status: "pending", attempts: 1 });
    const states = await lookUntilDone(id);
    expect(states.map(({ status, attempts }) => [status, attempts])).toEqual([
      ["rolling", 2],
      ["success", 2],
    ]);
    expect(patches()).toHaveLength(1);
  });
});

describe("a rollout", () => {
  it("fails when Kubernetes gives up", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    api.end = "exceeded";
    const states = await lookUntilDone(await push(setting));
    expect(states.at(-1)).toMatchObject({
      status: "failed",
      detail: expect.stringContaining('ReplicaSet "nginx-2" has timed out progressing.'),
    });
  });

  it("fails after ten minutes, and not before", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    api.end = "stuck";
    const id = await push(setting);
    await look(id);
    const age = (minutes: number) =>
      env.DB.prepare("UPDATE delivery_attempts SET started_at = ? WHERE delivery_id = ?")
        .bind(Date.now() - minutes * 60_000, id)
        .run();
    await age(9.9);
    expect(await look(id)).toMatchObject({ status: "rolling" });
    await age(10);
    expect(await look(id)).toMatchObject({
      status: "failed",
      attempts: 1,
      detail: expect.stringMatching(/^the rollout did not complete within 10 minutes: .*1 of 3 pods are updated$/),
    });
  });

  it("is watched on after the cluster was away, and fails when it stays away", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    const id = await push(setting);
    await look(id);
    for (const away of [unreachable, refuse(503, "etcd is gone"), refuse(429, "slow down")]) {
      api.answers.push(away);
      expect(await look(id)).toMatchObject({
        status: "rolling",
        attempts: 1,
        detail: expect.stringMatching(/^the rollout cannot be watched: /),
      });
    }
    expect((await lookUntilDone(id)).at(-1)).toMatchObject({ status: "success", attempts: 1 });

    const second = await push(setting, { tag: "v3" as Tag });
    await look(second);
    await env.DB.prepare("UPDATE delivery_attempts SET started_at = 0 WHERE delivery_id = ?").bind(second).run();
    api.answers.push(unreachable);
    expect(await look(second)).toMatchObject({
      status: "failed",
      detail: expect.stringMatching(
        /within 10 minutes: the rollout cannot be watched: .*the connection was refused or lost/,
      ),
    });
  });

  it("of a workload that is deleted fails", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    const id = await push(setting);
    await look(id);
    api.remove("deployments", "nginx");
    expect(await look(id)).toMatchObject({ status: "failed", detail: expect.stringContaining("not found") });
  });

  it("is superseded when another image is set meanwhile", async ({ expect }) => {
    const setting = await newTrigger();
    const containers = { web: `${setting.image}:v1` };
    api.add("deployments", "nginx", containers);
    const id = await push(setting);
    const newer = await push(setting, { tag: "v3" as Tag });
    await look(id);
    await look(newer);
    expect(await look(id)).toMatchObject({
      status: "superseded",
      detail: expect.stringContaining(`was set to ${setting.image}:v3 before the rollout was complete`),
    });
    api.add("deployments", "nginx", { web: "other.example.com/nginx" });
    expect(await look(newer)).toMatchObject({ status: "superseded" });
  });

  it("that nobody carries out ends at once", async ({ expect }) => {
    const setting = await newTrigger();
    const containers = { web: `${setting.image}:v1` };
    api.add("deployments", "nginx", containers, { spec: { paused: true } });
    expect((await lookUntilDone(await push(setting))).at(-1)?.detail).toContain("paused");
    for (const workload of ["statefulsets", "daemonsets"] as const) {
      const other = await newTrigger({ workload });
      api.add(workload, "nginx", { web: `${other.image}:v1` }, { spec: { updateStrategy: { type: "OnDelete" } } });
      expect((await lookUntilDone(await push(other))).at(-1)).toMatchObject({
        status: "success",
        detail: expect.stringContaining("OnDelete"),
      });
    }
  });

  it("of a part ends with that", async ({ expect }) => {
    const setting = await newTrigger({ workload: "statefulsets" });
    const updateStrategy = { type: "RollingUpdate", rollingUpdate: { partition: 1 } };
    api.add("statefulsets", "nginx", { web: `${setting.image}:v1` }, { spec: { updateStrategy } });
    const states = await lookUntilDone(await push(setting));
    expect(states.at(-1)).toMatchObject({ status: "success", detail: expect.stringContaining("2 of 3 pods") });
  });
});

describe("an update fails", () => {
  it("where there is no such workload or container", async ({ expect }) => {
    const setting = await newTrigger();
    expect(await look(await push(setting))).toEqual({
      status: "failed",
      attempts: 1,
      detail:
        "the API server answered 404 for deployment nginx in namespace default: " +
        'deployments.apps "nginx" not found',
    });
    api.add("deployments", "nginx", { web: "nginx:1" });
    expect((await look(await push(setting)))?.detail).toBe(
      `no container of deployment nginx in namespace default uses an image of ${setting.image}`,
    );
    const named = await newTrigger({ container: "absent" });
    expect((await look(await push(named)))?.detail).toBe(
      "deployment nginx in namespace default has no container absent",
    );
    expect(patches()).toEqual([]);
  });

  it("for a token that is not taken, or may not do it", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    api.isAllowed = (verb) => verb === "get";
    expect(await look(await push(setting))).toMatchObject({
      status: "failed",
      detail: expect.stringContaining('User "berth" cannot patch resource "deployments"'),
    });
    api.answers.push(refuse(401, "Unauthorized"));
    expect(await look(await push(setting))).toMatchObject({
      status: "failed",
      detail: expect.stringContaining("answered 401"),
    });
  });

  it("for a patch that Kubernetes does not take, and for a redirect", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    for (const [status, said] of [
      [422, "Deployment is invalid"],
      [302, "redirects are not followed"],
    ] as const) {
      api.answers.push(() => undefined, refuse(status, "Deployment is invalid"));
      expect(await look(await push(setting))).toMatchObject({
        status: "failed",
        detail: expect.stringContaining(said),
      });
    }
  });

  it("where the server is no API server", async ({ expect }) => {
    const setting = await newTrigger();
    for (const body of ["<html>", [], { spec: {} }, "x".repeat(2 * 1024 * 1024)]) {
      api.answers.push(() => ({ status: 200, body }));
      expect(await look(await push(setting))).toMatchObject({
        status: typeof body === "string" && body.length > 1000 ? "pending" : "failed",
      });
    }
  });

  it("for an address that may not be called any more", async ({ expect }) => {
    const setting = await newTrigger({}, "https://10.0.0.1:6443");
    expect(await look(await push(setting))).toMatchObject({
      status: "failed",
      detail: expect.stringContaining("10.0.0.1"),
    });
    expect(api.requests).toEqual([]);
  });
});

describe("an update is tried again", () => {
  it.for([409, 429, 500, 502, 503])("after status %i", async (status, { expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    api.answers.push(refuse(status, "not now"));
    const id = await push(setting);
    expect(await look(id)).toMatchObject({
      status: "pending",
      attempts: 1,
      detail: `the API server answered ${status} for deployment nginx in namespace default: not now`,
    });
    expect(await look(id)).toMatchObject({ status: "rolling", attempts: 2 });
  });

  it("when the API server says, and when it cannot be reached", async ({ expect }) => {
    const setting = await newTrigger();
    api.add("deployments", "nginx", { web: `${setting.image}:v1` });
    const id = await push(setting);
    api.answers.push(refuse(429, "later", { "Retry-After": "3600" }), unreachable);
    await look(id);
    expect(delays).toEqual([3600]);
    expect(await look(id)).toMatchObject({
      status: "pending",
      attempts: 2,
      detail: "the API server at cluster.example.com:6443 cannot be reached: the connection was refused or lost",
    });
  });
});

describe("a cluster's token", () => {
  it("is of no use in another row", async ({ expect }) => {
    const { clusterId } = await newTrigger();
    const cluster = await findClusterById(stores.db, clusterId);
    if (!cluster) throw new Error("the cluster is missing");
    expect(cluster.encryptedToken).not.toContain(api.token);
    expect(await decryptClusterToken(stores, cluster)).toBe(api.token);
    await expect(decryptClusterToken(stores, { ...cluster, name: "other" })).rejects.toThrow("cannot be decrypted");
    await expect(decryptClusterToken(stores, { ...cluster, organizationId: 0 })).rejects.toThrow("cannot be decrypted");
  });
});

describe("a cluster's test", () => {
  const own = { registry: REGISTRY };
  const cluster = (token = api.token) => ({ server: SERVER, authority: null, token });
  const use = { namespace: "shop", workload: "deployments", application: "nginx" } as const;

  it("finds nothing wrong", async ({ expect }) => {
    await testCluster(stores, cluster(), own);
    await testCluster(stores, cluster(), own, use);
    expect(JSON.parse(api.requests.at(-1)?.body ?? "").spec.resourceAttributes).toEqual({
      verb: "patch",
      group: "apps",
      resource: "deployments",
      namespace: "shop",
      name: "nginx",
    });
  });

  it("names what the account may not", async ({ expect }) => {
    api.isAllowed = (verb) => verb === "get";
    await testCluster(stores, cluster(), own);
    await expect(testCluster(stores, cluster(), own, use)).rejects.toMatchObject({
      code: "CLUSTER_INVALID",
      message: "the token's account may not patch deployments nginx in namespace shop",
    });
    api.isAllowed = () => false;
    await expect(testCluster(stores, cluster(), own, { namespace: "a", workload: "cronjobs" })).rejects.toThrow(
      "the token's account may not get and patch cronjobs in namespace a: if its role names single workloads, name one as application",
    );
  });

  it("says why the server is not usable", async ({ expect }) => {
    await expect(testCluster(stores, cluster("wrong"), own)).rejects.toMatchObject({
      code: "CLUSTER_INVALID",
      message: "the API server does not accept the token: Unauthorized",
    });
    const answers = [refuse(404, "not here"), () => ({ status: 200, body: "<html>" }), unreachable];
    for (const answer of answers) {
      api.answers.push(answer);
      await expect(testCluster(stores, cluster(), own)).rejects.toMatchObject({ code: "CLUSTER_INVALID" });
    }
    const local = { ...cluster(), server: "https://127.0.0.1:6443" };
    await expect(testCluster(stores, local, own)).rejects.toMatchObject({ code: "CLUSTER_INVALID" });
  });
});
