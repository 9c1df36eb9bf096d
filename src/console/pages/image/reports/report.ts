/** What a list of packages (an SBOM) or a report of vulnerabilities says, whatever format it has. */

/** From the worst to the least; `unknown` is what a report calls otherwise, or does not say. */
export const SEVERITIES = ["critical", "high", "medium", "low", "negligible", "unknown"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A package that is in an image. Texts are as the report has them, cut to {@link MAX_TEXT_LENGTH}; "" where it does not say. */
export interface Package {
  name: string;
  version: string;
  /** The ecosystem, such as `deb` or `npm`. */
  type: string;
  license: string;
  /** Package URL. */
  purl: string;
}

/** A vulnerability of a package. */
export interface Finding {
  /** `CVE-2026-1` and the like. */
  id: string;
  severity: Severity;
  package: string;
  installed: string;
  /** The version that mends it; "" where there is none. */
  fixed: string;
  title: string;
  /** Where more is said; "" unless it is an address of the web. */
  url: string;
}

export interface Report {
  /** The format's own name, such as "SPDX 2.3". */
  format: string;
  /** The program that wrote it; "" where it does not say. */
  tool: string;
  /** When it was written, as it says; "" where it does not. */
  created: string;
  /** Undefined where the format has no packages. */
  packages: readonly Package[] | undefined;
  /** Undefined where the format has no findings. */
  findings: readonly Finding[] | undefined;
  /** How many packages and findings it has beyond the {@link MAX_ENTRIES} that were read. */
  left: number;
}

/** Of packages, and of findings: the largest images have some 10,000. */
export const MAX_ENTRIES = 20_000;
/** Characters of one text. */
export const MAX_TEXT_LENGTH = 500;

/** JSON that anybody may have written: each of these answers nothing where something else is there. */
export type Json = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text, or the first of some values that is one; "" if none is. */
export function textOf(...values: readonly unknown[]): string {
  const text = values.find((value): value is string => typeof value === "string" && value !== "") ?? "";
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}

/** An address of the web, or "". */
export function urlOf(...values: readonly unknown[]): string {
  const text = textOf(...values);
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? text : "";
}

/** The ecosystem of a package URL: `deb` of `pkg:deb/debian/curl@8`. */
export function typeOfPurl(purl: string): string {
  return /^pkg:([a-z][a-z0-9.+-]*)\//i.exec(purl)?.[1]?.toLowerCase() ?? "";
}

const OTHER_WORDS: Readonly<Record<string, Severity>> = {
  important: "high",
  moderate: "medium",
  minor: "low",
  info: "negligible",
  informational: "negligible",
  none: "negligible",
};

/** The severity that a word of any scanner means. */
export function severityOf(value: unknown): Severity {
  const word = textOf(value).toLowerCase();
  return SEVERITIES.find((severity) => severity === word) ?? OTHER_WORDS[word] ?? "unknown";
}

/** The severity of a score of CVSS 3 and 4 (their "Qualitative Severity Rating Scale"). */
export function severityOfScore(score: unknown): Severity {
  const value = typeof score === "string" ? Number.parseFloat(score) : score;
  if (typeof value !== "number" || !(value >= 0 && value <= 10)) return "unknown";
  if (value >= 9) return "critical";
  if (value >= 7) return "high";
  if (value >= 4) return "medium";
  return value > 0 ? "low" : "negligible";
}

/** Reads a list entry by entry, and no more than {@link MAX_ENTRIES}; counts what it leaves out. */
export class Entries<T> {
  readonly entries: T[] = [];
  left = 0;

  add(entry: () => T): void {
    if (this.entries.length < MAX_ENTRIES) this.entries.push(entry());
    else this.left += 1;
  }
}
