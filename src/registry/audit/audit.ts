/** The audit: who may read which events, and how refusals are recorded. */
import type { Manager, Reach, User, Visitor } from "../../model/rights/access.ts";
import { BoundedMemory } from "../../model/bounded-memory.ts";
import type { AuditAction, AuditEntry } from "../../model/audit/audit.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { isDigest } from "../../kernel/digest.ts";
import { parseLoginName } from "../../model/logins/login-commands.ts";
import {
  organizationOf,
  type OrganizationName,
  parseOrganizationName,
  type RepositoryName,
} from "../../kernel/reference.ts";
import { findOrganizationFacts } from "../../storage/rights/access.ts";
import { type AuditEvent, type AuditEvents, type AuditFilter, listAudit } from "../../storage/audit/audit-list.ts";
import { type AuditLimits, insertAuditRarely, UNKNOWN_ORIGIN } from "../../storage/audit/rare-events.ts";
import { insertAuditEvent } from "../../storage/audit/audit.ts";
import type { Stores } from "../../storage/stores.ts";
import { findUserByName } from "../../storage/accounts/users.ts";
import { actorOf, type Call, type Incoming } from "../call.ts";
import { requireAuditAccess } from "../rights/management.ts";
import { Budget } from "../housekeeping/budget.ts";

export type { AuditEvent };
/** What callers may ask for. */
export type AuditQuery = Omit<AuditFilter, "accountId" | "userId">;

/** As many as one query brings without holding much at once, and as many as it looks through for them. */
const EXPORT_PAGE = 2500;
const EXPORT_SEEN = 10_000;
/** The platform allows 1,000 queries in an invocation, and identifying the caller has taken some. */
const EXPORT_QUERIES = 900;
/** How many characters of a name and of a path are recorded. */
const MAX_NAME_LENGTH = 64;
const MAX_PATH_LENGTH = 300;
/** How many scopes of a job's token are recorded: container tools ask for one or two. */
const MAX_TOLD_SCOPES = 10;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/**
 * How often events are recorded that anybody can repeat at will: refusals, failed logins, downloads. Container tools repeat
 * refused, and a push has many requests. What an account gets from others is limited over all of their users, names and
 * images, lest strangers fill its audit.
 */
const REPEATABLE: AuditLimits = {
  intervalMs: MINUTE_MS,
  ofUser: [
    { max: 20, ms: MINUTE_MS },
    { max: 100, ms: HOUR_MS },
  ],
  toAccount: [
    { max: 10, ms: MINUTE_MS },
    { max: 100, ms: HOUR_MS },
  ],
  fromAccount: [{ max: 50, ms: HOUR_MS }],
};
/** The same for nobody's account, whose events only operators see: logins under names that nobody has. */
const NOBODYS: AuditLimits = {
  ...REPEATABLE,
  toAccount: [
    { max: 60, ms: MINUTE_MS },
    { max: 600, ms: HOUR_MS },
  ],
  fromAccount: [],
};
/** How often it is recorded that a password was used for tokens: docker sends it with every pull. */
const LOGINS: AuditLimits = { ...REPEATABLE, intervalMs: HOUR_MS };

/**
 * Events that the caller may see, newest first: at most `limit`, fewer where their details are long or too many others lie
 * between; `next` is the id to go on behind.
 *
 * @param before the id to go on behind; undefined for the newest.
 */
export async function listEvents(
  call: Call<Manager>,
  query: AuditQuery,
  page: { before: number | undefined; limit: number },
): Promise<AuditEvents> {
  const scope = await requireAuditAccess(call, query);
  return listAudit(call.stores.nearby, { ...query, ...scope }, page);
}

/** A part of an export. */
export interface ExportedEvents {
  events: AuditEvent[];
  /** Where another export goes on, of the last part of one that could not have all; undefined otherwise. */
  next: number | undefined;
}

/**
 * All events that the caller may see, newest first, a page at a time: as many as one invocation may read, which is about two
 * million. Rights are checked before this returns.
 */
export async function exportEvents(
  call: Call<Manager>,
  query: AuditQuery,
  before: number | undefined,
): Promise<AsyncGenerator<ExportedEvents, void>> {
  const scope = await requireAuditAccess(call, query);
  const last = await recordExport(call, query);
  return readPages(call.stores, { ...query, ...scope }, Math.min(before ?? last, last));
}

/** @returns the id of the event, which the export itself does not hold. */
async function recordExport(call: Call<Manager>, query: AuditQuery): Promise<number> {
  const { organization, accountName, ...filters } = query;
  const actor = actorOf(call);
  const found = organization && (await findOrganizationFacts(call.stores.db, actor.user, organization)).organization;
  const entry: AuditEntry = {
    action: "audit.export",
    resource: organization ?? accountName ?? actor.user.accountName,
    ...(organization && found && { organization, accountId: found.accountId }),
    detail: { ...filters },
  };
  return insertAuditEvent(call.stores.db, actor, entry);
}

async function* readPages(
  { db }: Stores,
  filter: AuditFilter,
  before: number | undefined,
): AsyncGenerator<ExportedEvents, void> {
  const budget = new Budget(db, EXPORT_QUERIES, Number.MAX_SAFE_INTEGER);
  for (let last = before; ;) {
    const { events, next } = await listAudit(db, filter, { before: last, limit: EXPORT_PAGE, maxSeen: EXPORT_SEEN });
    last = next;
    const isEnd = next === undefined || budget.isSpent;
    yield { events, next: isEnd ? next : undefined };
    if (isEnd) return;
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

/**
 * Records after the answer that somebody was not allowed to do something, within limits; it belongs to the organization's
 * account if it concerns one.
 */
export function recordDenied(
  { stores: { db }, after }: Incoming,
  { user, address }: { user: User; address: string | undefined },
  action: "management.request" | "registry.request",
  refused: RefusedRequest,
): void {
  after(async () => {
    const entry = await describeDenied(db, user, action, refused);
    await insertAuditRarely(db, { user, address }, entry, user.accountId, REPEATABLE);
  });
}

/** Uses of a password for tokens that this isolate has recorded: docker's next pull is to cost no write. */
const recorded = new BoundedMemory<number>(256 * 1024);
const RECORDED_BYTES = 8;

/**
 * Records after the answer that somebody exchanged a name and password, or a login command's, for tokens: once an hour for a
 * name and address.
 *
 * @param name that was logged in with.
 */
export function recordTokenLogin(
  { stores: { db }, after }: Incoming,
  { user, reach }: { user: User; reach: Reach },
  name: string,
  { address, client }: { address: string | undefined; client: string | undefined },
): void {
  // The project before the key of a login command may be any.
  const resource = reach === "registry" ? (parseLoginName(name)?.key ?? name) : name;
  const key = [user.id, resource, address].join("\0");
  const now = Date.now();
  if (now - (recorded.get(key) ?? 0) < HOUR_MS) return;
  recorded.set(key, now, RECORDED_BYTES);
  const entry: AuditEntry = {
    action: "token.create",
    resource,
    detail: { with: reach === "registry" ? "login command" : "password", client },
  };
  after(() => insertAuditRarely(db, { user, address }, entry, user.accountId, LOGINS));
}

/** How often it is recorded that a rule lets a job in: each use, but not so often that it would fill the audit. */
const JOB_LOGINS: AuditLimits = { ...REPEATABLE, intervalMs: 0, ofUser: [{ max: 100, ms: MINUTE_MS }] };

/**
 * Records after the answer that a trust rule lets a job in: once an hour for a token of the job's and what it is granted.
 *
 * @param user what the rule acts as.
 * @param use.token stands for the job's token.
 * @param use.granted scopes.
 * @param by the issuer, and the claims that let it in.
 */
export function recordJobLogin(
  { stores: { db }, after }: Incoming,
  { user, address }: { user: User; address: string | undefined },
  use: { rule: string; token: string; granted: readonly string[] },
  by: { issuer: string; claims: Readonly<Record<string, string>> },
): void {
  const { rule, token, granted } = use;
  const key = [user.id, token, ...granted].join("\0");
  const now = Date.now();
  if (now - (recorded.get(key) ?? 0) < HOUR_MS) return;
  recorded.set(key, now, RECORDED_BYTES);
  const detail = { ...by, granted: granted.slice(0, MAX_TOLD_SCOPES) };
  const entry: AuditEntry = { action: "job.login", resource: rule, detail };
  after(() => insertAuditRarely(db, { user, address }, entry, user.accountId, JOB_LOGINS));
}

/**
 * Records after the answer that a user downloads an image as an archive, within limits; it belongs to the account of
 * the image.
 */
export function recordDownload(
  { stores: { db }, caller: { user, address }, after }: Call<Visitor>,
  image: { name: RepositoryName; accountId: number; reference: string },
  detail: Record<string, unknown>,
): void {
  // As nobody is named, this would say no more than the number of pulls.
  if (!user) return;
  const { name, accountId, reference } = image;
  const entry: AuditEntry = {
    action: "image.download",
    accountId,
    organization: organizationOf(name),
    resource: `${name}${isDigest(reference) ? "@" : ":"}${reference}`,
    detail,
  };
  after(() => insertAuditRarely(db, { user, address }, entry, user.accountId, REPEATABLE));
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

/**
 * Records that somebody tried to log in under a name in vain, within limits; it belongs to the account of the user of that
 * name.
 */
export async function recordFailedLogin({ db }: Stores, name: string, address: string | undefined): Promise<void> {
  const shortName = name.slice(0, MAX_NAME_LENGTH);
  const user = await findUserByName(db, shortName);
  await insertAuditRarely(
    db,
    { user: user ? { id: user.id, name: user.name, accountId: user.accountId } : { name: shortName }, address },
    { action: "session.login", resource: shortName, result: "denied" },
    UNKNOWN_ORIGIN,
    user ? REPEATABLE : NOBODYS,
  );
}
