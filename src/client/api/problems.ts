/** One thing that the registry says is wrong. */
export interface ApiProblem {
  code: string;
  /** An English sentence. */
  message: string;
  detail?: Record<string, unknown> | undefined;
  /** The sentence as a code with values, where it says more than the code of the refusal. */
  reason?: ApiReason | undefined;
}

/** Why something is as it is, or was refused. */
export interface ApiReason {
  code: string;
  values: { readonly [name: string]: string | number | ApiReason };
  /** What of the request is wrong, by its name in the API. */
  field?: string | undefined;
}

/** What the body of a refusal says is wrong, in Berth's own format or SWR's; nothing for a body of anything else. */
export function readProblems(body: unknown): ApiProblem[] {
  return isRecord(body) && Array.isArray(body["errors"]) ? body["errors"].flatMap(readProblem) : [];
}

function readProblem(problem: unknown): ApiProblem[] {
  if (!isRecord(problem)) return [];
  const code = problem["code"] ?? problem["errorCode"];
  const message = problem["message"] ?? problem["errorMessage"];
  if (typeof code !== "string" || typeof message !== "string") return [];
  const detail = isRecord(problem["detail"]) ? problem["detail"] : undefined;
  const reason = isReason(problem["reason"]) ? problem["reason"] : undefined;
  return [{ code, message, detail, ...(reason && { reason }) }];
}

function isReason(value: unknown): value is ApiReason {
  if (!isRecord(value) || typeof value["code"] !== "string" || !isRecord(value["values"])) return false;
  const parts = Object.values(value["values"]);
  return parts.every((part) => typeof part === "string" || typeof part === "number" || isReason(part));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
