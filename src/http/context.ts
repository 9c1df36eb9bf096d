import type { Context } from "hono";
import type { Env } from "../env.ts";
import type { Credentials, RegistryCaller } from "../model/rights/access.ts";
import { parseRepositoryName, type RepositoryName } from "../kernel/reference.ts";
import type { Stores } from "../registry/stores.ts";

/** What Hono hands to every handler: the bindings, and what the middleware before it found out. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    stores: Stores;
    /** Set by `identify`, for the registry API: read it by `registryCall`. */
    registryCaller: RegistryCaller;
    /** Set by `identifyManager`, for the management APIs: read them by `managerCall` or `visitorCall`. */
    credentials: Credentials;
    /** Set for callers who manage with a session: by cookie or `X-Auth-Token`, or by a token of one, which ends itself. */
    session?: { id: string; expiresAt?: Date };
    /** Set once it has been read. */
    body?: Uint8Array<ArrayBuffer>;
    /** Set where the answer has the memory that it takes. */
    isBounded?: true;
  };
}

/** The repository that a path of the registry API names. */
export function repositoryParam(c: Context<AppEnv>): RepositoryName {
  return parseRepositoryName(c.req.param("name") ?? "", c.get("stores").settings.defaultOrganization);
}
