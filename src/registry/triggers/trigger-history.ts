/** What became of a trigger's deliveries, and those that somebody asks for. */
import { digestOf } from "../../model/hash.ts";
import { type Detail, readDetail, readOptionalDetail } from "../../model/read-detail.ts";
import type { Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { type PushEvent, readEvent } from "../../model/triggers/push-event.ts";
import { organizationOf, parseTag, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { type Condition, parseCondition, readCondition } from "../../model/triggers/triggers.ts";
import { isAnnounced, tagKindOf } from "../../kernel/tag-kind.ts";
import { type AttemptRecord, type DeliveryRecord, insertDelivery } from "../../storage/triggers/deliveries.ts";
import {
  findDelivery,
  listAttempts,
  listDeliveries,
  listNewestDeliveries,
  listOutcomes,
} from "../../storage/triggers/delivery-history.ts";
import type { TriggerRecord } from "../../storage/triggers/triggers.ts";
import { listTagPage } from "../../storage/content/tags.ts";
import { actorOf, type Call } from "../call.ts";
import { enqueue } from "./deliveries.ts";
import type { Stores } from "../stores.ts";
import {
  getImageTrigger,
  listImageTriggers,
  requireEditable,
  requireTrigger,
  requireWorkloadRight,
  type Trigger,
} from "./triggers.ts";
import { type ShownRequest, showRequest } from "./webhooks.ts";

/** A delivery, and what it tells of. */
export interface Delivery extends Omit<DeliveryRecord, "event" | "detail"> {
  event: PushEvent;
  /** What came of it last, in a sentence and in codes. */
  detail: string | null;
  reasons: Reason[];
}
export type Attempt = AttemptRecord & Detail;

/** As many tags as a condition is tried on. */
export const MAX_TRIED_TAGS = 50;
/** As many as SWR's history shows, which has no pages. */
const MAX_OUTCOMES = 100;

/** The triggers of an image, by name, each with what it delivered last. */
export async function listTriggersWithLast(
  call: Call<Manager>,
  name: RepositoryName,
): Promise<{ trigger: Trigger; last: Delivery | undefined }[]> {
  const found = await listImageTriggers(call, name);
  const newest = await listNewestDeliveries(
    call.stores.db,
    found.map(({ id }) => id),
  );
  return found.map((trigger) => {
    const last = newest.get(trigger.id);
    return { trigger, last: last && readDelivery(call.stores, last) };
  });
}

/**
 * Tries a condition on the newest tags of an image.
 *
 * @returns whether each of them meets it, the newest first.
 */
export async function tryCondition(
  call: Call<Manager>,
  name: RepositoryName,
  wanted: Condition,
): Promise<{ tag: Tag; isMet: boolean }[]> {
  const { id } = await requireEditable(call, name);
  const isMet = readCondition(parseCondition(wanted));
  const records = await listTagPage(call.stores.db, { ...newestTags(id), limit: MAX_TRIED_TAGS });
  return records.map((record) => ({
    tag: record.name,
    isMet: isMet(record.name, isAnnounced(tagKindOf(record.companionOf, record.content))),
  }));
}

function newestTags(repositoryId: number) {
  return { repositoryId, name: undefined, order: "updatedAt", isDescending: true, offset: 0 } as const;
}

/**
 * A page of a trigger's deliveries, the newest first.
 *
 * @param before the id to go on behind.
 */
export async function listTriggerDeliveries(
  call: Call<Manager>,
  name: RepositoryName,
  trigger: string,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<Delivery[]> {
  const { record } = await requireTrigger(call, name, trigger);
  const records = await listDeliveries(call.stores.nearby, record.id, before, limit);
  return records.map((delivery) => readDelivery(call.stores, delivery));
}

/** One of a trigger's deliveries with its tries and, of a webhook, what it is sent. */
export async function getDelivery(
  call: Call<Manager>,
  name: RepositoryName,
  trigger: string,
  id: number,
): Promise<Delivery & { tries: Attempt[]; request: ShownRequest | undefined }> {
  const { record } = await requireTrigger(call, name, trigger);
  const delivery = await requireDelivery(call.stores, record.id, id);
  const tries = await listAttempts(call.stores.db, id);
  const at = tries.at(-1)?.startedAt ?? delivery.nextAttemptAt ?? delivery.createdAt;
  return {
    ...delivery,
    tries: tries.map((attempt) => ({ ...attempt, ...readDetail(attempt.detail) })),
    request: await requestOf(call.stores, record, delivery, at),
  };
}

/** Undefined for a workload in a cluster, and when the trigger's secrets cannot be read any more. */
async function requestOf(
  stores: Stores,
  trigger: TriggerRecord,
  delivery: Delivery,
  at: Date,
): Promise<ShownRequest | undefined> {
  const { target } = trigger;
  if (target.kind !== "webhook") return undefined;
  try {
    return await showRequest(stores, { trigger, target, delivery, event: delivery.event }, at);
  } catch (error) {
    console.warn(`what delivery ${delivery.id} is sent cannot be shown:`, error);
    return undefined;
  }
}

/** The latest deliveries of a trigger, successful or not, newest first. */
export async function getTriggerWithOutcomes(
  call: Call<Manager>,
  name: RepositoryName,
  trigger: string,
): Promise<{ trigger: Trigger; outcomes: Delivery[] }> {
  const found = await getImageTrigger(call, name, trigger);
  const outcomes = await listOutcomes(call.stores.db, found.id, MAX_OUTCOMES);
  return { trigger: found, outcomes: outcomes.map((delivery) => readDelivery(call.stores, delivery)) };
}

/**
 * Tries a trigger out with a delivery of the newest tag that is no cache, or of a made-up tag if there is none. It is sent at
 * once, whatever the trigger's condition, and also if the trigger is disabled.
 *
 * @returns it.
 */
export async function testTrigger(call: Call<Manager>, name: RepositoryName, trigger: string): Promise<Delivery> {
  const { repository, record } = await requireTrigger(call, name, trigger);
  const actor = actorOf(call);
  const newest = await listTagPage(call.stores.db, { ...newestTags(repository.id), limit: MAX_TRIED_TAGS });
  // A build cache is no image that a workload could have.
  const tag = newest.find(({ companionOf, content }) => isAnnounced(tagKindOf(companionOf, content)));
  const event: PushEvent = {
    repository: name,
    tag: tag?.name ?? parseTag("test"),
    digest: tag?.digest ?? digestOf(new Uint8Array(0)),
    mediaType: tag?.mediaType ?? "application/vnd.oci.image.manifest.v1+json",
    size: tag?.manifestBytes ?? 0,
    user: actor.user.name,
    at: new Date().toISOString(),
    registry: call.registry,
    isTest: true,
  };
  const entry = {
    action: "trigger.test",
    organization: organizationOf(name),
    resource: name,
    detail: { trigger },
  } as const;
  return deliverAnew(call, record.id, event, { actor, entry });
}

/**
 * Writes a new delivery of an old one's event, which is made at once.
 *
 * @returns it.
 */
export async function resendDelivery(
  call: Call<Manager>,
  name: RepositoryName,
  trigger: string,
  oldId: number,
): Promise<Delivery> {
  const { repository, record } = await requireTrigger(call, name, trigger);
  const { event } = await requireDelivery(call.stores, record.id, oldId);
  if (event.isTest !== true && !readCondition(record.condition)(event.tag)) {
    throw refusal("TRIGGER_INVALID", reason("CONDITION_NOT_MET", { tag: event.tag }));
  }
  // It is delivered though the trigger may be switched off, which is then this user's doing.
  const acting = { target: record.target, clusterId: record.cluster?.id };
  await requireWorkloadRight({ ...call, registry: event.registry }, repository, acting);
  const entry = {
    action: "delivery.resend",
    organization: organizationOf(name),
    resource: name,
    detail: { trigger, delivery: oldId, tag: event.tag },
  } as const;
  return deliverAnew(call, record.id, event, { actor: actorOf(call), entry });
}

/** Writes a delivery, and has it made after the answer. */
async function deliverAnew(
  { stores, after }: Call<Manager>,
  triggerId: number,
  event: PushEvent,
  record: Parameters<typeof insertDelivery>[3],
): Promise<Delivery> {
  const id = await insertDelivery(stores.db, triggerId, event, record);
  if (id === undefined) throw refusal("TRIGGER_UNKNOWN", reason("TRIGGER_DELETED"));
  const delivery = await requireDelivery(stores, triggerId, id);
  after(() => hurry(stores, delivery));
  return delivery;
}

/** Never throws: if it fails, the sweeper finds the delivery. */
async function hurry(stores: Stores, { id }: Delivery): Promise<void> {
  try {
    await enqueue(stores, [id]);
  } catch (error) {
    console.warn(`delivery ${id} was left to the sweeper:`, error);
  }
}

async function requireDelivery(stores: Stores, triggerId: number, id: number): Promise<Delivery> {
  const delivery = await findDelivery(stores.db, triggerId, id);
  if (delivery) return readDelivery(stores, delivery);
  throw new RegistryError("DELIVERY_UNKNOWN", {
    message: `the trigger has no delivery ${id}`,
    detail: { delivery: id },
  });
}

function readDelivery({ settings }: Stores, { event, ...delivery }: DeliveryRecord): Delivery {
  return { ...delivery, ...readOptionalDetail(delivery.detail), event: readEvent(event, settings) };
}
