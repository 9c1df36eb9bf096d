import type { Context } from "hono";
import type { Env } from "../env.ts";
import type { Credentials, RegistryCaller } from "../model/rights/access.ts";
import { type OrganizationName, parseRepositoryName, type RepositoryName } from "../kernel/reference.ts";
import type { Stores } from "../registry/stores.ts";
import type { AnswerCode } from "./errors.ts";
import { mirroredRegistry } from "./public-address.ts";

/** What Hono hands to every handler: the bindings, and what the middleware before it found out. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    stores: Stores;
    /** Set by `identify`, for the registry API: read it by `registryCall`. */
    registryCaller: RegistryCaller;
    /** Set by `identifyManager` and `identifyCopier`: read them by `managerCall`, `visitorCall` or `copierCall`. */
    credentials: Credentials;
    /** Set for callers who manage with a session: by cookie or `X-Auth-Token`, or by a token of one, which ends itself. */
    session?: { id: string; expiresAt?: Date };
    /** Set once it has been read. */
    body?: Uint8Array<ArrayBuffer>;
    /** Set where the answer has the memory that it takes. */
    isBounded?: true;
    /** What the answer and the log call the request: `request-record.ts`. */
    requestId?: string;
    /** Set where a request was refused, or failed: what the log and the metrics call that. */
    answerCode?: AnswerCode;
    /** Bytes of an answer that was made in memory whole, and has no `Content-Length` yet. */
    answerBytes?: number;
  };
}

/** The repository that a path of the registry API names: for a client of a mirror, below the organization that it is one of. */
export function repositoryParam(c: Context<AppEnv>): RepositoryName {
  const name = c.req.param("name") ?? "";
  const mirror = mirrorOf(c);
  if (mirror !== undefined) return parseRepositoryName(isBelow(c, mirror, name) ? name : `${mirror}/${name}`);
  return parseRepositoryName(name, c.get("stores").settings.defaultOrganization);
}

/** The organization that a request asks without naming it, because it asks a mirror (MIRRORS); undefined for all others. */
export function mirrorOf(c: Context<AppEnv>): OrganizationName | undefined {
  const { mirrors } = c.get("stores").settings;
  return mirrors.size === 0 ? undefined : mirrors.get(mirroredRegistry(c).name);
}

/**
 * Whether a name begins below a mirror's organization already: containerd names the registry also where its configuration has the
 * organization in the path. Names at Docker Hub have two parts, so one of three that begins so is none of its own.
 */
function isBelow(c: Context<AppEnv>, mirror: OrganizationName, name: string): boolean {
  return mirroredRegistry(c).isNamed && name.startsWith(`${mirror}/`) && name.split("/").length > 2;
}
