import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, RegistryError } from "../../kernel/errors.ts";
import type { AppEnv } from "../context.ts";
import { asRefusal, describeFailure, setRetryAfter, STATUS } from "../errors.ts";
import { auditRefusal } from "../refusals.ts";

/** What SWR's error codes begin with. */
const SERVICE = "SVCSTG.SWR";
const INVALID_PARAMETERS = `${SERVICE}.4000014`;
const MISSING_PARAMETER = `${SERVICE}.4001014`;

/** SWR's codes and, where they differ from ours, statuses (SWR API reference, "Error Codes"). */
const SWR_ERRORS: Partial<Record<ErrorCode, { code: string; status?: ContentfulStatusCode }>> = {
  CATEGORY_INVALID: { code: INVALID_PARAMETERS },
  DENIED: { code: `${SERVICE}.4030170` },
  DESCRIPTION_TOO_LONG: { code: `${SERVICE}.4131012` },
  FILTER_INVALID: { code: `${SERVICE}.4001035` },
  MANIFEST_UNKNOWN: { code: `${SERVICE}.4040115` },
  NAME_INVALID: { code: `${SERVICE}.4001029` },
  NAME_UNKNOWN: { code: `${SERVICE}.4040113` },
  NOT_IMPLEMENTED: { code: `${SERVICE}.5010001` },
  ORDER_INVALID: { code: `${SERVICE}.4001096` },
  ORGANIZATION_EXISTS: { code: `${SERVICE}.4090060` },
  ORGANIZATION_INVALID: { code: `${SERVICE}.4001028` },
  ORGANIZATION_NOT_EMPTY: { code: `${SERVICE}.4060074`, status: 406 },
  ORGANIZATION_QUOTA_EXCEEDED: { code: `${SERVICE}.4000097`, status: 400 },
  ORGANIZATION_UNKNOWN: { code: `${SERVICE}.4040058` },
  PARAMETER_MISSING: { code: MISSING_PARAMETER },
  PERMISSION_EXISTS: { code: `${SERVICE}.4090076` },
  PERMISSION_INVALID: { code: `${SERVICE}.4001065` },
  PERMISSION_UNKNOWN: { code: `${SERVICE}.4040078` },
  REPOSITORY_EXISTS: { code: `${SERVICE}.4090006` },
  REPOSITORY_UNKNOWN: { code: `${SERVICE}.4040113` },
  // What Terraform takes for "deleted already".
  RETENTION_UNKNOWN: { code: `${SERVICE}.4000306`, status: 400 },
  TAG_UNKNOWN: { code: `${SERVICE}.4040115` },
  // As real servers answer it; the reference has 409.
  TRIGGER_EXISTS: { code: INVALID_PARAMETERS, status: 400 },
  TRIGGER_UNKNOWN: { code: `${SERVICE}.4040126` },
  UNAUTHORIZED: { code: `${SERVICE}.4010000` },
};

/**
 * Renders what a handler threw, in both of SWR's formats at once: SDKs read one or the other.
 *
 * A refusal without an SWR code of its own gets one of the same pattern: service, status, and zeros.
 */
export function renderSwrError(thrown: Error, c: Context<AppEnv>): Response {
  const error = asRefusal(thrown);
  if (!(error instanceof RegistryError)) {
    const failure = describeFailure(error, c);
    return c.json(
      swrErrorBody([{ code: `${SERVICE}.${failure.status}0000`, message: failure.message }]),
      failure.status,
    );
  }
  auditRefusal(c, error);
  setRetryAfter(c, error);
  const known = SWR_ERRORS[error.code];
  const status = known?.status ?? STATUS[error.code];
  const code = known?.code ?? (status === 400 ? INVALID_PARAMETERS : `${SERVICE}.${status}0000`);
  const problems = error.problems.map(({ message, detail }) => ({
    code: detail?.["isMissing"] === true ? MISSING_PARAMETER : code,
    message,
  }));
  return c.json(swrErrorBody(problems), status);
}

function swrErrorBody(problems: readonly { code: string; message: string }[]) {
  const [first] = problems;
  return {
    errors: problems.map(({ code, message }) => ({ errorCode: code, errorMessage: message, detail: message })),
    error_code: first?.code,
    error_msg: first?.message,
    details: problems.map(({ code, message }) => ({ error_code: code, error_msg: message })),
  };
}
