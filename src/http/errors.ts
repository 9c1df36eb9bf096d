import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, RegistryError } from "../model/errors.ts";

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
  ARCHIVE_TOO_LARGE: 413,
  BLOB_IN_USE: 405,
  BLOB_RANGE_INVALID: 416,
  BLOB_TOO_LARGE: 413,
  BLOB_UNKNOWN: 404,
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
  LAST_ADMINISTRATOR: 409,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_IN_USE: 405,
  MANIFEST_TOO_LARGE: 413,
  MANIFEST_UNKNOWN: 404,
  MEDIA_TYPE_INVALID: 415,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  NOT_IMPLEMENTED: 501,
  ORDER_INVALID: 400,
  ORGANIZATION_EXISTS: 409,
  ORGANIZATION_INVALID: 400,
  ORGANIZATION_NOT_EMPTY: 409,
  ORGANIZATION_QUOTA_EXCEEDED: 409,
  ORGANIZATION_UNKNOWN: 404,
  PAGINATION_INVALID: 400,
  PARAMETER_INVALID: 400,
  PARAMETER_MISSING: 400,
  PERMISSION_EXISTS: 409,
  PERMISSION_INVALID: 400,
  PERMISSION_UNKNOWN: 404,
  QUOTA_EXCEEDED: 403,
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
  TAG_EXISTS: 409,
  TAG_IMMUTABLE: 403,
  TAG_INVALID: 400,
  TAG_UNKNOWN: 404,
  TOO_MANY_REQUESTS: 429,
  TOO_MANY_TAGS: 414,
  TRIGGER_EXISTS: 409,
  TRIGGER_INVALID: 400,
  TRIGGER_LIMIT: 409,
  TRIGGER_UNKNOWN: 404,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
  UPLOAD_INVALID: 400,
  UPLOAD_RANGE_INVALID: 416,
  UPLOAD_UNKNOWN: 404,
  USER_EXISTS: 409,
  USER_LIMIT: 409,
  USER_UNKNOWN: 404,
};

/** What an answer says of anything but a refusal. */
export interface Failure {
  status: 500 | 503;
  code: "UNKNOWN" | "UNAVAILABLE";
  message: string;
}

/** What Hono's own checks of a request throw, as the refusal that it is. */
export function asRefusal(error: Error): Error {
  if (!(error instanceof HTTPException)) return error;
  if (error.status === 415) {
    return new RegistryError("MEDIA_TYPE_INVALID", "the body must be JSON, with Content-Type: application/json", {
      cause: error,
    });
  }
  return new RegistryError("PARAMETER_INVALID", error.message || "the request is malformed", { cause: error });
}

/** How long the limit of attempts to log in counts (wrangler.toml, "ratelimits"). */
const LOGIN_LIMIT_S = 60;

/** Says when it is worth to try again, where waiting helps. */
export function setRetryAfter(c: Context, error: RegistryError): void {
  if (error.code === "TOO_MANY_REQUESTS") c.header("Retry-After", String(LOGIN_LIMIT_S));
}

/** Anything but a refusal is a bug, logged whole, or an outage, logged in a line; neither answers with details. */
export function describeFailure(error: Error, c: Context): Failure {
  const request = `${c.req.method} ${new URL(c.req.url).pathname}`;
  if (isTransient(error)) {
    // Also what a client leaves behind that vanished in the middle of an upload.
    console.warn(`${request} was interrupted: ${error.message}`);
    c.header("Retry-After", "1");
    return { status: 503, code: "UNAVAILABLE", message: "the request was interrupted: repeat it" };
  }
  console.error(`${request} failed:`, error, error.cause ?? "");
  return { status: 500, code: "UNKNOWN", message: "the registry failed; the request may be repeated" };
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
