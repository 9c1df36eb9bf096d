/**
 * Aging and garbage collection as src/ has them, over a D1 that counts: `POST /fill` makes a registry of the size in its
 * query, `POST /<job>` is one invocation of the Worker.
 */
import type { AgingKind } from "../../../src/model/aging/aging-rules.ts";
import { readSettings } from "../../../src/model/settings.ts";
import { runDueRules } from "../../../src/registry/aging/aging.ts";
import { Budget } from "../../../src/registry/housekeeping/budget.ts";
import { collectGarbage } from "../../../src/registry/garbage/garbage.ts";
import { countDue as countDueGarbage } from "../../../src/storage/garbage/garbage.ts";
import { OBJECT_PREFIX } from "../../../src/storage/content/objects.ts";
import type { Stores } from "../../../src/storage/stores.ts";
import { countedDatabase } from "./database.ts";
import { BLOB_BYTES, fill, LARGE_IMAGE, objectKeyOf } from "./fill.ts";
import { JOBS, type Job, type Run } from "./run.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export default {
  async fetch(request, { DB }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name: string) => Number(searchParams.get(name));
    if (pathname === "/fill") {
      await fill(DB, { tags: number("tags"), images: number("images"), blobs: number("blobs") });
      return new Response();
    }
    const job = JOBS.find((name) => pathname === `/${name}`);
    if (!job) return new Response("there is no such job", { status: 404 });
    if (searchParams.has("first")) for (const sql of PREPARATIONS[job] ?? []) await DB.prepare(sql).run();
    return Response.json(await run(job, DB, number("blobs")));
  },
} satisfies ExportedHandler<{ DB: D1Database }>;

/** What makes work for a job, by SQL. */
const PREPARATIONS: Partial<Record<Job, string[]>> = {
  rules: [`UPDATE retention_rules SET next_run_at = 0 WHERE repository_id > ${LARGE_IMAGE}`],
  exempt: [largeRule("tag_rule", 10, "v.*")],
  old: [largeRule("date_rule", 1, "v.*")],
  days: [largeRule("date_rule", 30, "release-.*")],
  numbers: [largeRule("tag_rule", 10, "release-.*")],
  // The grace of what was noted has passed.
  manifests: ["UPDATE manifests SET unreferenced_since = 1 WHERE unreferenced_since > 0"],
  blobs: ["UPDATE blobs SET last_used_at = 1 WHERE is_unreferenced = 1"],
};

/** Gives the large image another rule, which is due. */
function largeRule(kind: AgingKind, amount: number, exempt: string): string {
  return `UPDATE retention_rules SET next_run_at = 0, revision = revision + 1, kind = '${kind}', amount = ${amount}, patterns = '["${exempt}"]'
          WHERE repository_id = ${LARGE_IMAGE}`;
}

/** One invocation of the Worker, and what it asked of D1; the counting of units is not part of that. */
async function run(job: Job, binding: D1Database, blobs: number): Promise<Run> {
  const { db, asked } = countedDatabase(binding);
  const bucket = new Bucket(job === "objects" ? blobs : 0);
  // Nothing else of the stores is used.
  const stores = { db, bucket, settings: readSettings({}) } as unknown as Stores;
  const count = async (sql: string) => (await binding.prepare(sql).first<number>("count(*)")) ?? 0;
  const countNoted = () => count("SELECT count(*) FROM manifests WHERE unreferenced_since = 0");
  const countDue = () => count("SELECT count(*) FROM retention_rules WHERE next_run_at = 0");

  const invoke = async (): Promise<Pick<Run, "units" | "isDone">> => {
    switch (job) {
      case "report":
        await countDueGarbage(db, Date.now() - stores.settings.graceDays * DAY_MS);
        return { units: 1, isDone: true };
      case "rules": {
        const before = await countDue();
        await runDueRules(stores, newBudget(stores));
        const after = await countDue();
        return { units: before - after, isDone: after === 0 };
      }
      case "exempt":
      case "old":
        await runDueRules(stores, newBudget(stores));
        return {
          units: await count(`SELECT count(*) FROM tags WHERE repository_id = ${LARGE_IMAGE}`),
          isDone: (await countDue()) === 0,
        };
      case "days":
      case "numbers":
        return { units: await runDueRules(stores, newBudget(stores)), isDone: (await countDue()) === 0 };
      case "nothing":
      case "afterwards":
        await runDueRules(stores, newBudget(stores));
        await collectGarbage(stores, newBudget(stores));
        return { units: 1, isDone: true };
      case "objects":
        await collectGarbage(stores, newBudget(stores));
        return { units: bucket.listed, isDone: true };
      case "note": {
        const before = await countNoted();
        const { isComplete } = await collectGarbage(stores, newBudget(stores));
        return { units: before - (await countNoted()), isDone: isComplete };
      }
      default: {
        const { isComplete, ...record } = await collectGarbage(stores, newBudget(stores));
        return { units: record[job], isDone: isComplete };
      }
    }
  };
  // Only then is it known what was asked.
  const done = await invoke();
  return { ...done, ...asked };
}

/** As much as a cron trigger may do. */
function newBudget({ db }: Stores): Budget {
  return new Budget(db, 800, 60_000);
}

/** As much of R2 as is used: an old object for each blob. */
class Bucket {
  /** Objects that were listed. */
  listed = 0;
  readonly #blobs: number;

  constructor(blobs: number) {
    this.#blobs = blobs;
  }

  async list({ limit, startAfter }: { limit: number; startAfter?: string }) {
    const first = startAfter === undefined ? 1 : Number(startAfter.slice(OBJECT_PREFIX.length)) + 1;
    const length = Math.min(limit, this.#blobs + 1 - first);
    this.listed += length;
    const uploaded = new Date(0);
    const objects = Array.from({ length }, (_, index) => ({
      key: objectKeyOf(first + index),
      size: BLOB_BYTES,
      uploaded,
    }));
    return { objects, truncated: first + length <= this.#blobs };
  }

  async delete() {}
}
