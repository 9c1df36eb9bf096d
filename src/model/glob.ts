/** Globs of tags and images that users write. */
import type { RegistryError } from "../kernel/errors.ts";
import { type Reason, reason } from "../kernel/reasons.ts";
import { compileExpression, DOT_ALL, type Expression, quote } from "./regular-expression.ts";

/** Options of all braces of a glob together. */
const MAX_OPTIONS = 100;

/**
 * Makes a glob of the guide (table 4-3) an expression for an engine that takes linear time, which no glob library uses:
 * `*` any characters but `/`, `**` any, `?` one but `/`, `{a,b}` any of these. A backslash takes the next as it is.
 *
 * @param refuse makes the error for a glob that is wrong at a position, counted from 0.
 */
export function compileGlob(glob: string, refuse: (why: Reason, position: number) => RegistryError): Expression {
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
      if (depth < 0) throw refuse(reason("GLOB_NOT_OPENED"), at);
      source += ")";
    } else if (character === "," && depth > 0) {
      options += 1;
      source += "|";
      // As the guide writes it. No tag has a space in it.
      while (glob.charAt(at + 1) === " ") at += 1;
    } else if (character === "\\") {
      at += 1;
      if (at === glob.length) throw refuse(reason("GLOB_ENDS_IN_BACKSLASH"), at - 1);
      source += quote(glob.charAt(at));
    } else source += quote(character);
    if (options > MAX_OPTIONS) throw refuse(reason("GLOB_WITH_TOO_MANY_OPTIONS", { max: MAX_OPTIONS }), at);
  }
  if (depth > 0) throw refuse(reason("GLOB_NOT_CLOSED"), glob.length);
  const result = compileExpression(source, DOT_ALL);
  if ("fault" in result) throw refuse(result.fault.why, glob.length);
  return result.expression;
}
