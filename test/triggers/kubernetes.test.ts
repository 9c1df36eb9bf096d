/** The guide's example (4.7): what a real docker pushes is what a cluster runs, over TLS with the cluster's own authority. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { DAEMON_PROGRAMS, dockerDaemon } from "../clients/docker-daemon.ts";
import { useClient } from "../clients/client-setup.ts";
import { makeCertificate } from "../support/certificates.ts";
import { findProgram } from "../support/commands.ts";
import { dockerArchiveOf } from "../support/image-layouts.ts";
import { type Cluster, startCluster } from "../support/fake-cluster.ts";
import { PASSWORD, ROOT, USER } from "../support/server.ts";
import { addKubernetesTrigger, type ClusterSettings, type History, newestDelivery } from "./clusters.ts";
import { type KubeApiserver, PROGRAMS, startKubeApiserver } from "./kube-apiserver.ts";

const SETTINGS = { ALLOWED_TARGETS: "127.0.0.1" };
/** Longer than the first two looks at a rollout are apart from the push. */
const PATIENCE_MS = 45_000;

const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: DAEMON_PROGRAMS,
  environment: SETTINGS,
  prepare: async () => {
    await daemon.start();
    await docker.run(["login", "-u", USER, "--password-stdin", docker.server.address], { input: PASSWORD });
  },
  cleanUp: daemon.stop,
});
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.vanish());

/** Pushes an image that no other tag has. */
async function push(name: string, tag: string): Promise<string> {
  const { layout } = await docker.image(`${name}-${tag}`, [1000]);
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
  const reference = `${docker.server.address}/acme/${name}:${tag}`;
  await docker.run(["tag", /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "", reference]);
  await docker.run(["push", reference]);
  return reference;
}

/** Deploys v1 of an image and gives it a trigger. */
async function deploy(name: string, settings: ClusterSettings, changes: { byDigest?: boolean } = {}, isTested = true) {
  const image = await push(name, "v1");
  cluster.api.add("deployments", name, { [name]: image });
  const target = { workload: "deployments", application: name, ...changes } as const;
  await addKubernetesTrigger(docker.server, imageOf(name), triggerOf(name), settings, target, isTested);
}

const imageOf = (name: string) => ({ organization: "acme", image: name });
const triggerOf = (name: string) => `All_tags_${name}`;

/** The newest delivery of an image's trigger, once it is as expected. */
async function delivered(name: string, isReached: (history: History) => boolean): Promise<History> {
  let newest: History | undefined;
  await expect
    .poll(
      async () => {
        newest = await newestDelivery(docker.server, imageOf(name), triggerOf(name));
        return newest !== undefined && isReached(newest);
      },
      { timeout: PATIENCE_MS, interval: 200 },
    )
    .toBe(true);
  if (!newest) throw new Error(`nothing was delivered for ${name}`);
  return newest;
}

const isDone = ({ status }: History) => status !== "pending" && status !== "rolling";
const settingsOf = ({ server, authority, api }: Cluster): ClusterSettings => ({ server, authority, token: api.token });

test("a push of nginx:v2 makes the workload nginx run it, and the history says so", async () => {
  cluster.api.looks = 1;
  await deploy("nginx", settingsOf(cluster));

  const reference = await push("nginx", "v2");

  expect(await delivered("nginx", isDone)).toEqual({
    tag: "v2",
    status: "success",
    tries: 1,
    detail: `deployment nginx in namespace default was set to ${reference}: all 3 pods are updated`,
  });
  expect(cluster.api.images("deployments", "nginx")).toEqual({ nginx: reference });
});

test("the image is named by the digest that was pushed", async () => {
  cluster.api.looks = 1;
  await deploy("pinned", settingsOf(cluster), { byDigest: true });

  await push("pinned", "v2");

  expect(await delivered("pinned", isDone)).toMatchObject({ status: "success" });
  const digest = await docker.digestOf("acme/pinned", "v2");
  const image = `${docker.server.address}/acme/pinned@${digest}`;
  expect(cluster.api.images("deployments", "pinned")).toEqual({ pinned: image });
});

test("a cluster that vanishes during the rollout is watched again when it is back", async () => {
  cluster.api.looks = 1;
  await deploy("away", settingsOf(cluster));

  const reference = await push("away", "v2");
  await delivered("away", ({ status }) => status === "rolling");
  await cluster.vanish();
  const away = await delivered("away", ({ detail }) => detail?.startsWith("the rollout cannot be watched") === true);
  expect(away).toMatchObject({ status: "rolling", tries: 1 });
  await cluster.returnAgain();

  expect(await delivered("away", isDone)).toMatchObject({ status: "success", tries: 1 });
  expect(cluster.api.images("deployments", "away")).toEqual({ away: reference });
});

test("a cluster that shows another authority's certificate gets neither token nor patch", async () => {
  const other = await makeCertificate({ name: "kubernetes", isAuthority: true });
  const settings = { ...settingsOf(cluster), authority: other.certificate };
  await expect(deploy("refused", settings)).rejects.toThrow("is not signed by the cluster's certificate authority");
  const untold = { ...settings, authority: null };
  const advice = "is not signed by an authority that everybody trusts: give the cluster its certificate authority";
  await expect(deploy("untold", untold)).rejects.toThrow(advice);
  await deploy("wrong", settings, {}, false);
  const before = cluster.api.requests.length;

  await push("wrong", "v2");

  const tried = await delivered("wrong", ({ tries }) => tries > 0);
  expect(tried).toMatchObject({
    status: "pending",
    detail: expect.stringContaining("is not signed by the cluster's certificate authority"),
  });
  expect(cluster.api.requests).toHaveLength(before);
});

const missing = PROGRAMS.filter((program) => findProgram(program) === undefined);
if (missing.length > 0) {
  console.warn(
    `Skipping the test with a real API server: ${missing.join(" and ")} not installed (build-kube-apiserver.sh).`,
  );
}

test.skipIf(missing.length > 0)(
  "a real API server takes the patch with no more than the documented rights",
  async () => {
    const kubernetes = await startKubeApiserver();
    onTestFinished(kubernetes.stop);
    const { ask, server, authority } = kubernetes;
    const token = await makeServiceAccount(kubernetes);
    const path = "/apis/apps/v1/namespaces/shop/deployments/nginx";
    const image = await push("real", "v1");
    await ask("POST", "/apis/apps/v1/namespaces/shop/deployments", deploymentOf({ nginx: image, sidecar: "envoy:1" }));
    await expect(ask("DELETE", path, undefined, { token })).rejects.toThrow("answers 403");
    await expect(ask("GET", "/api/v1/namespaces/shop/secrets", undefined, { token })).rejects.toThrow("answers 403");
    const target = { workload: "deployments", application: "nginx", namespace: "shop" } as const;
    await addKubernetesTrigger(docker.server, imageOf("real"), triggerOf("real"), { server, authority, token }, target);

    const reference = await push("real", "v2");

    await delivered("real", ({ status }) => status === "rolling");
    const deployment = await ask<Deployment>("GET", path, undefined);
    const { annotations, generation } = deployment.metadata;
    const { metadata, spec } = deployment.spec.template;
    expect(spec.containers.map((container) => [container.name, container.image])).toEqual([
      ["nginx", reference],
      ["sidecar", "envoy:1"],
    ]);
    expect(spec.containers[0]?.args).toEqual(["--kept"]);
    const digest = await docker.digestOf("acme/real", "v2");
    expect(annotations["kubernetes.io/change-cause"]).toBe(`berth: ${reference} (${digest}) was pushed by ${USER}`);
    expect(metadata.annotations).toEqual({ "digest.berth/nginx": digest });
    expect(deployment.metadata.managedFields.map(({ manager }) => manager)).toContain("berth");
    // What the controllers would report.
    const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    const status = { observedGeneration: generation, ...counts };
    await ask("PATCH", `${path}/status`, { status }, { type: "application/merge-patch+json" });
    expect(await delivered("real", isDone)).toMatchObject({
      status: "success",
      tries: 1,
      detail: `deployment nginx in namespace shop was set to ${reference}: its pod is updated`,
    });
  },
);

interface Deployment {
  metadata: { generation: number; annotations: Record<string, string>; managedFields: { manager: string }[] };
  spec: {
    template: {
      metadata: { annotations: Record<string, string> };
      spec: { containers: { name: string; image: string; args?: string[] }[] };
    };
  };
}

function deploymentOf(containers: Record<string, string>) {
  const list = Object.entries(containers).map(([name, image]) => ({ name, image, args: ["--kept"] }));
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "nginx", namespace: "shop" },
    spec: {
      selector: { matchLabels: { app: "nginx" } },
      template: { metadata: { labels: { app: "nginx" } }, spec: { containers: list } },
    },
  };
}

const COLLECTIONS: Record<string, string> = {
  ServiceAccount: "/api/v1/namespaces/shop/serviceaccounts",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings",
  Secret: "/api/v1/namespaces/shop/secrets",
};

/** Makes what docs/kubernetes.md says. @returns a token of its service account. */
async function makeServiceAccount({ ask }: KubeApiserver): Promise<string> {
  const documentation = readFileSync(join(ROOT, "docs", "kubernetes.md"), "utf8");
  const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(documentation) ?? [];
  await ask("POST", "/api/v1/namespaces", { metadata: { name: "shop" } });
  for (const document of yaml.split("---\n")) {
    const kind = /^kind: (\w+)$/m.exec(document)?.[1] ?? "";
    await ask("POST", COLLECTIONS[kind] ?? "", document, { type: "application/yaml" });
  }
  // What is in the Secret is put there by a controller, which there is none of here.
  const path = "/api/v1/namespaces/shop/serviceaccounts/berth/token";
  const { status } = await ask<{ status: { token: string } }>("POST", path, { spec: {} });
  return status.token;
}
