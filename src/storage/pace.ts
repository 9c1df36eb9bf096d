/** D1 does one thing at a time. Work in slices leaves it to the requests that came meanwhile, for as long as a slice took. */
const MAX_PAUSE_MS = 20;

/** Waits after a slice of work that began at a time, so that at most every other moment of the database is its own. */
export async function breathe(startedAt: number): Promise<void> {
  await scheduler.wait(Math.min(MAX_PAUSE_MS, Date.now() - startedAt));
}
