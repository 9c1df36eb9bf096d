/** Triggers: what a push of a tag sets off (guide 4.7). */
import { RegistryError } from "./errors.ts";
import { MAX_CONDITION_LENGTH, MAX_TRIGGER_NAME_LENGTH } from "./field-limits.ts";
import type { Tag } from "./reference.ts";
import { compileExpression, DOT_ALL, type Expression, quote } from "./regular-expression.ts";

/**
 * `all`: every tag. `tag`: the named ones, separated by `;`. `regular`: those that match a glob, which the guide calls a
 * regular expression.
 */
export const CONDITION_KINDS = ["all", "tag", "regular"] as const;
export type ConditionKind = (typeof CONDITION_KINDS)[number];

export interface Condition {
  kind: ConditionKind;
  /** Of no concern for `all`. */
  text: string;
}

const NAME = /^[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*$/;
/** Options of all braces of a glob together. */
const MAX_OPTIONS = 100;

/**
 * Reads the name of a trigger (guide, table 4-3).
 *
 * @throws RegistryError TRIGGER_INVALID.
 */
export function parseTriggerName(text: string): string {
  if (text.length <= MAX_TRIGGER_NAME_LENGTH && NAME.test(text)) return text;
  throw new RegistryError(
    "TRIGGER_INVALID",
    `the name must have 1 to ${MAX_TRIGGER_NAME_LENGTH} letters, digits, "_" and "-", begin with a letter, and have ` +
      `single "_" or "-" between letters or digits only`,
  );
}

/**
 * Checks a condition.
 *
 * @throws RegistryError TRIGGER_INVALID naming what is wrong and, in a glob, the position.
 */
export function parseCondition({ kind, text }: Condition): Condition {
  if (text.length > MAX_CONDITION_LENGTH) {
    throw new RegistryError("TRIGGER_INVALID", `the condition has more than ${MAX_CONDITION_LENGTH} characters`);
  }
  if (/\p{Cc}/u.test(text)) throw new RegistryError("TRIGGER_INVALID", "the condition has control characters in it");
  if (kind === "all") return { kind, text: ".*" };
  if (text === "") throw new RegistryError("TRIGGER_INVALID", "the condition is empty");
  if (kind === "tag") {
    const tags = text.split(";").map((tag) => tag.trim());
    const wrong = tags.find((tag) => !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag));
    if (wrong !== undefined) throw new RegistryError("TRIGGER_INVALID", `"${wrong.slice(0, 130)}" is not a tag`);
    return { kind, text: tags.join(";") };
  }
  compileGlob(text);
  return { kind, text };
}

/** Makes a condition that {@link parseCondition} accepted ready for any number of tags: whether one meets it. */
export function readCondition({ kind, text }: Condition): (tag: Tag) => boolean {
  if (kind === "all") return () => true;
  if (kind === "tag") {
    const tags = new Set<string>(text.split(";"));
    return (tag) => tags.has(tag);
  }
  const expression = compileGlob(text);
  return (tag) => expression.testExact(tag);
}

/**
 * Makes a glob of the guide (table 4-3) an expression for an engine that takes linear time, which no glob library uses:
 * `*` any characters but `/`, `**` any, `?` one but `/`, `{a,b}` any of these. A backslash takes the next as it is.
 */
function compileGlob(glob: string): Expression {
  let source = "";
  let depth = 0;
  let options = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    if (character === "*") {
      const isDouble = glob.charAt(at + 1) === "*";
      source += isDouble ? ".*" : "[^/]*";
      if (isDouble) at += 1;
    } else if (character === "?") source += "[^/]";
    else if (character === "{") {
      depth += 1;
      options += 1;
      source += "(?:";
    } else if (character === "}") {
      depth -= 1;
      if (depth < 0) throw invalidGlob('there is a "}" without a "{"', at);
      source += ")";
    } else if (character === "," && depth > 0) {
      options += 1;
      source += "|";
      // As the guide writes it. No tag has a space in it.
      while (glob.charAt(at + 1) === " ") at += 1;
    } else if (character === "\\") {
      at += 1;
      if (at === glob.length) throw invalidGlob("a backslash has nothing to take", at - 1);
      source += quote(glob.charAt(at));
    } else source += quote(character);
    if (options > MAX_OPTIONS) throw invalidGlob(`there are more than ${MAX_OPTIONS} options in braces`, at);
  }
  if (depth > 0) throw invalidGlob('a "{" is not closed', glob.length);
  const compiled = compileExpression(source, DOT_ALL);
  if ("fault" in compiled) throw invalidGlob(compiled.fault.why, glob.length);
  return compiled.expression;
}

function invalidGlob(why: string, position: number): RegistryError {
  return new RegistryError("TRIGGER_INVALID", `the condition is not valid: ${why} at position ${position}`);
}
