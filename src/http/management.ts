import { refuseLargeBody } from "./body.ts";
import { boundAnswers } from "./bound-answers.ts";
import { limitBodies } from "./limit-bodies.ts";
import { createRouter } from "./openapi.ts";

/**
 * A router for a management API: its answers are never cached, and it refuses bodies that are too large and requests
 * that come too often before anything else.
 *
 * @param more headers of each answer, refusals included.
 * @param limit for bodies; routes that read the body before they know the caller need a smaller one.
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
