/**
 * Delivering push events to triggers: the outbox row is written with the push (storage/content/save-manifest.ts), a queue
 * brings it here, and the database alone says what is still to be done. A message that is lost, or comes twice, does no
 * harm.
 */
import { delayAfter, MAX_ATTEMPTS, type Outcome } from "../../model/triggers/deliveries.ts";
import { reason } from "../../kernel/reasons.ts";
import { targetHost } from "../../model/outbound/targets.ts";
import { type PushEvent, readEvent } from "../../model/triggers/push-event.ts";
import { organizationOf } from "../../kernel/reference.ts";
import { readCondition } from "../../model/triggers/triggers.ts";
import {
  claimDelivery,
  deleteDeliveries,
  type DeliveryRecord,
  listOverdue,
  type OutboxEntry,
  recordAttempt,
} from "../../storage/triggers/deliveries.ts";
import {
  disableTrigger,
  findTriggerOfDelivery,
  findTriggers,
  type TriggerRecord,
} from "../../storage/triggers/triggers.ts";
import type { Stores } from "../../storage/stores.ts";
import { findUserById } from "../../storage/accounts/users.ts";
import { counts } from "../metrics/counting.ts";
import { hasOrganizationRight } from "../rights/management.ts";
import { updateWorkload } from "./kubernetes.ts";
import { sendWebhook } from "./webhooks.ts";

/** What the queue carries: the event itself is in the database. */
export interface DeliveryMessage {
  delivery: number;
}

/** Longer than any single try may take. */
const LEASE_MS = 60_000;
/** After how long somebody looks whether a message was lost. */
const OVERDUE_MS = 60_000;
const SWEEP_LIMIT = 2000;
/** The longest delay of a queue message. The sweeper finds deliveries that are due later. */
const MAX_DELAY_S = 12 * 60 * 60;
/** A queue takes so many messages at once. */
const MAX_BATCH = 100;

/**
 * Sends the deliveries of a push to the queue, but for those whose glob does not match the tag. Never throws: the sweeper
 * finds those that the queue did not take.
 */
export async function dispatch(stores: Stores, entries: readonly OutboxEntry[]): Promise<void> {
  if (entries.length === 0) return;
  try {
    const triggers = await findTriggers(
      stores.db,
      entries.map(({ triggerId }) => triggerId),
    );
    // A push may set a hundred tags: each condition is read once.
    const conditions = new Map([...triggers].map(([id, { condition }]) => [id, readCondition(condition)]));
    const wanted: number[] = [];
    const unwanted: number[] = [];
    for (const { id, triggerId, tag } of entries) (conditions.get(triggerId)?.(tag) ? wanted : unwanted).push(id);
    if (unwanted.length > 0) await deleteDeliveries(stores.db, unwanted);
    await enqueue(stores, wanted);
  } catch (error) {
    console.warn(`deliveries left to the sweeper (${entries.length}):`, error);
  }
}

/** Puts deliveries into the queue, to be looked at after so many milliseconds. */
export async function enqueue({ deliveries }: Stores, ids: readonly number[], delayMs = 0): Promise<void> {
  const delaySeconds = Math.min(Math.ceil(delayMs / 1000), MAX_DELAY_S);
  for (let start = 0; start < ids.length; start += MAX_BATCH) {
    const messages = ids.slice(start, start + MAX_BATCH).map((delivery) => ({ body: { delivery } }));
    await deliveries.sendBatch(messages, { delaySeconds });
  }
}

/** Queues again what has been due for a while: its message was lost, or never sent. */
export async function sweepDeliveries(stores: Stores): Promise<number> {
  const overdue = await listOverdue(stores.db, new Date(Date.now() - OVERDUE_MS), SWEEP_LIMIT);
  await enqueue(stores, overdue);
  return overdue.length;
}

/**
 * Tries a delivery if it is due, and records what came of it; or queues it again when there is no room for it yet. Does
 * nothing for one that is done, or being tried.
 */
export async function deliver(stores: Stores, id: number): Promise<void> {
  const trigger = await findTriggerOfDelivery(stores.db, id);
  // Deleted, and its deliveries go in slices. This one would be due again and again until then.
  if (!trigger) return deleteDeliveries(stores.db, [id]);
  const claim = await claimDelivery(stores.db, id, LEASE_MS, { accountId: trigger.accountId, host: hostOf(trigger) });
  if (!claim) return;
  if ("dueAt" in claim) return enqueue(stores, [id], Math.max(claim.dueAt.getTime() - Date.now(), 0));
  const { delivery } = claim;
  const event = readEvent(delivery.event, stores.settings);
  if (event.isTest !== true && !readCondition(trigger.condition)(event.tag)) {
    await deleteDeliveries(stores.db, [id]);
    return;
  }
  const startedAt = new Date();
  const outcome = await attempt(stores, trigger, delivery, event);
  const duration = Date.now() - startedAt.getTime();
  await conclude(stores, trigger, delivery, { startedAt, duration, outcome });
}

/** Whether the user who answers for a trigger may edit the organization, and so set whatever container, by now. */
async function isApproved(stores: Stores, { approvedBy, repository }: TriggerRecord): Promise<boolean> {
  const user = approvedBy === null ? undefined : await findUserById(stores.db, approvedBy);
  return hasOrganizationRight(stores, user, organizationOf(repository), "edit");
}

/** `host:port` that a trigger calls. */
function hostOf({ target, cluster }: TriggerRecord): string {
  const address = target.kind === "webhook" ? target.url : cluster?.server;
  return address === undefined ? "" : targetHost(new URL(address));
}

/** A bug, or an outage on the way, is one more failed try. */
async function attempt(
  stores: Stores,
  trigger: TriggerRecord,
  delivery: DeliveryRecord,
  event: PushEvent,
): Promise<Outcome> {
  const { target } = trigger;
  try {
    if (target.kind === "webhook") return await sendWebhook(stores, { trigger, target, delivery, event });
    const isApprovedNow = () => isApproved(stores, trigger);
    return await updateWorkload(stores, { trigger, target, delivery, event, isApproved: isApprovedNow });
  } catch (error) {
    console.error(`delivery ${delivery.id} of trigger ${trigger.name} failed:`, error);
    return { kind: "retry", status: null, reasons: [reason("DELIVERY_FAILED")] };
  }
}

async function conclude(
  stores: Stores,
  trigger: TriggerRecord,
  delivery: DeliveryRecord,
  attempted: { startedAt: Date; duration: number; outcome: Outcome },
): Promise<void> {
  const { outcome } = attempted;
  const isCounted = delivery.status !== "rolling";
  const end = async (status: DeliveryRecord["status"], as = attempted) => {
    await recordAttempt(stores.db, delivery, as, { status, next: null, isCounted });
    counts.add("berth_deliveries_finished_total", [status]);
  };
  switch (outcome.kind) {
    case "success":
      return end("success");
    case "failure":
      if (outcome.disables) {
        await disableTrigger(stores.db, trigger.id, [reason("RECEIVER_GONE_BEFORE")]);
      }
      return end("failed");
    case "superseded":
      return end("superseded");
    case "rolling":
      return continueAfter(outcome.checkAfter, "rolling");
    case "retry": {
      const attempts = delivery.attempts + (isCounted ? 1 : 0);
      const delay = delayAfter(attempts, Math.random(), outcome.retryAfter);
      if (delay !== undefined) return continueAfter(delay, "pending");
      const reasons = [...outcome.reasons, reason("GIVEN_UP_AFTER_TRIES", { tries: MAX_ATTEMPTS })];
      const last = { ...attempted, outcome: { ...outcome, reasons } };
      return end("dead", last);
    }
  }

  async function continueAfter(delayMs: number, status: DeliveryRecord["status"]): Promise<void> {
    const next = new Date(Date.now() + delayMs);
    await recordAttempt(stores.db, delivery, attempted, { status, next, isCounted });
    await enqueue(stores, [delivery.id], delayMs);
  }
}
