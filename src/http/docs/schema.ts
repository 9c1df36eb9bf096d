/** JSON schemas for people: types in words, fields in lists, and values that fit. */
import { html } from "hono/html";
import type { OpenApiDocument } from "../openapi-document.ts";
import { fillIn, type Words } from "./languages.ts";

export type Html = ReturnType<typeof html>;

/** The language of a page: the words around, and what the API's English texts are in it. */
export interface Reader {
  words: Words;
  translate: (english: string) => string;
}

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

/** A text of the API in the reader's language, with `code` in backquotes. */
export function prose(reader: Reader, english: string | undefined): Html[] {
  return english === undefined ? [] : withCode(reader.translate(english));
}

/** Words with `code` in backquotes. */
export function withCode(text: string): Html[] {
  return text.split("`").map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}

function joined(parts: readonly Html[], separator: string): Html {
  return html`${parts.map((part, at) => (at === 0 ? part : html`${separator}${part}`))}`;
}

/** The type of a schema in words; named schemas are linked. */
export function typeOf(reader: Reader, schema: Schema | undefined): Html {
  const { words } = reader;
  const inner = (part: Schema) => typeOf(reader, part);
  if (!schema) return html`${words.anything}`;
  if (isReference(schema)) return html`<a href="#${schemaAnchor(nameOf(schema))}">${nameOf(schema)}</a>`;
  if (schema.enum) return joined(schema.enum.map(valueOf), words.or);
  if (schema.const !== undefined) return valueOf(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return joined(choices.map(inner), words.or);
  if (schema.allOf) return joined(schema.allOf.filter(isTelling).map(inner), words.and);
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return html`${words.anything}`;
  return joined(
    types.map((type) => singleType(reader, type, schema)),
    words.or,
  );
}

/** Whether a part of a schema says what its type is, and not just how it is described. */
function isTelling(schema: Schema): boolean {
  return isReference(schema) || schema.type !== undefined || schema.anyOf !== undefined || schema.oneOf !== undefined;
}

function singleType(reader: Reader, type: string, schema: PlainSchema): Html {
  if (type === "array") return html`${reader.words.listOf}${typeOf(reader, schema.items)}`;
  if (type === "string" && schema.format) return html`string (${schema.format})`;
  if (type === "object" && !schema.properties && typeof schema.additionalProperties === "object") {
    return html`${reader.words.objectOf}${typeOf(reader, schema.additionalProperties)}`;
  }
  return html`${type}`;
}

function valueOf(value: unknown): Html {
  return html`<code>${JSON.stringify(value)}</code>`;
}

/** The limits of a schema in words. */
export function limitsOf({ words }: Reader, schema: Schema | undefined): string[] {
  if (!schema || isReference(schema)) return [];
  const limits = [
    range(words, schema.minLength, schema.maxLength, words.characters),
    range(words, schema.minItems, schema.maxItems, words.entries),
    range(words, schema.minimum, schema.maximum, ""),
    schema.pattern === undefined ? undefined : fillIn(words.matches, { pattern: schema.pattern }),
    schema.default === undefined ? undefined : fillIn(words.default, { value: JSON.stringify(schema.default) }),
  ];
  return limits.filter((limit) => limit !== undefined);
}

function range(words: Words, min: number | undefined, max: number | undefined, unit: string): string | undefined {
  if (max === undefined) return min === undefined ? undefined : `${fillIn(words.atLeast, { min })} ${unit}`.trim();
  const limit = min === undefined ? fillIn(words.atMost, { max }) : fillIn(words.range, { min, max });
  return `${limit} ${unit}`.trim();
}

/** The fields of an object, of a list's entries, or of what stands beside them; empty when there are none of its own. */
export function fieldsOf(reader: Reader, schema: Schema | undefined): Html {
  if (!schema || isReference(schema)) return html``;
  const properties = Object.entries(schema.properties ?? {});
  const list = html`<ul class="fields">
    ${properties.map(([name, property]) => fieldOf(reader, name, property, schema.required?.includes(name) === true))}
  </ul>`;
  return html`${properties.length > 0 ? list : ""}${innerSchemas(schema).map((inner) => fieldsOf(reader, inner))}`;
}

/** What a schema is made of, apart from its properties. */
function innerSchemas(schema: PlainSchema): Schema[] {
  const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const { items, additionalProperties: values } = schema;
  return [...parts, ...(items ? [items] : []), ...(typeof values === "object" ? [values] : [])];
}

function fieldOf(reader: Reader, name: string, property: Schema, isRequired: boolean): Html {
  return html`<li>
    <p class="field">
      <code class="name">${name}</code> <span class="type">${typeOf(reader, property)}</span>
      ${isRequired ? "" : html`<span class="note">${reader.words.optional}</span>`}
      ${limitsOf(reader, property).map((limit) => html`<span class="note">${limit}</span>`)}
    </p>
    ${describeWords(reader, property)}${fieldsOf(reader, property)}
  </li>`;
}

export function describeWords(reader: Reader, schema: Schema | undefined): Html {
  const description = schema?.description;
  return description ? html`<p class="words">${prose(reader, description)}</p>` : html``;
}

/** The names of all fields of a schema, for a search; those of named schemas are not among them. */
export function fieldNames(schema: Schema | undefined): string[] {
  if (!schema || isReference(schema)) return [];
  const properties = Object.entries(schema.properties ?? {});
  return [
    ...properties.flatMap(([name, inner]) => [name, ...fieldNames(inner)]),
    ...innerSchemas(schema).flatMap(fieldNames),
  ];
}

/** Adds the names of the schemas that a schema refers to, and of those that these refer to. */
export function collectNamed(document: OpenApiDocument, schema: Schema | undefined, names: Set<string>): void {
  if (!schema) return;
  if (isReference(schema)) {
    const name = nameOf(schema);
    if (names.has(name)) return;
    names.add(name);
    collectNamed(document, document.components?.schemas?.[name], names);
    return;
  }
  for (const inner of [...Object.values(schema.properties ?? {}), ...innerSchemas(schema)]) {
    collectNamed(document, inner, names);
  }
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
