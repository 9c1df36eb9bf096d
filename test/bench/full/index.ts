/**
 * Berth as src/index.ts has it, over a D1 that counts: each answer says in `x-asked` what its request asked of D1. Besides,
 * `POST /__fill` fills the registry, and `POST /__run?job=` does what the clock would.
 */
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { hashPassword } from "../../../src/model/password.ts";
import { cleanUp } from "../../../src/registry/cleanups.ts";
import { Budget } from "../../../src/registry/budget.ts";
import { collectGarbage } from "../../../src/registry/garbage.ts";
import { keepHouse } from "../../../src/registry/housekeeping.ts";
import { openStores } from "../../../src/registry/stores.ts";
import { runDueRules } from "../../../src/registry/aging.ts";
import { UploadSession } from "../../../src/storage/upload-session.ts";
import { fillFull } from "./fill.ts";
import { countedRows } from "./rows.ts";
import { nothingAsked } from "./size.ts";

export { UploadSession };

/** Statements of one job: as many as a day of the clock would have. */
const JOB_QUERIES = 1_000_000;
const JOB_MS = 60 * 60 * 1000;

export default {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    const asked = nothingAsked();
    const counted = { ...env, DB: countedRows(env.DB, asked) };
    if (pathname === "/__fill") {
      const { password, ...size } = await request.json<Parameters<typeof fillFull>[1] & { password: string }>();
      await fillFull(env.DB, size, hashPassword(password));
      return new Response();
    }
    if (pathname === "/__sql") {
      return Response.json((await env.DB.prepare(await request.text()).all()).results);
    }
    if (pathname === "/__run") {
      const stores = openStores(counted);
      const budget = new Budget(stores.db, JOB_QUERIES, JOB_MS);
      const job = searchParams.get("job");
      if (job === "hour") await keepHouse(stores, new Date());
      if (job === "clean") await cleanUp(stores, budget);
      if (job === "collect") await collectGarbage(stores, budget);
      if (job === "age") await runDueRules(stores, budget);
      return Response.json(asked);
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
