/** Workloads of Kubernetes: where they are, what is changed in them, and how far a rollout is. */
import { z } from "zod";
import { counted } from "../../kernel/counted.ts";
import type { KubernetesTarget, WorkloadKind } from "./trigger-targets.ts";

export const API_GROUPS: Record<WorkloadKind, "apps" | "batch"> = {
  deployments: "apps",
  statefulsets: "apps",
  daemonsets: "apps",
  cronjobs: "batch",
};

/** The path of a workload below the API server's address. */
export function workloadPath({ workload, namespace, application }: KubernetesTarget): string {
  const names = [namespace, workload, application].map(encodeURIComponent);
  return `/apis/${API_GROUPS[workload]}/v1/namespaces/${names.join("/")}`;
}

const Container = z.object({ name: z.string(), image: z.string().optional() });
const PodTemplate = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).nullish() }).nullish(),
  spec: z.object({ containers: z.array(Container), initContainers: z.array(Container).nullish() }),
});

/** What is looked at of a workload of any kind. */
const Workload = z.object({
  metadata: z.object({ resourceVersion: z.string().optional(), generation: z.number().optional() }),
  spec: z.object({
    replicas: z.number().nullish(),
    paused: z.boolean().optional(),
    template: PodTemplate.optional(),
    jobTemplate: z.object({ spec: z.object({ template: PodTemplate }) }).optional(),
    updateStrategy: z
      .object({
        type: z.string().optional(),
        rollingUpdate: z.object({ partition: z.number().nullish() }).nullish(),
      })
      .nullish(),
  }),
  status: z
    .object({
      observedGeneration: z.number().optional(),
      replicas: z.number().optional(),
      updatedReplicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      availableReplicas: z.number().optional(),
      currentRevision: z.string().optional(),
      updateRevision: z.string().optional(),
      desiredNumberScheduled: z.number().optional(),
      updatedNumberScheduled: z.number().optional(),
      numberAvailable: z.number().optional(),
      conditions: z
        .array(z.object({ type: z.string(), reason: z.string().optional(), message: z.string().optional() }))
        .nullish(),
    })
    .nullish(),
});
export type Workload = z.infer<typeof Workload>;

/** @returns undefined when it is not a workload. */
export function readWorkload(json: unknown): Workload | undefined {
  return Workload.safeParse(json).data;
}

/** The image that a container is to have. */
export interface NewImage {
  /** `host/organization/image`. */
  repository: string;
  tag: string;
  digest: string;
  byDigest: boolean;
}

export function nameOf({ repository, tag, digest, byDigest }: NewImage): string {
  return byDigest ? `${repository}@${digest}` : `${repository}:${tag}`;
}

/** A container, and the image that it has. */
export interface Place {
  list: "containers" | "initContainers";
  name: string;
  image: string | undefined;
}

/**
 * The containers that a target is about: the named one whatever its image is, or all that use one of the repository. Those
 * that run before the others count as well.
 *
 * @param repositories what the repository is called, by each name of the registry: `host/organization/image`.
 */
export function findContainers(
  workload: Workload,
  container: string | undefined,
  repositories: readonly string[],
): Place[] {
  const { spec } = templateOf(workload) ?? {};
  const places = (["containers", "initContainers"] as const).flatMap((list) =>
    (spec?.[list] ?? []).map(({ name, image }): Place => ({ list, name, image })),
  );
  return places.filter((place) => (container === undefined ? runs(place, repositories) : place.name === container));
}

/** Whether a container has an image of a repository, which is called so. */
export function runs({ image }: Place, repositories: readonly string[]): boolean {
  return image !== undefined && repositories.includes(repositoryOf(image));
}

/** An image's name without its tag and digest. */
function repositoryOf(image: string): string {
  const [name = ""] = image.split("@");
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
}

function templateOf({ spec }: Workload) {
  return spec.template ?? spec.jobTemplate?.spec.template;
}

/**
 * On a pod template: which digest a container's tag had when it was set, for a tag that is moved leaves the image's name
 * as it was, and so would leave the pods as they are.
 */
const DIGEST_ANNOTATION = "digest.berth/";

/** A cron job's next pod is new anyway. */
function needsDigest(kind: WorkloadKind, { byDigest }: NewImage): boolean {
  return !byDigest && kind !== "cronjobs";
}

/** Whether nothing is to be done for a container. */
export function hasImage(kind: WorkloadKind, workload: Workload, place: Place, image: NewImage): boolean {
  if (place.image !== nameOf(image)) return false;
  const annotations = templateOf(workload)?.metadata?.annotations;
  return !needsDigest(kind, image) || annotations?.[DIGEST_ANNOTATION + place.name] === image.digest;
}

/**
 * A strategic merge patch: containers are merged by name, and all else stays. With the version that was read, for to name
 * a container that is gone meanwhile would be to add one.
 */
export function patchOf(
  kind: WorkloadKind,
  workload: Workload,
  places: readonly Place[],
  image: NewImage,
  cause: string,
) {
  const lists = (["containers", "initContainers"] as const).flatMap((list) => {
    const changed = places.filter((place) => place.list === list);
    return changed.length === 0 ? [] : [[list, changed.map(({ name }) => ({ name, image: nameOf(image) }))] as const];
  });
  const annotations = Object.fromEntries(places.map(({ name }) => [DIGEST_ANNOTATION + name, image.digest]));
  const template = {
    ...(needsDigest(kind, image) && { metadata: { annotations } }),
    spec: Object.fromEntries(lists),
  };
  return {
    metadata: {
      resourceVersion: workload.metadata.resourceVersion,
      annotations: { "kubernetes.io/change-cause": cause },
    },
    spec: kind === "cronjobs" ? { jobTemplate: { spec: { template } } } : { template },
  };
}

/** How far a rollout is; a sentence for people. */
export interface Rollout {
  state: "complete" | "failed" | "waiting";
  detail: string;
}

/** As `kubectl rollout status` judges it. */
export function judgeRollout(kind: WorkloadKind, workload: Workload): Rollout {
  const { metadata, spec, status } = workload;
  if (kind === "cronjobs") return complete("the next job uses it");
  if (kind !== "deployments" && spec.updateStrategy?.type === "OnDelete") {
    return complete("its pods are replaced when somebody deletes them (OnDelete)");
  }
  if (spec.paused) return complete("its rollout is paused, and goes on when somebody resumes it");
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return waiting("the rollout has not begun");
  }
  return JUDGES[kind](workload);
}

const JUDGES: Record<Exclude<WorkloadKind, "cronjobs">, (workload: Workload) => Rollout> = {
  deployments: judgeDeployment,
  statefulsets: judgeStatefulSet,
  daemonsets: judgeDaemonSet,
};

function complete(detail: string): Rollout {
  return { state: "complete", detail };
}

function waiting(detail: string): Rollout {
  return { state: "waiting", detail };
}

function allUpdated(pods: number): string {
  return pods === 1 ? "its pod is updated" : `all ${pods} pods are updated`;
}

/** "2 of 3 updated pods are available". */
function some(part: number, whole: number, which: "" | "updated ", state: "updated" | "available" | "ready"): string {
  return `${part} of ${whole} ${which}${whole === 1 ? "pod is" : "pods are"} ${state}`;
}

function judgeDaemonSet({ status }: Workload): Rollout {
  const { desiredNumberScheduled: wanted = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status ?? {};
  if (updatedNumberScheduled < wanted) return waiting(some(updatedNumberScheduled, wanted, "", "updated"));
  if (numberAvailable < wanted) return waiting(some(numberAvailable, wanted, "updated ", "available"));
  return complete(allUpdated(wanted));
}

function judgeDeployment({ spec, status }: Workload): Rollout {
  const exceeded = status?.conditions?.find(
    ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
  );
  if (exceeded) {
    return { state: "failed", detail: exceeded.message ?? "the rollout exceeded its progress deadline" };
  }
  const wanted = spec.replicas ?? 1;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  if (updatedReplicas < wanted) return waiting(some(updatedReplicas, wanted, "", "updated"));
  if (replicas > updatedReplicas) {
    const old = replicas - updatedReplicas;
    return waiting(`${counted(old, "old pod")} ${old === 1 ? "has" : "have"} still to end`);
  }
  if (availableReplicas < updatedReplicas) {
    return waiting(some(availableReplicas, updatedReplicas, "updated ", "available"));
  }
  return complete(allUpdated(wanted));
}

function judgeStatefulSet({ spec, status }: Workload): Rollout {
  const wanted = spec.replicas ?? 1;
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const { updatedReplicas = 0, readyReplicas = 0, currentRevision, updateRevision } = status ?? {};
  if (readyReplicas < wanted) return waiting(some(readyReplicas, wanted, "", "ready"));
  const expected = Math.max(wanted - partition, 0);
  if (partition > 0) {
    if (updatedReplicas < expected) {
      return waiting(some(updatedReplicas, expected, "", "updated"));
    }
    return complete(`${some(expected, wanted, "", "updated")}, as its partition says`);
  }
  if (updateRevision !== currentRevision) {
    return waiting(some(updatedReplicas, wanted, "", "updated"));
  }
  return complete(allUpdated(wanted));
}
