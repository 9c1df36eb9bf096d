import type { Context } from "hono";
import { RegistryError } from "../../model/errors.ts";
import { discardRest } from "../../streams.ts";
import type { AppEnv } from "../context.ts";
import { describeFailure, STATUS } from "../errors.ts";

/** Renders what a handler threw: `{"errors": [{code, message, detail}]}`, as the registry API does. */
export async function renderApiError(error: Error, c: Context<AppEnv>): Promise<Response> {
  await discardRest(c.req.raw.body);
  if (!(error instanceof RegistryError)) {
    const { status, ...failure } = describeFailure(error, c);
    return c.json({ errors: [failure] }, status);
  }
  const { code, problems } = error;
  return c.json({ errors: problems.map(({ message, detail }) => ({ code, message, detail })) }, STATUS[code]);
}
