/**
 * Storing a manifest with all that hangs on it, and moving tags to it, in one batch: all of it happens or nothing. The
 * statements of the manifest are in `manifest-statements.ts`, those of the tags in `move-tags.ts`.
 */
import { and, eq, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { MAX_DELIVERIES_PER_PUSH, MAX_TRIGGERS } from "../../kernel/limits.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { Precondition } from "../../kernel/precondition.ts";
import { organizationOf, type Reference, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAudit } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { insertPlatforms } from "../images/platforms.ts";
import { findImmutableTags } from "../immutable-rules/kept-tags.ts";
import { type QuotaRefusal, refusedByQuota } from "../quotas/quotas.ts";
import { tags } from "../schema.ts";
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
  repositoryId: number;
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
  /** With what triggers are to be told of, and what is to be settled of companions. */
  | { outcome: "saved"; outbox: OutboxEntry[]; unsettled: Unsettled[] }
  /** A blob or child is not in the repository: `findMissing` names them. */
  | { outcome: "part-missing" }
  | { outcome: "precondition-failed" }
  /** A rule keeps these of the tags where they are; none, when the rule is gone by now. */
  | { outcome: "tags-immutable"; tags: Tag[] }
  /** The same bytes are stored as another media type; undefined when they are gone by now. */
  | { outcome: "media-type-differs"; stored: string | undefined }
  | { outcome: "too-many-deliveries" }
  | { outcome: "repository-unknown" }
  | QuotaRefusal;

export async function saveManifest(db: Database, push: ManifestPush): Promise<ManifestSaving> {
  try {
    const results = await db.batch(statementsOf(db, push));
    return { outcome: "saved", outbox: results[0], unsettled: results.at(-1) as Unsettled[] };
  } catch (error) {
    return refusalOf(db, push, error);
  }
}

function statementsOf(db: Database, push: ManifestPush) {
  const { repository, repositoryId, digest, text, size, manifest, actor, registry, condition } = push;
  const now = new Date();
  const { mediaType } = manifest;
  const place = { repositoryId, digest };
  const moves = movesOf(push.tags, { digest, ...manifest });
  const event = { repository, user: actor.user.name, registry };
  return [
    // First, while the tags are where they were.
    insertDeliveries(db, repositoryId, sql`${JSON.stringify(moves)}`, event, { digest, mediaType, size }, (tag) =>
      isPointedTo(place, tag),
    ),
    // It counts what the statement before it has written.
    ...(push.tags.length * MAX_TRIGGERS > MAX_DELIVERIES_PER_PUSH ? [limitDeliveries(db)] : []),
    ...(condition ? [requireHolds(db, condition.precondition, repositoryId, condition.reference)] : []),
    upsertManifest(db, place, manifest, size, now),
    ...insertTexts(db, place, text),
    insertNamedBlobs(db, place, manifest.blobs),
    insertOptionalBlobs(db, place, manifest.optionalBlobs),
    insertChildren(db, place, manifest.children),
    ...(manifest.platforms.length > 0 ? [insertPlatforms(db, repositoryId, digest, manifest.platforms)] : []),
    insertMoveHistory(db, place, push.tags, actor.user.id, now),
    moveTags(db, place, moves, now),
    touchRepository(db, repositoryId, now),
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
async function refusalOf(db: Database, push: ManifestPush, error: unknown): Promise<ManifestSaving> {
  const { repository, repositoryId, digest, size, condition } = push;
  if (condition && isPreconditionFailure(error)) return { outcome: "precondition-failed" };
  if (isTooManyDeliveries(error)) return { outcome: "too-many-deliveries" };
  if (isConstraintFailure(error, "NOT NULL constraint failed: tags.manifest_id")) {
    const names = sql`(SELECT value FROM json_each(${JSON.stringify(push.tags)}))`;
    const isPushed = and(eq(tags.repositoryId, repositoryId), sql`${tags.name} IN ${names}`);
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
  // Somebody deleted the image meanwhile.
  if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return { outcome: "repository-unknown" };
  const needed = { manifestBytes: size, tags: push.tags.length };
  return refusedByQuota(db, error, { organization: organizationOf(repository), needed });
}
