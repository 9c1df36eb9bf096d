import { and, asc, eq, gt, inArray, not, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import { NO_CATEGORY } from "../model/image-categories.ts";
import type { ImageProperties } from "../model/image-properties.ts";
import { organizationOf, type RepositoryName } from "../model/reference.ts";
import { mayAddImages } from "./access.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "./audit.ts";
import { type Database, isConstraintFailure } from "./database.ts";
import { findImmutableTags, immutableTag, isImmutable } from "./immutable-tags.ts";
import { insertOpenUpload, openedBy } from "./open-uploads.ts";
import { insertOrganization } from "./organizations.ts";
import { throwExplained } from "./quotas.ts";
import { blobs, manifests, organizations, repositories, repositoryBlobs, tagHistory, tags, users } from "./schema.ts";

export function unknownRepository(repository: RepositoryName): RegistryError {
  return new RegistryError("NAME_UNKNOWN", {
    message: `repository ${repository} does not exist`,
    detail: { name: repository },
  });
}

/** The id of a repository as part of a statement; null when there is none. */
export function repositoryIdOf(name: RepositoryName) {
  return sql<number>`(SELECT ${repositories.id} FROM ${repositories} WHERE ${repositories.name} = ${name})`;
}

/**
 * Creates a repository and its organization, as far as they do not exist and the actor may. Two callers at once make one.
 *
 * @param organizationQuota how many organizations the user may have created; 0 when none is to be created here.
 * @throws RegistryError QUOTA_EXCEEDED.
 */
export async function createRepository(
  db: Database,
  actor: Actor,
  name: RepositoryName,
  organizationQuota: number,
): Promise<void> {
  await db
    .batch(creation(db, actor, name, organizationQuota))
    .catch((error: unknown) => throwExplained(db, error, imageNeed(actor, name)));
}

/**
 * The same, and opens an upload in it in the same batch.
 *
 * @returns as `openUploadRow`.
 * @throws RegistryError QUOTA_EXCEEDED.
 */
export async function createRepositoryForUpload(
  db: Database,
  actor: Actor,
  name: RepositoryName,
  organizationQuota: number,
  upload: string,
): Promise<number | undefined> {
  const [, , , , , opened, rooms] = await db
    .batch([...creation(db, actor, name, organizationQuota), ...insertOpenUpload(db, actor, name, upload)])
    .catch((error: unknown) => throwExplained(db, error, imageNeed(actor, name)));
  return openedBy(opened, rooms);
}

function creation(db: Database, actor: Actor, name: RepositoryName, organizationQuota: number) {
  const organization = organizationOf(name);
  return [
    ...insertOrganization(db, actor, organization, organizationQuota),
    insertRepository(db, actor, name),
    insertAuditIfChanged(db, actor, { action: "image.create", organization, resource: name }),
  ] as const;
}

function imageNeed({ user }: Actor, name: RepositoryName) {
  return { organization: organizationOf(name), accountId: user.accountId, needed: { images: 1 } };
}

/** The statement that creates a repository, unless it exists, in an organization of the actor's account where they may. */
export function insertRepository(
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
                 ${description}, ${user.id}, ${now}, ${now}, 0, 0, 0, 0
          FROM ${organizations}
          WHERE ${organizations.name} = ${organizationOf(name)} AND ${mayAddImages(db, user)}`,
    )
    .onConflictDoNothing({ target: repositories.name })
    .returning({ id: repositories.id });
}

/**
 * Creates a repository in an organization of the actor's account that exists.
 *
 * @returns whether it was created; not when there is one of that name, or the organization has gone.
 * @throws RegistryError QUOTA_EXCEEDED.
 */
export async function addRepository(
  db: Database,
  actor: Actor,
  name: RepositoryName,
  properties: Partial<ImageProperties>,
): Promise<boolean> {
  const { isPublic, category } = properties;
  const [created] = await db
    .batch([
      insertRepository(db, actor, name, properties),
      insertAuditIfChanged(db, actor, {
        action: "image.create",
        organization: organizationOf(name),
        resource: name,
        detail: { isPublic, category },
      }),
    ])
    .catch((error: unknown) => throwExplained(db, error, imageNeed(actor, name)));
  return created.length > 0;
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
    .leftJoin(users, eq(users.id, repositories.createdBy))
    .where(eq(repositories.id, id));
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
  const isMeant = eq(repositories.id, repository.id);
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

/**
 * Deletes a repository with all that it has, in one batch. Its blobs count as used until now, so that whoever is about to
 * name them again elsewhere has the grace period for it.
 *
 * @returns whether there was one.
 * @throws RegistryError TAG_IMMUTABLE when a rule keeps one of its tags.
 */
export async function deleteRepository(
  db: Database,
  actor: Actor,
  { id, name }: { id: number; name: RepositoryName },
): Promise<boolean> {
  const blobIds = db
    .select({ id: repositoryBlobs.blobId })
    .from(repositoryBlobs)
    .where(eq(repositoryBlobs.repositoryId, id));
  try {
    const [, , , , , deleted] = await db.batch([
      db.update(blobs).set({ lastUsedAt: new Date() }).where(inArray(blobs.id, blobIds)),
      // An immutable tag stays, and with it its manifest, which its foreign key refuses to let go.
      db.delete(tags).where(and(eq(tags.repositoryId, id), not(isImmutable))),
      // Before the manifests, which would each take themselves off the links; and while the image is there to be counted by.
      db.delete(repositoryBlobs).where(eq(repositoryBlobs.repositoryId, id)),
      db.delete(tagHistory).where(eq(tagHistory.repositoryId, id)),
      db.delete(manifests).where(eq(manifests.repositoryId, id)),
      // All else goes with it, by foreign keys.
      db.delete(repositories).where(eq(repositories.id, id)).returning({ id: repositories.id }),
      insertAuditIfChanged(db, actor, { action: "image.delete", organization: organizationOf(name), resource: name }),
    ]);
    return deleted.length > 0;
  } catch (error) {
    if (!isConstraintFailure(error, "FOREIGN KEY constraint failed")) throw error;
    throw immutableTag(await findImmutableTags(db, eq(tags.repositoryId, id)), error);
  }
}

/** Names after `last` in byte order, at most `limit`, of the repositories that meet a condition. */
export async function listRepositoryNames(
  db: Database,
  condition: SQL | undefined,
  last: string,
  limit: number,
): Promise<RepositoryName[]> {
  const rows = await db
    .select({ name: repositories.name })
    .from(repositories)
    .where(and(gt(repositories.name, last as RepositoryName), condition))
    .orderBy(asc(repositories.name))
    .limit(limit);
  return rows.map((row) => row.name);
}
