import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Actor, User } from "../../model/rights/access.ts";
import { NO_CATEGORY } from "../../kernel/image-categories.ts";
import type { ImageProperties } from "../../model/images/image-properties.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { mayAddImages } from "../rights/access.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { BEHIND_NAME, boundedPage, type BoundedPage, splitEnd } from "../bounded.ts";
import type { Database } from "../database.ts";
import { isAccountGone, isThere, isNamedUser } from "../deletion/gone.ts";
import { ownImages } from "./image-selectors.ts";
import { insertOpenUpload, readOpening, type UploadPlace } from "../content/open-uploads.ts";
import { insertOrganization } from "../organizations/organizations.ts";
import { type QuotaRefusal, refusedByQuota } from "../quotas/quotas.ts";
import { organizations, repositories, users } from "../schema.ts";

/** The id of a repository as part of a statement; null when there is none. */
export function repositoryIdOf(name: RepositoryName) {
  return sql<number>`(SELECT ${repositories.id} FROM ${repositories} WHERE ${repositories.name} = ${name})`;
}

/** A repository by its name, or one that has not been deleted by its id. */
export type MeantRepository = RepositoryName | { id: number };

/** Whether a row is the repository that is meant. */
export function isRepository(repository: MeantRepository): SQL | undefined {
  if (typeof repository === "string") return eq(repositories.name, repository);
  return and(eq(repositories.id, repository.id), isThere(repositories));
}

/** What a `RepositoryPlace` is read from. */
export const PLACE_COLUMNS = {
  id: repositories.id,
  accountId: repositories.accountId,
  generation: repositories.generation,
};

/** Why a batch that was to create a repository has failed; nothing has changed then. */
export type CreationRefusal = { outcome: "account-gone" } | QuotaRefusal;

/**
 * Creates a repository and its organization, as far as they do not exist and the actor may. Two callers at once make one.
 *
 * @param organizationQuota how many organizations the user may have created; 0 when none is to be created here.
 */
export async function createRepository(
  db: Database,
  actor: Actor,
  name: RepositoryName,
  organizationQuota: number,
): Promise<{ outcome: "done" } | CreationRefusal> {
  try {
    await db.batch(creation(db, actor, name, organizationQuota));
    return { outcome: "done" };
  } catch (error) {
    return refusalOf(db, error, actor, name);
  }
}

/** The same, and opens an upload in it in the same batch. */
export async function createRepositoryForUpload(
  db: Database,
  actor: Actor,
  name: RepositoryName,
  organizationQuota: number,
  upload: string,
): Promise<UploadPlace | CreationRefusal> {
  try {
    const [, , , , , opened, rooms] = await db.batch([
      ...creation(db, actor, name, organizationQuota),
      ...insertOpenUpload(db, actor, name, upload),
    ]);
    return readOpening(opened, rooms);
  } catch (error) {
    return refusalOf(db, error, actor, name);
  }
}

function creation(db: Database, actor: Actor, name: RepositoryName, organizationQuota: number) {
  const organization = organizationOf(name);
  return [
    ...insertOrganization(db, actor, organization, organizationQuota),
    insertRepository(db, actor, name),
    insertAuditIfChanged(db, actor, { action: "image.create", organization, resource: name }),
  ] as const;
}

async function refusalOf(
  db: Database,
  error: unknown,
  { user: { accountId } }: Actor,
  name: RepositoryName,
): Promise<CreationRefusal> {
  if (isAccountGone(error)) return { outcome: "account-gone" };
  return refusedByQuota(db, error, { organization: organizationOf(name), accountId, needed: { images: 1 } });
}

/** The statement that creates a repository, unless it exists, in an organization of the actor's account where they may. */
function insertRepository(
  db: Database,
  { user }: Actor,
  name: RepositoryName,
  properties: Partial<ImageProperties> = {},
) {
  const { isPublic = false, category = NO_CATEGORY, description = "" } = properties;
  const now = Date.now();
  return db
    .insert(repositories)
    .select(
      sql`SELECT NULL, ${organizations.id}, ${organizations.accountId}, ${name}, ${isPublic ? 1 : 0}, ${category},
                 ${description}, ${user.id}, ${now}, ${now}, 0, 0, 0, 0, 0, 0, 0
          FROM ${organizations}
          WHERE ${organizations.name} = ${organizationOf(name)} AND ${mayAddImages(db, user)}`,
    )
    .onConflictDoNothing({ target: repositories.name })
    .returning({ id: repositories.id });
}

/**
 * Creates a repository in an organization of the actor's account that exists.
 *
 * @returns "not-created" when there is one of that name, or the organization has gone.
 */
export async function addRepository(
  db: Database,
  actor: Actor,
  name: RepositoryName,
  properties: Partial<ImageProperties>,
): Promise<{ outcome: "created" } | { outcome: "not-created" } | CreationRefusal> {
  const { isPublic, category } = properties;
  try {
    const [created] = await db.batch([
      insertRepository(db, actor, name, properties),
      insertAuditIfChanged(db, actor, {
        action: "image.create",
        organization: organizationOf(name),
        resource: name,
        detail: { isPublic, category },
      }),
    ]);
    return { outcome: created.length > 0 ? "created" : "not-created" };
  } catch (error) {
    return refusalOf(db, error, actor, name);
  }
}

/** A repository's properties and counters; undefined when there is none of that id. */
export async function findRepositoryRecord(db: Database, id: number) {
  const [row] = await db
    .select({
      id: repositories.id,
      organizationId: repositories.organizationId,
      accountId: repositories.accountId,
      name: repositories.name,
      isPublic: repositories.isPublic,
      category: repositories.category,
      description: repositories.description,
      creator: { id: users.id, name: users.name },
      createdAt: repositories.createdAt,
      updatedAt: repositories.updatedAt,
      pullCount: repositories.pullCount,
      tagCount: repositories.tagCount,
      storedBytes: repositories.storedBytes,
    })
    .from(repositories)
    .leftJoin(users, isNamedUser(repositories.createdBy))
    .where(and(eq(repositories.id, id), isThere(repositories)));
  return row;
}

/**
 * Changes those properties that are given.
 *
 * @returns whether there was such a repository.
 */
export async function updateRepository(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  properties: Partial<ImageProperties>,
): Promise<boolean> {
  const { isPublic, category, description } = properties;
  const isMeant = and(eq(repositories.id, repository.id), isThere(repositories));
  const [, updated] = await db.batch([
    insertAuditOfChange(db, actor, updateOf(repository), sql`${repositories} WHERE ${isMeant}`, {
      isPublic: isPublic === undefined ? undefined : { from: repositories.isPublic, to: isPublic },
      category: category === undefined ? undefined : { from: repositories.category, to: category },
      // A description may be as long as a page.
      descriptionLength:
        description === undefined
          ? undefined
          : { from: sql`length(${repositories.description})`, to: sql`length(${description})` },
    }),
    db
      .update(repositories)
      .set({ ...properties, updatedAt: new Date() })
      .where(isMeant)
      .returning({ id: repositories.id }),
  ]);
  return updated.length > 0;
}

function updateOf({ name }: { name: RepositoryName }) {
  return { action: "image.update", organization: organizationOf(name), resource: name } as const;
}

/** One page of the repositories that a user has a right to, after `last` in byte order. */
export async function listOwnNames(
  db: Database,
  user: User,
  last: string,
  limit: number,
): Promise<BoundedPage<{ key: RepositoryName; id: number }>> {
  return splitEnd(await listOwnNamesQuery(db, user, last, limit));
}

function listOwnNamesQuery(db: Database, user: User, last: string, limit: number) {
  const page = boundedPage({
    ...ownImages(db, user),
    key: repositories.name,
    isDescending: false,
    after: [last, BEHIND_NAME],
    limit,
  });
  return db
    .select({ key: sql<RepositoryName>`page.key`, id: sql<number>`page.id`, isEnd: sql<number>`page.is_end` })
    .from(page)
    .orderBy(asc(sql`page.key`));
}
