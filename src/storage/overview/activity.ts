/**
 * What happened last in the images of a user: the newest pushes and deliveries of all of them, from indexes by account and by
 * organization. A member has rights to some organizations and some single images: of these only those are looked into that have
 * the newest rows, since no others can have one of the newest.
 */
import { type SQL, sql } from "drizzle-orm";
import { isAdministrator, type User } from "../../model/rights/access.ts";
import type { DeliveryStatus } from "../../model/triggers/deliveries.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { MAX_FEW, MAX_WALKED } from "../bounded.ts";
import type { Database } from "../database.ts";
import { isNamed, isNamedUser } from "../deletion/gone.ts";
import { isOwn, permissionsOf } from "../rights/access.ts";
import { type FailedSync, failedSyncsQuery } from "../sync/sync-failures.ts";
import { deliveries, manifests, repositories, tagHistory, tags, triggers, users } from "../schema.ts";

/** Deliveries of one organization that are looked through: those of deleted triggers go in slices, and are passed over until then. */
const MAX_SEEN = 100;

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

/** The columns of the queries, each with a name of its own: a batch tells them apart by that alone. */
const PUSH = {
  repository: sql<RepositoryName>`repository`,
  tag: sql<Tag>`tag`,
  digest: sql<Digest>`digest`,
  pushedBy: sql<string | null>`pushedBy`,
  pushedAt: sql<number>`pushedAt`,
};
const DELIVERY = {
  id: sql<number>`id`,
  repository: sql<RepositoryName>`repository`,
  trigger: sql<string>`"trigger"`,
  tag: sql<Tag>`tag`,
  digest: sql<Digest>`digest`,
  status: sql<DeliveryStatus>`status`,
  detail: sql<string | null>`detail`,
  isTest: sql<number | null>`isTest`,
  createdAt: sql<number>`createdAt`,
  finishedAt: sql<number | null>`finishedAt`,
};

/** What {@link listActivity} answers. */
export interface ActivityRecord {
  /** The tags that were moved last, each once, in the images that the user has a right to. */
  pushes: RecentPush[];
  /** Whether the user may see deliveries at all: of some image that they may edit, now or once it has triggers. */
  sees: boolean;
  /** The newest deliveries of triggers of the images that the user may edit. */
  deliveries: RecentDelivery[];
  /**
   * The delivery by which each trigger fails, of images that the user may edit, the newest first: the trigger's last one that came
   * to an end, tests aside, if that failed. One that somebody has switched off since is left out.
   */
  failing: RecentDelivery[];
  /** The tags of images that the user may edit which did not arrive at a remote registry. */
  failedSyncs: FailedSync[];
}

/**
 * What happened last, in one trip.
 *
 * @param limit how many of each.
 */
export async function listActivity(db: Database, user: User, limit: number): Promise<ActivityRecord> {
  const [pushes, [seen], newest, failing, failedSyncs] = await db.batch([
    db.select(PUSH).from(sql`(${recentPushesQuery(user, limit)})`),
    db.select({ sees: sql<number>`sees` }).from(sql`(${seesDeliveries(user)})`),
    db.select(DELIVERY).from(sql`(${describeDeliveries(newestDeliveries(user, limit))})`),
    db.select(DELIVERY).from(sql`(${describeDeliveries(failingDeliveries(db, user, limit))})`),
    failedSyncsQuery(db, user, limit),
  ]);
  return { pushes, sees: seen?.sees === 1, deliveries: newest, failing, failedSyncs };
}

function recentPushesQuery(user: User, limit: number): SQL {
  return sql`
    WITH ${lastPushedImages(user, limit)},
    page AS MATERIALIZED (
      SELECT pushed.rowid AS id, pushed.updated_at AS time FROM images CROSS JOIN ${tags} AS pushed
      WHERE pushed.rowid IN (
        SELECT newest.rowid FROM ${tags} AS newest WHERE newest.repository_id = images.id AND newest.companion_of IS NULL
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

/** `images`: those that were pushed to last. They have the tags that were moved last. */
function lastPushedImages(user: User, limit: number): SQL {
  const { accountId } = user;
  if (isAdministrator(user)) {
    return sql`images AS MATERIALIZED (
      SELECT ${repositories.id} AS id FROM ${repositories}
      WHERE ${repositories.accountId} = ${accountId} AND ${repositories.pushedAt} > 0
      ORDER BY ${repositories.pushedAt} DESC, ${repositories.id} DESC LIMIT ${limit})`;
  }
  const { organizations, images } = permissionsOf(user, "read");
  return sql`
    granted AS MATERIALIZED (${organizations} LIMIT ${MAX_FEW}),
    leading AS MATERIALIZED (
      SELECT id, (SELECT max(newest.pushed_at) FROM ${repositories} AS newest WHERE newest.organization_id = granted.id) AS time
      FROM granted ORDER BY time DESC LIMIT ${limit}),
    images AS MATERIALIZED (
      SELECT id FROM (
        SELECT own.id, own.pushed_at AS time FROM leading CROSS JOIN ${repositories} AS own
        WHERE own.account_id = ${accountId} AND own.id IN (
          SELECT newest.id FROM ${repositories} AS newest WHERE newest.organization_id = leading.id
          ORDER BY newest.pushed_at DESC, newest.id DESC LIMIT ${limit})
        UNION
        SELECT own.id, own.pushed_at FROM (${images} LIMIT ${MAX_FEW}) AS seen
        CROSS JOIN ${repositories} AS own ON own.id = seen.id
        WHERE own.account_id = ${accountId})
      WHERE time > 0 ORDER BY time DESC, id DESC LIMIT ${limit})`;
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

function seesDeliveries(user: User): SQL {
  if (isAdministrator(user)) return sql`SELECT 1 AS sees`;
  const { organizations, images } = permissionsOf(user, "edit");
  return sql`SELECT EXISTS (${organizations}) OR EXISTS (${images}) AS sees`;
}

/** @param page the query of `page`, with the ids of deliveries. */
function describeDeliveries(page: SQL): SQL {
  return sql`
    WITH ${page}
    SELECT ${deliveries.id} AS id, ${repositories.name} AS repository, ${triggers.name} AS "trigger",
           ${deliveries.tag} AS tag, ${deliveries.digest} AS digest, ${deliveries.status} AS status,
           ${deliveries.detail} AS detail, ${deliveries.event} ->> '$.isTest' AS isTest,
           ${deliveries.createdAt} AS createdAt, ${deliveries.finishedAt} AS finishedAt
    FROM page CROSS JOIN ${deliveries} ON ${deliveries.id} = page.id
    JOIN ${triggers} ON ${triggers.id} = ${deliveries.triggerId}
    JOIN ${repositories} ON ${repositories.id} = ${triggers.repositoryId}
    ORDER BY page.id DESC`;
}

/** CROSS JOINs keep the order of the index, so that the search ends with the last row that is wanted. */
function newestDeliveries(user: User, limit: number): SQL {
  const { accountId } = user;
  /** Of triggers that are there, in images that are. */
  const shown = (seen: SQL) => sql`
    SELECT made.id FROM (${seen}) AS made CROSS JOIN ${triggers} AS own ON own.id = made.trigger_id
    CROSS JOIN ${repositories} AS image ON image.id = own.repository_id
    WHERE ${isNamed(sql`own.name`)} AND image.account_id = ${accountId} LIMIT ${limit}`;
  if (isAdministrator(user)) {
    return sql`page AS MATERIALIZED (${shown(sql`
      SELECT ${deliveries.id} AS id, ${deliveries.triggerId} AS trigger_id FROM ${deliveries}
      WHERE ${deliveries.accountId} = ${accountId} ORDER BY ${deliveries.id} DESC LIMIT ${MAX_WALKED}`)})`;
  }
  const { organizations, images } = permissionsOf(user, "edit");
  const newestOf = (column: SQL, isOrganization: 0 | 1, count: number) =>
    shown(sql`
      SELECT newest.id, newest.trigger_id FROM ${deliveries} AS newest
      WHERE newest.${column} = leading.id AND leading.is_organization = ${isOrganization}
      ORDER BY newest.id DESC LIMIT ${count}`);
  const organizationId = sql`organization_id`;
  const triggerId = sql`trigger_id`;
  return sql`
    scopes AS MATERIALIZED (
      SELECT granted.id, 1 AS is_organization, ${lastOf(organizationId, sql`granted.id`)} AS last
      FROM (${organizations} LIMIT ${MAX_FEW}) AS granted
      UNION ALL
      SELECT * FROM (
        SELECT own.id, 0, ${lastOf(triggerId, sql`own.id`)} FROM (${images} LIMIT ${MAX_FEW}) AS seen
        CROSS JOIN ${triggers} AS own ON own.repository_id = seen.id LIMIT ${MAX_FEW})),
    leading AS MATERIALIZED (SELECT * FROM scopes WHERE last IS NOT NULL ORDER BY last DESC LIMIT ${limit}),
    page AS MATERIALIZED (
      SELECT DISTINCT found.id FROM leading CROSS JOIN ${deliveries} AS found
      WHERE found.id IN (
        SELECT id FROM (${newestOf(organizationId, 1, MAX_SEEN)})
        UNION ALL
        SELECT id FROM (${newestOf(triggerId, 0, limit)}))
      ORDER BY found.id DESC LIMIT ${limit})`;
}

/** The newest delivery of an organization or a trigger. */
function lastOf(column: SQL, id: SQL): SQL {
  return sql`(SELECT max(newest.id) FROM ${deliveries} AS newest WHERE newest.${column} = ${id})`;
}

function failingDeliveries(db: Database, user: User, limit: number): SQL {
  // Written out, because SQLite sees that a partial index fits by the text alone.
  return sql`page AS MATERIALIZED (
    SELECT made.id FROM (
      SELECT ${deliveries.id} AS id, ${deliveries.triggerId} AS trigger_id, ${deliveries.finishedAt} AS finished_at
      FROM ${deliveries} WHERE ${deliveries.accountId} = ${user.accountId} AND ${deliveries.isFailing} = 1
      ORDER BY ${deliveries.id} DESC LIMIT ${MAX_WALKED}) AS made
    CROSS JOIN ${triggers} ON ${triggers.id} = made.trigger_id
    CROSS JOIN ${repositories} ON ${repositories.id} = ${triggers.repositoryId}
    WHERE ${isNamed(triggers.name)} AND ${isOwn(db, user, "edit")} AND ${needsSomebody(sql`made.finished_at`)} LIMIT ${limit})`;
}

/** Whether a failing trigger is left as it was when it failed: the registry itself switches one off whose receiver is gone. */
function needsSomebody(finishedAt: SQL): SQL {
  return sql`(${triggers.isEnabled} = 1 OR ${triggers.updatedAt} <= ${finishedAt})`;
}

/** How many of an image's triggers fail, as {@link listActivity} has them. */
export async function countFailingTriggers(db: Database, repositoryId: number): Promise<number> {
  const [row] = await db.all<{ count: number }>(sql`
    SELECT count(*) AS count FROM ${triggers} CROSS JOIN ${deliveries} ON ${deliveries.triggerId} = ${triggers.id}
    WHERE ${triggers.repositoryId} = ${repositoryId} AND ${isNamed(triggers.name)} AND ${deliveries.isFailing} = 1
      AND ${needsSomebody(sql`${deliveries.finishedAt}`)}`);
  return row?.count ?? 0;
}
