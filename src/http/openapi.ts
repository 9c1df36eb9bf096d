/** How routes of the management APIs are declared: schemas that validate, type and document at once. */
import { createRoute, type Hook, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Problem, RegistryError } from "../kernel/errors.ts";
import { describeReason, REASONS } from "../kernel/reason-sentences.ts";
import { type Reason, type ReasonCode, reason } from "../kernel/reasons.ts";
import { parseVersions, type Version, type Versions, versionTag } from "../kernel/precondition.ts";
import type { AppEnv } from "./context.ts";

export { createRoute, z };

/** A router whose routes refuse what does not fit their schemas, naming the field. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({ strict: false, defaultHook: refuseInvalid });
}

const refuseInvalid: Hook<unknown, AppEnv, string, unknown> = (result) => {
  if (result.success) return undefined;
  // The validator has run, so the value exists, though its type does not say so.
  const { data } = result as { data?: unknown };
  throw new RegistryError(
    "PARAMETER_INVALID",
    result.error.issues.slice(0, 10).map((issue) => problemOf(issue, isMissing(data, issue.path))),
  );
};

function problemOf(issue: z.core.$ZodIssue, isAbsent: boolean): Problem<"PARAMETER_INVALID"> {
  const field = issue.path.map(String).join(".");
  const what = whyInvalid(issue, isAbsent);
  const why = field === "" ? what : reason("FIELD_WRONG", { field, why: what });
  const detail = isAbsent ? { field, isMissing: true as const } : { field };
  return { message: describeReason(why), detail, reason: why, ...(field !== "" && { field }) };
}

/** The code of a reason without values, as what a check of a schema says: `z.string().regex(…, because("…"))`. */
export function because(
  code: { [C in ReasonCode]: (typeof REASONS)[C] extends `${string}{{${string}` ? never : C }[ReasonCode],
): string {
  return code;
}

/** What a value should be, by the names that schemas have for it. */
const TYPES: Readonly<Record<string, Reason>> = {
  string: reason("MUST_BE_TEXT"),
  number: reason("MUST_BE_NUMBER"),
  int: reason("MUST_BE_WHOLE_NUMBER"),
  boolean: reason("MUST_BE_BOOLEAN"),
  array: reason("MUST_BE_LIST"),
  tuple: reason("MUST_BE_LIST"),
  object: reason("MUST_BE_OBJECT"),
  record: reason("MUST_BE_OBJECT"),
};

/** What a schema finds wrong with a value. */
function whyInvalid(issue: z.core.$ZodIssue, isAbsent: boolean): Reason {
  // What `because` has said.
  if (Object.hasOwn(REASONS, issue.message)) return reason(issue.message as "INVALID");
  if (isAbsent) return reason("REQUIRED");
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? reason("INVALID");
    case "too_small": {
      const min = boundOf(issue, issue.minimum, 1);
      if (issue.origin === "string") return min === 1 ? reason("MUST_NOT_BE_EMPTY") : reason("TOO_SHORT", { min });
      return reason(issue.origin === "array" ? "TOO_FEW" : "TOO_SMALL", { min });
    }
    case "too_big": {
      const max = boundOf(issue, issue.maximum, -1);
      if (issue.origin === "string") return reason("TOO_LONG", { max });
      return reason(issue.origin === "array" ? "TOO_MANY" : "TOO_LARGE", { max });
    }
    case "invalid_value":
      return reason("NOT_ONE_OF", { options: issue.values.map(String).join(", ") });
    case "unrecognized_keys":
      return reason("UNKNOWN_FIELD", { names: issue.keys.map((key) => key.slice(0, 50)).join(", ") });
    case "invalid_format":
      return reason(issue.format === "datetime" ? "MUST_BE_TIME" : "FORM_WRONG");
    default:
      return reason("INVALID");
  }
}

/** The least or greatest that may be, also where the schema excludes its bound: all of them are whole. */
function boundOf({ inclusive }: { inclusive?: boolean | undefined }, bound: number | bigint, step: 1 | -1): number {
  return Number(bound) + (inclusive === false ? step : 0);
}

/**
 * Whether a field is missing from the request rather than wrong; `path` leads to it. SWR has a code of its own for
 * missing fields.
 */
function isMissing(data: unknown, path: readonly PropertyKey[]): boolean {
  let value = data;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return false;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value === undefined;
}

/** A JSON body of a request or an answer. */
export function json<S extends z.ZodType>(schema: S, description: string) {
  return { content: { "application/json": { schema } }, description };
}

/**
 * A JSON body of an answer of something that is edited, with its version as its ETag.
 *
 * @param version what that is, and an example.
 */
export function versioned<S extends z.ZodType>(
  schema: S,
  description: string,
  [version, example]: readonly [version: string, example: string] = ["`updated`", "2026-11-24T08:00:00.000Z"],
) {
  const ETag = z.string().openapi({ description: `Its version: ${version}, in quotes.`, example: `"${example}"` });
  return { ...json(schema, description), headers: z.object({ ETag }) };
}

/** The header of a change that is to be made only if nobody else has made one meanwhile. */
export const IfMatch = z.object({
  "if-match": z
    .string()
    .optional()
    .openapi({
      description:
        "ETags, of which it must have one: otherwise it was changed meanwhile, and the answer is 412, `PRECONDITION_FAILED`. " +
        "Without the header the last change wins.",
      example: '"2026-11-24T08:00:00.000Z"',
    }),
});

/**
 * The versions that a request wants what it changes to have.
 *
 * @throws RegistryError PARAMETER_INVALID.
 */
export function versionsOf(c: Context): Versions | undefined {
  return parseVersions(c.req.header("If-Match"));
}

/** Says which version an answer shows. */
export function setVersion(c: Context, shown: Version): void {
  c.header("ETag", versionTag(shown));
}

/** A JSON body that a request must have. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { body: { content: { "application/json": { schema } }, required: true } };
}
