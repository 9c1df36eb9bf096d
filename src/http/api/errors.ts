import { createErrorRenderer } from "../errors.ts";

/** Renders what a handler threw: `{"errors": [{code, message, detail}]}`, as the registry API does. */
export const renderApiError = createErrorRenderer({
  body: (code, problems) => ({ errors: problems.map(({ message, detail }) => ({ code, message, detail })) }),
});
