/**
 * Quotas: `kernel/quotas.ts`. What is used is counted by triggers in the batch of the change, and a batch that would go
 * beyond a limit fails whole (migration 0004); here is what reads and sets them, and what finds out which quota it was.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Versions } from "../../kernel/precondition.ts";
import type { Actor } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import {
  type Quota,
  QUOTA_HOLDERS,
  QUOTA_RESOURCES,
  type QuotaChanges,
  type QuotaExcess,
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
import { requireContent } from "../versions.ts";

/** Stands for no limit where limits are compared, because null there means the common one. */
export const UNLIMITED = Number.MAX_SAFE_INTEGER;
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

function quotasQuery(holder: QuotaHolder, id: SQL, resource?: QuotaResource): SQL {
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

/**
 * Sets limits, and records each one that changes with what it was: one batch for all of them.
 *
 * @param versions of which the limits must have one, as `kernel/quotas.ts` makes them of all holders together, or else the batch
 * fails: `isVersionFailure`.
 */
export async function saveLimits(
  db: Database,
  actor: Actor,
  changes: readonly { of: LimitedHolder; changes: QuotaChanges }[],
  versions?: Versions,
): Promise<void> {
  const [one] = changes;
  if (!one) return;
  const content = sql.join(
    changes.map(({ of }) => versionOf(of)),
    sql` || '.' || `,
  );
  await db.batch([
    // One row stands for all: each holder has one for each resource.
    requireContent(db, "quota", { row: sql`${isOf(one.of)} AND ${quotas.resource} = 'images'`, content }, versions),
    ...changes.flatMap(({ of, changes: wanted }) => setLimits(db, actor, of, wanted)),
  ]);
}

/** Which rows are a holder's. */
function isOf({ holder, id = COMMON_ID }: LimitedHolder): SQL {
  return sql`${quotas.holder} = ${holder} AND ${quotas.holderId} = ${id}`;
}

/** The version of a holder's limits, as `versionOfQuotas` makes it, as part of a statement. */
function versionOf({ holder, id = COMMON_ID }: LimitedHolder): SQL {
  const limits = QUOTA_RESOURCES.map((resource) => {
    return sql`(SELECT ${written(sql`own.own_limit`)} FROM ${quotas} AS own
                WHERE own.holder = ${holder} AND own.holder_id = ${id} AND own.resource = ${resource})`;
  });
  return sql.join(limits, sql` || '.' || `);
}

function setLimits(db: Database, actor: Actor, of: LimitedHolder, changes: QuotaChanges) {
  const { holder, id, name, accountId } = of;
  const stored = Object.entries(changes).flatMap(([resource, limit]) =>
    limit === undefined ? [] : [[resource, limit === "default" ? null : (limit ?? UNLIMITED)]],
  );
  const wanted = sql`json_each(${JSON.stringify(Object.fromEntries(stored))})`;
  const isOfHolder = isOf(of);
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

/** A batch that would have gone beyond a quota, and so changed nothing, with the numbers as they are now. */
export interface QuotaRefusal {
  outcome: "quota-exceeded";
  excess: QuotaExcess;
}

/**
 * Makes an outcome of what a batch threw, if it would have gone beyond a quota.
 *
 * @throws anything else as it came.
 */
export async function refusedByQuota(db: Database, error: unknown, need: QuotaNeed): Promise<QuotaRefusal> {
  const [, holder, resource] =
    messagesOf(error)
      .map((message) => /quota exceeded: (organization|account|user) (\w+)/.exec(message))
      .find((match) => match !== null) ?? [];
  if (!holder) throw error;
  const excess =
    holder === "user"
      ? await findExcess(db, resource as QuotaHolder, "openUploads", need, true)
      : await findExcess(db, holder as QuotaHolder, resource as QuotaResource, need, false);
  return { outcome: "quota-exceeded", excess };
}

async function findExcess(
  db: Database,
  holder: QuotaHolder,
  resource: QuotaResource,
  { organization, accountId = COMMON_ID, needed }: QuotaNeed,
  isUsersPart: boolean,
): Promise<QuotaExcess> {
  const { name, used, limit } = await readHolder(db, holder, resource, organization, accountId);
  const allowed = limit ?? UNLIMITED;
  if (isUsersPart) {
    const half = Math.ceil(allowed / 2);
    return { resource, holder: "user", name: `${holder} ${name}`, used: half, limit: half, needed: 1 };
  }
  return { resource, holder, name, used, limit: allowed, needed: needed[resource] ?? 1 };
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

/** What there is room for in an organization and its account. */
export type Room =
  /** They may store so many bytes more. */
  | { outcome: "room"; bytes: number }
  /** The organization stores the blob already, which then takes none. */
  | { outcome: "known"; blob: { digest: Digest; size: number } }
  | QuotaRefusal;

/**
 * Finds out whether an organization and its account have room for bytes.
 *
 * @param digest of the blob, where it is known: one that is stored already, and is at least so large, may come in any case.
 * @param accountId of an organization that does not exist yet.
 */
export async function findRoom(
  db: Database,
  organization: OrganizationName,
  bytes: number,
  digest: Digest | undefined,
  accountId = COMMON_ID,
): Promise<Room> {
  const [blob] = digest === undefined ? [] : await findStored(db, organization, digest);
  if (blob && blob.size >= bytes) return { outcome: "known", blob };
  const found = await Promise.all(
    QUOTA_HOLDERS.map((holder) => readHolder(db, holder, "storedBytes", organization, accountId)),
  );
  const rooms = found.map(({ used, limit }) => (limit ?? UNLIMITED) - used);
  const least = Math.min(...rooms);
  const at = rooms.indexOf(least);
  const [holder, quota] = [QUOTA_HOLDERS[at], found[at]];
  if (least >= bytes || !holder || !quota) return { outcome: "room", bytes: least };
  const { name, used, limit } = quota;
  return {
    outcome: "quota-exceeded",
    excess: { resource: "storedBytes", holder, name, used, limit: limit ?? UNLIMITED, needed: bytes },
  };
}

/** The blob of a digest, if one of an organization's images has it. */
function findStored(db: Database, organization: OrganizationName, digest: Digest) {
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
