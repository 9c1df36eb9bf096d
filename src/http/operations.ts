/** What operators' tools ask for: `/healthz` and `/metrics` (docs/monitoring.md). */
import { Hono } from "hono";
import { EXPOSITION_TYPE } from "../model/metrics/exposition.ts";
import { findHealth, type Health } from "../registry/metrics/health.ts";
import { admitReader, readMetrics } from "../registry/metrics/scrape.ts";
import { apiErrorBody } from "./api/errors.ts";
import { addressOf } from "./auth/identify.ts";
import type { AppEnv } from "./context.ts";
import { createErrorRenderer, unknownRoute } from "./errors.ts";

export const operations = new Hono<AppEnv>({ strict: false })
  .get("/healthz", async (c) => {
    const health = await findHealth(c.get("stores"));
    if (!health) return c.json({ status: "unknown" }, 503, { "Retry-After": "1" });
    return c.json(health, isHealthy(health, c.req.query("strict") !== undefined) ? 200 : 503);
  })
  // Asks nothing: whether a process runs and answers.
  .get("/healthz/live", (c) => c.json({ status: "ok" }))
  .get("/metrics", async (c) => {
    const token = /^bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    if (!(await admitReader(c.get("stores"), token, addressOf(c)))) throw unknownRoute(c, "the registry");
    return c.body(await readMetrics(c.get("stores")), 200, { "Content-Type": EXPOSITION_TYPE });
  })
  .onError(
    createErrorRenderer({
      setHeaders(c, error) {
        if (error.code === "UNAUTHORIZED") c.header("WWW-Authenticate", 'Bearer realm="metrics"');
      },
      body: apiErrorBody,
    }),
  );

/** @param isStrict whether it counts as well that work which goes on by itself does not keep up. */
function isHealthy({ status }: Health, isStrict: boolean): boolean {
  return status === "ok" || (status === "late" && !isStrict);
}
