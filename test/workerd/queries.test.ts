import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { digestOf as modelDigestOf } from "../../src/model/digest.ts";
import { parseRepositoryName, parseTag } from "../../src/model/reference.ts";
import { findBlobQuery } from "../../src/storage/blobs.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { findManifestQuery, readManifestQuery } from "../../src/storage/manifests.ts";
import { listTagsQuery } from "../../src/storage/tags.ts";

const db = openDatabase(env.DB);
const REPOSITORY = parseRepositoryName("acme/web");
const DIGEST = modelDigestOf(new Uint8Array(0));

const HOT_QUERIES = [
  ["a blob", findBlobQuery(db, REPOSITORY, DIGEST)],
  ["a manifest by tag", readManifestQuery(db, REPOSITORY, parseTag("latest"))],
  ["a manifest by digest", readManifestQuery(db, REPOSITORY, DIGEST)],
  ["whether a tag exists", findManifestQuery(db, REPOSITORY, parseTag("latest"))],
  ["a page of tags", listTagsQuery(db, REPOSITORY, "a", 100)],
] as const;

describe("finding", () => {
  it.for(HOT_QUERIES)(
    "%s searches indexes only, and sorts nothing that could be large",
    async ([what, query], { expect }) => {
      const { sql, params } = query.toSQL();
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...params)
        .all<{ detail: string }>();
      const plan = results.map((row) => row.detail);
      expect(plan.length).toBeGreaterThan(0);
      expect(plan.filter((step) => step.startsWith("SCAN"))).toEqual([]);
      // The pieces of one manifest's text are a handful.
      if (!what.startsWith("a manifest")) expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
    },
  );
});
