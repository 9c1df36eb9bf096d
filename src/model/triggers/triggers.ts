/** Triggers: their conditions, and which pushes fire them. */
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_CONDITION_LENGTH, MAX_TRIGGER_NAME_LENGTH } from "../../kernel/field-limits.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import type { Tag } from "../../kernel/reference.ts";
import { compileGlob } from "../glob.ts";
import { compileExpression, costOf, type Expression } from "../regular-expression.ts";

/** `all`: every tag. `tag`: the named ones, separated by `;`. `regular`: those that match a pattern ({@link syntaxOf}). */
export const CONDITION_KINDS = ["all", "tag", "regular"] as const;
export type ConditionKind = (typeof CONDITION_KINDS)[number];

export interface Condition {
  kind: ConditionKind;
  /** Of no concern for `all`. */
  text: string;
}

const NAME = /^[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*$/;
/** Instructions of a regular expression: for one tag the engine takes about a microsecond for each. */
const MAX_EXPRESSION_COST = 1000;

/**
 * What a condition of kind `regular` is written in. The guide's table 4-3 calls globs regular expressions; Huawei's SDKs and
 * Terraform provider mean RE2's. A `^` at the beginning or a `$` at the end, which no tag has, tells the second.
 */
export const CONDITION_SYNTAXES = ["glob", "re2"] as const;
export type ConditionSyntax = (typeof CONDITION_SYNTAXES)[number];

/** @returns undefined for a condition of another kind than `regular`. */
export function syntaxOf({ kind, text }: Condition): ConditionSyntax | undefined {
  if (kind !== "regular") return undefined;
  return text.startsWith("^") || isAnchoredAtEnd(text) ? "re2" : "glob";
}

function isAnchoredAtEnd(text: string): boolean {
  const backslashes = /(\\*)\$$/.exec(text)?.[1];
  // After an odd number of them the dollar is an ordinary character.
  return backslashes !== undefined && backslashes.length % 2 === 0;
}

/** Reads the name of a trigger (guide, table 4-3). */
export function parseTriggerName(text: string): string {
  if (text.length <= MAX_TRIGGER_NAME_LENGTH && NAME.test(text)) return text;
  throw refusal("TRIGGER_INVALID", reason("TRIGGER_NAME_FORM", { max: MAX_TRIGGER_NAME_LENGTH }), { field: "name" });
}

/**
 * Checks a condition.
 *
 * @throws RegistryError TRIGGER_INVALID naming what is wrong and, in a pattern, the position.
 */
export function parseCondition({ kind, text }: Condition): Condition {
  if (text.length > MAX_CONDITION_LENGTH) {
    throw refuse(reason("CONDITION_TOO_LONG", { max: MAX_CONDITION_LENGTH }));
  }
  if (/\p{Cc}/u.test(text)) throw refuse(reason("CONDITION_WITH_CONTROL_CHARACTERS"));
  if (kind === "all") return { kind, text: ".*" };
  if (text === "") throw refuse(reason("CONDITION_EMPTY"));
  if (kind === "tag") {
    const tags = text.split(";").map((tag) => tag.trim());
    const wrong = tags.find((tag) => !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag));
    if (wrong !== undefined) throw refuse(reason("CONDITION_NO_TAG", { tag: wrong.slice(0, 130) }));
    return { kind, text: tags.join(";") };
  }
  if (syntaxOf({ kind, text }) === "re2") compileRegularExpression(text);
  else {
    compileGlob(text, invalidPattern);
    refuseExpression(text);
  }
  return { kind, text };
}

/**
 * Refuses a glob that is meant as a regular expression: with what only those give a meaning to and no tag has in it, or
 * begins with, it would be accepted and never match.
 */
function refuseExpression(glob: string): void {
  const at = glob.replaceAll(/\\./gsu, (escape) => "-".repeat(escape.length)).search(/[[\]()|+^$]|^\./);
  if (at < 0) return;
  const beginsWithDot = at === 0 && glob.startsWith(".");
  throw invalidPattern(
    beginsWithDot ? reason("GLOB_BEGINS_WITH_DOT") : reason("GLOB_OF_NO_TAG", { character: glob.charAt(at) }),
    at,
  );
}

/**
 * Makes a condition that {@link parseCondition} accepted ready for any number of tags: whether one meets it. No tag meets one
 * that was accepted as a glob, by an older version, and is no good regular expression: it never did. What is not announced to
 * everybody (`kernel/tag-kind.ts`) meets a condition that is its name.
 */
export function readCondition({ kind, text }: Condition): (tag: Tag, isAnnounced?: boolean) => boolean {
  if (kind === "all") return (_tag, isAnnounced = true) => isAnnounced;
  if (kind === "tag") {
    const tags = new Set<string>(text.split(";"));
    return (tag) => tags.has(tag);
  }
  if (syntaxOf({ kind, text }) === "glob") {
    const glob = compileGlob(text, invalidPattern);
    return (tag, isAnnounced = true) => (isAnnounced || text === tag) && glob.testExact(tag);
  }
  const expression = compileIfGood(text);
  // Its anchors say where it has to match. It is the name of no tag.
  return (tag, isAnnounced = true) => isAnnounced && expression?.test(tag) === true;
}

function compileIfGood(text: string): Expression | undefined {
  try {
    return compileRegularExpression(text);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

function compileRegularExpression(text: string): Expression {
  // Before anything is compiled.
  if (costOf(text) > MAX_EXPRESSION_COST) {
    throw refuse(reason("EXPRESSION_TOO_COMPLEX"));
  }
  const result = compileExpression(text, 0);
  if ("fault" in result) throw invalidPattern(result.fault.why, result.fault.position);
  return result.expression;
}

function invalidPattern(why: Reason, position: number): RegistryError {
  return refuse(reason("CONDITION_WRONG", { why: reason("PATTERN_WRONG_AT", { why, position }) }));
}

function refuse(why: Reason): RegistryError {
  return refusal("TRIGGER_INVALID", why, { field: "condition.text" });
}
