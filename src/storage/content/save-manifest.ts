/**
 * Storing a manifest with all that hangs on it, and moving tags to it, in one batch: all of it happens or nothing. The
 * statements of the manifest are in `manifest-statements.ts`, those of the tags in `move-tags.ts`.
 */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Digest } from "../../kernel/digest.ts";
import { MAX_DELIVERIES_PER_PUSH, MAX_TRIGGERS } from "../../kernel/limits.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { Precondition } from "../../kernel/precondition.ts";
import { organizationOf, type Reference, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { digestKeyOf } from "../../kernel/tag-kind.ts";
import { type Actor, pusherOf } from "../../model/rights/access.ts";
import { auditRow, insertAuditRow } from "../audit/audit.ts";
import { type AllGiven, batchWrittenOnce, type Database, isConstraintFailure } from "../database.ts";
import { insertPlatforms } from "../images/platforms.ts";
import { pusherIn, type PusherShape, pusherShapeOf, pusherValuesOf } from "../rights/access.ts";
import {
  batchIn,
  type CreationRefusal,
  pushTargetOf,
  refusedIn,
  repositoryIdOf,
  type RepositoryCreation,
} from "../images/repositories.ts";
import { findImmutableTags } from "../immutable-rules/kept-tags.ts";
import { tags } from "../schema.ts";
import { insertSyncJobs, insertSyncJobsOfAttached, isTooManySyncJobs, type SyncEntry } from "../sync/sync-jobs.ts";
import {
  insertDeliveries,
  isTooManyDeliveries,
  limitDeliveries,
  occasionOf,
  type OutboxEntry,
} from "../triggers/deliveries.ts";
import { findManifest } from "./find-manifest.ts";
import {
  insertChildren,
  insertNamedBlobs,
  insertOptionalBlobs,
  insertTexts,
  manifestColumns,
  piecesOf,
  upsertManifest,
} from "./manifest-statements.ts";
import { insertMoveHistory, isPointedTo, movesOf, moveTags, type TagMove, touchRepository } from "./move-tags.ts";
import { isPreconditionFailure, requireHolds } from "./preconditions.ts";
import { type Unsettled, unsettledQuery } from "./settling.ts";

export interface ManifestPush {
  repository: RepositoryName;
  digest: Digest;
  text: string;
  /** Bytes. */
  size: number;
  manifest: Manifest;
  tags: Tag[];
  actor: Actor;
  /** The registry's address, as events name it. */
  registry: string;
  /** What must hold for what `reference` points to. */
  condition?: { precondition: Precondition; reference: Reference } | undefined;
}

/** What came of a push. Unless it was saved, nothing has changed. */
export type ManifestSaving =
  /** With what triggers are to be told of, what is to be copied elsewhere, and what is to be settled of companions. */
  | { outcome: "saved"; repositoryId: number; outbox: OutboxEntry[]; syncs: SyncEntry[]; unsettled: Unsettled[] }
  /** A blob or child is not in the repository: `findMissing` names them. */
  | { outcome: "part-missing" }
  | { outcome: "precondition-failed" }
  /** A rule keeps these of the tags where they are; none, when the rule is gone by now. */
  | { outcome: "tags-immutable"; tags: Tag[] }
  /** The same bytes are stored as another media type; undefined when they are gone by now. */
  | { outcome: "media-type-differs"; stored: string | undefined }
  | { outcome: "too-many-deliveries" }
  /** There is no such repository, or the actor may not push to it, or not any more. */
  | { outcome: "repository-unknown" }
  | CreationRefusal;

/**
 * Stores a manifest if the actor may push it when the batch runs, whatever a token of some minutes ago says.
 *
 * @param creation who creates the repository in the same batch if it does not exist; undefined when nobody does.
 */
export async function saveManifest(
  db: Database,
  push: ManifestPush,
  creation?: RepositoryCreation,
): Promise<ManifestSaving> {
  const { repository, condition } = push;
  const [text = "", ...moreText] = piecesOf(push.text);
  const moves = movesOf(push.tags, { digest: push.digest, ...push.manifest });
  const values = valuesOf(push, text, moves);
  const shape = shapeOf(push, moves);
  const isRare = creation !== undefined || condition !== undefined || moreText.length > 0;
  try {
    const results: readonly unknown[] = isRare
      ? await batchIn(db, repository, creation, statementsOf(db, values, shape, { condition, moreText }))
      : await sendStatements(db, values, shape);
    const [touched, syncs, outbox] = results as [{ id: number }[], SyncEntry[], OutboxEntry[]];
    const [found] = touched;
    if (!found) throw new Error(`no row came back for repository ${repository}`);
    return {
      outcome: "saved",
      repositoryId: found.id,
      syncs: shape.hasTags || shape.isAttached ? syncs : [],
      outbox: shape.hasTags ? outbox : [],
      unsettled: results.at(-1) as Unsettled[],
    };
  } catch (error) {
    return refusalOf(db, push, creation, error);
  }
}

/** Values of the statements of a push. Those that its shape leaves out are not used. */
type PushValues = ReturnType<typeof valuesOf>;

function valuesOf(push: ManifestPush, text: string, moves: readonly TagMove[]) {
  const { repository, digest, size, manifest, actor, registry } = push;
  const { mediaType, subject } = manifest;
  const belongsTo = subject === undefined ? moves.flatMap(({ companion }) => companion ?? []) : [digestKeyOf(subject)];
  const recorded = auditRow(actor, {
    action: "manifest.push",
    organization: organizationOf(repository),
    resource: push.tags.length === 1 ? `${repository}:${push.tags[0]}` : `${repository}@${digest}`,
    detail: { digest, mediaType, tags: push.tags },
  });
  return {
    ...recorded,
    ...manifestColumns(manifest, size),
    ...occasionOf({ repository, user: actor.user.name, registry }, recorded.createdAt),
    ...pusherValuesOf(pusherOf(actor)),
    repository,
    registry,
    digest,
    text,
    moves: JSON.stringify(moves),
    tags: JSON.stringify(push.tags),
    belongsTo: JSON.stringify(belongsTo),
    blobs: JSON.stringify(manifest.blobs),
    optionalBlobs: JSON.stringify(manifest.optionalBlobs),
    children: JSON.stringify(manifest.children),
    platforms: JSON.stringify(manifest.platforms),
  };
}

/** Which statements a push has. A push leaves out those that would change nothing. */
interface PushShape extends PusherShape {
  hasTags: boolean;
  /** Whether it sets off the rules of what it belongs to. */
  isAttached: boolean;
  /** Whether its tags could set off more deliveries than one push may. */
  isLimited: boolean;
  hasBlobs: boolean;
  hasOptionalBlobs: boolean;
  hasChildren: boolean;
  hasPlatforms: boolean;
}

function shapeOf({ manifest, tags: names, actor }: ManifestPush, moves: readonly TagMove[]): PushShape {
  const { subject, blobs, optionalBlobs, children, platforms } = manifest;
  const isCompanion = subject !== undefined || moves.some(({ companion }) => companion !== undefined);
  return {
    ...pusherShapeOf(pusherOf(actor)),
    hasTags: names.length > 0,
    isAttached: isCompanion && !moves.some(({ isAnnounced }) => isAnnounced),
    isLimited: names.length * MAX_TRIGGERS > MAX_DELIVERIES_PER_PUSH,
    hasBlobs: blobs.length > 0,
    hasOptionalBlobs: optionalBlobs.length > 0,
    hasChildren: children.length > 0,
    hasPlatforms: platforms.length > 0,
  };
}

/** Parts that few pushes have. They are not written once. */
interface Rarities {
  condition: ManifestPush["condition"];
  /** Pieces of the text behind the first one. */
  moreText: readonly string[];
}

const sendStatements = batchWrittenOnce((db, values: AllGiven<PushValues>, shape: PushShape) =>
  statementsOf(db, values, shape, { condition: undefined, moreText: [] }),
);

function statementsOf(
  db: Database,
  values: AllGiven<PushValues>,
  shape: PushShape,
  { condition, moreText }: Rarities,
): readonly [BatchItem<"sqlite">, ...BatchItem<"sqlite">[]] {
  const { repository, digest, userId, now, tags: names, moves, platforms } = values;
  const repositoryId = repositoryIdOf(repository);
  const place = { repositoryId, digest };
  const target = pushTargetOf(db, repository, pusherIn(values, shape));
  const movedTags = sql`${moves}`;
  const isSame = (tag: SQL) => isPointedTo(place, tag);
  return [
    touchRepository(db, repository, now),
    // While the tags are where they were.
    ...(shape.isAttached
      ? [insertSyncJobsOfAttached(db, repositoryId, values.belongsTo, values)]
      : shape.hasTags
        ? [insertSyncJobs(db, repositoryId, movedTags, values, digest, isSame)]
        : []),
    ...(shape.hasTags ? [insertDeliveries(db, repositoryId, movedTags, values, values, isSame)] : []),
    // It counts what the statement before it has written.
    ...(shape.isLimited ? [limitDeliveries(db)] : []),
    ...(condition ? [requireHolds(db, condition.precondition, repositoryId, condition.reference)] : []),
    // Here it is decided whether the actor may push.
    upsertManifest(db, { repositoryId: target, digest }, values, now),
    ...insertTexts(db, place, [values.text, ...moreText]),
    ...(shape.hasBlobs ? [insertNamedBlobs(db, place, values.blobs)] : []),
    ...(shape.hasOptionalBlobs ? [insertOptionalBlobs(db, place, values.optionalBlobs)] : []),
    ...(shape.hasChildren ? [insertChildren(db, place, values.children)] : []),
    ...(shape.hasPlatforms ? [insertPlatforms(db, repositoryId, digest, platforms)] : []),
    ...(shape.hasTags ? [insertMoveHistory(db, place, names, userId, now), moveTags(db, place, moves, now)] : []),
    insertAuditRow(db, values),
    // Last, as its result is found.
    unsettledQuery(db, repositoryId),
  ];
}

/** What the failure of the batch means. */
async function refusalOf(
  db: Database,
  push: ManifestPush,
  creation: RepositoryCreation | undefined,
  error: unknown,
): Promise<ManifestSaving> {
  const { repository, digest, size, condition } = push;
  if (isConstraintFailure(error, "NOT NULL constraint failed: manifests.repository_id")) {
    return { outcome: "repository-unknown" };
  }
  if (condition && isPreconditionFailure(error)) return { outcome: "precondition-failed" };
  if (isTooManyDeliveries(error) || isTooManySyncJobs(error)) return { outcome: "too-many-deliveries" };
  if (isConstraintFailure(error, "NOT NULL constraint failed: tags.manifest_id")) {
    const names = sql`(SELECT value FROM json_each(${JSON.stringify(push.tags)}))`;
    const isPushed = and(eq(tags.repositoryId, repositoryIdOf(repository)), sql`${tags.name} IN ${names}`);
    return { outcome: "tags-immutable", tags: await findImmutableTags(db, isPushed) };
  }
  if (isConstraintFailure(error, "NOT NULL constraint failed: manifests.media_type")) {
    const found = await findManifest(db, repository, digest);
    if (found.outcome === "repository-unknown") return found;
    return {
      outcome: "media-type-differs",
      stored: found.outcome === "found" ? found.manifest.mediaType : undefined,
    };
  }
  if (isConstraintFailure(error, "NOT NULL constraint failed")) return { outcome: "part-missing" };
  return refusedIn(db, error, repository, creation, { manifestBytes: size, tags: push.tags.length });
}
