/** Requests to the registry that an organization stands for: who is asked how, and what becomes of what it says. */
import { NetworkLost, ProtocolViolation, ContentMismatch, RegistryRefusal } from "../../client/errors.ts";
import { pullScope, type RegistryClient, type RegistryRequest } from "../../client/registry-client.ts";
import { retryAfterOf } from "../../client/retry.ts";
import { shorten } from "../../kernel/digest.ts";
import { type ErrorCode, RegistryError } from "../../kernel/errors.ts";
import { describeReason, reasonOf } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { organizationOf } from "../../kernel/reference.ts";
import { readRateLimit } from "../../model/upstreams/rate-limit.ts";
import { upstreamLabel, upstreamName } from "../../model/upstreams/upstreams.ts";
import { writeDetail } from "../../model/write-detail.ts";
import {
  findUpstream,
  noteUpstream,
  type UpstreamNote,
  type UpstreamRecord,
} from "../../storage/upstreams/upstreams.ts";
import type { Stores } from "../../storage/stores.ts";
import { requireOutbound } from "../outbound/paces.ts";
import { openRemote } from "../remotes/remote-client.ts";
import { unknownUpstream } from "./upstreams.ts";
import type { UpstreamAsk, UpstreamRefusal } from "./upstream-contract.ts";

/** What an upstream said is noted at most so often, unless it is another failure. */
const NOTE_INTERVAL_MS = 60_000;
/** How long requests wait when too many were sent just now, and how often they look. */
const PACE_TRIES = 20;
const PACE_PAUSE_MS = 500;
/** What a client is told to wait where upstream has not said. */
const DEFAULT_RETRY_S = 60;
const MAX_RETRY_S = 24 * 3600;

/** An image at its upstream. */
export interface OriginImage {
  upstream: UpstreamRecord;
  client: RegistryClient;
  /** What it is called there. */
  name: string;
}

/** Asks one upstream for one image or blob. It belongs to a Durable Object, and keeps its tokens. */
export class UpstreamRequests {
  readonly #ask: UpstreamAsk;
  #opened: { image: OriginImage; fingerprint: string } | undefined;
  #noted: { what: string; at: number } | undefined;

  constructor(ask: UpstreamAsk) {
    this.#ask = ask;
  }

  /** @throws RegistryError UPSTREAM_UNKNOWN when the organization stands for none any more, or has another name. */
  async open(stores: Stores): Promise<OriginImage> {
    const { organizationId, repository, registry } = this.#ask;
    const upstream = await findUpstream(stores.db, organizationId);
    const organization = organizationOf(repository);
    if (!upstream || upstream.organization !== organization) throw unknownUpstream(organization);
    const { remote, path } = upstream;
    // A client keeps its tokens, which are good for these credentials only.
    const fingerprint = JSON.stringify([remote.url, remote.username, remote.encryptedPassword]);
    const client =
      this.#opened?.fingerprint === fingerprint
        ? this.#opened.image.client
        : await openRemote(stores, remote, { registry }, { attempts: 1 });
    const image = { upstream, client, name: upstreamName({ url: remote.url, path }, repository) };
    this.#opened = { fingerprint, image };
    return image;
  }

  /**
   * Sends a request, and notes what upstream says with the answer.
   *
   * @throws RegistryError TOO_MANY_REQUESTS when the account has sent too many; and what the client throws.
   */
  async send<T>(
    stores: Stores,
    { upstream, client, name }: OriginImage,
    request: Omit<RegistryRequest, "scopes">,
    read: (response: Response) => Promise<T> | T,
  ): Promise<T> {
    await takePace(stores, upstream);
    return client.send({ ...request, scopes: [pullScope(name)] }, async (response) => {
      const rateLimit = readRateLimit(response.headers);
      await this.#note(stores, { kind: "answer", rateLimit });
      return read(response);
    });
  }

  /**
   * Makes a refusal of what went wrong, in upstream's words, and notes it.
   *
   * @param missing the code of what is not there.
   * @throws anything else than what can go wrong between two registries.
   */
  async refuse(
    stores: Stores,
    error: unknown,
    what: string,
    missing: "MANIFEST_UNKNOWN" | "BLOB_UNKNOWN",
  ): Promise<UpstreamRefusal> {
    const label = this.#opened ? upstreamLabel(this.#opened.image.upstream.remote.url) : "the other registry";
    const found = describeFailure(error, label, what, this.#opened?.image.upstream.remote.name);
    if (!found) throw error;
    const { code, why, detail } = found;
    if (code !== "MISSING" && code !== "UPSTREAM_UNKNOWN") {
      await this.#note(stores, { kind: "failure", detail: writeDetail([why]) });
    }
    const refusal = {
      code: code === "MISSING" ? missing : code,
      problems: [{ message: describeReason(why), ...(detail && { detail }) }],
    };
    return { outcome: "refused", refusal, isGone: code === "MISSING" };
  }

  async #note(stores: Stores, note: UpstreamNote): Promise<void> {
    const what = note.kind === "failure" ? note.detail : note.kind;
    const now = Date.now();
    if (this.#noted?.what === what && now - this.#noted.at < NOTE_INTERVAL_MS) return;
    this.#noted = { what, at: now };
    try {
      await noteUpstream(stores.db, this.#ask.organizationId, note, new Date(now));
    } catch (error) {
      console.warn("what an upstream said was not noted:", error);
    }
  }
}

async function takePace(stores: Stores, { remote }: UpstreamRecord): Promise<void> {
  for (let left = PACE_TRIES; ; left -= 1) {
    try {
      await requireOutbound(stores, remote.accountId, remote.url);
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof RegistryError && error.is("TOO_MANY_REQUESTS"))) throw error;
      await new Promise((done) => setTimeout(done, PACE_PAUSE_MS));
    }
  }
}

interface DescribedFailure {
  code: "MISSING" | "DENIED" | "TOO_MANY_REQUESTS" | "UPSTREAM_FAILED" | "UPSTREAM_UNKNOWN";
  why: Reason;
  detail?: { retryAfter: number } | { name: string };
}

/** @returns undefined for what is no failure of another registry. */
function describeFailure(
  error: unknown,
  host: string,
  name: string,
  remote: string | undefined,
): DescribedFailure | undefined {
  if (error instanceof RegistryRefusal) return describeRefusal(error, host, name, remote);
  if (error instanceof RegistryError) return describeOwnRefusal(error, host);
  const code = "UPSTREAM_FAILED";
  if (error instanceof ContentMismatch || error instanceof ProtocolViolation) {
    return { code, why: reason("UPSTREAM_MAKES_NO_SENSE", { host, name, message: shorten(error.message) }) };
  }
  if (error instanceof DOMException) return { code, why: reason("UPSTREAM_SILENT", { host, name }) };
  if (error instanceof NetworkLost) {
    return { code, why: reason("UPSTREAM_UNREACHABLE", { host, message: shorten(error.message) }) };
  }
  return undefined;
}

function describeRefusal(
  { status, message, headers }: RegistryRefusal,
  host: string,
  name: string,
  remote = "",
): DescribedFailure {
  const why = reason("REFUSED", { host, status, message: shorten(message) });
  if (status === 404) return { code: "MISSING", why: reason("UPSTREAM_MISSING", { name, why }) };
  if (status === 401 || status === 403) {
    return { code: "DENIED", why: reason("UPSTREAM_REFUSED", { name, why, remote }), detail: { name } };
  }
  if (status === 429) {
    const askedMs = retryAfterOf(headers);
    const retryAfter = askedMs === undefined ? DEFAULT_RETRY_S : Math.min(Math.ceil(askedMs / 1000), MAX_RETRY_S);
    return { code: "TOO_MANY_REQUESTS", why: reason("UPSTREAM_BUSY", { why }), detail: { retryAfter } };
  }
  return { code: "UPSTREAM_FAILED", why };
}

function describeOwnRefusal(error: RegistryError, host: string): DescribedFailure | undefined {
  const why = reasonOf(error);
  switch (error.code satisfies ErrorCode) {
    case "TOO_MANY_REQUESTS":
      return { code: "TOO_MANY_REQUESTS", why, detail: { retryAfter: DEFAULT_RETRY_S } };
    case "UPSTREAM_UNKNOWN":
      return { code: "UPSTREAM_UNKNOWN", why };
    case "REMOTE_INVALID":
      return { code: "UPSTREAM_FAILED", why };
    case "MANIFEST_INVALID":
    case "MANIFEST_TOO_LARGE":
      return { code: "UPSTREAM_FAILED", why: reason("UPSTREAM_MANIFEST", { host, why }) };
    default:
      return undefined;
  }
}
