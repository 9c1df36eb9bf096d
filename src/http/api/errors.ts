import type { Context } from "hono";
import type { Problem } from "../../kernel/errors.ts";
import type { AppEnv } from "../context.ts";
import { type AnswerCode, createErrorRenderer } from "../errors.ts";

/**
 * Renders what a handler threw: `{"errors": [{code, message, detail}], "requestId"}`, as the registry API does, with the reasons of which
 * messages in other languages are made.
 */
export const renderApiError = createErrorRenderer({
  body: apiErrorBody,
});

/** The body of such an answer. */
export function apiErrorBody(code: AnswerCode, problems: readonly Problem[], _: unknown, c: Context<AppEnv>): object {
  return {
    requestId: c.get("requestId"),
    errors: problems.map(({ message, detail, reason, field }) => ({
      code,
      message,
      detail,
      reason: reason && { ...reason, field },
    })),
  };
}
