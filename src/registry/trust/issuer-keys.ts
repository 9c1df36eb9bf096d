/**
 * The keys that an issuer signs with: where it says they are (OpenID Connect Discovery 1.0, section 4), asked for by the rules of
 * all requests of the registry's own (ADR 0017), and kept in the isolate's memory. Only an issuer that a trust rule names is
 * ever asked, whatever a token says.
 */
import { importJWK } from "jose";
import { BoundedMemory } from "../../model/bounded-memory.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { describeReason, reasonOf, refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { type Announced, type IssuerKey, keyFor, readKeySet } from "../../model/trust/job-tokens.ts";
import { parseIssuer } from "../../model/trust/trust-rules.ts";
import type { Incoming } from "../call.ts";
import { describeConnectionFailure } from "../outbound/connection-failures.ts";
import { requireOutbound } from "../outbound/paces.ts";

/** For both answers together: container tools give up some seconds later. */
const TIME_LIMIT_MS = 5000;
/** Bytes of an answer: those of GitHub and GitLab have some thousand. */
const MAX_ANSWER_BYTES = 128 * 1024;
/** For how long keys count. An issuer announces a new one long before it signs with it. */
const KEYS_MS = 60 * 60_000;
/** How soon an issuer is asked again because a token names a key that it did not have, or because it did not answer. */
const PAUSE_MS = 60_000;
const FAILURE_MS = 10_000;
const LOOK_INTERVAL_MS = 50;
const MAX_LOCATION_LENGTH = 200;

/** What is known of an issuer. Times are those of `Date.now()`. */
interface Known {
  keys: readonly IssuerKey[];
  readAt: number;
  /** When somebody began to ask, and has no answer yet. */
  askedAt: number;
  /** Why it could not be asked, until when nobody asks again. */
  failure?: { why: Reason; until: number };
  /** Keys that were used, by what they are: importing one takes longer than a signature. */
  imported: Map<IssuerKey, CryptoKey | Uint8Array>;
}

/** By issuer: a key of one is never looked for among those of another. */
const known = new BoundedMemory<Known>(64 * 1024);
const KEY_BYTES = 1500;

/** Whose pace a request to the issuer counts for. */
interface Asker {
  accountId: number;
}

/**
 * The key that a token says it is signed with.
 *
 * @param issuer one that a trust rule names.
 * @returns undefined when the issuer has no such key.
 * @throws RegistryError ISSUER_INVALID when its keys cannot be had, TOO_MANY_REQUESTS when too much is sent at present.
 */
export async function findIssuerKey(
  call: Incoming,
  asker: Asker,
  announced: Announced,
): Promise<CryptoKey | Uint8Array | undefined> {
  const { issuer, algorithm } = announced;
  let entry = await keysOf(call, asker, issuer, KEYS_MS);
  let key = keyFor(entry.keys, announced);
  if (!key && Date.now() - entry.readAt >= PAUSE_MS) {
    entry = await keysOf(call, asker, issuer, PAUSE_MS);
    key = keyFor(entry.keys, announced);
  }
  if (!key) return undefined;
  const ready = entry.imported.get(key);
  if (ready) return ready;
  const imported = await importJWK(key.jwk, algorithm);
  // A key is for one algorithm where its set names one, or it fits only one.
  if (key.algorithms.length === 1) entry.imported.set(key, imported);
  return imported;
}

/**
 * Asks an issuer for its keys, for somebody who is about to trust it.
 *
 * @throws RegistryError as {@link findIssuerKey}.
 */
export async function tryIssuer(call: Incoming, asker: Asker, issuer: string): Promise<void> {
  const entry = await fetchKeys(call, asker, issuer);
  if (entry.keys.length === 0) throw unusable(issuer, reason("ISSUER_WITHOUT_KEYS"));
  remember(issuer, entry);
}

/** @param maxAgeMs how old what is remembered may be. */
async function keysOf(call: Incoming, asker: Asker, issuer: string, maxAgeMs: number): Promise<Known> {
  const waitsUntil = Date.now() + TIME_LIMIT_MS;
  for (;;) {
    const entry = known.get(issuer);
    const now = Date.now();
    if (entry && entry.keys.length > 0 && now - entry.readAt < maxAgeMs) return entry;
    if (entry?.failure && now < entry.failure.until) {
      // Keys of an hour ago are better than none, as long as nobody says otherwise.
      if (entry.keys.length > 0) return entry;
      throw unusable(issuer, entry.failure.why);
    }
    const isAsked = entry !== undefined && now - entry.askedAt < TIME_LIMIT_MS;
    if (!isAsked || now >= waitsUntil) return ask(call, asker, issuer, entry);
    // Another request is asking. Its promise is its own, so this one looks again by a timer.
    await scheduler.wait(LOOK_INTERVAL_MS);
  }
}

async function ask(call: Incoming, asker: Asker, issuer: string, old: Known | undefined): Promise<Known> {
  const none: Known = { keys: [], readAt: 0, askedAt: 0, imported: new Map() };
  remember(issuer, { ...(old ?? none), askedAt: Date.now() });
  try {
    const entry = await fetchKeys(call, asker, issuer);
    remember(issuer, entry);
    return entry;
  } catch (error) {
    const failed = { ...(old ?? none), askedAt: 0, failure: { why: whyOf(error), until: Date.now() + FAILURE_MS } };
    remember(issuer, failed);
    if (failed.keys.length > 0 && error instanceof RegistryError) return failed;
    throw error;
  }
}

function remember(issuer: string, entry: Known): void {
  known.set(issuer, entry, (1 + entry.keys.length) * KEY_BYTES);
}

async function fetchKeys(call: Incoming, asker: Asker, issuer: string): Promise<Known> {
  const askedAt = Date.now();
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  parseIssuer(issuer);
  // Section 4.1: a slash at the end goes before the path is added.
  const discovery = new URL(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const configuration = await fetchJson(call, asker, issuer, discovery, signal);
  const { issuer: named, jwks_uri: address } = configuration;
  // Section 4.3, lest one issuer speaks for another.
  if (named !== issuer) {
    const { href } = discovery;
    throw unusable(
      issuer,
      typeof named === "string"
        ? reason("ISSUER_OF_ANOTHER_NAME", { address: href, name: named.slice(0, MAX_LOCATION_LENGTH) })
        : reason("ISSUER_WITHOUT_NAME", { address: href }),
    );
  }
  if (typeof address !== "string" || !URL.canParse(address)) {
    throw unusable(issuer, reason("ISSUER_WITHOUT_KEY_ADDRESS", { address: discovery.href }));
  }
  const keys = readKeySet(await fetchJson(call, asker, issuer, new URL(address), signal));
  return { keys, readAt: askedAt, askedAt: 0, imported: new Map() };
}

async function fetchJson(
  { stores, registry }: Incoming,
  { accountId }: Asker,
  issuer: string,
  url: URL,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  checkTarget(url, stores.settings, { registry }, "ISSUER_INVALID");
  await requireOutbound(stores, accountId, url.href);
  const headers = { Accept: "application/json", "User-Agent": "berth" };
  let text: string;
  try {
    const response = await fetch(url, { headers, redirect: "manual", signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      const { status } = response;
      const code = status >= 300 && status < 400 ? "ISSUER_REDIRECTED" : "ISSUER_ANSWERED";
      throw unusable(issuer, reason(code, { address: url.href, status }));
    }
    text = await readText(response, issuer, url);
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    const why = signal.aborted
      ? reason("NO_WHOLE_ANSWER", { seconds: TIME_LIMIT_MS / 1000 })
      : describeConnectionFailure(error, url);
    throw unusable(issuer, reason("ISSUER_NOT_ASKED", { host: url.host, why }));
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unusable(issuer, reason("ISSUER_NO_JSON", { address: url.href }));
}

/** Reads no more than an answer may have. */
async function readText({ body }: Response, issuer: string, url: URL): Promise<string> {
  if (body === null) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let room = MAX_ANSWER_BYTES;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    room -= value.byteLength;
    if (room < 0) {
      await reader.cancel();
      throw unusable(issuer, reason("ISSUER_TOO_LARGE", { address: url.href, size: MAX_ANSWER_BYTES / 1024 }));
    }
    text += decoder.decode(value, { stream: true });
  }
}

function unusable(issuer: string, why: Reason): RegistryError {
  const detail = { field: "issuer", why: describeReason(why) };
  return refusal("ISSUER_INVALID", reason("ISSUER_KEYS", { issuer, why }), { field: "issuer", detail });
}

function whyOf(error: unknown): Reason {
  if (!(error instanceof RegistryError)) return reason("ISSUER_UNASKED");
  const whole = reasonOf(error);
  const { why } = whole.values;
  return typeof why === "object" ? why : whole;
}
