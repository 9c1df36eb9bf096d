import { exists, t } from "i18next";

/** What a failed request of the registry is made of; ApiError has this shape. */
interface CodedError {
  code: string;
  detail?: unknown;
}

/**
 * The sentence that tells a person what went wrong: the console's own for a code that area `errors` knows, else the
 * registry's or whoever threw it. A TypeError is a bug, and its message helps nobody who reads it here.
 */
export function errorText(error: unknown): string {
  if (isCoded(error) && exists(error.code, { ns: "errors" })) {
    const values = typeof error.detail === "object" && error.detail !== null ? error.detail : {};
    return t(error.code, { ...values, ns: "errors" });
  }
  if (error instanceof Error && !(error instanceof TypeError) && error.message !== "") return error.message;
  return t("unknownError", { ns: "kit" });
}

/** The field of the form that the registry names as the culprit, if it names one. */
export function errorField(error: unknown): string | undefined {
  if (!isCoded(error) || typeof error.detail !== "object" || error.detail === null) return undefined;
  return "field" in error.detail && typeof error.detail.field === "string" ? error.detail.field : undefined;
}

/** Whether somebody else has changed the same thing since it was read. */
export function isChangedMeanwhile(error: unknown): boolean {
  return isCoded(error) && error.code === "PRECONDITION_FAILED";
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
