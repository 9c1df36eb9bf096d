/**
 * Quotas: `kernel/quotas.ts`. What is used is counted by triggers in the batch of the change, and a batch that would go
 * beyond a limit fails whole (migration 0004); here is what reads and sets them, and what turns that failure into words.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { RegistryError } from "../../kernel/errors.ts";
import {
  type Quota,
  QUOTA_HOLDERS,
  type QuotaChanges,
  quotaExceeded,
  type QuotaHolder,
  type QuotaLimit,
  type QuotaLimits,
  type QuotaResource,
  type Quotas,
} from "../../kernel/quotas.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { insertAuditForEach } from "../audit/audit.ts";
import { type Database, messagesOf } from "../database.ts";
import { accounts, blobs, organizationBlobs, organizations, quotas } from "../schema.ts";

/** Stands for no limit where limits are compared, because null there means the common one. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;
/** Whose rows hold for all that have no limit of their own. */
const COMMON_ID = 0;

function limitOf(stored: number): QuotaLimit {
  return stored >= UNLIMITED ? null : stored;
}

interface QuotaRow {
  resource: QuotaResource;
  used: number;
  ownLimit: number | null;
  commonLimit: number;
}

/** The quotas of an account or organization. */
export async function readQuotas(db: Database, holder: QuotaHolder, id: number): Promise<Quotas> {
  const rows = await db.all<QuotaRow>(quotasQuery(holder, sql`${id}`));
  return Object.fromEntries(rows.map((row) => [row.resource, quotaOf(row)])) as Quotas;
}

export function quotasQuery(holder: QuotaHolder, id: SQL, resource?: QuotaResource): SQL {
  return sql`
    SELECT common.resource AS resource, ifnull(own.used, 0) AS used, own.own_limit AS ownLimit,
           common.own_limit AS commonLimit
    FROM ${quotas} AS common
    LEFT JOIN ${quotas} AS own
      ON own.holder = common.holder AND own.holder_id = ${id} AND own.resource = common.resource
    WHERE common.holder = ${holder} AND common.holder_id = ${COMMON_ID}
      ${resource === undefined ? sql`` : sql`AND common.resource = ${resource}`}`;
}

function quotaOf({ used, ownLimit, commonLimit }: QuotaRow): Quota {
  return { used, limit: limitOf(ownLimit ?? commonLimit), isDefault: ownLimit === null };
}

/** The limits of all that have none of their own. */
export async function readCommonLimits(db: Database): Promise<Record<QuotaHolder, QuotaLimits>> {
  const rows = await db.all<{ holder: QuotaHolder; resource: QuotaResource; limit: number }>(sql`
    SELECT ${quotas.holder} AS holder, ${quotas.resource} AS resource, ${quotas.ownLimit} AS "limit" FROM ${quotas}
    WHERE ${quotas.holder} IN ('organization', 'account') AND ${quotas.holderId} = ${COMMON_ID}`);
  const of = (wanted: QuotaHolder) =>
    Object.fromEntries(
      rows.filter(({ holder }) => holder === wanted).map(({ resource, limit }) => [resource, limitOf(limit)]),
    ) as QuotaLimits;
  return { organization: of("organization"), account: of("account") };
}

/** Whose limits are set; without an id, those of all that have none of their own. */
export interface LimitedHolder {
  holder: QuotaHolder;
  id?: number;
  /** As the audit names it. */
  name: string;
  /** Whose event it is in the audit. */
  accountId?: number;
}

/** Sets limits, and records each one that changes with what it was: one batch for all of them. */
export async function saveLimits(
  db: Database,
  actor: Actor,
  changes: readonly { of: LimitedHolder; changes: QuotaChanges }[],
): Promise<void> {
  const statements = changes.flatMap(({ of, changes: wanted }) => setLimits(db, actor, of, wanted));
  const [first, ...others] = statements;
  if (first) await db.batch([first, ...others]);
}

function setLimits(db: Database, actor: Actor, { holder, id, name, accountId }: LimitedHolder, changes: QuotaChanges) {
  const stored = Object.entries(changes).flatMap(([resource, limit]) =>
    limit === undefined ? [] : [[resource, limit === "default" ? null : (limit ?? UNLIMITED)]],
  );
  const wanted = sql`json_each(${JSON.stringify(Object.fromEntries(stored))})`;
  const isOfHolder = sql`${quotas.holder} = ${holder} AND ${quotas.holderId} = ${id ?? COMMON_ID}`;
  const entry = {
    action: "quota.update",
    resource: name,
    ...(accountId !== undefined && { accountId }),
    ...(holder === "organization" && id !== undefined && { organization: name as OrganizationName }),
  } as const;
  return [
    insertAuditForEach(db, actor, entry, {
      from: sql`${wanted} AS wanted JOIN ${quotas} ON ${quotas.resource} = wanted.key
                WHERE ${isOfHolder} AND ${quotas.ownLimit} IS NOT wanted.value`,
      detail: sql`json_object('holder', ${holder}, 'quota', ${quotas.resource},
                              'from', ${written(sql`${quotas.ownLimit}`)}, 'to', ${written(sql`wanted.value`)})`,
    }),
    db
      .update(quotas)
      .set({ ownLimit: sql`(SELECT wanted.value FROM ${wanted} AS wanted WHERE wanted.key = ${quotas.resource})` })
      .where(sql`${isOfHolder} AND ${quotas.resource} IN (SELECT wanted.key FROM ${wanted} AS wanted)`),
  ];
}

/** A stored limit as the audit names it. */
function written(limit: SQL): SQL {
  return sql`CASE WHEN ${limit} IS NULL THEN 'default' WHEN ${limit} >= ${UNLIMITED} THEN 'unlimited' ELSE ${limit} END`;
}

/** How much more of a resource a holder may have, as part of a statement; negative when it has too much. */
export function roomOf(holder: QuotaHolder, id: SQL, resource: QuotaResource): SQL<number> {
  return sql<number>`(
    SELECT ifnull(own.own_limit, common.own_limit) - own.used FROM ${quotas} AS own
    JOIN ${quotas} AS common
      ON common.holder = own.holder AND common.holder_id = ${COMMON_ID} AND common.resource = own.resource
    WHERE own.holder = ${holder} AND own.holder_id = ${id} AND own.resource = ${resource})`;
}

/** What a request is about to take. */
export interface QuotaNeed {
  /** Whose quota, and with it whose account's. */
  organization: OrganizationName;
  /** The account of an organization that does not exist yet. */
  accountId?: number;
  needed: Partial<Record<QuotaResource, number>>;
}

/** Whether a batch failed because it would go beyond a quota. */
export function isQuotaFailure(error: unknown): boolean {
  return messagesOf(error).some((message) => message.includes("quota exceeded: "));
}

/**
 * Makes a refusal of what a batch threw, if a quota let it fail.
 *
 * @throws RegistryError QUOTA_EXCEEDED, with the numbers as they are now; anything else as it came.
 */
export async function throwExplained(db: Database, error: unknown, need: QuotaNeed): Promise<never> {
  const [, holder, resource] =
    messagesOf(error)
      .map((message) => /quota exceeded: (organization|account|user) (\w+)/.exec(message))
      .find((match) => match !== null) ?? [];
  if (holder === "user") throw await explain(db, resource as QuotaHolder, "openUploads", need, true, error);
  if (holder) throw await explain(db, holder as QuotaHolder, resource as QuotaResource, need, false, error);
  throw error;
}

async function explain(
  db: Database,
  holder: QuotaHolder,
  resource: QuotaResource,
  { organization, accountId = COMMON_ID, needed }: QuotaNeed,
  isUsersPart: boolean,
  cause: unknown,
): Promise<RegistryError> {
  const { name, used, limit } = await readHolder(db, holder, resource, organization, accountId);
  const allowed = limit ?? UNLIMITED;
  if (isUsersPart) {
    const half = Math.ceil(allowed / 2);
    const excess = { resource, holder: "user", name: `${holder} ${name}`, used: half, limit: half, needed: 1 } as const;
    return quotaExceeded(excess, { cause });
  }
  return quotaExceeded({ resource, holder, name, used, limit: allowed, needed: needed[resource] ?? 1 }, { cause });
}

async function readHolder(
  db: Database,
  holder: QuotaHolder,
  resource: QuotaResource,
  organization: OrganizationName,
  accountId: number,
): Promise<Quota & { name: string }> {
  const found = sql`FROM ${organizations} WHERE ${organizations.name} = ${organization}`;
  const id =
    holder === "organization"
      ? sql`(SELECT ${organizations.id} ${found})`
      : sql`ifnull((SELECT ${organizations.accountId} ${found}), ${accountId})`;
  const [row] = await db.all<QuotaRow & { name: string | null }>(sql`
    SELECT quota.*, (SELECT ${accounts.name} FROM ${accounts} WHERE ${accounts.id} = ${id}) AS name
    FROM (${quotasQuery(holder, id, resource)}) AS quota`);
  if (!row) throw new Error(`there is no quota for ${resource} of an ${holder}`);
  return { ...quotaOf(row), name: holder === "organization" ? organization : (row.name ?? "") };
}

/**
 * Refuses bytes for which an organization or its account has no room. A blob that the organization stores takes none.
 *
 * @param digest of the blob, where it is known.
 * @returns how many bytes more it may store; or the blob, when it is one that is stored already and at least so large.
 * @throws RegistryError QUOTA_EXCEEDED.
 */
export async function requireRoom(
  db: Database,
  organization: OrganizationName,
  bytes: number,
  digest: Digest | undefined,
): Promise<{ bytes: number; known?: { digest: Digest; size: number } }> {
  const [blob] = digest === undefined ? [] : await storedByQuery(db, organization, digest);
  if (blob && blob.size >= bytes) return { bytes, known: blob };
  const found = await Promise.all(
    QUOTA_HOLDERS.map((holder) => readHolder(db, holder, "storedBytes", organization, COMMON_ID)),
  );
  const rooms = found.map(({ used, limit }) => (limit ?? UNLIMITED) - used);
  const least = Math.min(...rooms);
  const at = rooms.indexOf(least);
  const [holder, quota] = [QUOTA_HOLDERS[at], found[at]];
  if (least >= bytes || !holder || !quota) return { bytes: least };
  const { name, used, limit } = quota;
  throw quotaExceeded({ resource: "storedBytes", holder, name, used, limit: limit ?? UNLIMITED, needed: bytes });
}

export function storedByQuery(db: Database, organization: OrganizationName, digest: Digest) {
  return db
    .select({ digest: blobs.digest, size: blobs.size })
    .from(blobs)
    .where(
      sql`${blobs.digest} = ${digest} AND EXISTS (
        SELECT 1 FROM ${organizationBlobs} WHERE ${organizationBlobs.blobId} = ${blobs.id}
          AND ${organizationBlobs.organizationId} =
            (SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} = ${organization}))`,
    );
}
