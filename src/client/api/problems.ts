/** One thing that the registry says is wrong. */
export interface ApiProblem {
  code: string;
  /** An English sentence. */
  message: string;
  detail?: Record<string, unknown> | undefined;
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
  return [{ code, message, detail: isRecord(problem["detail"]) ? problem["detail"] : undefined }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
