import type { ApiProblem } from "../../client/api/problems.ts";

/** The registry refused a request, or did not answer it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The first problem's code, such as `REPOSITORY_UNKNOWN`. */
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

/** What is wrong, as an error; the status says it when the answer has no problems, because it is not the registry's. */
export function refusalOf({ status, statusText }: Response, problems: readonly ApiProblem[]): ApiError {
  const unexplained = { code: `HTTP_${status}`, message: `${status} ${statusText}`.trim() };
  return new ApiError(status, problems.length > 0 ? problems : [unexplained]);
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
