/**
 * What happened of late to the images of a user. No index has the tags or deliveries of an account by time: they are looked
 * for in the images that were changed last, of which there is one. A push changes its image, so that the latest are there.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Level, User } from "../../model/rights/access.ts";
import type { DeliveryStatus } from "../../model/triggers/deliveries.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { boundedPage } from "../bounded.ts";
import type { Database } from "../database.ts";
import { isNamed, isNamedUser } from "../deletion/gone.ts";
import { ownImages } from "../images/image-selectors.ts";
import { deliveries, manifests, repositories, tagHistory, tags, triggers, users } from "../schema.ts";

/** How many of the images that were changed last are looked through. */
export const RECENT_IMAGES = 50;

/** A tag, and who moved it last. */
export interface RecentPush {
  repository: RepositoryName;
  tag: Tag;
  digest: Digest;
  /** Null when the user is gone. */
  pushedBy: string | null;
  /** Milliseconds since 1970. */
  pushedAt: number;
}

/** The tags that were moved last, each once, in the images that a user has a right to. */
export function listRecentPushes(db: Database, user: User, limit: number): Promise<RecentPush[]> {
  return db.all<RecentPush>(recentPushesQuery(db, user, limit));
}

function recentPushesQuery(db: Database, user: User, limit: number): SQL {
  return sql`
    WITH changed AS MATERIALIZED ${changedImages(db, user, "read")},
    page AS MATERIALIZED (
      SELECT pushed.rowid AS id, pushed.updated_at AS time FROM changed CROSS JOIN ${tags} AS pushed
      WHERE pushed.rowid IN (
        SELECT newest.rowid FROM ${tags} AS newest WHERE newest.repository_id = changed.id AND newest.companion_of IS NULL
        ORDER BY newest.updated_at DESC, newest.rowid DESC LIMIT ${limit})
      ORDER BY time DESC, id DESC LIMIT ${limit})
    SELECT ${repositories.name} AS repository, ${tags.name} AS tag, ${manifests.digest} AS digest,
           (SELECT ${users.name} FROM ${tagHistory} LEFT JOIN ${users} ON ${isNamedUser(tagHistory.userId)}
            WHERE ${tagHistory.repositoryId} = ${tags.repositoryId} AND ${tagHistory.tag} = ${tags.name}
            ORDER BY ${tagHistory.id} DESC LIMIT 1) AS pushedBy,
           page.time AS pushedAt
    FROM page CROSS JOIN ${tags} ON ${tags}.rowid = page.id
    JOIN ${repositories} ON ${repositories.id} = ${tags.repositoryId}
    JOIN ${manifests} ON ${manifests.id} = ${tags.manifestId}
    ORDER BY page.time DESC, page.id DESC`;
}

/** What a trigger was to deliver. */
export interface RecentDelivery {
  id: number;
  repository: RepositoryName;
  trigger: string;
  tag: Tag;
  digest: Digest;
  status: DeliveryStatus;
  detail: string | null;
  /** Whether somebody tried the trigger out: 1, otherwise null. */
  isTest: number | null;
  /** Milliseconds since 1970. */
  createdAt: number;
  finishedAt: number | null;
}

/** The newest deliveries of triggers of the images that a user may edit. */
export function listRecentDeliveries(db: Database, user: User, limit: number): Promise<RecentDelivery[]> {
  return db.all<RecentDelivery>(recentDeliveriesQuery(db, user, limit));
}

function recentDeliveriesQuery(db: Database, user: User, limit: number): SQL {
  return sql`
    WITH changed AS MATERIALIZED ${changedImages(db, user, "edit")},
    page AS MATERIALIZED (
      SELECT made.id FROM changed CROSS JOIN ${triggers} AS own CROSS JOIN ${deliveries} AS made
      WHERE own.repository_id = changed.id AND ${isNamed(sql`own.name`)} AND made.id IN (
        SELECT newest.id FROM ${deliveries} AS newest WHERE newest.trigger_id = own.id
        ORDER BY newest.id DESC LIMIT ${limit})
      ORDER BY made.id DESC LIMIT ${limit})
    SELECT ${deliveries.id} AS id, ${repositories.name} AS repository, ${triggers.name} AS "trigger",
           ${deliveries.tag} AS tag, ${deliveries.digest} AS digest, ${deliveries.status} AS status,
           ${deliveries.detail} AS detail, ${deliveries.event} ->> '$.isTest' AS isTest,
           ${deliveries.createdAt} AS createdAt, ${deliveries.finishedAt} AS finishedAt
    FROM page CROSS JOIN ${deliveries} ON ${deliveries.id} = page.id
    JOIN ${triggers} ON ${triggers.id} = ${deliveries.triggerId}
    JOIN ${repositories} ON ${repositories.id} = ${triggers.repositoryId}
    ORDER BY page.id DESC`;
}

function changedImages(db: Database, user: User, wanted: Level): SQL {
  const page = boundedPage({
    ...ownImages(db, user, wanted),
    key: repositories.updatedAt,
    isDescending: true,
    limit: RECENT_IMAGES,
  });
  return sql`(SELECT id FROM ${page} WHERE is_end = 0)`;
}
