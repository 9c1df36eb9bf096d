/** Why Berth refuses a request. */
import type { QuotaExcess } from "./quotas.ts";
import type { Reason } from "./reasons.ts";

type None = never;
interface Named {
  name: string;
}
/** What of a request is wrong. */
interface WrongField {
  field?: string;
  /** Whether the field is not there at all. */
  isMissing?: true;
  /** Where in the text of the field. */
  position?: number;
}
/** What of something that the registry is to call is wrong. */
interface WrongAddress {
  field?: string;
  /** Why the address cannot be called. */
  why?: string;
}

/** The codes, and the machine-readable particulars of each. Every API has its own answers to them, in its `errors.ts`. */
export interface ErrorDetails {
  ACCESS_KEY_LIMIT: None;
  ACCESS_KEY_UNKNOWN: None;
  ACCOUNT_EXISTS: Named;
  ACCOUNT_IN_USE: Named;
  ACCOUNT_UNKNOWN: Named;
  ARCHIVE_INCOMPLETE: { digest: string };
  ARCHIVE_TOO_LARGE: None;
  BLOB_IN_USE: { digest: string };
  BLOB_RANGE_INVALID: { size: number };
  BLOB_TOO_LARGE: None;
  BLOB_UNKNOWN: { digest: string };
  BODY_INCOMPLETE: None;
  BODY_STALLED: None;
  BODY_TOO_LARGE: None;
  CATEGORY_INVALID: None;
  CLUSTER_EXISTS: Named;
  CLUSTER_INVALID: WrongAddress;
  CLUSTER_IN_USE: None;
  CLUSTER_LIMIT: None;
  CLUSTER_UNKNOWN: { cluster: string };
  DELIVERY_UNKNOWN: { delivery: number };
  DENIED: { name?: string; scope?: string };
  DESCRIPTION_TOO_LONG: None;
  DIGEST_INVALID: { digest: string };
  FILTER_INVALID: None;
  IMMUTABLE_RULE_EXISTS: { pattern: string };
  IMMUTABLE_RULE_UNKNOWN: None;
  ISSUER_INVALID: WrongAddress;
  LAST_ADMINISTRATOR: Named;
  LOGIN_UNKNOWN: { login: string };
  MANIFEST_BLOB_UNKNOWN: { digest: string } | { missing: number };
  MANIFEST_INVALID: { field: string };
  MANIFEST_IN_USE: { digest: string; parent: string };
  MANIFEST_TOO_LARGE: None;
  MANIFEST_UNKNOWN: { digest: string } | { tag: string };
  MEDIA_TYPE_INVALID: None;
  NAME_INVALID: Named;
  NAME_UNKNOWN: Named;
  ORDER_INVALID: None;
  ORGANIZATION_EXISTS: { namespace: string };
  ORGANIZATION_INVALID: Named;
  ORGANIZATION_NOT_EMPTY: { namespace: string };
  ORGANIZATION_QUOTA_EXCEEDED: { namespace: string };
  ORGANIZATION_UNKNOWN: { namespace: string };
  OVERLOADED: { digest: string };
  PAGINATION_INVALID: None;
  PARAMETER_INVALID: WrongField;
  PARAMETER_MISSING: None;
  PERMISSION_EXISTS: { user_id: string };
  PERMISSION_INVALID: None;
  PERMISSION_UNKNOWN: { user_id: string };
  PRECONDITION_FAILED: { reference: string };
  QUOTA_EXCEEDED: QuotaExcess;
  REMOTE_EXISTS: Named;
  REMOTE_INVALID: WrongAddress;
  REMOTE_IN_USE: Named;
  REMOTE_LIMIT: None;
  REMOTE_UNKNOWN: Named;
  REPOSITORY_EXISTS: Named;
  REPOSITORY_UNKNOWN: Named;
  RETENTION_EXISTS: Named;
  RETENTION_INVALID: { field: string } | { label: string } | { pattern: string; position: number | undefined };
  RETENTION_UNKNOWN: Named;
  ROUTE_UNKNOWN: None;
  SHARE_EXISTS: None;
  SHARE_LIMIT: None;
  SHARE_UNKNOWN: None;
  SIZE_INVALID: None;
  SYNC_JOB_ENDED: { job: number };
  SYNC_JOB_UNKNOWN: { job: number };
  SYNC_RULE_EXISTS: None;
  SYNC_RULE_INVALID: WrongField;
  SYNC_RULE_LIMIT: None;
  SYNC_RULE_UNKNOWN: None;
  TAG_EXISTS: { tag: string };
  TAG_IMMUTABLE: { tag: string };
  TAG_INVALID: { tag: string };
  TAG_UNKNOWN: { tag: string };
  TOO_MANY_RANGES: None;
  TOO_MANY_REQUESTS: { retryAfter: number };
  TOO_MANY_TAGS: None;
  TRIGGER_EXISTS: Named;
  TRIGGER_INVALID: WrongAddress;
  TRIGGER_LIMIT: None;
  TRIGGER_UNKNOWN: { trigger: string };
  TRUST_RULE_EXISTS: Named;
  TRUST_RULE_INVALID: WrongField;
  TRUST_RULE_LIMIT: None;
  TRUST_RULE_UNKNOWN: Named;
  UNAUTHORIZED: { scope: string };
  UNSUPPORTED: None;
  UPLOAD_INVALID: None;
  UPLOAD_RANGE_INVALID: { offset: number };
  UPLOAD_UNKNOWN: None;
  /** A registry elsewhere, that an image would come from, is down or fails. */
  UPSTREAM_FAILED: None;
  UPSTREAM_UNKNOWN: { namespace: string };
  USER_EXISTS: Named;
  USER_RESERVED: Named;
  USER_LIMIT: None;
  USER_UNKNOWN: Named | { user: string } | { user_id: string };
}

export type ErrorCode = keyof ErrorDetails;

/** One thing that is wrong with a request: a sentence that names the culprit, and the particulars of its code. */
export interface Problem<C extends ErrorCode = ErrorCode> {
  message: string;
  detail?: ErrorDetails[C];
  /** The sentence as a code with values, where it says more than the code of the refusal. */
  reason?: Reason;
  /** What of the request is wrong, by its name in the API: forms show the sentence there. */
  field?: string;
}

/**
 * A refusal that the caller can act on. Anything else that is thrown is a bug or an outage. Each protocol renders it
 * once, in its own `errors.ts`.
 */
export class RegistryError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "RegistryError";
  readonly code: C;
  readonly problems: readonly Problem<C>[];

  constructor(
    code: C,
    problems: string | Problem<NoInfer<C>> | readonly Problem<NoInfer<C>>[],
    options?: ErrorOptions,
  ) {
    const list = typeof problems === "string" ? [{ message: problems }] : "message" in problems ? [problems] : problems;
    super(list.map((problem) => problem.message).join("; "), options);
    this.code = code;
    this.problems = list;
  }

  /** What `instanceof` asks: with the type, which would otherwise be lost to `any`. */
  static override [Symbol.hasInstance](value: unknown): value is RegistryError {
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }

  /** Whether it is of this code: then the type of its particulars is known. */
  is<D extends ErrorCode>(code: D): this is RegistryError<D> {
    const own: ErrorCode = this.code;
    return own === code;
  }

  /** The particulars of the first problem. */
  get detail(): ErrorDetails[C] | undefined {
    return this.problems[0]?.detail;
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
