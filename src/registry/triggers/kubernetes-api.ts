/** Requests to the API server of a cluster. */
import { z } from "zod";
import { readAuthorities } from "../../model/triggers/kubernetes-cluster.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import { describeReason } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { parseRetryAfter } from "../../kernel/retry-after.ts";
import { CertificateRefused, TlsError } from "../../tls/index.ts";
import { HttpError } from "../../model/triggers/http-answer.ts";
import { describeConnectionFailure, examineConnectionFailure } from "../outbound/connection-failures.ts";
import { fetchPrivately } from "../outbound/private-tls.ts";
import type { Stores } from "../stores.ts";

/** For one request with its answer. */
const TIME_LIMIT_MS = 10_000;
/** Larger than any object that Kubernetes stores, but for the largest that only administrators can make. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_MESSAGE_LENGTH = 500;

/** How to reach a cluster. */
export interface ClusterAccess {
  /** As `parseClusterServer` returns it. */
  server: string;
  /** As `parseAuthority` returns it; null for those that everybody trusts. */
  authority: string | null;
  /** A service account's. */
  token: string;
}

export interface ClusterRequest {
  method: "GET" | "PATCH" | "POST";
  /** With the query. */
  path: string;
  contentType?: string;
  body?: unknown;
}

export interface ClusterAnswer {
  status: number;
  /** Undefined when it is not JSON. */
  json: unknown;
  /** What Kubernetes says of a refusal. */
  message: string;
  /** Milliseconds. */
  retryAfter: number | undefined;
}

/** No answer came: the reason says why. */
export class ClusterUnreachable extends Error {
  override readonly name = "ClusterUnreachable";
  readonly reason: Reason;

  constructor(why: Reason, options?: ErrorOptions) {
    super(describeReason(why), options);
    this.reason = why;
  }

  /** Whether there was an answer, but one with more bytes than are read. */
  get isTooLarge(): boolean {
    return this.cause instanceof HttpError && this.cause.reason.code === "HTTP_TOO_LARGE";
  }
}

const Status = z.object({ kind: z.literal("Status"), message: z.string() });

/**
 * Asks a cluster's API server.
 *
 * @param own the registry's own address.
 * @param timeLimit milliseconds for the request with its answer.
 * @throws RegistryError TRIGGER_INVALID when the server may not be called, ClusterUnreachable when it does not answer.
 */
export async function askCluster(
  { settings }: Stores,
  { server, authority, token }: ClusterAccess,
  own: { registry: string },
  { method, path, contentType = "application/json", body }: ClusterRequest,
  timeLimit = TIME_LIMIT_MS,
): Promise<ClusterAnswer> {
  const url = new URL(`${server}${path}`);
  checkTarget(url, settings, own);
  const headers = {
    Accept: "application/json",
    Authorization: `Bearer ${token}`,
    "User-Agent": "berth",
    ...(body !== undefined && { "Content-Type": contentType }),
  };
  const text = body === undefined ? undefined : JSON.stringify(body);
  const signal = AbortSignal.timeout(timeLimit);
  try {
    const answer =
      authority === null || url.protocol === "http:"
        ? await fetchPublicly(url, { method, headers, redirect: "manual", signal, ...(text && { body: text }) })
        : await fetchPrivately({
            method,
            url,
            headers,
            body: text,
            authorities: readAuthorities(authority),
            maxBytes: MAX_ANSWER_BYTES,
            signal,
          });
    return readAnswer(answer.status, answer.headers, new TextDecoder().decode(answer.body));
  } catch (error) {
    throw new ClusterUnreachable(await describeFailure(error, url, { signal, authority, timeLimit }), { cause: error });
  }
}

async function fetchPublicly(url: URL, init: RequestInit) {
  const { status, headers, body } = await fetch(url, init);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    // Leaving the loop closes the connection.
    if (length > MAX_ANSWER_BYTES) throw new HttpError(reason("HTTP_TOO_LARGE", { bytes: MAX_ANSWER_BYTES }));
    chunks.push(chunk);
  }
  return { status, headers, body: Buffer.concat(chunks) };
}

function readAnswer(status: number, headers: Headers, text: string): ClusterAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // A proxy in between has its own way to refuse.
  }
  const message = Status.safeParse(json).data?.message ?? `status ${status}`;
  return {
    status,
    json,
    // SQLite ends some texts at a NUL.
    message: message.replaceAll("\0", "\uFFFD").slice(0, MAX_MESSAGE_LENGTH),
    retryAfter: parseRetryAfter(headers.get("Retry-After"), new Date()),
  };
}

async function describeFailure(
  thrown: unknown,
  url: URL,
  { signal, authority, timeLimit }: { signal: AbortSignal; timeLimit: number } & Pick<ClusterAccess, "authority">,
): Promise<Reason> {
  const server = reason("API_SERVER", { host: url.host });
  if (signal.aborted) return reason("SILENT_WITHIN", { server, seconds: Math.ceil(timeLimit / 1000) });
  const error = authority === null ? await examineConnectionFailure(thrown, url, signal) : thrown;
  if (error instanceof CertificateRefused) {
    const code = authority === null ? "CERTIFICATE_REFUSED_WITHOUT_AUTHORITY" : "CERTIFICATE_REFUSED";
    return reason(code, { server, why: error.reason });
  }
  if (error instanceof TlsError || error instanceof HttpError)
    return reason("SERVER_FAILED", { server, why: error.reason });
  return reason("SERVER_NOT_REACHED", { server, why: describeConnectionFailure(error, url) });
}
