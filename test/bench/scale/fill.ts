/** A registry of any size, inserted by SQL. */
import { OBJECT_PREFIX } from "../../../src/storage/content/objects.ts";
import type { Size } from "./run.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows that one statement inserts. */
const CHUNK_ROWS = 50_000;

/** Bytes of every blob. */
export const BLOB_BYTES = 1000;

/** The image with many tags; the others follow. */
export const LARGE_IMAGE = 1;

/** The key of the object of a blob. Keys and digests are counted up, not random: B-trees fill faster. */
export function objectKeyOf(blob: number): string {
  return `${OBJECT_PREFIX}${String(blob).padStart(10, "0")}`;
}

/**
 * Fills an empty database. The rows of the large image, by id: a manifest for each tag, then a referrer for each tenth of
 * these, then as many manifests again without a tag. A tenth of the blobs is named by no manifest. All garbage is within
 * its grace period, and no rule is due.
 */
export async function fill(db: D1Database, { tags, images, blobs }: Size): Promise<void> {
  const now = Date.now();
  const tenth = tags / 10;
  const small = tags + 2 * tenth;
  const named = blobs - blobs / 10;
  /** Inserts a row for each number from 1 to `count`, which the statement calls `i`. */
  const insert = async (count: number, sql: string) => {
    for (let first = 1; first <= count; first += CHUNK_ROWS) {
      const last = Math.min(first + CHUNK_ROWS - 1, count);
      const numbers = `WITH RECURSIVE n(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${last})`;
      await db.prepare(`${sql.replace("SELECT", `${numbers} SELECT`)} FROM n`).run();
    }
  };
  const digest = (number: string) => `'sha256:' || printf('%064d', ${number})`;
  const manifest = (repository: string, shift: number, subject = "NULL", since = "0") =>
    `INSERT INTO manifests (id, repository_id, digest, media_type, size, subject, unreferenced_since, created_at)
     SELECT i + ${shift}, ${repository}, ${digest(`i + ${shift}`)}, 'application/vnd.oci.image.manifest.v1+json', 500,
            ${subject}, ${since}, ${now}`;
  /** Two rows after each other belong to one small image. */
  const smallImage = `${LARGE_IMAGE + 1} + (i - 1) / 2`;

  await db.batch([
    // What an operator does who wants so much in one image.
    db.prepare(`UPDATE quotas SET own_limit = ${Number.MAX_SAFE_INTEGER} WHERE holder_id = 0`),
    db.prepare(`INSERT INTO accounts (id, name, created_at) VALUES (1, 'bench', ${now})`),
    db.prepare(`INSERT INTO organizations (id, account_id, name, created_at) VALUES (1, 1, 'bench', ${now})`),
  ]);
  await insert(
    1 + images,
    `INSERT INTO repositories (id, organization_id, account_id, name, created_at)
     SELECT i, 1, 1, 'bench/image-' || i, ${now}`,
  );
  await insert(tags, manifest(`${LARGE_IMAGE}`, 0));
  await insert(tenth, manifest(`${LARGE_IMAGE}`, tags, digest("i * 10"), "NULL"));
  await insert(tenth, manifest(`${LARGE_IMAGE}`, tags + tenth, "NULL", String(now)));
  await insert(2 * images, manifest(smallImage, small));
  await insert(small + 2 * images, "INSERT INTO manifest_texts SELECT i, 0, '{\"schemaVersion\":2}'");
  await insert(
    blobs,
    `INSERT INTO blobs (id, digest, object_key, size, created_at, last_used_at)
     SELECT i, ${digest("i")}, '${OBJECT_PREFIX}' || printf('%010d', i), ${BLOB_BYTES}, ${now}, ${now}`,
  );
  // Each manifest of the large image has a blob of its own; the small images share out what else has a name.
  const share = `(i - ${small + 1}) % ${2 * images}`;
  await insert(
    blobs,
    `INSERT INTO repository_blobs (repository_id, blob_id)
     SELECT iif(i <= ${small}, ${LARGE_IMAGE}, ${LARGE_IMAGE + 1} + ${share} / 2), i`,
  );
  await insert(named, `INSERT INTO manifest_blobs SELECT iif(i <= ${small}, i, ${small + 1} + ${share}), i`);
  // And one layer below all of them.
  await insert(small - 1, `INSERT INTO manifest_blobs SELECT i + 1, 1`);
  // Half of the tags were last pushed 60 days ago, always ten at once.
  await insert(
    tags,
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) SELECT ${LARGE_IMAGE}, 'v' || i, i, ${now},
       ${now} - iif(i <= ${tags / 2}, 60, 20) * ${DAY_MS} + i / 10`,
  );
  await insert(
    2 * images,
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) SELECT ${smallImage}, 'v' || (i % 2), i + ${small}, ${now}, ${now} - ${DAY_MS}`,
  );
  await insert(
    tags,
    `INSERT INTO tag_history (repository_id, tag, digest, created_at)
     SELECT ${LARGE_IMAGE}, 'v' || i, ${digest("i")}, ${now}`,
  );
  await insert(
    1 + images,
    `INSERT INTO retention_rules
       (repository_id, kind, amount, labels, patterns, created_at, updated_at, next_run_at)
     SELECT i, iif(i % 2, 'date_rule', 'tag_rule'), 30, '["latest"]', '["release-.*"]', ${now}, ${now},
            iif(i % 2, ${now + 29 * DAY_MS}, NULL)`,
  );
}
