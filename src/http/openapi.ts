/** How routes of the management APIs are declared: schemas that validate, type and document at once. */
import { createRoute, type Hook, OpenAPIHono, z } from "@hono/zod-openapi";
import { RegistryError } from "../kernel/errors.ts";
import type { Context } from "hono";
import { parseVersions, type Versions, versionTag } from "../kernel/precondition.ts";
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
    result.error.issues.slice(0, 10).map((issue) => {
      const field = issue.path.map(String).join(".");
      const detail = isMissing(data, issue.path) ? { field, isMissing: true as const } : { field };
      return { message: field === "" ? issue.message : `${field}: ${issue.message}`, detail };
    }),
  );
};

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

/** A JSON body of an answer of something that is edited, with its version as its ETag. */
export function versioned<S extends z.ZodType>(schema: S, description: string) {
  const ETag = z
    .string()
    .openapi({ description: "Its version: `updated`, in quotes.", example: '"2026-11-24T08:00:00.000Z"' });
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
export function setVersion(c: Context, shown: { updatedAt: Date }): void {
  c.header("ETag", versionTag(shown));
}

/** A JSON body that a request must have. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { body: { content: { "application/json": { schema } }, required: true } };
}
