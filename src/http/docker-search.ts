/**
 * `docker search`, which speaks Docker's first registry API: `GET /v1/search`, after a `GET /v1/_ping`.
 */
import { Hono } from "hono";
import { RegistryError } from "../kernel/errors.ts";
import { searchForDocker } from "../registry/images/search.ts";
import { identify } from "./auth/identify.ts";
import { boundAnswers } from "./bound-answers.ts";
import { registryCall } from "./call.ts";
import type { AppEnv } from "./context.ts";
import { renderOciError } from "./oci/errors.ts";

/** What docker asks for at most. */
const MAX_RESULTS = 100;
const DEFAULT_RESULTS = 25;
const MAX_TERM_LENGTH = 100;

export const dockerSearch = new Hono<AppEnv>()
  .get("/_ping", (c) => c.json({ standalone: true }))
  .get("/search", boundAnswers, identify, async (c) => {
    const term = (c.req.query("q") ?? "").toLowerCase();
    if (term.length > MAX_TERM_LENGTH) {
      throw new RegistryError("FILTER_INVALID", `q may have at most ${MAX_TERM_LENGTH} characters`);
    }
    const limit = readLimit(c.req.query("n"));
    const images = await searchForDocker(registryCall(c), term, limit);
    const results = images.map(({ name, excerpt }) => ({
      name,
      description: excerpt,
      star_count: 0,
      is_official: false,
      is_automated: false,
    }));
    // There is one page: docker has no way to ask for another.
    return c.json({ query: term, num_results: results.length, num_pages: 1, page: 1, page_size: limit, results });
  })
  .onError(renderOciError);

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_RESULTS;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit === 0)
    throw new RegistryError("PAGINATION_INVALID", `n must be a number from 1 on, not "${text.slice(0, 20)}"`);
  return Math.min(limit, MAX_RESULTS);
}
