import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ConfigurationError, type ErrorCode, type Problem, RegistryError } from "../kernel/errors.ts";
import type { AppEnv } from "./context.ts";
import { requestPath } from "./public-address.ts";
import { auditRefusal } from "./refusals.ts";

/**
 * The status of each refusal. What OCI distribution-spec leaves open: unknown parts of a manifest are 404, and what is
 * still needed elsewhere cannot be deleted, 405. SWR has statuses of its own: `swr/errors.ts`.
 */
export const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  ACCESS_KEY_LIMIT: 409,
  ACCESS_KEY_UNKNOWN: 404,
  ACCOUNT_EXISTS: 409,
  ACCOUNT_IN_USE: 409,
  ACCOUNT_UNKNOWN: 404,
  ARCHIVE_INCOMPLETE: 409,
  ARCHIVE_TOO_LARGE: 413,
  BLOB_IN_USE: 405,
  BLOB_RANGE_INVALID: 416,
  BLOB_TOO_LARGE: 413,
  BLOB_UNKNOWN: 404,
  BODY_INCOMPLETE: 400,
  BODY_STALLED: 408,
  BODY_TOO_LARGE: 413,
  CATEGORY_INVALID: 400,
  CLUSTER_EXISTS: 409,
  CLUSTER_INVALID: 400,
  CLUSTER_IN_USE: 409,
  CLUSTER_LIMIT: 409,
  CLUSTER_UNKNOWN: 404,
  DELIVERY_UNKNOWN: 404,
  DENIED: 403,
  DESCRIPTION_TOO_LONG: 413,
  DIGEST_INVALID: 400,
  FILTER_INVALID: 400,
  IMMUTABLE_RULE_EXISTS: 409,
  IMMUTABLE_RULE_UNKNOWN: 404,
  ISSUER_INVALID: 400,
  LAST_ADMINISTRATOR: 409,
  LOGIN_UNKNOWN: 404,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_IN_USE: 405,
  MANIFEST_TOO_LARGE: 413,
  MANIFEST_UNKNOWN: 404,
  MEDIA_TYPE_INVALID: 415,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  ORDER_INVALID: 400,
  ORGANIZATION_EXISTS: 409,
  ORGANIZATION_INVALID: 400,
  ORGANIZATION_NOT_EMPTY: 409,
  ORGANIZATION_QUOTA_EXCEEDED: 409,
  ORGANIZATION_UNKNOWN: 404,
  OVERLOADED: 503,
  PAGINATION_INVALID: 400,
  PARAMETER_INVALID: 400,
  PARAMETER_MISSING: 400,
  PERMISSION_EXISTS: 409,
  PERMISSION_INVALID: 400,
  PERMISSION_UNKNOWN: 404,
  PRECONDITION_FAILED: 412,
  QUOTA_EXCEEDED: 403,
  REMOTE_EXISTS: 409,
  REMOTE_INVALID: 400,
  REMOTE_IN_USE: 409,
  REMOTE_LIMIT: 409,
  REMOTE_UNKNOWN: 404,
  REPOSITORY_EXISTS: 409,
  REPOSITORY_UNKNOWN: 404,
  RETENTION_EXISTS: 409,
  RETENTION_INVALID: 400,
  RETENTION_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  SHARE_EXISTS: 409,
  SHARE_LIMIT: 409,
  SHARE_UNKNOWN: 404,
  SIZE_INVALID: 400,
  SYNC_JOB_ENDED: 409,
  SYNC_JOB_UNKNOWN: 404,
  SYNC_RULE_EXISTS: 409,
  SYNC_RULE_INVALID: 400,
  SYNC_RULE_LIMIT: 409,
  SYNC_RULE_UNKNOWN: 404,
  TAG_EXISTS: 409,
  TAG_IMMUTABLE: 403,
  TAG_INVALID: 400,
  TAG_UNKNOWN: 404,
  TOO_MANY_RANGES: 400,
  TOO_MANY_REQUESTS: 429,
  TOO_MANY_TAGS: 414,
  TRIGGER_EXISTS: 409,
  TRIGGER_INVALID: 400,
  TRIGGER_LIMIT: 409,
  TRIGGER_UNKNOWN: 404,
  TRUST_RULE_EXISTS: 409,
  TRUST_RULE_INVALID: 400,
  TRUST_RULE_LIMIT: 409,
  TRUST_RULE_UNKNOWN: 404,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
  UPLOAD_INVALID: 400,
  UPLOAD_RANGE_INVALID: 416,
  UPLOAD_UNKNOWN: 404,
  UPSTREAM_FAILED: 502,
  UPSTREAM_UNKNOWN: 404,
  USER_EXISTS: 409,
  USER_RESERVED: 409,
  USER_LIMIT: 409,
  USER_UNKNOWN: 404,
};

/** What an answer says of anything but a refusal. */
export interface Failure {
  status: 500 | 503;
  code: "UNKNOWN" | "UNAVAILABLE";
  message: string;
}

/** What an answer is about: the code of a refusal, or of a failure. */
export type AnswerCode = ErrorCode | Failure["code"];

/** How an API writes what went wrong. */
export interface ErrorShape {
  /** The status, where the API has another than {@link STATUS}. */
  statusOf?: (code: ErrorCode) => ContentfulStatusCode | undefined;
  /** Sets headers that tell more of a refusal than its body. */
  setHeaders?: (c: Context<AppEnv>, error: RegistryError) => void;
  /** Records a refusal: by default as one of a management API. */
  audit?: (c: Context<AppEnv>, error: RegistryError) => void;
  body: (code: AnswerCode, problems: readonly Problem[], status: ContentfulStatusCode, c: Context<AppEnv>) => object;
}

/** Makes what answers to all that the handlers of an API throw. */
export function createErrorRenderer(shape: ErrorShape) {
  const { statusOf, setHeaders, audit = auditRefusal, body } = shape;
  return function renderError(thrown: Error, c: Context<AppEnv>): Response {
    const error = asRefusal(thrown);
    if (!(error instanceof RegistryError)) {
      const { status, code, message } = describeFailure(error, c);
      return c.json(body(code, [{ message }], status, c), status);
    }
    c.set("answerCode", error.code);
    audit(c, error);
    setRetryAfter(c, error);
    setHeaders?.(c, error);
    const status = statusOf?.(error.code) ?? STATUS[error.code];
    return c.json(body(error.code, error.problems, status, c), status);
  };
}

/** The sentences of an answer that has room for one text only. */
export function joinMessages(problems: readonly Problem[]): string {
  return problems.map(({ message }) => message).join("; ");
}

/** What Hono's own checks of a request throw, as the refusal that it is. */
function asRefusal(error: Error): Error {
  if (!(error instanceof HTTPException)) return error;
  if (error.status === 415) {
    return new RegistryError("MEDIA_TYPE_INVALID", "the body must be JSON, with Content-Type: application/json", {
      cause: error,
    });
  }
  return new RegistryError("PARAMETER_INVALID", error.message || "the request is malformed", { cause: error });
}

/** How long the limits of attempts to log in count (wrangler.toml, "ratelimits"). */
const LOGIN_LIMIT_S = 60;
/** How long uploads that hold up others may do so, about: `HURRIED_STALL_MS` in `streams.ts`. */
const OVERLOAD_S = 10;

/** Says when it is worth to try again, where waiting helps. */
function setRetryAfter(c: Context, error: RegistryError): void {
  if (error.code === "OVERLOADED") c.header("Retry-After", String(OVERLOAD_S));
  if (error.is("TOO_MANY_REQUESTS")) c.header("Retry-After", String(error.detail?.retryAfter ?? LOGIN_LIMIT_S));
}

/** What a request gets for which an API has no route. */
export function unknownRoute(c: Context, api: string): RegistryError {
  return new RegistryError(
    "ROUTE_UNKNOWN",
    `${c.req.method} ${requestPath(c).pathname.slice(0, 200)} is not part of ${api}`,
  );
}

/**
 * The particulars of an error with the id of its request, by which an operator finds it in the log: for answers whose format has room
 * for it. The header `X-Request-Id` has it in any case.
 */
export function withRequestId(detail: object | undefined, c: Context<AppEnv>): object | undefined {
  const requestId = c.get("requestId");
  return requestId === undefined ? detail : { ...detail, requestId };
}

/** A request as the log of failures names it: without the id of an upload, which is good for continuing it. */
function loggedRequest(c: Context<AppEnv>): string {
  const path = requestPath(c).pathname.replace(/(\/blobs\/uploads\/).+/, "$1…");
  const requestId = c.get("requestId");
  return `${c.req.method} ${path}${requestId === undefined ? "" : ` (request ${requestId})`}`;
}

/** Anything but a refusal is a bug, logged whole, or an outage, logged in a line; neither answers with details. */
export function describeFailure(error: Error, c: Context<AppEnv>): Failure {
  const failure = findFailure(error, c);
  c.set("answerCode", failure.code);
  return failure;
}

function findFailure(error: Error, c: Context<AppEnv>): Failure {
  const request = loggedRequest(c);
  if (isTransient(error)) {
    // This also happens when a client disappears in the middle of an upload.
    console.warn(`${request} was interrupted: ${error.message}`);
    c.header("Retry-After", "1");
    return { status: 503, code: "UNAVAILABLE", message: "the request was interrupted: repeat it" };
  }
  const failure = storageFailureOf(error);
  if (failure !== undefined) {
    console.error(`${request} failed, because storage did: ${failure}`);
    c.header("Retry-After", "10");
    return { status: 503, code: "UNAVAILABLE", message: "the registry's storage failed, or is full: try again later" };
  }
  console.error(`${request} failed:`, error, error.cause ?? "");
  // It names what the operator has to set, and nothing that is secret.
  if (error instanceof ConfigurationError) {
    return { status: 500, code: "UNKNOWN", message: `the registry is not set up: ${error.message}` };
  }
  return { status: 500, code: "UNKNOWN", message: "the registry failed; the request may be repeated" };
}

/** Answers a failure that belongs to no surface, so that container tools print it. */
export function renderFailure(error: Error, c: Context<AppEnv>): Response {
  const { status, ...failure } = describeFailure(error, c);
  return c.json({ errors: [{ ...failure, detail: withRequestId(undefined, c) }] }, status);
}

/**
 * What D1, R2 and Durable Objects say when it is them that fail: R2's internal error and its overload, SQLite without
 * room (locally a full disk, elsewhere a database at its limit) or unable to read and write, and what they do not explain.
 */
const STORAGE_FAILURE = /\((?:10001|10043)\)|SQLITE_(?:FULL|IOERR|CANTOPEN)|^internal error; reference = /;

/** What storage says; not the message around it, which has the query with its values. */
function storageFailureOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (STORAGE_FAILURE.test(cause.message) && !(cause.cause instanceof Error)) return cause.message;
  }
  return undefined;
}

/** The platform marks errors of Durable Objects that are worth another try, wherever they came through. */
function isTransient(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (("retryable" in cause && cause.retryable === true) || ("overloaded" in cause && cause.overloaded === true)) {
      return true;
    }
  }
  return false;
}
