import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import { digestOf as modelDigestOf } from "../../src/model/hash.ts";
import { parseOrganizationName, parseRepositoryName, parseTag } from "../../src/kernel/reference.ts";
import { findBlobQuery } from "../../src/storage/content/blobs.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { findManifestQuery, readManifestQuery } from "../../src/storage/content/manifests.ts";
import { deleteOpenUpload, insertOpenUpload, oldUploadsQuery } from "../../src/storage/content/open-uploads.ts";
import { storedByQuery } from "../../src/storage/quotas/quotas.ts";
import { listTagsQuery } from "../../src/storage/content/tags.ts";

const db = openDatabase(env.DB);
const REPOSITORY = parseRepositoryName("acme/web");
const DIGEST = modelDigestOf(new Uint8Array(0));
const USER: User = { id: 1, name: "alice", accountId: 1, accountName: "acme", role: "member" };
const ACTOR = { user: USER, address: undefined };
const PLACES = { organization: parseOrganizationName("acme"), userId: 1 };

const HOT_QUERIES = [
  ["a blob", findBlobQuery(db, REPOSITORY, DIGEST)],
  ["a manifest by tag", readManifestQuery(db, REPOSITORY, parseTag("latest"))],
  ["a manifest by digest", readManifestQuery(db, REPOSITORY, DIGEST)],
  ["whether a tag exists", findManifestQuery(db, REPOSITORY, parseTag("latest"))],
  ["a page of tags", listTagsQuery(db, REPOSITORY, "a", 100)],
  ["a place for an upload", insertOpenUpload(db, ACTOR, REPOSITORY, "id")[0]],
  ["the room for an upload", insertOpenUpload(db, ACTOR, REPOSITORY, "id")[1]],
  ["an upload that has ended", deleteOpenUpload(db, "id")],
  ["whether an organization has a blob", storedByQuery(db, parseOrganizationName("acme"), DIGEST)],
  ["what a user's uploads are", oldUploadsQuery(db, { ...PLACES, holder: "user" }, new Date(), 5)],
  ["what an organization's uploads are", oldUploadsQuery(db, { ...PLACES, holder: "organization" }, new Date(), 5)],
  ["what an account's uploads are", oldUploadsQuery(db, { ...PLACES, holder: "account" }, new Date(), 5)],
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
      // The parts of an index are walked through as a recursion finds them.
      expect(plan.filter((step) => /^SCAN (?!CONSTANT ROW|parts$|\(subquery)/.test(step))).toEqual([]);
      // The pieces of one manifest's text are a handful; uploads are as many as the quota of a user or account has places.
      if (!/^a manifest|^what a user's|^what an account's/.test(what))
        expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
    },
  );
});
