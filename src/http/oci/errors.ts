import type { Context } from "hono";
import { type ErrorCode, RegistryError } from "../../kernel/errors.ts";
import { challengeFor } from "../auth/challenge.ts";
import type { AppEnv } from "../context.ts";
import { describeFailure, setRetryAfter, STATUS } from "../errors.ts";
import { auditRegistryRefusal } from "../refusals.ts";
import { uploadRange } from "./upload-range.ts";
import { requestPath } from "../public-address.ts";

/**
 * Refusals as OCI distribution-spec ("Error Codes") names them. What is not in here belongs to the management APIs, or
 * has no code in the spec.
 */
const OCI_CODES: Partial<Record<ErrorCode, string>> = {
  BLOB_RANGE_INVALID: "RANGE_INVALID",
  BLOB_TOO_LARGE: "SIZE_INVALID",
  BLOB_UNKNOWN: "BLOB_UNKNOWN",
  BODY_INCOMPLETE: "SIZE_INVALID",
  BODY_STALLED: "SIZE_INVALID",
  DENIED: "DENIED",
  DIGEST_INVALID: "DIGEST_INVALID",
  MANIFEST_BLOB_UNKNOWN: "MANIFEST_BLOB_UNKNOWN",
  MANIFEST_INVALID: "MANIFEST_INVALID",
  MANIFEST_TOO_LARGE: "SIZE_INVALID",
  MANIFEST_UNKNOWN: "MANIFEST_UNKNOWN",
  NAME_INVALID: "NAME_INVALID",
  NAME_UNKNOWN: "NAME_UNKNOWN",
  ORGANIZATION_INVALID: "NAME_INVALID",
  OVERLOADED: "TOOMANYREQUESTS",
  PAGINATION_INVALID: "PAGINATION_NUMBER_INVALID",
  PRECONDITION_FAILED: "PRECONDITION_FAILED",
  QUOTA_EXCEEDED: "DENIED",
  SIZE_INVALID: "SIZE_INVALID",
  TAG_IMMUTABLE: "DENIED",
  TAG_INVALID: "TAG_INVALID",
  TOO_MANY_RANGES: "RANGE_INVALID",
  TOO_MANY_REQUESTS: "TOOMANYREQUESTS",
  TOO_MANY_TAGS: "TAG_INVALID",
  UNAUTHORIZED: "UNAUTHORIZED",
  UPLOAD_INVALID: "BLOB_UPLOAD_INVALID",
  UPLOAD_RANGE_INVALID: "RANGE_INVALID",
  UPLOAD_UNKNOWN: "BLOB_UPLOAD_UNKNOWN",
};

/** Renders what a handler threw. */
export function renderOciError(error: Error, c: Context<AppEnv>): Response {
  if (!(error instanceof RegistryError)) {
    const { status, ...failure } = describeFailure(error, c);
    return c.json({ errors: [failure] }, status);
  }
  auditRegistryRefusal(c, error);
  const status = STATUS[error.code];
  setRetryAfter(c, error);
  const code = OCI_CODES[error.code] ?? "UNSUPPORTED";
  if (status === 401) c.header("WWW-Authenticate", challengeFor(c, error));
  const offset = error.problems[0]?.detail?.["offset"];
  if (error.code === "UPLOAD_RANGE_INVALID" && typeof offset === "number") {
    c.header("Range", uploadRange(offset));
    c.header("Location", requestPath(c).pathname);
  }
  const size = error.problems[0]?.detail?.["size"];
  if (error.code === "BLOB_RANGE_INVALID" && typeof size === "number") c.header("Content-Range", `bytes */${size}`);
  return c.json({ errors: error.problems.map(({ message, detail }) => ({ code, message, detail })) }, status);
}
