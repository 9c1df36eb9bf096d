/** Sends a push event to a webhook: one try, and how its answer is interpreted. */
import type { Outcome } from "../../model/triggers/deliveries.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { reasonOf } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import type { PushEvent } from "../../model/triggers/push-event.ts";
import { parseRetryAfter } from "../../kernel/retry-after.ts";
import type { WebhookFormat, WebhookSecrets, WebhookTarget } from "../../model/triggers/trigger-targets.ts";
import { renderWebhook } from "../../model/triggers/webhook-formats.ts";
import { signWebhook } from "../../model/triggers/webhook-signature.ts";
import type { DeliveryRecord } from "../../storage/triggers/deliveries.ts";
import type { Stores } from "../../storage/stores.ts";
import type { TriggerRecord } from "../../storage/triggers/triggers.ts";
import { describeConnectionFailure } from "../outbound/connection-failures.ts";
import { decryptWebhookSecrets } from "./webhook-secrets.ts";

/** For the whole of a try, the answer included. */
const TIME_LIMIT_MS = 10_000;
const TIMED_OUT = reason("NO_WHOLE_ANSWER", { seconds: TIME_LIMIT_MS / 1000 });
/** How much of an answer is read, and kept. */
const MAX_ANSWER_BYTES = 2048;
/** Beside all of 500 and above: the receiver may answer otherwise another time. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
/** How much of a Location is kept. */
const MAX_QUOTE_LENGTH = 200;

/** A try to deliver an event to a receiver. */
interface WebhookDelivery {
  trigger: TriggerRecord;
  target: WebhookTarget;
  /** Gives the event the id by which a receiver knows a repeat. */
  delivery: DeliveryRecord;
  event: PushEvent;
}

/** Sends an event to a trigger's webhook, once. Never throws for what the receiver does. */
export async function sendWebhook(
  stores: Stores,
  { trigger, target, delivery, event }: WebhookDelivery,
): Promise<Outcome> {
  const url = new URL(target.url);
  try {
    checkTarget(url, stores.settings, event);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { kind: "failure", status: null, reasons: [reasonOf(error)] };
  }
  const { repositoryId, name, encryptedSecrets } = trigger;
  const secrets = await decryptWebhookSecrets(stores, repositoryId, name, encryptedSecrets);
  const rendered = renderWebhook(target.format, delivery.uid, event);
  const headers = await headersOf(target.format, delivery.uid, rendered, secrets, new Date());
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  try {
    const response = await fetch(url, { method: "POST", headers, body: rendered.body, redirect: "manual", signal });
    return judge(response, await readAnswer(response, signal));
  } catch (error) {
    return { kind: "retry", status: null, reasons: [whyNoAnswer(error, url, signal)] };
  }
}

async function headersOf(
  format: WebhookFormat,
  id: string,
  { contentType, body }: { contentType: string; body: string },
  { secret, authorization }: WebhookSecrets,
  at: Date,
): Promise<Headers> {
  const timestamp = Math.floor(at.getTime() / 1000);
  const headers = new Headers({
    "Content-Type": contentType,
    "User-Agent": "berth",
    "Webhook-Id": id,
    "Webhook-Timestamp": String(timestamp),
  });
  if (secret !== undefined) {
    const signatures = await signWebhook(secret, id, timestamp, body);
    for (const [name, value] of Object.entries(signatures)) headers.set(name, value);
  }
  if (authorization !== undefined) {
    headers.set("Authorization", authorization);
    // Where Argo CD Image Updater looks for it when it is sent CloudEvents.
    if (format === "cloudevents") headers.set("X-Webhook-Secret", authorization);
  }
  return headers;
}

/** What a receiver is sent, for people to look at. */
export interface ShownRequest {
  /** By their names in lower case; those that prove who sends it are {@link HIDDEN}. */
  headers: Record<string, string>;
  body: string;
}

const HIDDEN = "•••";
/** With the authorization one could send in our name; with signatures, repeat what was sent. */
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "webhook-signature",
  "x-signature",
  "x-webhook-secret",
]);

/**
 * What a trigger's webhook is sent for an event, made by what makes it for sending: nothing of it is stored (ADR 39). If the
 * trigger was changed since a try, this is what the next one is sent.
 *
 * @param at when it is sent, for the timestamp.
 */
export async function showRequest(
  stores: Stores,
  { trigger, target, delivery, event }: Omit<WebhookDelivery, "delivery"> & { delivery: Pick<DeliveryRecord, "uid"> },
  at: Date,
): Promise<ShownRequest> {
  const { repositoryId, name, encryptedSecrets } = trigger;
  const secrets = await decryptWebhookSecrets(stores, repositoryId, name, encryptedSecrets);
  const rendered = renderWebhook(target.format, delivery.uid, event);
  const headers = await headersOf(target.format, delivery.uid, rendered, secrets, at);
  const shown = [...headers].map(([header, value]) => [header, SECRET_HEADERS.has(header) ? HIDDEN : value]);
  return { headers: Object.fromEntries(shown) as Record<string, string>, body: rendered.body };
}

interface Answer {
  /** The beginning of it, whatever bytes it consists of. */
  text: string;
  /** What went wrong before its end, or before enough of it was read. */
  failure?: Reason;
}

/** Reads no more of an answer than is kept, and closes the connection. */
async function readAnswer({ body }: Response, signal: AbortSignal): Promise<Answer> {
  if (body === null) return { text: "" };
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let room = MAX_ANSWER_BYTES;
  try {
    while (room > 0) {
      const { done, value } = await reader.read();
      if (done) return { text: storable(text + decoder.decode()) };
      const part = value.subarray(0, room);
      room -= part.byteLength;
      text += decoder.decode(part, { stream: true });
    }
    await reader.cancel();
    return { text: storable(text) };
  } catch {
    return { text: storable(text), failure: signal.aborted ? TIMED_OUT : reason("ANSWER_LOST") };
  }
}

/** SQLite ends some texts at a NUL. */
function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}

function judge({ status, headers }: Response, { text: answer, failure }: Answer): Outcome {
  const said = [reason("ANSWERED", { status })];
  if (status >= 200 && status < 300) {
    if (failure === undefined) return { kind: "success", status, reasons: said, answer };
    return { kind: "retry", status, reasons: [reason("ANSWERED_IN_PART", { status, why: failure })], answer };
  }
  if (status >= 500 || RETRIED_STATUSES.has(status)) {
    const retryAfter = parseRetryAfter(headers.get("Retry-After"), new Date());
    return { kind: "retry", status, reasons: said, answer, ...(retryAfter !== undefined && { retryAfter }) };
  }
  if (status === 410) {
    return { kind: "failure", status, reasons: [reason("ANSWERED_GONE", { status })], answer, disables: true };
  }
  const location = headers.get("Location");
  if (status >= 300 && status < 400) {
    const redirected =
      location === null
        ? reason("REDIRECTED", { status })
        : reason("REDIRECTED_TO", { status, location: location.slice(0, MAX_QUOTE_LENGTH) });
    return { kind: "failure", status, reasons: [redirected], answer };
  }
  return { kind: "failure", status, reasons: said, answer };
}

function whyNoAnswer(error: unknown, url: URL, signal: AbortSignal): Reason {
  if (signal.aborted) return TIMED_OUT;
  return reason("NOT_REACHED", { host: url.host, why: describeConnectionFailure(error, url) });
}
