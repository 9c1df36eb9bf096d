/** Aging rules: which tags of an image are old (guide 4.8). */
import { shorten } from "../../kernel/digest.ts";
import { type ErrorDetails, RegistryError } from "../../kernel/errors.ts";
import { MAX_EXEMPTIONS, MAX_RETAINED_TAGS, MAX_RETENTION_DAYS, MAX_TAG_LENGTH } from "../../kernel/field-limits.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { parseTag, type Tag } from "../../kernel/reference.ts";
import type { Content } from "../../kernel/tag-kind.ts";
import { compileExpression, costOf, type Expression } from "../regular-expression.ts";

const MAX_PATTERN_LENGTH = 512;
/**
 * Instructions of all patterns of a rule together: for one tag the engine goes through them once per character, which takes
 * about a microsecond for each of them. The usual pattern has twenty.
 */
const MAX_PATTERNS_COST = 5000;
/** Tags at once, times instructions of the patterns: about half a second, whatever a rule's patterns are. */
const MAX_TAGS_COST = 500_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** `date_rule`: tags older than `amount` days go. `tag_rule`: only the newest `amount` tags stay. */
export const AGING_KINDS = ["date_rule", "tag_rule"] as const;
export type AgingKind = (typeof AGING_KINDS)[number];

export type ExemptionKind = "label" | "pattern";

export interface AgingRule {
  kind: AgingKind;
  amount: number;
  /** Tags that the rule does not concern, by name. */
  labels: readonly string[];
  /** And by regular expression (RE2 syntax) over the whole name. */
  patterns: readonly string[];
  /**
   * How labels and patterns follow each other, where that was given; what it does not name comes after. It changes nothing
   * for a tag, but who wrote the rule finds it as it was.
   */
  order?: readonly ExemptionKind[] | undefined;
}

/** A rule's exemptions in their order: labels first unless it says otherwise. */
export function exemptionsOf({ labels, patterns, order = [] }: AgingRule): { kind: ExemptionKind; text: string }[] {
  const left = { label: [...labels], pattern: [...patterns] };
  const named = order.flatMap((kind) => left[kind].splice(0, 1).map((text) => ({ kind, text })));
  const unnamed = (["label", "pattern"] as const).flatMap((kind) => left[kind].map((text) => ({ kind, text })));
  return [...named, ...unnamed];
}

/** A tag as a rule sees it. */
export interface AgingTag {
  name: Tag;
  /** Last push, in milliseconds since 1970. */
  updatedAt: number;
  isImmutable: boolean;
  content: Content;
}

/**
 * Why a tag stays or goes. Exempt (`label`, `pattern`) and `immutable` tags are taken out before the rule is applied and
 * do not count; nor does a `cache` among the newest. Companions are not judged at all: they go with their image.
 */
export const AGING_REASONS = [
  "label",
  "pattern",
  "immutable",
  "cache",
  "young",
  "newest",
  "too-old",
  "too-many",
] as const;
export type AgingReason = (typeof AGING_REASONS)[number];

export interface Verdict {
  isExpired: boolean;
  reason: AgingReason;
}

export interface CompiledRule extends AgingRule {
  expressions: readonly Expression[];
  /** So many tags are judged in good time, whatever they are called. */
  tagsAtOnce: number;
}

/**
 * Why a rule that is stored cannot be applied: it was accepted by older limits. It is told without compiling anything.
 *
 * @returns undefined when nothing is in the way.
 */
export function findRuleProblem({ patterns }: AgingRule): Reason | undefined {
  const long = patterns.find((pattern) => pattern.length > MAX_PATTERN_LENGTH);
  if (long !== undefined) {
    return reason("AGING_EXPRESSION_TOO_LONG", { pattern: shorten(long), max: MAX_PATTERN_LENGTH });
  }
  if (patternsCost(patterns) <= MAX_PATTERNS_COST) return undefined;
  const [worst = ""] = patterns.toSorted((one, other) => costOf(other) - costOf(one));
  return reason("AGING_EXPRESSIONS_TOO_COMPLEX", { pattern: shorten(worst) });
}

function patternsCost(patterns: readonly string[]): number {
  return patterns.reduce((sum, pattern) => sum + costOf(pattern), 0);
}

/**
 * Checks a rule and makes it ready for use.
 *
 * @throws RegistryError RETENTION_INVALID naming the field and, in a pattern, the position, counted from 0.
 */
export function compileRule(rule: AgingRule): CompiledRule {
  const max = rule.kind === "date_rule" ? MAX_RETENTION_DAYS : MAX_RETAINED_TAGS;
  const field = rule.kind === "date_rule" ? "days" : "num";
  if (!Number.isInteger(rule.amount) || rule.amount < 1 || rule.amount > max) {
    throw invalid(reason("AGING_AMOUNT", { field, max }), "amount", { detail: { field } });
  }
  if (rule.labels.length + rule.patterns.length > MAX_EXEMPTIONS) {
    throw invalid(reason("AGING_EXEMPTIONS", { max: MAX_EXEMPTIONS }), "patterns");
  }
  for (const label of rule.labels) requireTag(label);
  for (const pattern of rule.patterns) requireLength(pattern);
  // Before anything is compiled.
  const problem = findRuleProblem(rule);
  if (problem !== undefined) throw invalid(problem, "patterns");
  const expressions = rule.patterns.map(compilePattern);
  return { ...rule, expressions, tagsAtOnce: Math.floor(MAX_TAGS_COST / Math.max(patternsCost(rule.patterns), 1)) };
}

/** A label that cannot be a tag, such as `v*`, would exempt nothing, and its author would lose tags. So it is refused. */
function requireTag(label: string): void {
  try {
    parseTag(label);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    const why = reason("AGING_NO_TAG", { tag: shorten(label), max: MAX_TAG_LENGTH });
    throw invalid(why, "labels", { detail: { label: shorten(label) }, cause });
  }
}

function requireLength(pattern: string): void {
  if (pattern === "") throw refusePattern(pattern, { why: reason("AGING_EXPRESSION_EMPTY"), position: 0 });
  if (pattern.length <= MAX_PATTERN_LENGTH) return;
  const why = reason("AGING_EXPRESSION_LENGTH", { max: MAX_PATTERN_LENGTH });
  throw refusePattern(pattern, { why, position: MAX_PATTERN_LENGTH });
}

function compilePattern(pattern: string): Expression {
  const compiled = compileExpression(pattern);
  if ("fault" in compiled) throw refusePattern(pattern, compiled.fault);
  return compiled.expression;
}

function refusePattern(pattern: string, { why, position, cause }: { why: Reason; position: number; cause?: unknown }) {
  const shown = shorten(pattern);
  const detail = { pattern: shown, position };
  return invalid(reason("AGING_EXPRESSION_WRONG", { pattern: shown, why, position }), "patterns", { detail, cause });
}

function invalid(
  why: Reason,
  field: string,
  { detail, cause }: { detail?: ErrorDetails["RETENTION_INVALID"]; cause?: unknown } = {},
) {
  return refusal("RETENTION_INVALID", why, { field, cause, ...(detail && { detail }) });
}

/** What becomes of a tag, and how many tags as new as it or newer a `tag_rule` counts. */
export interface Judged<T extends AgingTag> {
  tag: T;
  verdict: Verdict;
  counted: number;
}

/**
 * Decides about tags in the order in which {@link judge} wants them: for the cron run, the run when a rule is saved, and
 * the preview.
 *
 * @param counted what the last tag before these had as that.
 */
export function judgeAll<T extends AgingTag>(
  rule: CompiledRule,
  tags: readonly T[],
  counted: number,
  now: number,
): Judged<T>[] {
  let newer = counted;
  return tags.map((tag) => {
    const verdict = judge(rule, tag, newer, now);
    if (counts(verdict)) newer += 1;
    return { tag, verdict, counted: newer };
  });
}

/**
 * Decides about one tag: the one place that does.
 *
 * @param newer how many newer tags count: of equally old ones, the one whose name comes first in descending order is
 * newer. Of no concern for a `date_rule`.
 * @param now milliseconds since 1970. A tag from the future, by a skewed clock, is young.
 */
export function judge(rule: CompiledRule, tag: AgingTag, newer: number, now: number): Verdict {
  if (rule.labels.includes(tag.name)) return { isExpired: false, reason: "label" };
  if (rule.expressions.some((expression) => expression.testExact(tag.name))) {
    return { isExpired: false, reason: "pattern" };
  }
  if (tag.isImmutable) return { isExpired: false, reason: "immutable" };
  if (rule.kind === "date_rule") {
    const isOld = tag.updatedAt <= cutoffOf(rule, now);
    return isOld ? { isExpired: true, reason: "too-old" } : { isExpired: false, reason: "young" };
  }
  if (tag.content === "cache") return { isExpired: false, reason: "cache" };
  const isBeyond = newer >= rule.amount;
  return isBeyond ? { isExpired: true, reason: "too-many" } : { isExpired: false, reason: "newest" };
}

/** Whether a tag with this verdict counts among those that a `tag_rule` keeps. */
function counts(verdict: Verdict): boolean {
  return verdict.reason === "newest";
}

/** Tags last pushed then or before are too old. */
function cutoffOf(rule: AgingRule, now: number): number {
  return now - rule.amount * DAY_MS;
}

/**
 * When a rule may next have something to do, if nothing is pushed meanwhile.
 *
 * @param oldestKept when the oldest tag that a `date_rule` concerns was pushed; undefined when there is none.
 * @returns null for a rule that only a push can wake.
 */
export function nextRunAfter(rule: AgingRule, oldestKept: number | undefined, now: number): number | null {
  if (rule.kind === "tag_rule") return null;
  // A tag pushed from now on is due that much later at the earliest.
  return Math.min(oldestKept ?? now, now) + rule.amount * DAY_MS;
}
