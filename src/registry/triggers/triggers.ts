/** Managing the triggers of an image. */
import type { Versions } from "../../kernel/precondition.ts";
import { unlessChanged } from "../versions.ts";
import type { Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { reasonOf, refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { MAX_URL_LENGTH } from "../../kernel/field-limits.ts";
import { MAX_ACCOUNT_TRIGGERS, MAX_TRIGGERS } from "../../kernel/limits.ts";
import { checkLabel, checkWorkloadName } from "../../model/triggers/kubernetes-names.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { type Condition, parseCondition, parseTriggerName } from "../../model/triggers/triggers.ts";
import type { KubernetesTarget, WebhookSecrets, WebhookTarget } from "../../model/triggers/trigger-targets.ts";
import { type ClusterRecord, findCluster, findClusterById } from "../../storage/triggers/clusters.ts";
import {
  deleteTrigger,
  findTrigger,
  insertTrigger,
  listTriggers,
  type TriggerRecord,
  type TriggerSettings,
  updateTrigger,
} from "../../storage/triggers/triggers.ts";
import { actorOf, type Call } from "../call.ts";
import {
  hasOrganizationRight,
  requireOwnRepository,
  type RepositoryAccess,
  unknownImage,
} from "../rights/management.ts";
import { cleanSoon } from "../deletion/cleanups.ts";
import { unknownCluster } from "./clusters.ts";
import { needFor, runsImage, subjectOf, whyNotFor } from "./kubernetes.ts";
import { requireOutbound } from "../outbound/paces.ts";
import type { Stores } from "../stores.ts";
import { decryptWebhookSecrets, encryptWebhookSecrets } from "./webhook-secrets.ts";

export { MAX_TRIGGERS };

/** A trigger as it may be shown. */
export interface Trigger extends Omit<TriggerRecord, "encryptedSecrets"> {
  /** Which secrets its webhook has. */
  has: Record<keyof WebhookSecrets, boolean>;
}

/** A cluster by its id, its name, or both. */
export interface ClusterReference {
  id?: string | undefined;
  name?: string | undefined;
}

/** A secret that is undefined stays as it is; null takes it away. */
export type WantedSecrets = { [K in keyof WebhookSecrets]?: string | null | undefined };

export type WantedTarget = (KubernetesTarget & { cluster: ClusterReference }) | (WebhookTarget & WantedSecrets);

export interface WantedTrigger {
  condition: Condition;
  isEnabled: boolean;
  firesAlways: boolean;
  target: WantedTarget;
}

const NO_SECRETS = { secret: false, authorization: false };

/**
 * The triggers of an image, by name. Addresses of webhooks are often secrets themselves: so they are for who may change
 * them.
 */
export async function listImageTriggers(call: Call<Manager>, name: RepositoryName): Promise<Trigger[]> {
  const { id } = await requireEditable(call, name);
  const records = await listTriggers(call.stores.db, id);
  return Promise.all(records.map((record) => withoutSecrets(call.stores, record)));
}

export async function getImageTrigger(call: Call<Manager>, name: RepositoryName, trigger: string): Promise<Trigger> {
  const { record } = await requireTrigger(call, name, trigger);
  return withoutSecrets(call.stores, record);
}

/** Gives an image a trigger. */
export async function addImageTrigger(
  call: Call<Manager>,
  name: RepositoryName,
  trigger: string,
  { condition, target, ...flags }: WantedTrigger,
): Promise<Trigger> {
  const repository = await requireEditable(call, name);
  parseTriggerName(trigger);
  const written = await readTarget(call, repository, target, { name: trigger, record: undefined });
  const approvedBy = await requireWorkloadRight(call, repository, written);
  const settings: TriggerSettings = { ...flags, condition: parseCondition(condition), ...written, approvedBy };
  const { outcome } = await insertTrigger(call.stores.db, actorOf(call), repository, trigger, settings);
  if (outcome === "gone") throw await whatIsGone(call.stores, repository, settings.clusterId);
  if (outcome === "name-taken") {
    const detail = { name: trigger };
    throw refusal("TRIGGER_EXISTS", reason("TRIGGER_EXISTS", detail), { field: "name", detail });
  }
  if (outcome === "too-many") {
    const most = { max: MAX_TRIGGERS, ofAccount: MAX_ACCOUNT_TRIGGERS };
    throw refusal("TRIGGER_LIMIT", reason("TRIGGER_LIMIT", most));
  }
  return getImageTrigger(call, name, trigger);
}

/** Changes what is given of a trigger, if it has one of the versions where these are given. */
export async function changeImageTrigger(
  call: Call<Manager>,
  name: RepositoryName,
  trigger: string,
  { condition, target, versions, ...flags }: Partial<WantedTrigger> & { versions?: Versions | undefined },
): Promise<Trigger> {
  const { repository, record } = await requireTrigger(call, name, trigger);
  const written = target && (await readTarget(call, repository, target, { name: trigger, record }));
  const settings: Partial<TriggerSettings> = {
    ...flags,
    ...(condition && { condition: parseCondition(condition) }),
    ...written,
    ...(await readApproval(call, repository, record, { written, condition, ...flags })),
  };
  const hasNewSecrets =
    target?.kind === "webhook" && (target.secret !== undefined || target.authorization !== undefined);
  const { db } = call.stores;
  const updating = updateTrigger(db, actorOf(call), repository, trigger, settings, hasNewSecrets, versions);
  if (!(await unlessChanged(`trigger ${trigger}`, updating))) {
    if (settings.clusterId !== undefined && !(await findClusterById(call.stores.db, settings.clusterId))) {
      throw await whatIsGone(call.stores, repository, settings.clusterId);
    }
    throw unknownTrigger(name, trigger);
  }
  return getImageTrigger(call, name, trigger);
}

/**
 * Who answers for a trigger that is changed. A user without the organization's right takes it over with the change, so that
 * it sets nothing but what that user may; one with the right answers only for a target that the change itself names.
 *
 * @returns nothing where that stays as it is: also when a trigger is only switched off.
 */
async function readApproval(
  call: Call<Manager>,
  repository: RepositoryAccess,
  record: TriggerRecord,
  { written, condition, isEnabled, firesAlways }: ApprovedChanges,
): Promise<Pick<TriggerSettings, "approvedBy"> | undefined> {
  if (!written && !condition && isEnabled !== true && firesAlways === undefined) return undefined;
  const next = written ?? { target: record.target, clusterId: record.cluster?.id };
  const approvedBy = await requireWorkloadRight(call, repository, next);
  if (next.target.kind !== "kubernetes" || written) return { approvedBy };
  const hasRight = await hasOrganizationRight(call.stores, call.caller.user, organizationOf(repository.name), "edit");
  return hasRight ? undefined : { approvedBy };
}

interface ApprovedChanges {
  written: WrittenTarget | undefined;
  condition?: Condition | undefined;
  isEnabled?: boolean | undefined;
  firesAlways?: boolean | undefined;
}

/**
 * Makes sure that a caller, who may edit the image, may let pushes of it set what a target names: a container that runs this
 * image already, or, with the right to edit the organization, any that the cluster is for (ADR 0017).
 *
 * @returns the user in whose right the target acts; undefined for a webhook.
 * @throws RegistryError DENIED saying what is missing, also when the cluster could not be asked; TRIGGER_INVALID when the
 * cluster is not for the namespace.
 */
export async function requireWorkloadRight(
  call: Call<Manager>,
  { name, organization }: RepositoryAccess,
  { target, clusterId }: Pick<TriggerSettings, "target" | "clusterId">,
): Promise<number | undefined> {
  if (target.kind !== "kubernetes") return undefined;
  const user = call.caller.user;
  const cluster = clusterId === undefined ? undefined : await findClusterById(call.stores.db, clusterId);
  if (!cluster || cluster.organizationId !== organization.id) throw unknownCluster(String(clusterId ?? ""));
  const outside = whyNotFor(cluster, target.namespace);
  if (await hasOrganizationRight(call.stores, user, organizationOf(name), "edit")) {
    if (outside === undefined) return user.id;
    throw refusal("TRIGGER_INVALID", outside, { field: "namespace", detail: { field: "namespace" } });
  }
  const found = outside === undefined && (await askForImage(call, cluster, target, { name, organization }));
  if (found === true) return user.id;
  const values = { user: user.name, workload: subjectOf(target), need: needFor(name) };
  const why =
    found === false ? reason("MAY_NOT_SET", values) : reason("MAY_NOT_SET_UNKNOWN", { ...values, why: found.unknown });
  throw refusal("DENIED", why, { detail: { name } });
}

/** Asks the cluster, within what an account may send: users without the organization's right set that off, too. */
async function askForImage(
  { stores, registry }: Call<Manager>,
  cluster: ClusterRecord,
  target: KubernetesTarget,
  { name, organization }: Pick<RepositoryAccess, "name" | "organization">,
): Promise<boolean | { unknown: Reason }> {
  try {
    await requireOutbound(stores, organization.accountId, cluster.server);
  } catch (error) {
    if (error instanceof RegistryError) return { unknown: reasonOf(error) };
    throw error;
  }
  return runsImage(stores, cluster, target, { registry, repository: name });
}

export async function removeImageTrigger(call: Call<Manager>, name: RepositoryName, trigger: string): Promise<void> {
  const repository = await requireEditable(call, name);
  const id = await deleteTrigger(call.stores.db, actorOf(call), repository, trigger);
  if (id === undefined) throw unknownTrigger(name, trigger);
  await cleanSoon({ kind: "trigger", targetId: id }, call.stores);
}

/** A trigger of an image that the caller may edit, and the image. */
export async function requireTrigger(
  call: Call<Manager>,
  name: RepositoryName,
  trigger: string,
): Promise<{ repository: RepositoryAccess; record: TriggerRecord }> {
  const repository = await requireEditable(call, name);
  const record = await findTrigger(call.stores.db, repository.id, trigger);
  if (!record) throw unknownTrigger(name, trigger);
  return { repository, record };
}

export function requireEditable(call: Call<Manager>, name: RepositoryName): Promise<RepositoryAccess> {
  return requireOwnRepository(call, name, "edit");
}

function unknownTrigger(name: RepositoryName, trigger: string): RegistryError {
  return new RegistryError("TRIGGER_UNKNOWN", {
    message: `image ${name} has no trigger "${trigger.slice(0, 100)}"`,
    detail: { trigger: trigger.slice(0, 100) },
  });
}

/** The error for an image or cluster that somebody else deleted during the request. */
async function whatIsGone(
  { db }: Stores,
  { name }: RepositoryAccess,
  clusterId: number | undefined,
): Promise<RegistryError> {
  if (clusterId === undefined || (await findClusterById(db, clusterId))) return unknownImage(name);
  return refusal("CLUSTER_UNKNOWN", reason("CLUSTER_DELETED"), { field: "cluster" });
}

/** Users who may replace the secrets may also know which ones are set. */
async function withoutSecrets(stores: Stores, { encryptedSecrets, ...trigger }: TriggerRecord): Promise<Trigger> {
  if (encryptedSecrets === null) return { ...trigger, has: NO_SECRETS };
  try {
    const secrets = await decryptWebhookSecrets(stores, trigger.repositoryId, trigger.name, encryptedSecrets);
    const { secret, authorization } = secrets;
    return { ...trigger, has: { secret: secret !== undefined, authorization: authorization !== undefined } };
  } catch (error) {
    // To be replaced, a trigger has to be seen.
    console.error(`the secrets of trigger ${trigger.name} of ${trigger.repository} cannot be read:`, error);
    return { ...trigger, has: { secret: true, authorization: true } };
  }
}

// --- What is wanted ---

type WrittenTarget = Pick<TriggerSettings, "target" | "clusterId" | "encryptedSecrets">;

/**
 * All that a target is stored as. It is always written as a whole, so that no secret comes to an address that somebody
 * else has set meanwhile.
 *
 * @param trigger what it is called, and the trigger as it is; `record` is undefined for a new one.
 */
async function readTarget(
  { stores, registry }: Call<Manager>,
  repository: RepositoryAccess,
  target: WantedTarget,
  trigger: { name: string; record: TriggerRecord | undefined },
): Promise<WrittenTarget> {
  if (target.kind === "kubernetes") {
    const { cluster: reference, ...written } = target;
    checkWorkloadName("application", target.application);
    checkLabel("namespace", target.namespace);
    if (target.container !== undefined) checkLabel("container", target.container);
    const cluster = await findReferredCluster(stores, repository.organization.id, reference);
    return { target: written, clusterId: cluster.id, encryptedSecrets: null };
  }
  const { secret, authorization, ...written } = target;
  const url = readUrl(target.url);
  checkTarget(url, stores.settings, { registry });
  const secrets = await mergeSecrets(stores, { secret, authorization }, url, trigger.record);
  return {
    target: { ...written, url: url.href },
    clusterId: undefined,
    encryptedSecrets: await encryptWebhookSecrets(stores, repository.id, trigger.name, secrets),
  };
}

/** @throws RegistryError TRIGGER_INVALID without a cluster, CLUSTER_UNKNOWN unless all that is given means the same one. */
async function findReferredCluster(
  { db }: Stores,
  organizationId: number,
  { id, name }: ClusterReference,
): Promise<ClusterRecord> {
  if (id === undefined && name === undefined) {
    throw refusal("TRIGGER_INVALID", reason("CLUSTER_REQUIRED"), { field: "cluster" });
  }
  const cluster =
    name === undefined
      ? /^\d{1,15}$/.test(id ?? "") && (await findClusterById(db, Number(id)))
      : await findCluster(db, organizationId, name);
  if (!cluster || cluster.organizationId !== organizationId) throw unknownCluster(name ?? id ?? "");
  if (id !== undefined && id !== String(cluster.id)) throw unknownCluster(`${id}, ${name}`);
  return cluster;
}

function readUrl(text: string): URL {
  if (text.length > MAX_URL_LENGTH) throw invalidUrl(reason("URL_TOO_LONG", { max: MAX_URL_LENGTH }));
  const url = URL.parse(text);
  if (!url) throw invalidUrl(reason("URL_FORM", { example: "https://hooks.example.com/berth" }));
  if (url.hash !== "") throw invalidUrl(reason("URL_WITH_FRAGMENT"));
  return url;
}

function invalidUrl(why: Reason): RegistryError {
  return refusal("TRIGGER_INVALID", why, { field: "url", detail: { field: "url" } });
}

/** Secrets belong to the address that they were set for. If the address changes, they have to be set again. */
async function mergeSecrets(
  stores: Stores,
  wanted: WantedSecrets,
  url: URL,
  record: TriggerRecord | undefined,
): Promise<WebhookSecrets> {
  const { secret, authorization } = wanted;
  const isWhole = secret !== undefined && authorization !== undefined;
  const encrypted = isWhole ? null : (record?.encryptedSecrets ?? null);
  const old = await decryptWebhookSecrets(stores, record?.repositoryId ?? 0, record?.name ?? "", encrypted);
  const merged = {
    secret: secret === undefined ? old.secret : (secret ?? undefined),
    authorization: authorization === undefined ? old.authorization : (authorization ?? undefined),
  };
  const isKept =
    (secret === undefined && merged.secret !== undefined) ||
    (authorization === undefined && merged.authorization !== undefined);
  const isMoved = record?.target.kind !== "webhook" || record.target.url !== url.href;
  if (isKept && isMoved) {
    throw refusal("TRIGGER_INVALID", reason("URL_TAKES_SECRETS_ANEW"), { field: "url" });
  }
  return merged;
}
