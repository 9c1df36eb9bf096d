import { createErrorRenderer } from "../errors.ts";

/**
 * Renders what a handler threw: `{"errors": [{code, message, detail}]}`, as the registry API does, with the reasons of which
 * messages in other languages are made.
 */
export const renderApiError = createErrorRenderer({
  body: (code, problems) => ({
    errors: problems.map(({ message, detail, reason, field }) => ({
      code,
      message,
      detail,
      reason: reason && { ...reason, field },
    })),
  }),
});
