/** One thing that the registry says is wrong. */
export interface ApiProblem {
  code: string;
  /** An English sentence. */
  message: string;
  detail?: Record<string, unknown> | undefined;
}

/** The registry refused a request, or did not answer it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The first problem's code, such as `REPOSITORY_UNKNOWN`; SWR's API has `SVCSTG.SWR.…`. */
  readonly code: string;
  /** Particulars of the first problem, such as `field`. */
  readonly detail: Record<string, unknown> | undefined;
  readonly problems: readonly ApiProblem[];

  constructor(status: number, problems: readonly ApiProblem[], cause?: unknown) {
    super(problems.map((problem) => problem.message).join(" "), { cause });
    this.status = status;
    this.code = problems[0]?.code ?? "UNKNOWN";
    this.detail = problems[0]?.detail;
    this.problems = problems;
  }
}

/** Something wrong with one field of a form, found before it was sent or told by a refusal: the form shows it there. */
export class FieldError extends Error {
  override readonly name = "FieldError";
  readonly code = "FIELD";
  readonly detail: { readonly field: string };

  /** @param message for the user, in their language. */
  constructor(field: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.detail = { field };
  }
}

/** What an answer says is wrong, in any of the registry's formats: its own, SWR's, and none at all. */
export function readProblems(body: unknown, { status, statusText }: Response): ApiProblem[] {
  const list = isRecord(body) && Array.isArray(body.errors) ? (body.errors as unknown[]) : [];
  const problems = list.flatMap(readProblem);
  return problems.length > 0 ? problems : [{ code: `HTTP_${status}`, message: `${status} ${statusText}`.trim() }];
}

function readProblem(problem: unknown): ApiProblem[] {
  if (!isRecord(problem)) return [];
  const code = problem.code ?? problem.errorCode;
  const message = problem.message ?? problem.errorMessage;
  if (typeof code !== "string" || typeof message !== "string") return [];
  return [{ code, message, detail: isRecord(problem.detail) ? problem.detail : undefined }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
