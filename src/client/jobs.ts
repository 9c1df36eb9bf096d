/** Several things at once, but not too many. */

/**
 * Does the work for all items, at most `jobs` at a time, in their order. The first failure stops what is under way, and
 * is thrown once all of that has ended.
 *
 * @param work is given a signal to stop at.
 */
export async function runAll<T>(
  items: Iterable<T>,
  { jobs, signal }: { jobs: number; signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const queue = items[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      if (stop.aborted) return;
      try {
        await work(next.value, stop);
      } catch (error) {
        failure ??= { error };
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker));
  signal?.throwIfAborted();
  if (failure) throw failure.error;
}
