import { describe, it } from "vitest";
import { documents } from "../../src/documents.ts";
import type { User } from "../../src/model/rights/access.ts";
import { digestOf as modelDigestOf } from "../../src/model/hash.ts";
import { parseOrganizationName, parseRepositoryName, parseTag } from "../../src/kernel/reference.ts";
import { findBlob, mountBlob, saveBlob } from "../../src/storage/content/blobs.ts";
import type { Database } from "../../src/storage/database.ts";
import { findManifest, readManifest } from "../../src/storage/content/find-manifest.ts";
import {
  deleteOpenUpload,
  findPushRoom,
  listOldUploads,
  openUploadRow,
} from "../../src/storage/content/open-uploads.ts";
import { findRoom } from "../../src/storage/quotas/quotas.ts";
import { listTags } from "../../src/storage/content/tags.ts";
import { plansOf } from "../support/workerd/query-plans.ts";

const REPOSITORY = parseRepositoryName("acme/web");
const ORGANIZATION = parseOrganizationName("acme");
const DIGEST = modelDigestOf(new Uint8Array(0));
const USER: User = { id: 1, name: "alice", accountId: 1, accountName: "acme", role: "member" };
const ACTOR = { user: USER, address: undefined };
const BLOB = { digest: DIGEST, objectKey: "blobs/none", size: 0, wholeUpload: "id" };
const PLACES = { organization: ORGANIZATION, userId: 1 };

/** What is done, and how many statements it sends. */
const HOT_QUERIES: readonly (readonly [string, (db: Database) => PromiseLike<unknown>, number])[] = [
  ["a blob", (db) => findBlob(db, REPOSITORY, DIGEST), 1],
  ["a manifest by tag", (db) => readManifest(db, REPOSITORY, parseTag("latest"), documents.open()), 1],
  ["a manifest by digest", (db) => readManifest(db, REPOSITORY, DIGEST, documents.open()), 1],
  ["whether a tag exists", (db) => findManifest(db, REPOSITORY, parseTag("latest")), 1],
  ["a page of tags", (db) => listTags(db, REPOSITORY, "a", 100), 1],
  ["a place for an upload, and the room for it", (db) => openUploadRow(db, ACTOR, REPOSITORY, "id"), 2],
  ["the room for a large blob that comes whole", (db) => findPushRoom(db, ACTOR, REPOSITORY), 2],
  ["a blob that came whole", (db) => saveBlob(db, BLOB, { repository: REPOSITORY, userId: 1 }), 2],
  ["a blob that is mounted", (db) => mountBlob(db, ACTOR, REPOSITORY, DIGEST, undefined), 3],
  ["an upload that has ended", (db) => deleteOpenUpload(db, "id"), 1],
  ["whether an organization has a blob, or room for it", (db) => findRoom(db, ORGANIZATION, 0, DIGEST), 3],
  ["what a user's uploads are", (db) => listOldUploads(db, { ...PLACES, holder: "user" }, new Date(), 5), 1],
  [
    "what an organization's uploads are",
    (db) => listOldUploads(db, { ...PLACES, holder: "organization" }, new Date(), 5),
    1,
  ],
  ["what an account's uploads are", (db) => listOldUploads(db, { ...PLACES, holder: "account" }, new Date(), 5), 1],
];

describe("finding", () => {
  it.for(HOT_QUERIES)(
    "%s searches indexes only, and sorts nothing that could be large",
    async ([what, act, statements], { expect }) => {
      const plans = await plansOf(act);
      expect(plans).toHaveLength(statements);
      for (const plan of plans) {
        expect(plan.length).toBeGreaterThan(0);
        // The parts of an index are walked through as a recursion finds them.
        expect(plan.filter((step) => /^SCAN (?!CONSTANT ROW|parts$|\(subquery)/.test(step))).toEqual([]);
        // The pieces of one manifest's text are a handful; uploads are as many as the quota of a user or account has places.
        if (!/^a manifest|^what a user's|^what an account's/.test(what))
          expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
      }
    },
  );
});
