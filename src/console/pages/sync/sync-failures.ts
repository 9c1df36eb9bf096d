/** Which tags did not arrive, so that somebody has to do something about it. */
import type { SyncJob, SyncStatus } from "../../api/sync.ts";

const FAILURES: readonly SyncStatus[] = ["failed", "timeout", "existed"];

/**
 * The jobs that failed and that no later one of the same tag and target has made up for, or is about to.
 *
 * @param jobs the newest first.
 */
export function lastingFailures(jobs: readonly SyncJob[]): SyncJob[] {
  const seen = new Set<string>();
  return jobs.filter((job) => {
    const { image, tag, remote, remoteOrganization, status } = job;
    const key = JSON.stringify([image, tag, remote, remoteOrganization]);
    if (seen.has(key)) return false;
    seen.add(key);
    return FAILURES.includes(status);
  });
}
