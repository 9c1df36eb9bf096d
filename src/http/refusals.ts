import type { Context } from "hono";
import type { RegistryError } from "../kernel/errors.ts";
import { withOrganization } from "../kernel/reference.ts";
import { recordDenied } from "../registry/audit/audit.ts";
import { incoming } from "./call.ts";
import type { AppEnv } from "./context.ts";
import { requestPath } from "./public-address.ts";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Where the registry API has what belongs to a repository. */
const REPOSITORY_PATH = /^\/v2\/(.+)\/(?:blobs|manifests)\//;

/** Records in the audit, after the answer, that a known caller was not allowed to manage something. */
export function auditRefusal(c: Context<AppEnv>, error: RegistryError): void {
  auditDenied(c, error, "management.request", error.is("DENIED") ? error.detail?.name : undefined);
}

/** The same for the registry API: that they were not allowed to push or delete. */
export function auditRegistryRefusal(c: Context<AppEnv>, error: RegistryError): void {
  const name = REPOSITORY_PATH.exec(requestPath(c).pathname)?.[1];
  const { stores } = c.var as Partial<AppEnv["Variables"]>;
  auditDenied(c, error, "registry.request", name && withOrganization(name, stores?.settings.defaultOrganization));
}

function auditDenied(
  c: Context<AppEnv>,
  { code }: RegistryError,
  action: Parameters<typeof recordDenied>[2],
  name: string | undefined,
): void {
  // A client that could not be identified has neither.
  const { registryCaller, credentials } = c.var as Partial<AppEnv["Variables"]>;
  const { user, address } = registryCaller ?? credentials ?? {};
  const { method } = c.req;
  if (code !== "DENIED" || SAFE_METHODS.has(method) || !user) return;
  recordDenied(incoming(c), { user, address }, action, { method, path: requestPath(c).pathname, name });
}
