/**
 * How a row says that it is deleted. What may have very many rows is deleted with one small batch, which gives it a name that
 * nothing else can have; what belonged to it goes in slices afterwards (`cleanups.ts`). A search by name or digest does not find
 * such a row anyway; a list, or a search by id, needs the conditions that are here.
 */
import { and, eq, ne, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { isConstraintFailure } from "../database.ts";
import { type accounts, manifests, type repositories, users } from "../schema.ts";

/** What the new name begins with. It comes behind every character that names and digests may begin with. */
export const GONE = "~";

/** The name that a deleted row of an id gets. */
export function goneName(id: SQLWrapper): SQL<never> {
  return sql`${GONE} || ${id}`;
}

/** Whether a row with a name has not been deleted. */
export function isNamed(name: SQLWrapper): SQL {
  return sql`${name} < ${GONE}`;
}

/**
 * Whether a batch failed because it made a user or an organization in an account that was deleted meanwhile: a trigger of
 * migration 0006 refuses that.
 */
export function isAccountGone(error: unknown): boolean {
  return isConstraintFailure(error, "the account is deleted");
}

/** The account that a deleted repository gets. */
export const GONE_ACCOUNT = 0;

/** Whether a repository has not been deleted. */
export function isThere({ accountId }: typeof repositories): SQL {
  return ne(accountId, GONE_ACCOUNT);
}

/**
 * Whether a repository is an image: a manifest came, or somebody created it. One that is not yet only has the blobs of a push
 * (ADR 34).
 */
export function isImage(repository: typeof repositories): SQL {
  return eq(repository.isImage, true);
}

/** What `manifests.unreferenced_since` says of manifests to be taken apart. */
export const COLLECTED = -1;
/** Somebody deleted it: its blobs count as used until it is taken apart. */
export const DELETED = -2;

/** Whether a manifest has been neither deleted nor collected. */
export function isManifestThere({ unreferencedSince }: typeof manifests): SQL {
  return sql`ifnull(${unreferencedSince}, 0) >= 0`;
}

/** The columns that make a manifest gone for everybody: its digest is free, and it refers to nothing. */
export function goneManifest(kind: typeof COLLECTED | typeof DELETED) {
  return {
    unreferencedSince: kind,
    digest: sql`${GONE} || ${manifests.id} || ' ' || ${manifests.digest}`,
    subject: null,
  };
}

/** Joins `users` by an id, unless the user was deleted. The row itself stays, because what it made refers to it. */
export function isNamedUser(id: SQLWrapper): SQL | undefined {
  return and(eq(users.id, id), isNamed(users.name));
}

/** Whether neither a user nor their account has been deleted. */
export function isUserThere(user: typeof users, account: typeof accounts): SQL | undefined {
  return and(isNamed(user.name), isNamed(account.name));
}

/** Whether a user has not been deleted since their request began. */
export function isStillThere({ id }: { id: number }): SQL {
  return sql`EXISTS (SELECT 1 FROM ${users} WHERE ${isNamedUser(sql`${id}`)})`;
}

/** The columns that make a user gone for everybody: the user cannot log in, and does not count as an administrator. */
export const GONE_USER = { name: goneName(users.id), role: "member", passwordHash: "" } as const;
