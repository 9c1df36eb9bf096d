/**
 * Berth as src/index.ts has it, over a D1 that counts: each answer says in `x-asked` what its request asked of D1. Besides,
 * `POST /__sql` runs a statement, and `POST /__run?job=` a part of what the clock would do.
 */
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { cleanUp } from "../../../src/registry/deletion/cleanups.ts";
import { Budget } from "../../../src/registry/housekeeping/budget.ts";
import { collectGarbage } from "../../../src/registry/garbage/garbage.ts";
import { keepHouse } from "../../../src/registry/housekeeping/housekeeping.ts";
import { openStores, type Stores } from "../../../src/registry/stores.ts";
import { runDueRules } from "../../../src/registry/aging/aging.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { UploadSession } from "../../../src/storage/content/upload-session.ts";
import { countedRows } from "./rows.ts";
import { nothingAsked } from "./size.ts";

export { UploadSession };

/** One call runs a part of a job, so that no client's patience ends. */
const PART_MS = 20_000;

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    const asked = nothingAsked();
    const counted = { ...env, DB: countedRows(env.DB, asked) };
    if (pathname === "/__sql") {
      return Response.json((await env.DB.prepare(await request.text()).all()).results);
    }
    if (pathname === "/__run") {
      const stores = { ...openStores(counted), db: openDatabase(counted.DB) };
      const budget = new Budget(stores.db, Number.MAX_SAFE_INTEGER, PART_MS);
      const isDone = await runPart(stores, searchParams.get("job") ?? "", budget);
      return Response.json({ ...asked, isDone });
    }
    const answer = await app.fetch(request, counted, context);
    const body = await answer.arrayBuffer();
    const headers = new Headers(answer.headers);
    headers.set("x-asked", JSON.stringify(asked));
    return new Response(answer.status === 204 || answer.status === 304 ? null : body, {
      status: answer.status,
      headers,
    });
  },
} satisfies ExportedHandler<Env>;

/** @returns whether nothing is left of the job. */
async function runPart(stores: Stores, job: string, budget: Budget): Promise<boolean> {
  if (job === "hour") {
    await keepHouse(stores, new Date());
    return true;
  }
  if (job === "collect") return (await collectGarbage(stores, budget)).isComplete;
  if (job === "clean") await cleanUp(stores, budget);
  if (job === "age") await runDueRules(stores, budget);
  return !budget.isSpent;
}
