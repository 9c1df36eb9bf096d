/**
 * Regular expressions that users write, the one place that compiles them: RE2's engine, whose time grows linearly with the
 * text. What compiling takes, and each character of the text, grows with the expression once its repetitions are written
 * out, and `(a{30}){30}` is short: so that is counted before anything is compiled.
 */
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { type Reason, type ReasonCode, reason } from "../kernel/reasons.ts";

export type Expression = RE2JS;

/** Beyond any use; products of repetitions stop there. */
const MAX_COUNTED = 1e9;
/** A class of Unicode's brings tables of several hundred ranges: as much work as so many instructions. */
const TABLE_COST = 50;
/** The engine writes `x*` as `(x+)?` where `x` may be empty. */
const STAR_COST = 2;

/** What these look for has an end that is not far, so that no text is gone through again and again. */
const GROUP = /\((?:\?(?:P?<[^>]{0,600}>|[A-Za-z-]{0,20}:?))?/y;
const REPETITION = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y;
const ESCAPE = /\\(?:[pP](?:\{[^}]{0,100}\}|.)|x\{[^}]{0,100}\}|.)/suy;
const CLASS_NAME = /\[:\^?[a-z]{0,20}:\]/y;

/**
 * About how many instructions an expression has with its repetitions written out, never fewer; linear in its length.
 *
 * @param pattern need not be valid.
 */
export function costOf(pattern: string): number {
  /** For each open group: the cost of its parts so far, and the cost of the group itself. */
  const groups: { inside: number; own: number }[] = [];
  let inside = 0;
  /** What a repetition would repeat. */
  let last = 0;
  let tables = 0;
  const add = (cost: number) => {
    inside += cost;
    last = cost;
  };
  const repeat = (cost: number) => {
    inside = Math.min(inside - last + cost, MAX_COUNTED);
    last = Math.min(cost, MAX_COUNTED);
  };
  let at = 0;
  while (at < pattern.length) {
    const character = pattern.charAt(at);
    const start = at;
    at += 1;
    if (character === "\\" && pattern.startsWith("\\Q", start)) {
      const end = pattern.indexOf("\\E", at);
      const quoted = pattern.slice(at + 1, end < 0 ? undefined : end);
      for (const _ of quoted) add(1);
      at = end < 0 ? pattern.length : end + 2;
    } else if (character === "\\") {
      const escape = matchAt(ESCAPE, pattern, start)?.[0] ?? character;
      if (/^\\[pP]/.test(escape)) tables += 1;
      at = start + escape.length;
      add(1);
    } else if (character === "[") {
      at = endOfClass(pattern, start);
      const written = pattern.slice(start, at);
      tables += written.split(/\\[pP]/).length - 1 + Math.ceil(written.length / TABLE_COST) - 1;
      add(1);
    } else if (character === "(") {
      const opening = matchAt(GROUP, pattern, start)?.[0] ?? character;
      at = start + opening.length;
      groups.push({ inside, own: opening.endsWith(":") ? 0 : 2 });
      inside = 1;
      last = 0;
    } else if (character === ")") {
      const group = groups.pop() ?? { inside: 0, own: 0 };
      const cost = inside + group.own;
      inside = group.inside;
      add(cost);
    } else if (character === "|") {
      inside += 1;
      last = 0;
    } else if (character === "*" || character === "+" || character === "?") {
      repeat(last + STAR_COST);
    } else if (character === "{") {
      const repetition = matchAt(REPETITION, pattern, start);
      if (repetition) {
        at = start + repetition[0].length;
        repeat(repeatedCost(last, repetition));
      } else add(1);
    } else add(1);
  }
  // Of groups that are not closed as well.
  const whole = groups.reduce((sum, group) => sum + group.inside, inside);
  return Math.min(whole + tables * TABLE_COST + 3, MAX_COUNTED);
}

function repeatedCost(cost: number, [, least = "", comma, most = ""]: RegExpExecArray): number {
  // A repetition of zero times is still one instruction.
  if (comma === undefined) return Math.max(cost * Number(least), 1);
  if (most === "") return cost * Math.max(Number(least), 1) + STAR_COST;
  return Math.max((cost + 1) * Number(most), 1);
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}

/** @returns where a class ends that begins at a place; the whole text where it does not end. */
function endOfClass(pattern: string, start: number): number {
  let at = start + 1;
  if (pattern.charAt(at) === "^") at += 1;
  // The first bracket is itself.
  if (pattern.charAt(at) === "]") at += 1;
  while (at < pattern.length) {
    if (pattern.charAt(at) === "]") return at + 1;
    const name = matchAt(CLASS_NAME, pattern, at)?.[0];
    if (name !== undefined) at += name.length;
    else at += pattern.charAt(at) === "\\" ? 2 : 1;
  }
  return pattern.length;
}

/** What is wrong with an expression. */
export interface Fault {
  why: Reason;
  /** Where, counted from 0. */
  position: number;
  cause: unknown;
}

/**
 * Compiles an expression. To be called only for one whose {@link costOf} is bounded.
 *
 * @returns the expression, or what is wrong with it.
 */
export function compileExpression(pattern: string, flags = 0): { expression: Expression } | { fault: Fault } {
  try {
    return { expression: RE2JS.compile(pattern, flags) };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return { fault: { why: whyOf(error), position: positionOf(error, pattern), cause: error } };
  }
}

/** What the engine finds wrong, by its own descriptions. */
const FAULTS = {
  "invalid character class range": "EXPRESSION_CLASS_RANGE",
  "invalid escape sequence": "EXPRESSION_ESCAPE",
  "invalid named capture": "EXPRESSION_NAMED_GROUP",
  "invalid or unsupported Perl syntax": "EXPRESSION_SYNTAX",
  "invalid nested repetition operator": "EXPRESSION_REPEATED_TWICE",
  "invalid repeat count": "EXPRESSION_REPEAT_COUNT",
  "missing closing ]": "EXPRESSION_MISSING_BRACKET",
  "missing closing )": "EXPRESSION_MISSING_PARENTHESIS",
  "missing argument to repetition operator": "EXPRESSION_NOTHING_TO_REPEAT",
  "trailing backslash at end of expression": "EXPRESSION_TRAILING_BACKSLASH",
  "duplicate capture group name": "EXPRESSION_NAME_TWICE",
  "unexpected )": "EXPRESSION_UNEXPECTED_PARENTHESIS",
  "expression nests too deeply": "EXPRESSION_TOO_DEEP",
  "expression too large": "EXPRESSION_TOO_LARGE",
  "invalid capture in lookbehind": "EXPRESSION_LOOKBEHIND",
} as const satisfies Record<string, ReasonCode>;

function whyOf(fault: RE2JSSyntaxException): Reason {
  const message = fault.getDescription();
  return isKnownFault(message) ? reason(FAULTS[message]) : reason("EXPRESSION_FAULTY", { message });
}

function isKnownFault(message: string): message is keyof typeof FAULTS {
  return Object.hasOwn(FAULTS, message);
}

/** Whether `.` is also a line break. */
export const DOT_ALL = RE2JS.DOTALL;

/** An expression for exactly this text. */
export function quote(text: string): string {
  return RE2JS.quote(text);
}

/** Where a faulty part is there so many times, one of the last may be called the first. */
const MAX_TRIES = 20;

/** The engine names the faulty part, which may be elsewhere as well: it is where what ends with it has the same fault. */
function positionOf(fault: RE2JSSyntaxException, pattern: string): number {
  const part = fault.getPattern();
  // Where the whole is faulty, it ends too early.
  if (part === null || part === pattern) return pattern.length;
  let at = pattern.indexOf(part);
  for (let tries = 0; at >= 0 && tries < MAX_TRIES; tries += 1, at = pattern.indexOf(part, at + 1)) {
    const found = faultOf(pattern.slice(0, at + part.length));
    if (found?.getDescription() === fault.getDescription() && found.getPattern() === part) return at;
  }
  return Math.max(pattern.indexOf(part), 0);
}

function faultOf(pattern: string): RE2JSSyntaxException | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error;
    throw error;
  }
}
