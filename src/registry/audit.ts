/** What was done, by whom (guide 1.6): who may see it, and what is recorded of what was refused. */
import type { Caller, User } from "../model/access.ts";
import type { AuditAction, AuditEntry } from "../model/audit.ts";
import { RegistryError } from "../model/errors.ts";
import { type OrganizationName, parseOrganizationName } from "../model/reference.ts";
import { findOrganizationFacts } from "../storage/access.ts";
import { type AuditEvent, type AuditFilter, insertAudit, insertAuditRarely, listAudit } from "../storage/audit.ts";
import type { Stores } from "../storage/stores.ts";
import { findUserByName } from "../storage/users.ts";
import { requireAuditAccess } from "./access.ts";

export type { AuditEvent };
/** What callers may ask for. */
export type AuditQuery = Omit<AuditFilter, "accountId" | "userId">;

/** As many as one query brings without holding much at once, and as many as it looks through for them. */
const EXPORT_PAGE = 1000;
const EXPORT_SEEN = 10_000;
/** What is recorded of a name that somebody gave, and of a path. */
const MAX_NAME_LENGTH = 64;
const MAX_PATH_LENGTH = 300;
/** How often a refusal to a container tool is recorded: of one user and repository, and how many of one user. */
const REFUSAL_INTERVAL_MS = 60_000;
const MAX_REFUSALS = 20;

/**
 * Events that the caller may see, newest first, and where to go on if too many others lay between.
 *
 * @param before the id to go on behind; undefined for the newest.
 * @throws RegistryError as {@link requireAuditAccess}.
 */
export async function listEvents(
  stores: Stores,
  caller: Caller,
  query: AuditQuery,
  page: { before: number | undefined; limit: number },
): ReturnType<typeof listAudit> {
  const scope = await requireAuditAccess(stores, caller, query);
  return listAudit(stores.db, { ...query, ...scope }, page);
}

/**
 * All events that the caller may see, newest first, a page at a time. Rights are checked before this returns.
 *
 * @throws RegistryError as {@link requireAuditAccess}.
 */
export async function exportEvents(
  stores: Stores,
  caller: Caller,
  query: AuditQuery,
  before: number | undefined,
): Promise<AsyncGenerator<AuditEvent[], void>> {
  const scope = await requireAuditAccess(stores, caller, query);
  return readPages(stores, { ...query, ...scope }, before);
}

async function* readPages({ db }: Stores, filter: AuditFilter, before: number | undefined) {
  for (let last = before; ;) {
    const page = { before: last, limit: EXPORT_PAGE, maxSeen: EXPORT_SEEN };
    const { events, end } = await listAudit(db, filter, page);
    yield events;
    if (events.length < EXPORT_PAGE && end === undefined) return;
    last = events.length < EXPORT_PAGE ? end : events.at(-1)?.id;
  }
}

/** A request that would have changed something. */
export interface RefusedRequest {
  method: string;
  /** Without its query. */
  path: string;
  /** The organization or repository that it was refused for, where the refusal names one. */
  name: string | undefined;
}

/** Records that somebody was not allowed to do something; it belongs to the organization's account if it concerns one. */
export async function recordDenied({ db }: Stores, { user, address }: Caller, refused: RefusedRequest): Promise<void> {
  if (!user) return;
  await insertAudit(db, { user, address }, await describeDenied(db, user, "management.request", refused));
}

/**
 * The same for a push or deletion by a container tool. Those repeat what was refused, and a push has many requests: so it
 * is recorded once a minute, and not without end.
 */
export async function recordDeniedPush(
  { db }: Stores,
  { user, address }: Caller,
  refused: RefusedRequest,
): Promise<void> {
  if (!user) return;
  const entry = await describeDenied(db, user, "registry.request", refused);
  const since = new Date(Date.now() - REFUSAL_INTERVAL_MS);
  await insertAuditRarely(db, { user, address }, entry, { since, limit: MAX_REFUSALS });
}

async function describeDenied(
  db: Stores["db"],
  user: User,
  action: AuditAction,
  { method, path, name }: RefusedRequest,
): Promise<AuditEntry> {
  const shortPath = path.slice(0, MAX_PATH_LENGTH);
  const organization = name === undefined ? undefined : readOrganization(name);
  const found = organization && (await findOrganizationFacts(db, user, organization)).organization;
  return {
    ...(organization && found && { organization, accountId: found.accountId }),
    action,
    resource: found && name !== undefined ? name : shortPath,
    result: "denied",
    detail: { method, path: shortPath },
  };
}

function readOrganization(name: string): OrganizationName | undefined {
  try {
    return parseOrganizationName(name.split("/", 1)[0] ?? "");
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/** Records that somebody tried to log in under a name in vain; it belongs to the account of the user of that name. */
export async function recordFailedLogin({ db }: Stores, name: string, address: string | undefined): Promise<void> {
  const shortName = name.slice(0, MAX_NAME_LENGTH);
  const user = await findUserByName(db, shortName);
  await insertAudit(
    db,
    { user: user ? { id: user.id, name: user.name, accountId: user.accountId } : { name: shortName }, address },
    { action: "session.login", resource: shortName, result: "denied" },
  );
}
