/** How many images, tags and bytes there are, as triggers keep count of them: the table `quotas`. */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { isAdministrator, type User } from "../../model/rights/access.ts";
import type { QuotaResource } from "../../kernel/quotas.ts";
import { asColumn, type Database } from "../database.ts";
import { organizationIdOf } from "../images/image-selectors.ts";
import {
  accounts,
  organizationPermissions,
  organizations,
  quotas,
  repositories,
  repositoryPermissions,
} from "../schema.ts";

/** What is counted of images. */
export interface ImageTotals {
  images: number;
  /** Without companions, which quotas count along. */
  tags: number;
  /** Bytes, each blob once in each organization. */
  storedBytes: number;
}

/** How many images the organization of an id has, as part of a statement. */
export function imageCountOf(organizationId: SQL): SQL {
  return usedBy("organization", organizationId, "images");
}

/** How many bytes the account of an id stores, as part of a statement. */
export function storedBytesOf(accountId: SQL): SQL {
  return usedBy("account", accountId, "storedBytes");
}

function usedBy(holder: "account" | "organization", id: SQL, resource: QuotaResource): SQL {
  return sql`ifnull((SELECT ${quotas.used} FROM ${quotas}
    WHERE ${quotas.holder} = ${holder} AND ${quotas.holderId} = ${id} AND ${quotas.resource} = ${resource}), 0)`;
}

/** How many images a user has a right to: in the account, or in one organization. */
export async function totalImages(db: Database, user: User, organization?: string): Promise<number> {
  return (await totalsOf(db, user, organization)).images;
}

/**
 * All that a user has a right to. An administrator's are the account's own; a member's are those of the organizations that
 * they have a permission on, and of the single images besides, whose bytes are counted for each image.
 *
 * @param organization only in this one.
 */
export async function totalsOf(db: Database, user: User, organization?: string): Promise<ImageTotals> {
  if (isAdministrator(user) && organization === undefined) {
    return sumOf(await accountTotalsQuery(db, user.accountId));
  }
  const organizationIds = isAdministrator(user)
    ? sql`SELECT id FROM organizations WHERE name = ${organization} AND account_id = ${user.accountId}`
    : sql`SELECT ${organizationPermissions.organizationId} FROM ${organizationPermissions}
          WHERE ${organizationPermissions.userId} = ${user.id} AND ${isOf(sql`${organizationPermissions.organizationId}`, organization)}`;
  const [whole, single] = await Promise.all([
    organizationTotalsQuery(db, organizationIds),
    isAdministrator(user) ? [] : singleImagesQuery(db, user, organization),
  ]);
  const [images = { images: 0, tags: 0, storedBytes: 0 }] = single;
  const totals = sumOf(whole);
  return {
    images: totals.images + images.images,
    tags: totals.tags + images.tags,
    storedBytes: totals.storedBytes + images.storedBytes,
  };
}

/** All that an organization has. */
export async function totalsOfOrganization(db: Database, organizationId: number): Promise<ImageTotals> {
  return sumOf(await organizationTotalsQuery(db, sql`${organizationId}`));
}

function isOf(organizationId: SQL, organization: string | undefined): SQL {
  return organization === undefined ? sql`1` : sql`${organizationId} = ${organizationIdOf(organization)}`;
}

const COUNTED = ["images", "tags", "storedBytes"] as const satisfies QuotaResource[];

/** What is used of a row of `quotas`, of tags without companions. */
function withoutCompanions(holders: typeof accounts | typeof organizations): SQL<number> {
  return asColumn<number>(sql`${quotas.used} - CASE ${quotas.resource} WHEN 'tags' THEN (
    SELECT ${holders.companionCount} FROM ${holders} WHERE ${holders.id} = ${quotas.holderId}) ELSE 0 END`);
}

function accountTotalsQuery(db: Database, accountId: number) {
  return db
    .select({ resource: quotas.resource, used: withoutCompanions(accounts) })
    .from(quotas)
    .where(and(eq(quotas.holder, "account"), eq(quotas.holderId, accountId), inArray(quotas.resource, [...COUNTED])));
}

/** Rows for {@link sumOf}, of the organizations of these ids; for a batch. */
export function organizationTotalsQuery(db: Database, organizationIds: SQL) {
  return db
    .select({ resource: quotas.resource, used: withoutCompanions(organizations) })
    .from(quotas)
    .where(
      and(
        eq(quotas.holder, "organization"),
        sql`${quotas.holderId} IN (${organizationIds})`,
        inArray(quotas.resource, [...COUNTED]),
      ),
    );
}

/** The images that a member has a permission on, without a permission on all of their organization. */
function singleImagesQuery(db: Database, user: User, organization: string | undefined) {
  return db.all<ImageTotals>(sql`
    SELECT count(*) AS images, ifnull(sum(${repositories.tagCount}), 0) AS tags,
           ifnull(sum(${repositories.storedBytes}), 0) AS storedBytes
    FROM ${repositoryPermissions} CROSS JOIN ${repositories} ON ${repositories.id} = ${repositoryPermissions.repositoryId}
    WHERE ${repositoryPermissions.userId} = ${user.id} AND ${repositories.accountId} = ${user.accountId}
      AND ${isOf(sql`${repositories.organizationId}`, organization)}
      AND NOT EXISTS (
        SELECT 1 FROM ${organizationPermissions}
        WHERE ${organizationPermissions.organizationId} = ${repositories.organizationId}
          AND ${organizationPermissions.userId} = ${user.id})`);
}

/** Adds up the rows of {@link organizationTotalsQuery}. */
export function sumOf(rows: readonly { resource: QuotaResource; used: number }[]): ImageTotals {
  const total = (resource: QuotaResource) =>
    rows.reduce((sum, row) => (row.resource === resource ? sum + row.used : sum), 0);
  return { images: total("images"), tags: total("tags"), storedBytes: total("storedBytes") };
}
