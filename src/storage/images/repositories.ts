import { and, asc, eq, not, type SQL, sql } from "drizzle-orm";
import type { Versions } from "../../kernel/precondition.ts";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { Actor, User, RepositoryPlace } from "../../model/rights/access.ts";
import { NO_CATEGORY } from "../../kernel/image-categories.ts";
import type { ImageProperties } from "../../model/images/image-properties.ts";
import { MAX_BEGUN_IMAGES } from "../../kernel/limits.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { mayAddImages, mayPushNow, type PushingUser } from "../rights/access.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { BEHIND_NAME, boundedPage, type BoundedPage, splitEnd } from "../bounded.ts";
import { type AllGiven, batchWrittenOnce, type Database, type Given } from "../database.ts";
import { isAccountGone, isImage, isThere, isNamedUser } from "../deletion/gone.ts";
import { ownImages } from "./image-selectors.ts";
import { insertOrganization } from "../organizations/organizations.ts";
import { type QuotaNeed, type QuotaRefusal, refusedByQuota } from "../quotas/quotas.ts";
import { organizations, repositories, users } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

/** The id of a repository as part of a statement; null when there is none. */
export function repositoryIdOf(name: Given<RepositoryName>) {
  return sql<number>`(SELECT ${repositories.id} FROM ${repositories} WHERE ${repositories.name} = ${name})`;
}

/** A repository by its name, or one that has not been deleted by its id. */
export type MeantRepository = RepositoryName | { id: number };

/** Whether a row is the repository whose name or id the value `repository` is, in a query that is written once. */
export function isRepository(by: "name" | "id"): SQL | undefined {
  const repository = sql.placeholder("repository");
  if (by === "name") return eq(repositories.name, repository);
  return and(eq(repositories.id, repository), isThere(repositories));
}

/** What a `RepositoryPlace` is read from. */
export const PLACE_COLUMNS = {
  id: repositories.id,
  accountId: repositories.accountId,
  generation: repositories.generation,
};
/** Their values, where a query selects them first and is sent by `writtenOnceInColumns`. */
export type PlaceColumns = [id: number, accountId: number, generation: number];

/** The place that a row begins with. */
export function placeOf([id, accountId, generation]: readonly [...PlaceColumns, ...unknown[]]): RepositoryPlace {
  return { id, accountId, generation };
}

/**
 * The id of the repository of a name, if a user may push to it when the statement runs, as part of a statement; null
 * otherwise. In a column that refuses null it refuses the whole batch.
 */
export function pushTargetOf(db: Database, name: Given<RepositoryName>, by: PushingUser): SQL<number> {
  return sql<number>`(
    SELECT ${repositories.id} FROM ${repositories} WHERE ${repositories.name} = ${name} AND ${mayPushNow(db, by)})`;
}

/** Why a batch that was to create a repository has failed; nothing has changed then. */
export type CreationRefusal = { outcome: "account-gone" } | QuotaRefusal;

/** Who creates a repository that does not exist, as far as the actor may. */
export interface RepositoryCreation {
  actor: Actor;
  /** How many organizations the user may have created; 0 when none is to be created here. */
  organizationQuota: number;
  /** Whether it becomes an image: with a manifest. With blobs alone it is no more than their place (ADR 34). */
  isImage: boolean;
}

/**
 * Runs a batch that writes to a repository, behind the statements that create it if that is wanted.
 *
 * @returns what the batch's own statements answered.
 */
export async function batchIn<U extends BatchItem<"sqlite">, T extends Readonly<[U, ...U[]]>>(
  db: Database,
  name: RepositoryName,
  creation: RepositoryCreation | undefined,
  statements: T,
): Promise<BatchResponse<T>> {
  if (!creation) return db.batch(statements);
  const before = statementsOf(db, name, creation);
  const results: unknown[] = await db.batch([...before, ...statements]);
  return results.slice(before.length) as BatchResponse<T>;
}

/**
 * The same of a batch that is written once. The statements that create a repository are not, since each repository is created only
 * once.
 *
 * @param write makes the statements, as for `batchWrittenOnce`.
 */
export function batchWrittenOnceIn<
  Values extends object,
  Shape,
  T extends Readonly<[BatchItem<"sqlite">, ...BatchItem<"sqlite">[]]>,
>(write: (db: Database, values: AllGiven<Values>, shape: Shape) => T) {
  const send = batchWrittenOnce(write);
  return (
    db: Database,
    name: RepositoryName,
    creation: RepositoryCreation | undefined,
    values: Values,
    shape: Shape,
  ): Promise<BatchResponse<T>> => {
    return creation ? batchIn(db, name, creation, write(db, values, shape)) : send(db, values, shape);
  };
}

/**
 * Makes an outcome of what {@link batchIn} threw.
 *
 * @param needed what the batch's own statements take of quotas.
 * @throws anything else than such a refusal as it came.
 */
export async function refusedIn(
  db: Database,
  error: unknown,
  name: RepositoryName,
  creation: RepositoryCreation | undefined,
  needed: QuotaNeed["needed"],
): Promise<CreationRefusal> {
  const organization = organizationOf(name);
  if (!creation) return refusedByQuota(db, error, { organization, needed });
  if (isAccountGone(error)) return { outcome: "account-gone" };
  const { accountId } = creation.actor.user;
  return refusedByQuota(db, error, { organization, accountId, needed: { images: 1, ...needed } });
}

/** The statements that create a repository and its organization, as far as they do not exist. Two callers at once make one. */
function statementsOf(db: Database, name: RepositoryName, creation: RepositoryCreation) {
  const { actor, organizationQuota } = creation;
  const organization = organizationOf(name);
  return [
    ...insertOrganization(db, actor, organization, organizationQuota),
    creation.isImage ? insertImage(db, actor, name) : insertBegun(db, actor, name),
    ...(creation.isImage
      ? [insertAuditIfChanged(db, actor, { action: "image.create", organization, resource: name })]
      : []),
  ] as const;
}

/**
 * The statement that creates an image, unless it exists, in an organization of the actor's account where they may. It makes one of
 * what a push has begun.
 */
function insertImage(db: Database, actor: Actor, name: RepositoryName, properties: Partial<ImageProperties> = {}) {
  const set = {
    isPublic: sql`excluded.is_public`,
    category: sql`excluded.category`,
    description: sql`excluded.description`,
    createdBy: sql`excluded.created_by`,
    createdAt: sql`excluded.created_at`,
    updatedAt: sql`excluded.updated_at`,
    isImage: true,
  };
  return insertRepository(db, actor, name, { ...properties, isImage: true })
    .onConflictDoUpdate({ target: repositories.name, set, setWhere: not(isImage(repositories)) })
    .returning({ id: repositories.id });
}

/** The statement that makes a place for the blobs of an image, unless it exists, where the actor may add images. */
function insertBegun(db: Database, actor: Actor, name: RepositoryName) {
  const begun = sql`
    SELECT 1 FROM ${repositories} WHERE ${repositories.organizationId} = ${organizations.id} AND ${repositories.isImage} = 0
    LIMIT ${MAX_BEGUN_IMAGES}`;
  return insertRepository(
    db,
    actor,
    name,
    { isImage: false },
    sql`(SELECT count(*) FROM (${begun})) < ${MAX_BEGUN_IMAGES}`,
  )
    .onConflictDoNothing({ target: repositories.name })
    .returning({ id: repositories.id });
}

function insertRepository(
  db: Database,
  { user }: Actor,
  name: RepositoryName,
  properties: Partial<ImageProperties> & { isImage: boolean },
  hasRoom = sql`true`,
) {
  const { isPublic = false, category = NO_CATEGORY, description = "" } = properties;
  const now = Date.now();
  return db.insert(repositories).select(
    sql`SELECT NULL, ${organizations.id}, ${organizations.accountId}, ${name}, ${isPublic ? 1 : 0}, ${category},
               ${description}, ${user.id}, ${now}, ${now}, 0, 0, 0, 0, 0, 0, 0, ${properties.isImage ? 1 : 0}, 0, NULL
        FROM ${organizations}
        WHERE ${organizations.name} = ${organizationOf(name)} AND ${mayAddImages(db, user)} AND ${hasRoom}`,
  );
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
      insertImage(db, actor, name, properties),
      insertAuditIfChanged(db, actor, {
        action: "image.create",
        organization: organizationOf(name),
        resource: name,
        detail: { isPublic, category },
      }),
    ]);
    return { outcome: created.length > 0 ? "created" : "not-created" };
  } catch (error) {
    return refusedIn(db, error, name, { actor, organizationQuota: 0, isImage: true }, {});
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
 * @param versions of which it must have one, or else the batch fails: `isVersionFailure`.
 * @returns whether there was such a repository.
 */
export async function updateRepository(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  properties: Partial<ImageProperties>,
  versions?: Versions,
): Promise<boolean> {
  const { isPublic, category, description } = properties;
  const isMeant = and(eq(repositories.id, repository.id), isThere(repositories));
  const [, , updated] = await db.batch([
    requireVersion(db, repositories, isMeant, versions),
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
      .set({ ...properties, updatedAt: nextVersion(repositories) })
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
