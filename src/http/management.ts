import { refuseLargeBody } from "./body.ts";
import { boundAnswers } from "./bound-answers.ts";
import { limitBodies } from "./limit-bodies.ts";
import { createRouter } from "./openapi.ts";

/**
 * A router of a management API: caches keep nothing of it, and what comes in too large or too often is refused first.
 *
 * @param more headers of each answer, refusals included.
 * @param limit of bodies: another one for routes that read them before they know who asks.
 */
export function createManagementRouter(more: () => Record<string, string> = () => ({}), limit = limitBodies) {
  const router = createRouter();
  router.use(async function headers(c, next) {
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Cache-Control", "no-store");
    for (const [name, value] of Object.entries(more())) c.header(name, value);
    await next();
  });
  router.use(boundAnswers);
  router.use(limit);
  router.use(refuseLargeBody);
  return router;
}
