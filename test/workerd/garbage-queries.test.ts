import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { digestOf } from "../../src/model/hash.ts";
import { parseRepositoryName, parseTag } from "../../src/kernel/reference.ts";
import type { Database } from "../../src/storage/database.ts";
import {
  countDue,
  deleteGarbageBlobs,
  deleteUnneededLinks,
  findUnknownObjects,
  forgetGarbageObjects,
  listGarbageObjects,
  observeLinks,
  startCollection,
} from "../../src/storage/garbage/garbage.ts";
import { deleteUnneededManifests, observeManifests } from "../../src/storage/garbage/unneeded-manifests.ts";
import { expireTags, listTagsByAge, settleRule } from "../../src/storage/aging/aging-runs.ts";
import type { StoredRule } from "../../src/storage/aging/aging-rules.ts";
import { plansOf } from "../support/workerd/query-plans.ts";

const NOW = Date.UTC(2026, 0, 1);
const LIMIT = 500;
const RULE: StoredRule = {
  id: 1,
  repositoryId: 1,
  repository: parseRepositoryName("acme/web"),
  accountId: 1,
  revision: 1,
  kind: "tag_rule",
  amount: 1,
  labels: [],
  patterns: [],
  createdAt: new Date(NOW),
  updatedAt: new Date(NOW),
};
const TAG = {
  name: parseTag("v1"),
  updatedAt: NOW,
  isImmutable: false,
  content: "image" as const,
  manifestId: 1,
  digest: digestOf(new Uint8Array(0)),
};

/** What grows with the registry and must not be walked through, and sorting of which nobody knows how much it is. */
function costsOf(plan: readonly string[]): string[] {
  return plan.filter((step) => /^SCAN (?!json_each\b|found\b|CONSTANT ROW)|TEMP B-TREE/.test(step));
}

const OBSERVED = "SEARCH manifests USING COVERING INDEX manifests_unreferenced (unreferenced_since=?)";
const UNNEEDED =
  "SEARCH manifests USING COVERING INDEX manifests_unreferenced (unreferenced_since>? AND unreferenced_since<?)";
const UNUSED = "SEARCH blobs USING COVERING INDEX blobs_unreferenced (last_used_at<?)";
const AS_SEEN = "SEARCH tags USING INDEX sqlite_autoindex_tags_1 (repository_id=? AND name=?)";
const REPOSITORY = "SEARCH repositories USING INTEGER PRIMARY KEY (rowid=?)";
const OBJECT = "SEARCH garbage_objects USING COVERING INDEX sqlite_autoindex_garbage_objects_1 (object_key=?)";

const SYNC_RULES = "SEARCH own USING INDEX sync_rules_of_image (repository_id=?)";
const UNSETTLED = "SEARCH unsettled_manifests USING INDEX sqlite_autoindex_unsettled_manifests_1 (repository_id=?)";

/** What is done, and for each of its statements the step by which it finds its rows. */
const STATEMENTS: readonly [string, (db: Database) => Promise<unknown>, string[]][] = [
  ["observing manifests", (db) => observeManifests(db, NOW, LIMIT), [OBSERVED]],
  ["deleting manifests", (db) => deleteUnneededManifests(db, NOW, LIMIT), [UNNEEDED, UNNEEDED]],
  [
    "observing what images have",
    (db) => observeLinks(db, NOW, LIMIT),
    ["SEARCH unneeded USING COVERING INDEX repository_blobs_unneeded (unneeded_since=?)"],
  ],
  [
    "taking from images what they do not need",
    (db) => deleteUnneededLinks(db, NOW, LIMIT),
    ["SEARCH unneeded USING COVERING INDEX repository_blobs_unneeded (unneeded_since>? AND unneeded_since<?)"],
  ],
  ["deleting blobs", (db) => deleteGarbageBlobs(db, NOW, LIMIT), [UNUSED, UNUSED, UNUSED]],
  ["forgetting objects", (db) => forgetGarbageObjects(db, ["blobs/1"]), [OBJECT]],
  ["comparing objects", (db) => findUnknownObjects(db, ["blobs/1"]), [OBJECT]],
  [
    "expiring tags",
    (db) => expireTags(db, RULE, [TAG], NOW),
    [SYNC_RULES, AS_SEEN, AS_SEEN, AS_SEEN, AS_SEEN, REPOSITORY, UNSETTLED],
  ],
  [
    "settling a rule",
    (db) => settleRule(db, RULE, { startedAt: NOW, newest: TAG, nextRunAt: null }),
    ["SEARCH tags USING INDEX tags_by_update (repository_id=? AND updated_at>?)"],
  ],
];

describe("collecting", () => {
  it.for(STATEMENTS)("by %s searches indexes only, and sorts nothing", async ([, act, steps], { expect }) => {
    const plans = await plansOf(act);
    expect(plans).toHaveLength(steps.length);
    for (const [index, plan] of plans.entries()) {
      expect(plan).toContain(steps[index]);
      expect(costsOf(plan)).toEqual([]);
    }
  });

  it.for([
    ["newest", "<"],
    ["oldest", ">"],
  ] as const)(
    "by a walk over the %s tags enters the index where the last page ended",
    async ([order, sign], { expect }) => {
      const [plan] = await plansOf((db) => listTagsByAge(db, 1, { order, after: TAG, limit: LIMIT }));
      expect(plan).toContain(`SEARCH tags USING INDEX tags_by_update (repository_id=? AND updated_at${sign}?)`);
    },
  );

  it("walks through the objects that R2 is to delete, in the order of an index", async ({ expect }) => {
    const [plan] = await plansOf((db) => listGarbageObjects(db, LIMIT));
    expect(plan).toEqual(["SCAN garbage_objects USING INDEX sqlite_autoindex_garbage_objects_1"]);
  });

  it("counts what is due by the indexes of what is garbage", async ({ expect }) => {
    const [counted = []] = await plansOf((db) => countDue(db, NOW));
    const plan = counted.join("\n");
    expect(plan).toContain("manifests_unreferenced (unreferenced_since>? AND unreferenced_since<?)");
    expect(plan).toContain("blobs_unreferenced (last_used_at<?)");
    expect(plan).not.toMatch(/SCAN (manifests|blobs|tags|manifest_blobs|manifest_children)\b/);
  });

  it("begins without a look at more than the runs it remembers", async ({ expect }) => {
    for (const plan of await plansOf((db) => startCollection(db, NOW, undefined))) {
      expect(costsOf(plan)).toEqual(["SCAN collections"]);
    }
  });
});

describe("triggers", () => {
  it("search indexes only", async ({ expect }) => {
    const { results } = await env.DB.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all<{
      name: string;
      sql: string;
    }>();
    expect(results.map(({ name }) => name)).toContain("referrers_orphaned");
    for (const { name, sql } of results) {
      const body = sql.slice(sql.indexOf("BEGIN") + "BEGIN".length, sql.lastIndexOf("END"));
      const statements = body.split(";").filter((text) => text.trim() !== "");
      for (const written of statements) {
        // The row that fired it, as values.
        const text = written
          .replaceAll(/\b(NEW|OLD)\.[`"]?\w+[`"]?/g, "?1")
          .replaceAll(/RAISE\((?:ABORT, )?([^)]+)\)/g, (_, what: string) => (what === "IGNORE" ? "0" : what));
        const { results: steps } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
          .bind(...(text.includes("?1") ? ["1"] : []))
          .all<{ detail: string }>();
        const plan = steps.map(({ detail }) => detail);
        expect(costsOf(plan), `${name}: ${text}`).toEqual([]);
        // All manifests of a repository would not show as a scan.
        expect(plan.join("\n"), `${name}: ${text}`).not.toMatch(/manifests USING [\w ]+ \(repository_id=\?\)/);
      }
    }
  });
});
