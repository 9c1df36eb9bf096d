/** Holds answers to the OpenAPI document: a schema of it as a check. */
import { z } from "zod";
import type { OpenApiDocument } from "../../../src/http/openapi-document.ts";

type Json = Record<string, unknown>;

/**
 * What is wrong with a value by a schema of the document; empty when nothing is. Fields that the document does not name
 * are wrong too: what an answer has is to be written down.
 */
export function problemsOf(document: OpenApiDocument, schema: unknown, value: unknown): string[] {
  const definitions = { $defs: document.components?.schemas ?? {} };
  const whole = strictly(
    JSON.parse(JSON.stringify({ ...definitions, ...(schema as Json) }).replaceAll("#/components/schemas/", "#/$defs/")),
  );
  const result = z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** Closes all objects but those that are parts of another one. */
function strictly(node: unknown, isPart = false): unknown {
  if (Array.isArray(node)) return node.map((item) => strictly(item, isPart));
  if (typeof node !== "object" || node === null) return node;
  const closed = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, strictly(value, key === "allOf")]),
  );
  const isObject = "properties" in closed && "type" in closed;
  return isObject && !isPart && !("additionalProperties" in closed)
    ? { ...closed, additionalProperties: false }
    : closed;
}

/** Every `$ref` of a document. */
export function referencesIn(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value] : referencesIn(value),
  );
}

/** What a local reference points to. */
export function resolve(document: OpenApiDocument, reference: string): unknown {
  let node: unknown = document;
  for (const part of reference.replace(/^#\//, "").split("/")) {
    node = (node as Json | undefined)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return node;
}

/** What in a schema is a value, and no text about it. */
const VALUES = ["example", "examples", "default", "enum", "const"];

/** Every text of a document that people read: titles and descriptions of its operations, parameters, schemas, credentials and groups. */
export function textsIn({ paths = {}, components, tags = [] }: OpenApiDocument): Set<string> {
  const texts = new Set<string>();
  const add = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (VALUES.includes(key)) continue;
      if (typeof value === "string") {
        if (key === "summary" || key === "description") texts.add(value);
        // The names of fields are no keys of a schema.
      } else if (key === "properties") for (const property of Object.values(value as Json)) add(property);
      else add(value);
    }
  };
  for (const part of [paths, components, tags]) add(part);
  return texts;
}
