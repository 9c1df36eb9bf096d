import type { Context } from "hono";
import type { Env } from "../env.ts";
import type { Caller } from "../model/rights/access.ts";
import { parseRepositoryName, type RepositoryName } from "../kernel/reference.ts";
import type { Stores } from "../registry/stores.ts";

/** What Hono hands to every handler: the bindings, and what the middleware before it found out. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    stores: Stores;
    caller: Caller;
    /** Set for callers who manage with a session: by cookie or `X-Auth-Token`, or by a token of one, which ends itself. */
    session?: { id: string; expiresAt?: Date };
    /** Set once it has been read. */
    body?: Uint8Array<ArrayBuffer>;
    /** Set where the answer has the memory that it takes. */
    isBounded?: true;
  };
}

/** Lets work that the answer does not wait for come to its end. It has to handle its own failures. */
export function continueAfterAnswer(c: Context<AppEnv>, work: Promise<void> | undefined): void {
  if (work) c.executionCtx.waitUntil(work);
}

/** @throws RegistryError ORGANIZATION_INVALID or NAME_INVALID. */
export function repositoryParam(c: Context<AppEnv>): RepositoryName {
  return parseRepositoryName(c.req.param("name") ?? "", c.var.stores.settings.defaultOrganization);
}
