/**
 * Updating workloads of Kubernetes when a tag is pushed: the first look at a delivery sets the image, the later ones
 * watch the rollout. And the test of a cluster before it is saved.
 */
import { z } from "zod";
import type { Outcome } from "../../model/triggers/deliveries.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { reasonOf, refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import {
  API_GROUPS,
  findContainers,
  hasImage,
  judgeRollout,
  nameOf,
  type NewImage,
  patchOf,
  type Place,
  readWorkload,
  runs,
  type Workload,
  workloadPath,
} from "../../model/triggers/kubernetes-workload.ts";
import { imageOf, imagesOf, type PushEvent } from "../../model/triggers/push-event.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import type { KubernetesTarget, WorkloadKind } from "../../model/triggers/trigger-targets.ts";
import { type DeliveryRecord, isOvertaken } from "../../storage/triggers/deliveries.ts";
import { listAttempts } from "../../storage/triggers/delivery-history.ts";
import { type ClusterRecord, findClusterById } from "../../storage/triggers/clusters.ts";
import type { TriggerRecord } from "../../storage/triggers/triggers.ts";
import { decryptClusterToken } from "./cluster-secrets.ts";
import {
  askCluster,
  type ClusterAccess,
  type ClusterAnswer,
  type ClusterRequest,
  ClusterUnreachable,
} from "./kubernetes-api.ts";
import type { Stores } from "../stores.ts";

const FIRST_CHECK_MS = 5000;
const NEXT_CHECK_MS = 10_000;
/** How long a rollout is watched. */
const ROLLOUT_LIMIT_MS = 10 * 60_000;
/** How often a workload is read again within a try because it changed before it was patched. */
const MAX_CONFLICTS = 2;
/** Besides 500 and above. 409: somebody else changed the workload, again and again. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);

const OVERTAKEN: Outcome = { kind: "superseded", status: null, reasons: [reason("SUPERSEDED")] };

/** A try to deliver an event to a workload. */
interface WorkloadDelivery {
  trigger: TriggerRecord;
  target: KubernetesTarget;
  delivery: DeliveryRecord;
  event: PushEvent;
  /** Whether it may set a container that runs another image, which takes the right to edit the organization. */
  isApproved: () => Promise<boolean>;
}

/** One look at a workload, and all that it takes. */
interface Look {
  ask: (request: ClusterRequest) => Promise<ClusterAnswer>;
  target: KubernetesTarget;
  image: NewImage;
  /** What the image's repository is called, by each name of the registry. */
  repositories: readonly string[];
  event: PushEvent;
  /** `deployment nginx in namespace default`. */
  subject: Reason;
  /** Whether the tag was pushed again since. */
  isOvertaken: () => Promise<boolean>;
  /** Whether it may set a container that runs another image. */
  isApproved: () => Promise<boolean>;
}

/**
 * Sets the image of a workload's containers to what was pushed, or looks how far the rollout is. Never throws for what
 * the cluster does. A test changes nothing: the cluster checks and then drops the patch.
 */
export async function updateWorkload(
  stores: Stores,
  { trigger, target, delivery, event, isApproved }: WorkloadDelivery,
): Promise<Outcome> {
  const cluster = trigger.cluster && (await findClusterById(stores.db, trigger.cluster.id));
  if (!cluster) return failure(reason("CLUSTER_GONE"));
  const outside = whyNotFor(cluster, target.namespace);
  if (outside !== undefined) return failure(outside);
  const access: ClusterAccess = { ...cluster, token: await decryptClusterToken(stores, cluster) };
  const look: Look = {
    ask: (request) => askCluster(stores, access, event, request),
    target,
    event,
    repositories: imagesOf(event, stores.settings),
    image: { repository: imageOf(event), tag: event.tag, digest: event.digest, byDigest: target.byDigest },
    subject: subjectOf(target),
    isOvertaken: async () => event.isTest !== true && isOvertaken(stores.db, delivery),
    isApproved,
  };
  try {
    if (delivery.status !== "rolling") {
      // Also while the cluster is away: only the newest push waits for it.
      return (await look.isOvertaken()) ? OVERTAKEN : await setImage(look);
    }
    const outcome = await watchRollout(look);
    return outcome.kind === "rolling" ? await endAtLimit(stores, delivery, outcome) : outcome;
  } catch (error) {
    if (error instanceof RegistryError) return failure(reasonOf(error));
    if (!(error instanceof ClusterUnreachable)) throw error;
    if (delivery.status !== "rolling") return { kind: "retry", status: null, reasons: [error.reason] };
    // The image is set: to begin again would lose track of the rollout.
    return endAtLimit(stores, delivery, rolling(null, reason("ROLLOUT_UNWATCHED", { why: error.reason })));
  }
}

/** `deployment nginx in namespace default`. */
export function subjectOf({ workload, application, namespace }: KubernetesTarget): Reason {
  return reason("WORKLOAD", { kind: workload.slice(0, -1), name: application, namespace });
}

/** The rights that an update of a container by pushes needs, as a part of a refusal. */
export function needFor(repository: RepositoryName): Reason {
  return reason("WORKLOAD_NEED", { organization: organizationOf(repository), repository });
}

async function setImage(look: Look, conflicts = 0): Promise<Outcome> {
  const { ask, target, image, event, subject } = look;
  const found = await find(look);
  if ("kind" in found) return found;
  const { workload, places } = found;
  if (places.length === 0) return failure(whatIsMissing(look, "at first"), 200);
  const foreign = places.find((place) => !runs(place, look.repositories));
  if (foreign && !(await look.isApproved())) {
    const values = { container: foreign.name, workload: subject, need: needFor(event.repository) };
    return failure(reason("CONTAINER_OF_ANOTHER_IMAGE", values), 200);
  }
  const changed = places.filter((place) => !hasImage(target.workload, workload, place, image));
  const names = changed.map(({ name }) => name).join(", ");
  // An earlier try may have set it without hearing so.
  if (changed.length === 0) return judge(look, workload, "IMAGE_SET_ALREADY");
  // Between the reading and the writing: a newer push that is written down later finds, or makes, a conflict.
  if (await look.isOvertaken()) return OVERTAKEN;
  const cause = `berth: ${nameOf(image)} (${event.digest}) was pushed by ${event.user}`;
  const answer = await ask({
    method: "PATCH",
    path: `${workloadPath(target)}?fieldManager=berth${event.isTest === true ? "&dryRun=All" : ""}`,
    contentType: "application/strategic-merge-patch+json",
    body: patchOf(target.workload, workload, changed, image, cause),
  });
  if (answer.status === 409 && conflicts < MAX_CONFLICTS) return setImage(look, conflicts + 1);
  if (answer.status !== 200) return refused(look, answer);
  const set = { containers: names, workload: subject, image: nameOf(image) };
  if (event.isTest === true) return { kind: "success", status: 200, reasons: [reason("IMAGE_TRIED", set)] };
  if (target.workload === "cronjobs") {
    return { kind: "success", status: 200, reasons: [reason("IMAGE_SET_FOR_NEXT_JOB", set)] };
  }
  return { ...rolling(200, reason("IMAGE_SET", set)), checkAfter: FIRST_CHECK_MS };
}

async function watchRollout(look: Look): Promise<Outcome> {
  const { target, image, subject } = look;
  const found = await find(look);
  if ("kind" in found) {
    // The cluster is as good as away: that is no new try, but one more look.
    const [why] = found.reasons;
    return found.kind === "retry" && why ? rolling(found.status, reason("ROLLOUT_UNWATCHED", { why })) : found;
  }
  if (found.places.length === 0) {
    return { kind: "superseded", status: 200, reasons: [whatIsMissing(look, "by now")] };
  }
  const other = found.places.find((place) => !hasImage(target.workload, found.workload, place, image));
  if (other) {
    const values = { container: other.name, workload: subject, image: String(other.image) };
    return { kind: "superseded", status: 200, reasons: [reason("IMAGE_REPLACED", values)] };
  }
  return judge(look, found.workload, "IMAGE_WAS_SET");
}

/** The outcome of a delivery whose workload has the right image: by the state of its rollout. */
function judge(
  { target, image, subject }: Look,
  workload: Workload,
  code: "IMAGE_SET_ALREADY" | "IMAGE_WAS_SET",
): Outcome {
  const { state, reason: rollout } = judgeRollout(target.workload, workload);
  const why = reason(code, { workload: subject, image: nameOf(image), rollout });
  if (state === "waiting") return rolling(200, why);
  return { kind: state === "complete" ? "success" : "failure", status: 200, reasons: [why] };
}

/** Reads the workload and finds the containers in it. */
async function find(look: Look): Promise<Outcome | { workload: Workload; places: Place[] }> {
  const { ask, target, subject } = look;
  const answer = await ask({ method: "GET", path: workloadPath(target) });
  if (answer.status !== 200) return refused(look, answer);
  const workload = readWorkload(answer.json);
  if (!workload) return failure(reason("NO_WORKLOAD", { workload: subject }), 200);
  return { workload, places: findContainers(workload, target.container, look.repositories) };
}

/** That there is nothing to set, when the image is to be set, or no more while its rollout is watched. */
function whatIsMissing({ target: { container }, image, subject }: Look, when: "at first" | "by now"): Reason {
  if (container !== undefined) {
    const code = when === "at first" ? "CONTAINER_MISSING" : "CONTAINER_MISSING_BY_NOW";
    return reason(code, { workload: subject, container });
  }
  const code = when === "at first" ? "IMAGE_UNUSED" : "IMAGE_UNUSED_BY_NOW";
  return reason(code, { workload: subject, repository: image.repository });
}

function refused({ subject }: Look, { status, message, retryAfter }: ClusterAnswer): Outcome {
  const values = { status, workload: subject, message };
  const said = reason("CLUSTER_REFUSED", values);
  if (status >= 500 || RETRIED_STATUSES.has(status)) {
    return { kind: "retry", status, reasons: [said], ...(retryAfter !== undefined && { retryAfter }) };
  }
  if (status >= 300 && status < 400) return failure(reason("CLUSTER_REDIRECTED", values), status);
  return failure(said, status);
}

/** Why triggers may not name workloads of a namespace; undefined when they may. */
export function whyNotFor({ name, namespaces }: ClusterRecord, namespace: string): Reason | undefined {
  if (namespaces.length === 0 || namespaces.includes(namespace)) return undefined;
  const code = namespaces.length === 1 ? "NAMESPACE_OUTSIDE" : "NAMESPACE_OUTSIDE_SOME";
  return reason(code, { cluster: name, namespaces: namespaces.join(", "), namespace });
}

function failure(why: Reason, status: number | null = null): Outcome {
  return { kind: "failure", status, reasons: [why] };
}

function rolling(status: number | null, why: Reason): Outcome & { kind: "rolling" } {
  return { kind: "rolling", status, reasons: [why], checkAfter: NEXT_CHECK_MS };
}

/** A rollout is watched for so long from the try that set the image on. */
async function endAtLimit({ db }: Stores, delivery: DeliveryRecord, outcome: Outcome & { kind: "rolling" }) {
  const begun = (await listAttempts(db, delivery.id)).at(-1)?.startedAt ?? delivery.createdAt;
  if (Date.now() - begun.getTime() < ROLLOUT_LIMIT_MS) return outcome;
  const minutes = ROLLOUT_LIMIT_MS / 60_000;
  const [why = reason("ROLLOUT_NOT_BEGUN")] = outcome.reasons;
  return failure(reason("ROLLOUT_TOO_LONG", { minutes, why }), outcome.status);
}

/**
 * Whether the containers that a target is about run an image of a repository at this moment.
 *
 * @param image the repository, and the registry's own address.
 * @returns what keeps it from being found out, if anything does.
 */
export async function runsImage(
  stores: Stores,
  cluster: ClusterRecord,
  target: KubernetesTarget,
  image: { registry: string; repository: RepositoryName },
): Promise<boolean | { unknown: Reason }> {
  const access: ClusterAccess = { ...cluster, token: await decryptClusterToken(stores, cluster) };
  try {
    const { status, json } = await askCluster(stores, access, image, { method: "GET", path: workloadPath(target) });
    if (status === 404) return false;
    const workload = status === 200 ? readWorkload(json) : undefined;
    if (!workload) return { unknown: reason("API_SERVER_ANSWERED", { status }) };
    const repositories = imagesOf(image, stores.settings);
    const places = findContainers(workload, target.container, repositories);
    return places.length > 0 && places.every((place) => runs(place, repositories));
  } catch (error) {
    if (error instanceof RegistryError) return { unknown: reasonOf(error) };
    if (error instanceof ClusterUnreachable) return { unknown: error.reason };
    throw error;
  }
}

// --- The test of a cluster ---

/** What a cluster is to be used for. */
export interface ClusterUse {
  namespace: string;
  workload: WorkloadKind;
  /** One by its name; undefined: any. */
  application?: string | undefined;
}

const Review = z.object({ status: z.object({ allowed: z.boolean(), reason: z.string().optional() }) });

/**
 * Tries a cluster out before it is saved: that its API server answers, that it takes the token, and that the token's
 * account may do what triggers need.
 *
 * @param own the registry's own address.
 * @param use what is asked for; without it, only that the token is taken.
 * @throws RegistryError CLUSTER_INVALID saying what does not work.
 */
export async function testCluster(
  stores: Stores,
  cluster: ClusterAccess,
  own: { registry: string },
  use?: ClusterUse,
): Promise<void> {
  const { namespace, workload, application }: ClusterUse = use ?? { namespace: "default", workload: "deployments" };
  const may = async (verb: string): Promise<boolean> => {
    const group = API_GROUPS[workload];
    const name = application === undefined ? {} : { name: application };
    const { status, json, message } = await ask({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { verb, group, resource: workload, namespace, ...name } },
      },
    });
    if (status === 401) throw invalid("token", reason("TOKEN_REFUSED", { message }));
    const review = status === 201 || status === 200 ? Review.safeParse(json).data : undefined;
    if (!review) throw invalid("server", reason("TEST_REFUSED", { status, message }));
    return review.status.allowed;
  };
  const ask = async (request: ClusterRequest) => {
    try {
      return await askCluster(stores, cluster, own, request);
    } catch (error) {
      if (error instanceof RegistryError) throw invalid("server", reasonOf(error), error);
      if (error instanceof ClusterUnreachable) throw invalid(fieldAtFault(error.reason), error.reason, error);
      throw error;
    }
  };
  const verbs = use ? ["get", "patch"] : ["get"];
  const allowed = await Promise.all(verbs.map(may));
  if (!use) return;
  const missing = verbs.filter((_, at) => allowed[at] !== true);
  if (missing.length === 0) return;
  const values = { verbs: missing.join(" and "), workloads: workload, namespace };
  throw invalid(
    "token",
    application === undefined
      ? // Kubernetes says no for all of them where a role names some.
        reason("TOKEN_WITHOUT_RIGHTS", values)
      : reason("TOKEN_WITHOUT_RIGHTS_TO_ONE", { ...values, name: application }),
  );
}

/** What of a cluster is to be corrected when its server gives no answer. */
function fieldAtFault({ code }: Reason): string {
  return code === "CERTIFICATE_REFUSED" || code === "CERTIFICATE_REFUSED_WITHOUT_AUTHORITY" ? "authority" : "server";
}

function invalid(field: string, why: Reason, cause?: unknown): RegistryError {
  return refusal("CLUSTER_INVALID", why, { field, cause });
}
