/** A registry with a million of everything, inserted by SQL with the triggers off; what they would have counted is counted. */

import { FULL, type FullSize } from "./size.ts";

/** Rows that one statement inserts: it takes seconds. */
const CHUNK_ROWS = 50_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Runs one statement and answers its rows. */
export type Run = (sql: string) => Promise<Record<string, unknown>[]>;

/**
 * Fills a registry in which the user `admin` is there.
 *
 * @param passwordHash of all users that it makes.
 */
export async function fillFull(run: Run, size: FullSize, passwordHash: string): Promise<void> {
  const { tags, images, blobs, auditEvents } = size;
  const now = Date.now();
  const large = tags / 10;
  const perImage = (tags - large) / images;
  const triggers = await run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
  for (const { name } of triggers) await run(`DROP TRIGGER "${String(name)}"`);
  /** Inserts a row for each number from 1 to `count`, which the statement calls `i`. */
  const insert = async (count: number, sql: string) => {
    for (let first = 1; first <= count; first += CHUNK_ROWS) {
      const last = Math.min(first + CHUNK_ROWS - 1, count);
      const numbers = `WITH RECURSIVE n(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${last})`;
      await run(`${sql.replace("SELECT", `${numbers} SELECT`)} FROM n`);
    }
  };
  const digest = (number: string) => `'sha256:' || printf('%064d', ${number})`;
  const LARGE = 1;
  const image = (offset: string) => `2 + (${offset})`;

  await run(`INSERT INTO accounts (id, name, created_at) VALUES (2, '${FULL.partner}', ${now})`);
  await run(
    `INSERT INTO users (id, account_id, name, role, password_hash, created_at) VALUES
       (2, 1, '${FULL.member}', 'member', '${passwordHash}', ${now}), (3, 1, '${FULL.guest}', 'member', '${passwordHash}', ${now}),
       (4, 2, '${FULL.partner}', 'administrator', '${passwordHash}', ${now})`,
  );
  await insert(
    Math.max(100, images / 100),
    `INSERT INTO users (account_id, name, role, password_hash, created_at)
     SELECT 1, 'user-' || i, 'member', '', ${now}`,
  );
  await run(
    `INSERT INTO organizations (id, account_id, name, created_by, created_at) VALUES
       (1, 1, '${FULL.organization}', 1, ${now}), (2, 1, 'small', 1, ${now}), (3, 2, 'theirs', 4, ${now})`,
  );
  await insert(
    Math.max(100, images / 100),
    `INSERT INTO organizations (account_id, name, created_at) SELECT 1, 'org-' || i, ${now}`,
  );
  await run(
    `INSERT INTO organization_permissions (organization_id, user_id, level, created_at) VALUES
       (1, 1, 'manage', ${now}), (1, 2, 'manage', ${now})`,
  );
  await run(
    `INSERT INTO repositories (id, organization_id, account_id, name, created_at, updated_at)
     VALUES (${LARGE}, 1, 1, '${FULL.largeImage}', ${now}, ${now})`,
  );
  // Every tenth is public, every thousandth of another category; a hundredth lies in the small organization.
  await insert(
    images,
    `INSERT INTO repositories (id, organization_id, account_id, name, is_public, category, created_by, created_at, updated_at)
     SELECT ${image("i - 1")}, iif(i % 100 = 0, 2, 1), 1,
            iif(i % 100 = 0, 'small', '${FULL.organization}') || '/image-' || i, i % 10 = 0,
            iif(i % 1000 = 5, '${FULL.rareCategory}', 'other'), 1, ${now}, ${now} - i * 1000`,
  );
  await run(
    `INSERT INTO repository_permissions (repository_id, user_id, level, created_at) VALUES (2, 3, 'read', ${now})`,
  );
  await run(
    `INSERT INTO shares (repository_id, account_id, deadline, note, created_at, updated_at)
     SELECT id, 2, 'forever', '', ${now}, ${now} FROM repositories WHERE is_public = 0`,
  );
  // The large image has a manifest for each tag, every other image one.
  await insert(
    large + images,
    `INSERT INTO manifests (id, repository_id, digest, media_type, size, unreferenced_since, created_at)
     SELECT i, iif(i <= ${large}, ${LARGE}, ${image(`i - ${large + 1}`)}), ${digest("i")},
            'application/vnd.oci.image.manifest.v1+json', 500, NULL, ${now}`,
  );
  await insert(large + images, `INSERT INTO manifest_texts SELECT i, 0, '{"schemaVersion":2}'`);
  await insert(
    large + images,
    `INSERT INTO manifest_platforms (manifest_id, repository_id, os, architecture, variant, is_tagged)
     SELECT i, iif(i <= ${large}, ${LARGE}, ${image(`i - ${large + 1}`)}), 'linux',
            iif(i % 1000 = 7 AND i > ${large}, '${FULL.rareArchitecture}', 'amd64'), '', 1`,
  );
  await insert(
    large,
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) SELECT ${LARGE}, 'v' || i, i, ${now}, ${now} - (${large} - i) * 1000`,
  );
  await insert(
    tags - large,
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) SELECT ${image(`(i - 1) / ${perImage}`)}, 'v' || (i % ${perImage}), ${large} + 1 + (i - 1) / ${perImage},
       ${now}, ${now} - i`,
  );
  // One of the large image's manifests is signed as often as that, every tenth other image once.
  const companion = "INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at, companion_of)";
  const isOf = (number: string, name: string) =>
    `'sha256-' || printf('%064d', ${number}) || '${name}', ${number}, ${now}, ${now}, ${digest(number)}`;
  await insert(large, `${companion} SELECT ${LARGE}, ${isOf("1", ".sig.' || i || '")}`);
  await insert(images / 10, `${companion} SELECT ${image("10 * i - 1")}, ${isOf(`(${large} + 10 * i)`, ".sig")}`);
  await insert(
    large,
    `INSERT INTO resting_companions (repository_id, name, manifest_id, companion_of, created_at, updated_at)
     SELECT ${LARGE}, 'resting-' || i, i, ${digest("2")}, ${now}, ${now}`,
  );
  await insert(
    tags,
    `INSERT INTO tag_history (repository_id, tag, digest, user_id, created_at)
     SELECT iif(i <= ${large}, ${LARGE}, ${image(`(i - ${large + 1}) / ${perImage}`)}), 'v' || i, ${digest("i")}, 1, ${now}`,
  );
  await insert(
    blobs,
    `INSERT INTO blobs (id, digest, object_key, size, created_at, last_used_at, is_unreferenced)
     SELECT i, ${digest("i")}, 'blobs/' || printf('%010d', i), 1000, ${now}, ${now}, 0`,
  );
  // Each manifest has blobs of its own.
  const ownBlobs = Math.floor((blobs - large) / images);
  await insert(
    large,
    `INSERT INTO repository_blobs (repository_id, blob_id, manifest_count, unneeded_since) SELECT ${LARGE}, i, 1, NULL`,
  );
  await insert(large, `INSERT INTO manifest_blobs SELECT i, i`);
  await insert(
    ownBlobs * images,
    `INSERT INTO repository_blobs (repository_id, blob_id, manifest_count, unneeded_since)
     SELECT ${image(`(i - 1) / ${ownBlobs}`)}, i + ${large}, 1, NULL`,
  );
  await insert(
    ownBlobs * images,
    `INSERT INTO manifest_blobs SELECT ${large} + 1 + (i - 1) / ${ownBlobs}, i + ${large}`,
  );
  await run(`INSERT INTO organization_blobs SELECT blob_id, organization_id, count(*) FROM repository_blobs
             JOIN repositories ON repositories.id = repository_id GROUP BY 1, 2`);
  // Half a year of events of three users, all of which are still kept; one in a thousand was denied.
  await insert(
    auditEvents,
    `INSERT INTO audit_events (created_at, account_id, organization, user_id, user_name, action, resource, result)
     SELECT ${now} - (${auditEvents} - i) * (170 * ${DAY_MS} / ${auditEvents}), 1 + (i % 50 = 3),
            iif(i % 7 = 0, 'small', '${FULL.organization}'), 1 + i % 3,
            CASE i % 3 WHEN 0 THEN 'admin' WHEN 1 THEN '${FULL.member}' ELSE '${FULL.guest}' END,
            iif(i % 500 = 9, 'image.delete', 'manifest.push'), 'big/image-' || i, iif(i % 1000 = 1, 'denied', 'success')`,
  );
  await insert(
    Math.min(images / 5, 20_000) * 30,
    `INSERT INTO daily_pulls (account_id, day, repository_id, pulls, bytes)
     SELECT 1, date('now', '-' || ((i - 1) % 30) || ' days'), 2 + (i - 1) / 30, 1, 100`,
  );
  // A year of what changes every day, and what changed once of some others.
  await insert(
    365,
    `INSERT INTO daily_organization_usage (organization_id, day, stored_bytes, tags)
     SELECT 1, date('now', '-' || i || ' days'), i, i`,
  );
  await insert(
    365,
    `INSERT INTO daily_image_usage (repository_id, day, stored_bytes, tags) SELECT ${LARGE}, date('now', '-' || i || ' days'), i, i`,
  );
  await insert(
    images / 2,
    `INSERT INTO daily_image_usage (repository_id, day, stored_bytes, tags)
     SELECT ${image("i - 1")}, date('now', '-' || (1 + i % 360) || ' days'), i, i`,
  );
  await insert(
    images / 10,
    `INSERT INTO retention_rules (repository_id, kind, amount, labels, patterns, created_at, updated_at, next_run_at)
     SELECT ${image("i - 1")}, 'date_rule', 3650, '[]', '[]', ${now}, ${now}, ${now + 29 * DAY_MS}`,
  );
  await insert(
    large,
    `INSERT INTO retention_log (repository_id, rule_id, rule, tag, digest, created_at)
     SELECT ${LARGE}, 1, '{"kind":"date_rule","amount":1,"labels":[],"patterns":[]}', 'old-' || i, ${digest("i")}, ${now}`,
  );
  for (const sql of COUNTED) await run(sql);
  for (const { sql } of triggers) await run(String(sql));
}

/** The counters, as the migrations count them. */
const COUNTED = [
  `UPDATE repositories SET
     tag_count = (SELECT count(*) FROM tags WHERE tags.repository_id = repositories.id AND companion_of IS NULL),
     companion_count = (SELECT count(*) FROM tags WHERE tags.repository_id = repositories.id AND companion_of IS NOT NULL),
     share_count = (SELECT count(*) FROM shares WHERE shares.repository_id = repositories.id),
     stored_bytes = 1000 * (SELECT count(*) FROM repository_blobs WHERE repository_blobs.repository_id = repositories.id)`,
  `UPDATE accounts SET
     user_count = (SELECT count(*) FROM users WHERE users.account_id = accounts.id),
     organization_count = (SELECT count(*) FROM organizations WHERE organizations.account_id = accounts.id),
     audit_event_count = (SELECT count(*) FROM audit_events WHERE audit_events.account_id = accounts.id),
     tag_event_count = (SELECT count(*) FROM tag_history) * (id = 1)`,
  `UPDATE organizations SET
     user_count = (SELECT count(*) FROM organization_permissions WHERE organization_id = organizations.id),
     companion_count = (SELECT ifnull(sum(companion_count), 0) FROM repositories WHERE organization_id = organizations.id),
     image_bytes = (SELECT ifnull(sum(stored_bytes), 0) FROM repositories WHERE organization_id = organizations.id)`,
  `UPDATE accounts SET companion_count = (
     SELECT ifnull(sum(companion_count), 0) FROM organizations WHERE account_id = accounts.id)`,
  "DELETE FROM quotas WHERE holder_id <> 0",
  `INSERT INTO quotas (holder, holder_id, resource, own_limit)
   SELECT 'account', accounts.id, resource, 9007199254740991 FROM accounts CROSS JOIN quotas WHERE holder = 'account' AND holder_id = 0`,
  `INSERT INTO quotas (holder, holder_id, resource, account_id, own_limit)
   SELECT 'organization', organizations.id, resource, organizations.account_id, 9007199254740991
   FROM organizations CROSS JOIN quotas WHERE holder = 'organization' AND holder_id = 0`,
  ...[
    ["storedBytes", "SELECT organization_id AS id, 1000 * count(*) AS total FROM organization_blobs GROUP BY 1"],
    ["images", "SELECT organization_id AS id, count(*) AS total FROM repositories GROUP BY 1"],
    ["tags", "SELECT organization_id AS id, sum(tag_count + companion_count) AS total FROM repositories GROUP BY 1"],
    [
      "manifestBytes",
      "SELECT organization_id AS id, sum(size) AS total FROM manifests JOIN repositories ON repositories.id = repository_id GROUP BY 1",
    ],
  ].map(
    ([resource, totals]) => `UPDATE quotas SET used = counted.total FROM (${totals}) AS counted
      WHERE holder = 'organization' AND holder_id = counted.id AND resource = '${resource}'`,
  ),
  `UPDATE quotas SET used = counted.total FROM (
     SELECT account_id AS id, resource AS kind, sum(used) AS total FROM quotas WHERE holder = 'organization' GROUP BY 1, 2) AS counted
   WHERE holder = 'account' AND holder_id = counted.id AND resource = counted.kind`,
  `INSERT INTO daily_organization_pulls SELECT account_id, 0, day, sum(bytes) FROM daily_pulls GROUP BY account_id, day`,
  `INSERT INTO daily_organization_pulls SELECT repositories.account_id, organization_id, day, sum(bytes) FROM daily_pulls
   JOIN repositories ON repositories.id = repository_id GROUP BY 1, 2, 3`,
  ...["repositories", "organizations", "users", "accounts", "tags"].map(
    (table) => `INSERT INTO ${table}_text (${table}_text) VALUES ('rebuild')`,
  ),
];
