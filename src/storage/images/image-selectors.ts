/** The filters by which a list of images may find all that meet them: `storage/bounded.ts`. */
import { eq, inArray, type SQL, sql } from "drizzle-orm";
import { isAdministrator, type Level, type User } from "../../model/rights/access.ts";
import { storedCategories } from "../../kernel/image-categories.ts";
import type { ImageFilter, ImageSource } from "../../model/images/image-search.ts";
import { isOwnImage } from "../rights/access.ts";
import { MAX_FEW, nameSelectors } from "../bounded.ts";
import type { Database } from "../database.ts";
import {
  manifestPlatforms,
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
  shares,
} from "../schema.ts";

/** What conditions on images and orders of them go by. A description, which may be long, is no part of it. */
export const LISTED_COLUMNS = [
  repositories.id,
  repositories.organizationId,
  repositories.accountId,
  repositories.name,
  repositories.isPublic,
  repositories.category,
  repositories.updatedAt,
  repositories.tagCount,
  repositories.shareCount,
  repositories.isImage,
];

/** The id of an organization as part of a statement; null when there is none. */
export function organizationIdOf(name: string): SQL<number> {
  return sql`(SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} = ${name})`;
}

/** The images that meet a condition, as a selector. */
export function imagesWhere(condition: SQL): SQL {
  return sql`SELECT ${repositories.id} AS id FROM ${repositories} WHERE ${condition}`;
}

/** A bounded list of the images that a user has a right to by account or permission, as far as it is the same for all. */
export function ownImages(db: Database, user: User, wanted: Level = "read") {
  return {
    table: repositories,
    id: repositories.id,
    within: eq(repositories.accountId, user.accountId),
    conditions: isOwnImage(db, user, wanted),
    columns: LISTED_COLUMNS,
    selectors: imageSelectors("own", user, {}),
  } as const;
}

/**
 * The filters of a list that have an index of their own, the most selective first: one that has few images by its very
 * nature comes before one that somebody has chosen.
 *
 * @param maxFew how many ids count as few.
 */
export function imageSelectors(
  source: ImageSource,
  user: User | undefined,
  { text, category, isPublic, architecture }: ImageFilter,
  maxFew = MAX_FEW,
): SQL[] {
  const { accountId } = repositories;
  const inScope = source === "own" && user ? eq(accountId, user.accountId) : sql`${repositories.isPublic} = 1`;
  const hasOwnIndex = source === "own" || source === "public";
  return [
    ...(user && source !== "public" ? scopeSelectors(source, user) : []),
    ...nameSelectors("repositories", text),
    ...(architecture === undefined ? [] : [architectureSelector(architecture, maxFew)]),
    ...(category !== undefined && hasOwnIndex
      ? [imagesWhere(sql`${inScope} AND ${inArray(repositories.category, storedCategories(category))}`)]
      : []),
    ...(isPublic !== undefined && source === "own"
      ? [imagesWhere(sql`${inScope} AND ${repositories.isPublic} = ${isPublic ? 1 : 0}`)]
      : []),
  ];
}

function scopeSelectors(source: Exclude<ImageSource, "public">, user: User): SQL[] {
  const granted = isAdministrator(user) ? [] : [grantedSelector(user)];
  if (source === "own") return granted;
  if (source === "shared") {
    return [sql`SELECT ${shares.repositoryId} AS id FROM ${shares} WHERE ${shares.accountId} = ${user.accountId}`];
  }
  return [
    ...granted,
    imagesWhere(sql`${repositories.accountId} = ${user.accountId} AND ${repositories.shareCount} > 0`),
  ];
}

/** The images that a member may see by a permission, on the image itself or on its organization. */
function grantedSelector({ id }: User): SQL {
  return sql`
    SELECT ${repositories.id} AS id FROM ${organizationPermissions}
    CROSS JOIN ${repositories} ON ${repositories.organizationId} = ${organizationPermissions.organizationId}
    WHERE ${organizationPermissions.userId} = ${id}
    UNION ALL
    SELECT ${repositoryPermissions.repositoryId} FROM ${repositoryPermissions} WHERE ${repositoryPermissions.userId} = ${id}`;
}

/** Jumps from one image with a tag for an architecture to the next, past its manifests, of which there may be any number. */
function architectureSelector(architecture: string, maxFew: number): SQL {
  const { repositoryId } = manifestPlatforms;
  // Written out, because SQLite sees that a partial index fits by the text alone.
  const isFor = sql`${manifestPlatforms.isTagged} = 1 AND ${manifestPlatforms.architecture} = ${architecture}`;
  return sql`
    WITH RECURSIVE image(id) AS (
      SELECT min(${repositoryId}) FROM ${manifestPlatforms} WHERE ${isFor}
      UNION ALL
      SELECT (SELECT min(${repositoryId}) FROM ${manifestPlatforms} WHERE ${isFor} AND ${repositoryId} > image.id)
      FROM image WHERE image.id IS NOT NULL LIMIT ${maxFew + 2})
    SELECT id FROM image WHERE id IS NOT NULL`;
}
