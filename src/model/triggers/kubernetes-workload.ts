/** Workloads of Kubernetes: where they are, what is changed in them, and how far a rollout is. */
import { z } from "zod";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { isLabel, isWorkloadName } from "./kubernetes-names.ts";
import type { KubernetesTarget, WorkloadKind } from "./trigger-targets.ts";

/** Kubernetes' own tokens have some hundred characters. */
const MAX_CONTINUE_LENGTH = 4096;

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

/**
 * The path below the API server's address that lists a kind's workloads.
 *
 * @param namespace undefined: those of all namespaces.
 */
export function workloadsPath(workload: WorkloadKind, namespace: string | undefined): string {
  const within = namespace === undefined ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/${API_GROUPS[workload]}/v1/${within}${workload}`;
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

/** A page of a list: Kubernetes, "API Concepts", "Retrieving large results sets in chunks". */
const WorkloadPage = z.object({
  metadata: z.object({ continue: z.string().max(MAX_CONTINUE_LENGTH).nullish() }).nullish(),
  items: z.array(z.unknown()).nullish(),
});
const Named = z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }) });

/** A workload of a list. */
export interface ListedWorkload {
  namespace: string;
  name: string;
  workload: Workload;
}

/**
 * Reads a page of a list of workloads. What is no workload, or has a name that no trigger may have, is left out.
 *
 * @returns undefined when it is no such page. `next` goes on with the list; undefined at its end.
 */
export function readWorkloadPage(json: unknown): { found: ListedWorkload[]; next: string | undefined } | undefined {
  const page = WorkloadPage.safeParse(json).data;
  if (!page) return undefined;
  const found = (page.items ?? []).flatMap((item): ListedWorkload[] => {
    const named = Named.safeParse(item).data;
    const workload = readWorkload(item);
    if (!named || !workload) return [];
    const { name, namespace } = named.metadata;
    return isWorkloadName(name) && isLabel(namespace) ? [{ namespace, name, workload }] : [];
  });
  return { found, next: page.metadata?.continue || undefined };
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

/** How far a rollout is. */
export interface Rollout {
  state: "complete" | "failed" | "waiting";
  reason: Reason;
}

/** As `kubectl rollout status` judges it. */
export function judgeRollout(kind: WorkloadKind, workload: Workload): Rollout {
  const { metadata, spec, status } = workload;
  if (kind === "cronjobs") return complete(reason("ROLLOUT_BY_NEXT_JOB"));
  if (kind !== "deployments" && spec.updateStrategy?.type === "OnDelete") {
    return complete(reason("ROLLOUT_ON_DELETE"));
  }
  if (spec.paused) return complete(reason("ROLLOUT_PAUSED"));
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return waiting(reason("ROLLOUT_NOT_BEGUN"));
  }
  return JUDGES[kind](workload);
}

const JUDGES: Record<Exclude<WorkloadKind, "cronjobs">, (workload: Workload) => Rollout> = {
  deployments: judgeDeployment,
  statefulsets: judgeStatefulSet,
  daemonsets: judgeDaemonSet,
};

function complete(why: Reason): Rollout {
  return { state: "complete", reason: why };
}

function waiting(why: Reason): Rollout {
  return { state: "waiting", reason: why };
}

function allUpdated(pods: number): Reason {
  return pods === 1 ? reason("POD_UPDATED") : reason("PODS_UPDATED", { pods });
}

/** What some pods are, of one and of several. */
const SOME = {
  updated: ["POD_UPDATED_OF", "PODS_UPDATED_OF"],
  updatedByPartition: ["POD_UPDATED_BY_PARTITION", "PODS_UPDATED_BY_PARTITION"],
  ready: ["POD_READY_OF", "PODS_READY_OF"],
  available: ["UPDATED_POD_AVAILABLE_OF", "UPDATED_PODS_AVAILABLE_OF"],
} as const;

/** "2 of 3 updated pods are available". */
function some(part: number, whole: number, state: keyof typeof SOME): Reason {
  return reason(SOME[state][whole === 1 ? 0 : 1], { part, whole });
}

function judgeDaemonSet({ status }: Workload): Rollout {
  const { desiredNumberScheduled: wanted = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status ?? {};
  if (updatedNumberScheduled < wanted) return waiting(some(updatedNumberScheduled, wanted, "updated"));
  if (numberAvailable < wanted) return waiting(some(numberAvailable, wanted, "available"));
  return complete(allUpdated(wanted));
}

function judgeDeployment({ spec, status }: Workload): Rollout {
  const exceeded = status?.conditions?.find(
    ({ type, reason: code }) => type === "Progressing" && code === "ProgressDeadlineExceeded",
  );
  if (exceeded) {
    const { message } = exceeded;
    return {
      state: "failed",
      reason: message === undefined ? reason("ROLLOUT_STALLED") : reason("ROLLOUT_FAILED", { message }),
    };
  }
  const wanted = spec.replicas ?? 1;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  if (updatedReplicas < wanted) return waiting(some(updatedReplicas, wanted, "updated"));
  if (replicas > updatedReplicas) {
    const old = replicas - updatedReplicas;
    return waiting(old === 1 ? reason("OLD_POD_LEFT") : reason("OLD_PODS_LEFT", { pods: old }));
  }
  if (availableReplicas < updatedReplicas) {
    return waiting(some(availableReplicas, updatedReplicas, "available"));
  }
  return complete(allUpdated(wanted));
}

function judgeStatefulSet({ spec, status }: Workload): Rollout {
  const wanted = spec.replicas ?? 1;
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const { updatedReplicas = 0, readyReplicas = 0, currentRevision, updateRevision } = status ?? {};
  if (readyReplicas < wanted) return waiting(some(readyReplicas, wanted, "ready"));
  const expected = Math.max(wanted - partition, 0);
  if (partition > 0) {
    if (updatedReplicas < expected) {
      return waiting(some(updatedReplicas, expected, "updated"));
    }
    return complete(some(expected, wanted, "updatedByPartition"));
  }
  if (updateRevision !== currentRevision) {
    return waiting(some(updatedReplicas, wanted, "updated"));
  }
  return complete(allUpdated(wanted));
}
