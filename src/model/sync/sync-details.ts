/** The column `detail` of a job or a try: JSON of its reasons. */
import { describeReasons, SYNC_REASONS, type SyncReason, type SyncReasonCode } from "../../kernel/sync-reasons.ts";

export const SYNC_REASON_CODES = Object.keys(SYNC_REASONS) as SyncReasonCode[];

/** Makes the value of the column. */
export function writeDetail(reasons: readonly SyncReason[]): string {
  return JSON.stringify(reasons);
}

/** Reads the column as a sentence and as codes. Jobs of older versions have only a sentence. */
export function readDetail(text: string): { detail: string; reasons: SyncReason[] } {
  const reasons = parse(text);
  return reasons ? { detail: describeReasons(reasons), reasons } : { detail: text, reasons: [] };
}

/** Undefined for a sentence, and for codes that this version does not know. */
function parse(text: string): SyncReason[] | undefined {
  if (!text.startsWith("[{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every(isReason) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isReason(value: unknown): value is SyncReason {
  if (typeof value !== "object" || value === null || !("code" in value) || !("values" in value)) return false;
  const { code, values } = value;
  if (typeof code !== "string" || !Object.hasOwn(SYNC_REASONS, code)) return false;
  if (typeof values !== "object" || values === null) return false;
  return Object.values(values).every((each) => typeof each === "string" || typeof each === "number");
}
