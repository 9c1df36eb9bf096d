/** Why Berth refuses a request. Each protocol has its own codes and statuses for them, in its `errors.ts`. */
export type ErrorCode =
  | "ACCESS_KEY_LIMIT"
  | "ACCESS_KEY_UNKNOWN"
  | "ACCOUNT_EXISTS"
  | "ACCOUNT_IN_USE"
  | "ACCOUNT_UNKNOWN"
  | "ARCHIVE_INCOMPLETE"
  | "ARCHIVE_TOO_LARGE"
  | "BLOB_IN_USE"
  | "BLOB_RANGE_INVALID"
  | "BLOB_TOO_LARGE"
  | "BLOB_UNKNOWN"
  | "BODY_INCOMPLETE"
  | "BODY_STALLED"
  | "BODY_TOO_LARGE"
  | "CATEGORY_INVALID"
  | "CLUSTER_EXISTS"
  | "CLUSTER_INVALID"
  | "CLUSTER_IN_USE"
  | "CLUSTER_LIMIT"
  | "CLUSTER_UNKNOWN"
  | "DELIVERY_UNKNOWN"
  | "DENIED"
  | "DESCRIPTION_TOO_LONG"
  | "DIGEST_INVALID"
  | "FILTER_INVALID"
  | "IMMUTABLE_RULE_EXISTS"
  | "IMMUTABLE_RULE_UNKNOWN"
  | "LAST_ADMINISTRATOR"
  | "LOGIN_UNKNOWN"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_IN_USE"
  | "MANIFEST_TOO_LARGE"
  | "MANIFEST_UNKNOWN"
  | "MEDIA_TYPE_INVALID"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "NOT_IMPLEMENTED"
  | "ORDER_INVALID"
  | "ORGANIZATION_EXISTS"
  | "ORGANIZATION_INVALID"
  | "ORGANIZATION_NOT_EMPTY"
  | "ORGANIZATION_QUOTA_EXCEEDED"
  | "ORGANIZATION_UNKNOWN"
  | "OVERLOADED"
  | "PAGINATION_INVALID"
  | "PARAMETER_INVALID"
  | "PARAMETER_MISSING"
  | "PERMISSION_EXISTS"
  | "PERMISSION_INVALID"
  | "PERMISSION_UNKNOWN"
  | "PRECONDITION_FAILED"
  | "QUOTA_EXCEEDED"
  | "REPOSITORY_EXISTS"
  | "REPOSITORY_UNKNOWN"
  | "RETENTION_EXISTS"
  | "RETENTION_INVALID"
  | "RETENTION_UNKNOWN"
  | "ROUTE_UNKNOWN"
  | "SHARE_EXISTS"
  | "SHARE_LIMIT"
  | "SHARE_UNKNOWN"
  | "SIZE_INVALID"
  | "TAG_EXISTS"
  | "TAG_IMMUTABLE"
  | "TAG_INVALID"
  | "TAG_UNKNOWN"
  | "TOO_MANY_RANGES"
  | "TOO_MANY_REQUESTS"
  | "TOO_MANY_TAGS"
  | "TRIGGER_EXISTS"
  | "TRIGGER_INVALID"
  | "TRIGGER_LIMIT"
  | "TRIGGER_UNKNOWN"
  | "UNAUTHORIZED"
  | "UNSUPPORTED"
  | "UPLOAD_INVALID"
  | "UPLOAD_RANGE_INVALID"
  | "UPLOAD_UNKNOWN"
  | "USER_EXISTS"
  | "USER_RESERVED"
  | "USER_LIMIT"
  | "USER_UNKNOWN";

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

/** A refusal as data, for ways on which an error would lose its class and fields. */
export type Refusal = Pick<RegistryError, "code" | "problems">;

/** @returns undefined for an error that is no refusal. */
export function asRefusal(error: unknown): Refusal | undefined {
  return error instanceof RegistryError ? { code: error.code, problems: error.problems } : undefined;
}

/** What the operator has set makes no sense: the message names the variable or secret, and never the value of a secret. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}
