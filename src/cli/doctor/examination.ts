/** `berth doctor`: what is examined, and what can come of it. */
import type { Credentials } from "../../client/authorization.ts";
import type { Fetch } from "../../client/http.ts";
import type { RegistryAddress } from "../registry-address.ts";

/** What a check found. */
export interface Finding {
  status: "ok" | "warning" | "failed" | "skipped";
  /** What is the case. */
  detail: string;
  /** What to do about it. */
  mend?: string;
}

/** What checks are given, and what they leave to those after them. */
export interface Examination {
  readonly registry: RegistryAddress;
  readonly credentials: Credentials;
  readonly fetch: Fetch;
  /** Where a small image may be pushed to; undefined when none was named, and one is to be found. */
  readonly repository: string | undefined;
  /** Whether to send bodies of more than 100 MB. */
  readonly probesLimit: boolean;
  /** The answer to GET /v2/ without credentials. */
  answer?: { status: number; headers: Headers; receivedAt: number; askedAt: number };
  /** Whether the credentials are good. */
  isSignedIn?: boolean;
  /** Where the image was pushed to. */
  pushed?: { repository: string; digest: string };
}

export interface Check {
  name: string;
  run: (examination: Examination) => Promise<Finding>;
  /** Whether the others make no sense when this one fails. */
  isEssential?: boolean;
}

export interface Examined extends Finding {
  check: string;
}

/**
 * Runs checks one after the other.
 *
 * @param tell is told each result as it comes, but not of checks that make no sense any more.
 */
export async function examine(
  examination: Examination,
  checks: readonly Check[],
  tell: (result: Examined) => void,
): Promise<Examined[]> {
  const results: Examined[] = [];
  let missing: string | undefined;
  for (const { name, run, isEssential = false } of checks) {
    const finding = missing === undefined ? await run(examination) : skipped(`${missing} comes first`);
    const result = { check: name, ...finding };
    results.push(result);
    if (missing === undefined) tell(result);
    if (isEssential && finding.status === "failed") missing ??= name;
  }
  return results;
}

export function ok(detail: string): Finding {
  return { status: "ok", detail };
}

export function warning(detail: string, mend: string): Finding {
  return { status: "warning", detail, mend };
}

export function failed(detail: string, mend: string): Finding {
  return { status: "failed", detail, mend };
}

export function skipped(detail: string, mend?: string): Finding {
  return { status: "skipped", detail, ...(mend !== undefined && { mend }) };
}
