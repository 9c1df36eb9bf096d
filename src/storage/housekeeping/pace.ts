/** The longest pause after a slice of work. */
const MAX_PAUSE_MS = 20;

/**
 * Does one slice of a long piece of work, then waits for as long as the slice took, up to 20 ms. D1 does one thing at a time:
 * requests that came meanwhile have the database for that long.
 */
export async function paced<Result>(slice: () => Promise<Result>): Promise<Result> {
  const startedAt = Date.now();
  const result = await slice();
  await scheduler.wait(Math.min(MAX_PAUSE_MS, Date.now() - startedAt));
  return result;
}
