/** How often a request asks D1, R2 and Durable Objects for something. */
import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { counted } from "../../bench/counting/bindings.ts";
import { type Counts, noCounts } from "../../bench/counting/counts.ts";

export type { Counts };

/** Bindings that count what is asked of them. A batch of D1 is one round trip, and as many statements as it holds. */
export function countingEnv(original: Env): { env: Env; counts: Counts } {
  const counts = noCounts();
  return { env: counted(original, counts), counts };
}

/**
 * Sends a request to the Worker and counts what it asks before its answer: the critical path. What follows the answer has
 * come to its end, and is not counted, when this returns.
 *
 * @param settings variables of the environment to set otherwise.
 */
export async function countRequest(
  path: string,
  init: RequestInit = {},
  settings: Partial<Env> = {},
): Promise<{ response: Response; counts: Counts }> {
  const counting = countingEnv({ ...env, ...settings });
  const context = createExecutionContext();
  const request = new Request(new URL(path, "http://registry.test"), { redirect: "manual", ...init });
  const response = await app.fetch(request, counting.env, context);
  const counts = structuredClone(counting.counts);
  await waitOnExecutionContext(context);
  return { response, counts };
}
