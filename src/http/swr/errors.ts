import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type AnswerCode, createErrorRenderer } from "../errors.ts";

/** What SWR's error codes begin with. */
const SERVICE = "SVCSTG.SWR";
const INVALID_PARAMETERS = `${SERVICE}.4000014`;
const MISSING_PARAMETER = `${SERVICE}.4001014`;

/** A code of SWR's and, where it differs from ours, its status; "none": one of the same pattern is made up. */
type SwrError = { code: string; status?: ContentfulStatusCode } | "none";

/** SWR API reference, "Error Codes". */
const SWR_ERRORS: Readonly<Record<AnswerCode, SwrError>> = {
  ACCESS_KEY_LIMIT: "none",
  ACCESS_KEY_UNKNOWN: "none",
  ACCOUNT_EXISTS: "none",
  ACCOUNT_IN_USE: "none",
  ACCOUNT_UNKNOWN: "none",
  ARCHIVE_INCOMPLETE: "none",
  ARCHIVE_TOO_LARGE: "none",
  BLOB_IN_USE: "none",
  BLOB_RANGE_INVALID: "none",
  BLOB_TOO_LARGE: "none",
  BLOB_UNKNOWN: "none",
  BODY_INCOMPLETE: "none",
  BODY_STALLED: "none",
  BODY_TOO_LARGE: "none",
  CATEGORY_INVALID: { code: INVALID_PARAMETERS },
  CLUSTER_EXISTS: "none",
  CLUSTER_INVALID: "none",
  CLUSTER_IN_USE: "none",
  CLUSTER_LIMIT: "none",
  CLUSTER_UNKNOWN: "none",
  DELIVERY_UNKNOWN: "none",
  DENIED: { code: `${SERVICE}.4030170` },
  DESCRIPTION_TOO_LONG: { code: `${SERVICE}.4131012` },
  DIGEST_INVALID: "none",
  FILTER_INVALID: { code: `${SERVICE}.4001035` },
  IMMUTABLE_RULE_EXISTS: "none",
  IMMUTABLE_RULE_UNKNOWN: "none",
  ISSUER_INVALID: "none",
  LAST_ADMINISTRATOR: "none",
  LOGIN_UNKNOWN: "none",
  MANIFEST_BLOB_UNKNOWN: "none",
  MANIFEST_INVALID: "none",
  MANIFEST_IN_USE: "none",
  MANIFEST_TOO_LARGE: "none",
  MANIFEST_UNKNOWN: { code: `${SERVICE}.4040115` },
  MEDIA_TYPE_INVALID: "none",
  NAME_INVALID: { code: `${SERVICE}.4001029` },
  NAME_UNKNOWN: { code: `${SERVICE}.4040113` },
  ORDER_INVALID: { code: `${SERVICE}.4001096` },
  ORGANIZATION_EXISTS: { code: `${SERVICE}.4090060` },
  ORGANIZATION_INVALID: { code: `${SERVICE}.4001028` },
  ORGANIZATION_NOT_EMPTY: { code: `${SERVICE}.4060074`, status: 406 },
  ORGANIZATION_QUOTA_EXCEEDED: { code: `${SERVICE}.4000097`, status: 400 },
  ORGANIZATION_UNKNOWN: { code: `${SERVICE}.4040058` },
  OVERLOADED: "none",
  PAGINATION_INVALID: "none",
  PARAMETER_INVALID: "none",
  PARAMETER_MISSING: { code: MISSING_PARAMETER },
  PERMISSION_EXISTS: { code: `${SERVICE}.4090076` },
  PERMISSION_INVALID: { code: `${SERVICE}.4001065` },
  PERMISSION_UNKNOWN: { code: `${SERVICE}.4040078` },
  PRECONDITION_FAILED: "none",
  QUOTA_EXCEEDED: "none",
  REMOTE_EXISTS: "none",
  REMOTE_INVALID: "none",
  REMOTE_IN_USE: "none",
  REMOTE_LIMIT: "none",
  REMOTE_UNKNOWN: "none",
  REPOSITORY_EXISTS: { code: `${SERVICE}.4090006` },
  REPOSITORY_UNKNOWN: { code: `${SERVICE}.4040113` },
  RETENTION_EXISTS: "none",
  RETENTION_INVALID: "none",
  // What Terraform takes for "deleted already".
  RETENTION_UNKNOWN: { code: `${SERVICE}.4000306`, status: 400 },
  ROUTE_UNKNOWN: "none",
  SHARE_EXISTS: "none",
  SHARE_LIMIT: "none",
  SHARE_UNKNOWN: "none",
  SIZE_INVALID: "none",
  SYNC_JOB_ENDED: "none",
  SYNC_JOB_UNKNOWN: "none",
  // As real servers answer it.
  SYNC_RULE_EXISTS: { code: INVALID_PARAMETERS, status: 400 },
  SYNC_RULE_INVALID: "none",
  SYNC_RULE_LIMIT: "none",
  // What Terraform takes for "deleted already".
  SYNC_RULE_UNKNOWN: { code: `${SERVICE}.4001158`, status: 400 },
  TAG_EXISTS: "none",
  TAG_IMMUTABLE: "none",
  TAG_INVALID: "none",
  TAG_UNKNOWN: { code: `${SERVICE}.4040115` },
  TOO_MANY_RANGES: "none",
  TOO_MANY_REQUESTS: "none",
  TOO_MANY_TAGS: "none",
  // As real servers answer it; the reference has 409.
  TRIGGER_EXISTS: { code: INVALID_PARAMETERS, status: 400 },
  TRIGGER_INVALID: "none",
  TRIGGER_LIMIT: "none",
  TRIGGER_UNKNOWN: { code: `${SERVICE}.4040126` },
  TRUST_RULE_EXISTS: "none",
  TRUST_RULE_INVALID: "none",
  TRUST_RULE_LIMIT: "none",
  TRUST_RULE_UNKNOWN: "none",
  UNAUTHORIZED: { code: `${SERVICE}.4010000` },
  UNAVAILABLE: "none",
  UNKNOWN: "none",
  UNSUPPORTED: "none",
  UPLOAD_INVALID: "none",
  UPLOAD_RANGE_INVALID: "none",
  UPLOAD_UNKNOWN: "none",
  UPSTREAM_FAILED: "none",
  UPSTREAM_UNKNOWN: "none",
  USER_EXISTS: "none",
  USER_LIMIT: "none",
  USER_RESERVED: "none",
  USER_UNKNOWN: "none",
};

function codeOf(code: AnswerCode, status: number): string {
  const known = SWR_ERRORS[code];
  if (known !== "none") return known.code;
  // The service, the status, and zeros.
  return status === 400 ? INVALID_PARAMETERS : `${SERVICE}.${status}0000`;
}

/** Renders what a handler threw, in both of SWR's formats at once: SDKs read one or the other. */
export const renderSwrError = createErrorRenderer({
  statusOf(code) {
    const known = SWR_ERRORS[code];
    return known === "none" ? undefined : known.status;
  },
  body(code, problems, status) {
    const written = problems.map(({ message, detail }) => {
      const isMissing = detail !== undefined && "isMissing" in detail && detail.isMissing;
      return { code: isMissing ? MISSING_PARAMETER : codeOf(code, status), message };
    });
    return swrErrorBody(written);
  },
});

function swrErrorBody(problems: readonly { code: string; message: string }[]) {
  const [first] = problems;
  return {
    errors: problems.map(({ code, message }) => ({ errorCode: code, errorMessage: message, detail: message })),
    error_code: first?.code,
    error_msg: first?.message,
    details: problems.map(({ code, message }) => ({ error_code: code, error_msg: message })),
  };
}
