/**
 * What is stored of jobs of synchronization, of deliveries and their tries, and of an upstream's last failure: JSON of reasons
 * (`write-detail.ts`).
 */
import { describeReasons, REASONS } from "../kernel/reason-sentences.ts";
import type { Reason } from "../kernel/reasons.ts";

/** Parts of parts of a sentence: what is stored is never deeper. */
const MAX_DEPTH = 5;

/** What came of something, as a sentence and in codes. */
export interface Detail {
  detail: string;
  /** None where only a sentence is known. */
  reasons: Reason[];
}

/** Reads the column. Older versions have written a sentence. */
export function readDetail(text: string): Detail {
  const reasons = parse(text);
  return reasons ? { detail: describeReasons(reasons), reasons } : { detail: text, reasons: [] };
}

/** The same of what is null as long as nothing has come of it. */
export function readOptionalDetail(text: string | null): Detail | { detail: null; reasons: Reason[] } {
  return text === null ? { detail: null, reasons: [] } : readDetail(text);
}

/** Undefined for a sentence, and for codes that this version does not know. */
function parse(text: string): Reason[] | undefined {
  if (!text.startsWith("[{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((each) => isReason(each)) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isReason(value: unknown, depth = 1): value is Reason {
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return false;
  if (!("code" in value) || !("values" in value)) return false;
  const { code, values } = value;
  if (typeof code !== "string" || !Object.hasOwn(REASONS, code)) return false;
  if (typeof values !== "object" || values === null) return false;
  return Object.values(values).every(
    (each) => typeof each === "string" || typeof each === "number" || isReason(each, depth + 1),
  );
}
