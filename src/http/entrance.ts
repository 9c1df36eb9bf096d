/** The middleware before every API, and the answers to failures and to paths that no API has. */
import type { Hono } from "hono";
import { findConsoleFile } from "./console.ts";
import type { AppEnv } from "./context.ts";
import { crossOrigin } from "./cross-origin.ts";
import { answerEarly } from "./early-answer.ts";
import { renderFailure, withRequestId } from "./errors.ts";
import { noStore } from "./no-store.ts";
import { requestRecord } from "./request-record.ts";
import { requestStores } from "./request-stores.ts";
import { strictTransport } from "./strict-transport.ts";

/** To be called before anything is mounted. */
export function addEntrance(app: Hono<AppEnv>): void {
  app.use(requestRecord);
  app.use(noStore);
  app.use(strictTransport);
  app.use(answerEarly);
  app.use(requestStores);
  app.use(crossOrigin);
  // What a surface refuses it renders itself; here ends what is wrong before any of them is asked.
  app.onError(renderFailure);
  app.notFound(async (c) => {
    const file = await findConsoleFile(c);
    if (file) return file;
    c.set("answerCode", "ROUTE_UNKNOWN");
    const problem = { code: "UNSUPPORTED", message: `there is nothing at ${c.req.path}` };
    return c.json({ errors: [{ ...problem, detail: withRequestId(undefined, c) }] }, 404);
  });
}
