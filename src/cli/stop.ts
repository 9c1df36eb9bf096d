/** Ending commands that take long or never end by themselves. */
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Resolves when the process is asked to end: by Ctrl-C, a signal, or the end of the process that started it. */
export function untilStopped(): Promise<void> {
  return new Promise((done) => {
    for (const signal of SIGNALS) process.once(signal, () => done());
    process.once("disconnect", () => done());
  });
}

/**
 * Does something that can be broken off by Ctrl-C, so that it takes back what it has begun. A second Ctrl-C does not wait
 * for that.
 *
 * @throws Failure (interrupted) when it was.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(new Failure(EXIT.interrupted, "interrupted"));
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  process.on("disconnect", interrupt);
  // A listener alone would keep the process alive.
  process.channel?.unref();
  try {
    return await work(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    process.off("disconnect", interrupt);
  }
}
