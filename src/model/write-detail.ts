import type { Reason } from "../kernel/reasons.ts";

/** Makes the value of a column `detail`: JSON of the reasons, which `read-detail.ts` reads. A push loads no more than this. */
export function writeDetail(reasons: readonly Reason[]): string {
  return JSON.stringify(reasons);
}
