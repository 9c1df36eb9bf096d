/** How often a request asks D1, R2 and Durable Objects for something, and how often one answer of D1 waits for another. */
import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { counted } from "../../bench/counting/bindings.ts";
import { type Counts, noCounts } from "../../bench/counting/counts.ts";

export type { Counts };

/** Longer than what a request does between two requests to D1. */
const ROUND_MS = 25;

/** Bindings that count what is asked of them. A batch of D1 is one round trip, and as many statements as it holds. */
export function countingEnv(original: Env): { env: Env; counts: Counts } {
  const counts = noCounts();
  return { env: counted(original, counts), counts };
}

export interface CountedRequest {
  response: Response;
  /** Round trips to D1 on the critical path of the answer: those that are under way at once are one. */
  rounds: number;
  /** What was asked before the answer, also by work that the answer did not wait for. */
  counts: Counts;
}

/**
 * Sends a request to the Worker. What follows the answer has come to its end, and is not counted, when this returns.
 *
 * @param settings variables of the environment to set otherwise.
 */
export async function countRequest(
  path: string,
  init: RequestInit = {},
  settings: Partial<Env> = {},
): Promise<CountedRequest> {
  let rounds = 0;
  let next: Promise<void> | undefined;
  // All that is sent until the round begins takes part in it.
  const nextRound = () => {
    next ??= new Promise((resolve) => {
      setTimeout(() => {
        next = undefined;
        rounds += 1;
        resolve();
      }, ROUND_MS);
    });
    return next;
  };
  const counts = noCounts();
  const context = createExecutionContext();
  const request = new Request(new URL(path, "http://registry.test"), { redirect: "manual", ...init });
  const response = await app.fetch(request, counted({ ...env, ...settings }, counts, nextRound), context);
  const answered = { response, rounds, counts: structuredClone(counts) };
  await waitOnExecutionContext(context);
  return answered;
}
