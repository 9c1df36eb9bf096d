import { exists, t } from "i18next";
import type { ApiReason } from "../../client/api/problems.ts";
import { reasonText, reasonTextAtField } from "./reason-text.ts";

/** One thing that a failed request of the registry says is wrong. */
interface Coded {
  code: string;
  message: string;
  detail?: unknown;
  reason?: ApiReason | undefined;
}

/** An error with a code, and all that is wrong where that is more than one thing; ApiError has this shape. */
type CodedError = Coded & { problems?: readonly Coded[] };

/** One thing that is wrong, for a form. */
export interface ErrorPart {
  /** The field that is to blame, by its name in the API. */
  field: string | undefined;
  /** The sentence beside the field, and where the field is not shown. */
  atField: string;
  text: string;
}

/** All that is wrong, in sentences of the console's language. */
export function errorParts(error: unknown): ErrorPart[] {
  if (!isCoded(error)) return [{ field: undefined, ...alike(plainText(error)) }];
  const problems = error.problems && error.problems.length > 0 ? error.problems : [error];
  return problems.map((problem) => ({ field: fieldOf(problem), ...textsOf(problem) }));
}

/**
 * The sentence that tells a person what went wrong: the console's own for a reason or a code that it knows, else the registry's or
 * what threw it. A TypeError is a bug, and its message helps nobody who reads it here.
 */
export function errorText(error: unknown): string {
  return joinTexts(errorParts(error).map(({ text }) => text));
}

/** Several sentences as one text, each once. */
export function joinTexts(texts: readonly string[]): string {
  const each = [...new Set(texts)];
  if (each.length < 2) return each.join("");
  return each.map((text) => text.replace(/[.。]$/, "")).join(t("betweenSentences", { ns: "kit" }));
}

function textsOf({ code, message, detail, reason }: Coded): Pick<ErrorPart, "text" | "atField"> {
  const text = reason && reasonText(reason);
  if (reason && text !== undefined) return { text, atField: reasonTextAtField(reason) ?? text };
  if (!exists(code, { ns: "errors" })) return alike(message === "" ? t("unknownError", { ns: "kit" }) : message);
  const values = typeof detail === "object" && detail !== null ? detail : {};
  return alike(t(code, { ns: "errors", replace: values }));
}

function alike(text: string): Pick<ErrorPart, "text" | "atField"> {
  return { text, atField: text };
}

function plainText(error: unknown): string {
  if (error instanceof Error && !(error instanceof TypeError) && error.message !== "") return error.message;
  return t("unknownError", { ns: "kit" });
}

function fieldOf({ detail, reason }: Coded): string | undefined {
  if (reason?.field !== undefined) return reason.field;
  if (typeof detail !== "object" || detail === null || !("field" in detail)) return undefined;
  return typeof detail.field === "string" && detail.field !== "" ? detail.field : undefined;
}

/** Whether the registry says that what a request was about does not exist. */
export function isUnknown(error: unknown): boolean {
  return isCoded(error) && "status" in error && error.status === 404;
}

/** Whether somebody else has changed the same thing since it was read. */
export function isChangedMeanwhile(error: unknown): boolean {
  return isCoded(error) && error.code === "PRECONDITION_FAILED";
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

/** Whether a request was refused because nobody is signed in any more: ApiError has the status. */
export function isSessionEnd(error: unknown): boolean {
  return error instanceof Error && "status" in error && error.status === 401;
}
