import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, RegistryError } from "../../model/errors.ts";
import { discardRest } from "../../streams.ts";
import { challengeFor } from "../auth/challenge.ts";
import type { AppEnv } from "../context.ts";
import { uploadRange } from "./upload-range.ts";

/**
 * Every refusal as OCI distribution-spec ("Error Codes") writes it. What the spec leaves open: unknown parts of a
 * manifest are 404, and what is still needed elsewhere cannot be deleted, 405.
 */
const OCI_ERRORS: Record<ErrorCode, { status: ContentfulStatusCode; code: string }> = {
  BLOB_IN_USE: { status: 405, code: "UNSUPPORTED" },
  BLOB_RANGE_INVALID: { status: 416, code: "RANGE_INVALID" },
  BLOB_TOO_LARGE: { status: 413, code: "SIZE_INVALID" },
  BLOB_UNKNOWN: { status: 404, code: "BLOB_UNKNOWN" },
  DENIED: { status: 403, code: "DENIED" },
  DIGEST_INVALID: { status: 400, code: "DIGEST_INVALID" },
  MANIFEST_BLOB_UNKNOWN: { status: 404, code: "MANIFEST_BLOB_UNKNOWN" },
  MANIFEST_INVALID: { status: 400, code: "MANIFEST_INVALID" },
  MANIFEST_IN_USE: { status: 405, code: "UNSUPPORTED" },
  MANIFEST_TOO_LARGE: { status: 413, code: "SIZE_INVALID" },
  MANIFEST_UNKNOWN: { status: 404, code: "MANIFEST_UNKNOWN" },
  NAME_INVALID: { status: 400, code: "NAME_INVALID" },
  NAME_UNKNOWN: { status: 404, code: "NAME_UNKNOWN" },
  PAGINATION_INVALID: { status: 400, code: "PAGINATION_NUMBER_INVALID" },
  ROUTE_UNKNOWN: { status: 404, code: "UNSUPPORTED" },
  SIZE_INVALID: { status: 400, code: "SIZE_INVALID" },
  TAG_INVALID: { status: 400, code: "TAG_INVALID" },
  TOO_MANY_TAGS: { status: 414, code: "TAG_INVALID" },
  UNAUTHORIZED: { status: 401, code: "UNAUTHORIZED" },
  UNSUPPORTED: { status: 405, code: "UNSUPPORTED" },
  UPLOAD_INVALID: { status: 400, code: "BLOB_UPLOAD_INVALID" },
  UPLOAD_RANGE_INVALID: { status: 416, code: "RANGE_INVALID" },
  UPLOAD_UNKNOWN: { status: 404, code: "BLOB_UPLOAD_UNKNOWN" },
};

/** Renders what a handler threw. */
export async function renderOciError(error: Error, c: Context<AppEnv>): Promise<Response> {
  await discardRest(c.req.raw.body);
  if (!(error instanceof RegistryError)) return renderFailure(error, c);
  const { status, code } = OCI_ERRORS[error.code];
  if (status === 401) c.header("WWW-Authenticate", challengeFor(c, error));
  const offset = error.problems[0]?.detail?.["offset"];
  if (error.code === "UPLOAD_RANGE_INVALID" && typeof offset === "number") {
    c.header("Range", uploadRange(offset));
    c.header("Location", new URL(c.req.url).pathname);
  }
  const size = error.problems[0]?.detail?.["size"];
  if (error.code === "BLOB_RANGE_INVALID" && typeof size === "number") c.header("Content-Range", `bytes */${size}`);
  return c.json({ errors: error.problems.map(({ message, detail }) => ({ code, message, detail })) }, status);
}

/** Anything but a refusal is a bug, logged whole, or an outage, logged in a line; neither answers with details. */
function renderFailure(error: Error, c: Context<AppEnv>): Response {
  const request = `${c.req.method} ${new URL(c.req.url).pathname}`;
  if (isTransient(error)) {
    // Also what a client leaves behind that vanished in the middle of an upload.
    console.warn(`${request} was interrupted: ${error.message}`);
    c.header("Retry-After", "1");
    return c.json({ errors: [{ code: "UNAVAILABLE", message: "the request was interrupted: repeat it" }] }, 503);
  }
  console.error(`${request} failed:`, error, error.cause ?? "");
  return c.json({ errors: [{ code: "UNKNOWN", message: "the registry failed; the request may be repeated" }] }, 500);
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
