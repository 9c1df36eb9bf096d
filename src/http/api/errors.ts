import type { Context } from "hono";
import { RegistryError } from "../../kernel/errors.ts";
import type { AppEnv } from "../context.ts";
import { asRefusal, describeFailure, setRetryAfter, STATUS } from "../errors.ts";
import { auditRefusal } from "../refusals.ts";

/** Renders what a handler threw: `{"errors": [{code, message, detail}]}`, as the registry API does. */
export function renderApiError(thrown: Error, c: Context<AppEnv>): Response {
  const error = asRefusal(thrown);
  if (!(error instanceof RegistryError)) {
    const { status, ...failure } = describeFailure(error, c);
    return c.json({ errors: [failure] }, status);
  }
  auditRefusal(c, error);
  setRetryAfter(c, error);
  const { code, problems } = error;
  return c.json({ errors: problems.map(({ message, detail }) => ({ code, message, detail })) }, STATUS[code]);
}
