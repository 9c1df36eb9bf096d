/** JSON schemas for people: types in words, fields in lists, and values that fit. */
import { html } from "hono/html";
import type { OpenApiDocument } from "./openapi-document.ts";

type Html = ReturnType<typeof html>;
type SchemaOrReference = NonNullable<NonNullable<OpenApiDocument["components"]>["schemas"]>[string];
type Reference = Extract<SchemaOrReference, { $ref: string }>;
export type Schema = SchemaOrReference;
type PlainSchema = Exclude<SchemaOrReference, Reference>;

const REFERENCE = "#/components/schemas/";

function isReference(schema: Schema): schema is Reference {
  return "$ref" in schema && typeof schema.$ref === "string";
}

function nameOf(reference: Reference): string {
  return reference.$ref.slice(REFERENCE.length);
}

/** Where the page describes a named schema. */
export function schemaAnchor(name: string): string {
  return `schema-${name}`;
}

/** Words with `code` in backquotes. */
export function prose(text: string | undefined): Html[] {
  const parts = (text ?? "").split("`");
  return parts.map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}

function joined(parts: readonly Html[], separator: string): Html {
  return html`${parts.map((part, at) => (at === 0 ? part : html`${separator}${part}`))}`;
}

/** The type of a schema in words; named schemas are linked. */
export function typeOf(schema: Schema | undefined): Html {
  if (!schema) return html`anything`;
  if (isReference(schema)) return html`<a href="#${schemaAnchor(nameOf(schema))}">${nameOf(schema)}</a>`;
  if (schema.enum) return joined(schema.enum.map(valueOf), " or ");
  if (schema.const !== undefined) return valueOf(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return joined(choices.map(typeOf), " or ");
  if (schema.allOf) return joined(schema.allOf.filter(isTelling).map(typeOf), " and ");
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return html`anything`;
  return joined(
    types.map((type) => singleType(type, schema)),
    " or ",
  );
}

/** Whether a part of a schema says what its type is, and not just how it is described. */
function isTelling(schema: Schema): boolean {
  return isReference(schema) || schema.type !== undefined || schema.anyOf !== undefined || schema.oneOf !== undefined;
}

function singleType(type: string, schema: PlainSchema): Html {
  if (type === "array") return html`list of ${typeOf(schema.items)}`;
  if (type === "string" && schema.format) return html`string (${schema.format})`;
  if (type === "object" && !schema.properties && typeof schema.additionalProperties === "object") {
    return html`object of ${typeOf(schema.additionalProperties)}`;
  }
  return html`${type}`;
}

function valueOf(value: unknown): Html {
  return html`<code>${JSON.stringify(value)}</code>`;
}

/** The limits of a schema in words. */
export function limitsOf(schema: Schema | undefined): string[] {
  if (!schema || isReference(schema)) return [];
  const limits = [
    range(schema.minLength, schema.maxLength, "characters"),
    range(schema.minItems, schema.maxItems, "entries"),
    range(schema.minimum, schema.maximum, ""),
    schema.pattern === undefined ? undefined : `matches ${schema.pattern}`,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
  ];
  return limits.filter((limit) => limit !== undefined);
}

function range(min: number | undefined, max: number | undefined, unit: string): string | undefined {
  if (min === undefined && max === undefined) return undefined;
  const words = min === undefined ? `at most ${max}` : max === undefined ? `at least ${min}` : `${min} to ${max}`;
  return `${words} ${unit}`.trim();
}

/** The fields of an object, of a list's entries, or of what stands beside them; empty when there are none of its own. */
export function fieldsOf(schema: Schema | undefined): Html {
  if (!schema || isReference(schema)) return html``;
  const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const inner = [...parts, ...(schema.items ? [schema.items] : []), ...valuesOf(schema)];
  const properties = Object.entries(schema.properties ?? {});
  const list = html`<ul class="fields">
    ${properties.map(([name, property]) => fieldOf(name, property, schema.required?.includes(name) === true))}
  </ul>`;
  return html`${properties.length > 0 ? list : ""}${inner.map(fieldsOf)}`;
}

function valuesOf({ additionalProperties: values }: PlainSchema): Schema[] {
  return typeof values === "object" ? [values] : [];
}

function fieldOf(name: string, property: Schema, isRequired: boolean): Html {
  return html`<li>
    <p class="field">
      <code class="name">${name}</code> <span class="type">${typeOf(property)}</span>
      ${isRequired ? "" : html`<span class="note">optional</span>`}
      ${limitsOf(property).map((limit) => html`<span class="note">${limit}</span>`)}
    </p>
    ${describeWords(property)}${fieldsOf(property)}
  </li>`;
}

export function describeWords(schema: Schema | undefined): Html {
  const description = schema?.description;
  return description ? html`<p class="words">${prose(description)}</p>` : html``;
}

/** How deep an example goes: schemas may name themselves. */
const MAX_EXAMPLE_DEPTH = 6;

/** A value that fits a schema, for examples. */
export function exampleOf(document: OpenApiDocument, schema: Schema | undefined, depth = 0): unknown {
  if (!schema || depth > MAX_EXAMPLE_DEPTH) return null;
  if (isReference(schema)) return exampleOf(document, document.components?.schemas?.[nameOf(schema)], depth + 1);
  const { example, examples, default: fallback, enum: values, const: constant } = schema;
  const given = [example, examples?.[0], fallback, constant, values?.[0]].find((value) => value !== undefined);
  if (given !== undefined) return given;
  const inner = (part: Schema | undefined) => exampleOf(document, part, depth + 1);
  const choice = (schema.anyOf ?? schema.oneOf)?.[0];
  if (choice) return inner(choice);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(inner));
  switch ([schema.type].flat()[0]) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name, property]) => schema.required?.includes(name) || hasExample(property))
          .map(([name, property]) => [name, inner(property)]),
      );
    case "array":
      return [inner(schema.items)];
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "string":
      return schema.format === "date-time" ? "2026-11-24T08:00:00Z" : "…";
    default:
      return null;
  }
}

function hasExample(schema: Schema): boolean {
  return !isReference(schema) && schema.example !== undefined;
}
