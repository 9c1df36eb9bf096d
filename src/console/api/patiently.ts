import { DEFAULT_RETRY_POLICY, isTransient, Patience } from "../../client/retry.ts";
import { ApiError } from "./error.ts";

/**
 * Does one of many requests, for which a moment without network should not lose the others: again a few times, when nobody
 * answered or it was too much at the moment.
 *
 * @param request may be repeated although it was carried out, and only its answer was lost.
 * @throws what the last try throws, and the signal's reason.
 */
export async function patiently<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const patience = new Patience(DEFAULT_RETRY_POLICY);
  for (;;) {
    try {
      return await request();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayPass(error) || !patience.hasMore()) throw error;
      await patience.wait(signal);
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || isTransient(error.status));
}
