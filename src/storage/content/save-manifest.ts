/**
 * Storing a manifest with all that hangs on it, and moving tags to it, in one batch: all of it happens or nothing. The
 * statements of the manifest are in `manifest-statements.ts`, those of the tags in `move-tags.ts`.
 */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { MAX_DELIVERIES_PER_PUSH, MAX_TRIGGERS } from "../../kernel/limits.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { Precondition } from "../../kernel/precondition.ts";
import { organizationOf, type Reference, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { digestKeyOf } from "../../kernel/tag-kind.ts";
import { type Actor, pusherOf } from "../../model/rights/access.ts";
import { insertAudit } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { insertPlatforms } from "../images/platforms.ts";
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
import {
  insertSyncJobs,
  insertSyncJobsOfAttached,
  isTooManySyncJobs,
  type SyncEntry,
  type SyncOrigin,
} from "../sync/sync-jobs.ts";
import { insertDeliveries, isTooManyDeliveries, limitDeliveries, type OutboxEntry } from "../triggers/deliveries.ts";
import { findManifest } from "./find-manifest.ts";
import {
  insertChildren,
  insertNamedBlobs,
  insertOptionalBlobs,
  insertTexts,
  upsertManifest,
} from "./manifest-statements.ts";
import { insertMoveHistory, isPointedTo, movesOf, moveTags, touchRepository } from "./move-tags.ts";
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
  try {
    const results = await batchIn(db, push.repository, creation, statementsOf(db, push));
    const [[repository], syncs, outbox] = results;
    if (!repository) throw new Error(`no row came back for repository ${push.repository}`);
    return { outcome: "saved", repositoryId: repository.id, outbox, syncs, unsettled: results.at(-1) as Unsettled[] };
  } catch (error) {
    return refusalOf(db, push, creation, error);
  }
}

function statementsOf(db: Database, push: ManifestPush) {
  const { repository, digest, text, size, manifest, actor, registry, condition } = push;
  const now = new Date();
  const { mediaType } = manifest;
  const repositoryId = repositoryIdOf(repository);
  const place = { repositoryId, digest };
  const target = pushTargetOf(db, repository, pusherOf(actor));
  const moves = movesOf(push.tags, { digest, ...manifest });
  const event = { repository, user: actor.user.name, registry };
  const origin: SyncOrigin = { userId: actor.user.id, userName: actor.user.name, registry };
  const movedTags = sql`${JSON.stringify(moves)}`;
  const isSame = (tag: SQL) => isPointedTo(place, tag);
  const { subject } = manifest;
  const belongsTo = subject === undefined ? moves.flatMap(({ companion }) => companion ?? []) : [digestKeyOf(subject)];
  const isAttached = belongsTo.length > 0 && !moves.some(({ isAnnounced }) => isAnnounced);
  return [
    touchRepository(db, repository, now),
    // While the tags are where they were.
    isAttached
      ? insertSyncJobsOfAttached(db, repositoryId, belongsTo, origin)
      : insertSyncJobs(db, repositoryId, movedTags, origin, digest, isSame),
    insertDeliveries(db, repositoryId, movedTags, event, { digest, mediaType, size }, isSame),
    // It counts what the statement before it has written.
    ...(push.tags.length * MAX_TRIGGERS > MAX_DELIVERIES_PER_PUSH ? [limitDeliveries(db)] : []),
    ...(condition ? [requireHolds(db, condition.precondition, repositoryId, condition.reference)] : []),
    // Here it is decided whether the actor may push.
    upsertManifest(db, { repositoryId: target, digest }, manifest, size, now),
    ...insertTexts(db, place, text),
    insertNamedBlobs(db, place, manifest.blobs),
    insertOptionalBlobs(db, place, manifest.optionalBlobs),
    insertChildren(db, place, manifest.children),
    ...(manifest.platforms.length > 0 ? [insertPlatforms(db, repositoryId, digest, manifest.platforms)] : []),
    insertMoveHistory(db, place, push.tags, actor.user.id, now),
    moveTags(db, place, moves, now),
    insertAudit(db, actor, {
      action: "manifest.push",
      organization: organizationOf(repository),
      resource: push.tags.length === 1 ? `${repository}:${push.tags[0]}` : `${repository}@${digest}`,
      detail: { digest, mediaType, tags: push.tags },
    }),
    // Last, as its result is found.
    unsettledQuery(db, repositoryId),
  ] as const;
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
