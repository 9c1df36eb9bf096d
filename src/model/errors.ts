/** Why the registry refuses a request: OCI's error codes, and Berth's own where one OCI code covers several statuses. */
export type ErrorCode =
  | "BLOB_IN_USE"
  | "BLOB_RANGE_INVALID"
  | "BLOB_TOO_LARGE"
  | "BLOB_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_IN_USE"
  | "MANIFEST_TOO_LARGE"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "PAGINATION_INVALID"
  | "ROUTE_UNKNOWN"
  | "SIZE_INVALID"
  | "TAG_INVALID"
  | "TOO_MANY_TAGS"
  | "UNAUTHORIZED"
  | "UNSUPPORTED"
  | "UPLOAD_INVALID"
  | "UPLOAD_RANGE_INVALID"
  | "UPLOAD_UNKNOWN";

/** One thing that is wrong with a request: a sentence that names the culprit, and machine-readable particulars. */
export interface Problem {
  message: string;
  detail?: Record<string, unknown>;
}

/**
 * A refusal that the caller can act on. Anything else that is thrown is a bug or an outage. Each protocol renders it
 * once, in its own `errors.ts`.
 */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, problems: string | Problem | readonly Problem[], options?: ErrorOptions) {
    const list = typeof problems === "string" ? [{ message: problems }] : "message" in problems ? [problems] : problems;
    super(list.map((problem) => problem.message).join("; "), options);
    this.code = code;
    this.problems = list;
  }
}
