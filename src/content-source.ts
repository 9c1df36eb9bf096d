import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "./env.ts";
import { answerContent } from "./registry/content/content-source.ts";
import { openStores } from "./registry/stores.ts";
import type { Purging } from "./storage/stores.ts";

/**
 * The one entrypoint that has Cloudflare's cache in front of it (wrangler.toml, ADR 24). The Worker itself calls it, once it has
 * checked who asks: nothing here knows callers, and nothing outside can reach it.
 */
export class ContentSource extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    const context = {
      stores: openStores(this.env),
      hasCache: this.ctx.cache !== undefined,
      after: (work: Promise<unknown>) => this.ctx.waitUntil(work),
    };
    return answerContent(context, new URL(request.url).pathname);
  }

  /** Purges the cache: the platform lets each entrypoint purge its own only, and calls of methods do not go through it. */
  async purge(tags: string[]): Promise<Purging> {
    const { cache } = this.ctx;
    if (!cache) return "absent";
    const { success, errors } = await cache.purge({ tags });
    if (!success) console.warn("a purge of the cache failed:", errors);
    return success ? "purged" : "refused";
  }
}
