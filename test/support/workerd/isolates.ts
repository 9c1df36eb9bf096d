/** Isolates of the Worker: each remembers what it has seen itself, and shares D1, R2 and Cloudflare's cache with the others. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import type { Purging } from "../../../src/storage/stores.ts";
import { withExports } from "./execution-context.ts";
import { type Counts, countingEnv } from "./counting.ts";
import type { Location, WorkersCache } from "./workers-cache.ts";

export interface Isolate {
  /** Sends a request, and waits for what follows its answer. */
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** The same, and counts what it asks of D1 and R2 before its answer, the entrypoint behind the cache included. */
  count: (path: string, init?: RequestInit) => Promise<{ response: Response; counts: Counts }>;
  /** What the cron trigger does every minute. */
  passMinute: () => Promise<void>;
}

/**
 * Starts an isolate: all modules of the Worker anew, with nothing in their memory.
 *
 * @param location of Cloudflare's cache; without one there is none, as in the local runtime.
 */
export async function startIsolate(
  cache?: WorkersCache,
  location: Pick<Location, "fetch"> | undefined = cache?.openLocation(),
): Promise<Isolate> {
  vi.resetModules();
  const [{ app }, { answerContent }, { openStores, readNearby }, worker] = await Promise.all([
    import("../../../src/app.ts"),
    import("../../../src/registry/content/content-source.ts"),
    import("../../../src/storage/stores.ts"),
    import("../../../src/index.ts"),
  ]);
  /** The loopback binding of the entrypoint, with the cache before it. */
  const sourceOf = (asked: Env, after: (work: Promise<unknown>) => void) => {
    const answer = (request: Request) =>
      answerContent(
        {
          stores: readNearby(openStores(asked), asked, { after: undefined }).stores,
          hasCache: cache !== undefined,
          after,
        },
        new URL(request.url).pathname,
      );
    return {
      fetch: (url: string) => {
        const request = new Request(url);
        return location ? location.fetch(request, answer) : answer(request);
      },
      purge: async (tags: string[]): Promise<Purging> => {
        if (!cache) return "absent";
        return (await cache.purge({ tags })).success ? "purged" : "refused";
      },
    };
  };
  const invoke = async <T>(asked: Env, act: (context: ExecutionContext) => Promise<T>, rest = true): Promise<T> => {
    const real = createExecutionContext();
    const result = await act(withExports(real, { ContentSource: sourceOf(asked, (work) => real.waitUntil(work)) }));
    if (rest) await waitOnExecutionContext(real);
    return result;
  };
  const request = (path: string, init: RequestInit = {}) =>
    new Request(new URL(path, "http://registry.test"), { redirect: "manual", ...init });
  return {
    fetch: (path, init) => invoke(env, async (context) => app.fetch(request(path, init), env, context), false),
    count: async (path, init) => {
      const counting = countingEnv(env);
      return invoke(
        counting.env,
        async (context) => {
          const response = await app.fetch(request(path, init), counting.env, context);
          return { response, counts: structuredClone(counting.counts) };
        },
        false,
      );
    },
    passMinute: () =>
      invoke(env, async (context) => {
        const controller = { cron: "* * * * *", scheduledTime: Date.now(), noRetry: () => undefined };
        await worker.default.scheduled(controller, env, context);
      }),
  };
}

/** A location that isolates share: they run in one data centre. */
export type { Location };
