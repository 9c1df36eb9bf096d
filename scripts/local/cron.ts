import { Cron } from "croner";

/**
 * Calls `run` whenever one of the cron expressions is due, in UTC, as Cloudflare reads them (1 is Sunday). A run that
 * is still going when the next is due does not hold it up.
 *
 * @returns a call that ends the schedule.
 */
export function startCron(
  expressions: readonly string[],
  run: (expression: string, scheduledTime: Date) => Promise<void>,
): () => void {
  const jobs = expressions.map(
    (expression) =>
      new Cron(expression, { timezone: "UTC", alternativeWeekdays: true }, (job: Cron) =>
        run(expression, job.currentRun() ?? new Date()),
      ),
  );
  return () => {
    for (const job of jobs) job.stop();
  };
}
