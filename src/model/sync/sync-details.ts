/** What is kept of why a job or a try came out as it did: JSON of its reasons, in the column `detail`. */
import { z } from "zod";
import { describeReasons, SYNC_REASONS, type SyncReason, type SyncReasonCode } from "../../kernel/sync-reasons.ts";

export const SYNC_REASON_CODES = Object.keys(SYNC_REASONS) as SyncReasonCode[];

const Reasons = z
  .array(z.object({ code: z.enum(SYNC_REASON_CODES), values: z.record(z.string(), z.union([z.string(), z.number()])) }))
  .min(1);

/** Reasons as they are kept. */
export function writeDetail(reasons: readonly SyncReason[]): string {
  return JSON.stringify(reasons);
}

/** What was kept, as a sentence and in codes. Jobs from before there were codes have a sentence alone. */
export function readDetail(text: string): { detail: string; reasons: SyncReason[] } {
  const reasons = parse(text);
  return reasons ? { detail: describeReasons(reasons), reasons } : { detail: text, reasons: [] };
}

function parse(text: string): SyncReason[] | undefined {
  if (!text.startsWith("[{")) return undefined;
  try {
    return Reasons.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
