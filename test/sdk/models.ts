/** How an OpenAPI document's answers differ from the models of an SDK. */

/** A model: the name of a simple type, a list of one, or fields; `*` stands for any field. */
export type Model = string | readonly [Model] | { readonly [field: string]: Model };

interface Schema {
  $ref?: string;
  type?: string | string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
}

interface Described {
  operationId?: string;
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

const TYPES: Readonly<Record<string, readonly string[]>> = {
  int: ["integer"],
  long: ["integer"],
  float: ["number", "integer"],
  str: ["string"],
  datetime: ["string"],
  bool: ["boolean"],
  object: ["string", "integer", "number", "boolean", "object", "array"],
};

/**
 * Compares what an operation answers when it succeeds with its model.
 *
 * @returns sentences: fields too many and too few, and what has another type. None for what Berth does not have.
 */
export function differencesOf(document: Document, operation: string, model: Model): string[] {
  const described = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ operationId }) => operationId === operation);
  if (described.length === 0) return [`${operation} is not described`];
  return described.flatMap(({ responses }) =>
    Object.entries(responses)
      .filter(([status]) => status.startsWith("2"))
      .flatMap(([, { content }]) => {
        const schema = content?.["application/json"]?.schema;
        return schema ? compare(document, schema, model, operation) : [];
      }),
  );
}

function compare(document: Document, given: Schema, model: Model, at: string): string[] {
  const schema = resolve(document, given);
  const types = [schema.type ?? []].flat();
  const nullable = types.includes("null") ? [`${at} is null`] : [];
  const type = types.find((each) => each !== "null");
  if (type === undefined) return [`${at} is null`];
  if (typeof model === "string")
    return [...nullable, ...(TYPES[model]?.includes(type) ? [] : [`${at} is no ${model}`])];
  if (Array.isArray(model)) {
    if (type !== "array" || !schema.items) return [...nullable, `${at} is no list`];
    return [...nullable, ...compare(document, schema.items, model[0] as Model, `${at}[]`)];
  }
  if (type !== "object") return [...nullable, `${at} is no object`];
  return [...nullable, ...compareFields(document, schema, model as Readonly<Record<string, Model>>, at)];
}

function compareFields(document: Document, schema: Schema, model: Readonly<Record<string, Model>>, at: string) {
  const { properties = {}, additionalProperties: rest } = schema;
  const any = model["*"];
  if (any !== undefined) {
    return typeof rest === "object" ? compare(document, rest, any, `${at}.*`) : [`${at} has no fields of its own`];
  }
  const known = Object.entries(properties).flatMap(([name, inner]) => {
    const expected = model[name];
    return expected === undefined
      ? [`${at}.${name} is not in the model`]
      : compare(document, inner, expected, `${at}.${name}`);
  });
  const missing = Object.keys(model).filter((name) => !(name in properties));
  return [...known, ...missing.map((name) => `${at}.${name} is missing`)];
}

function resolve(document: Document, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").at(-1) ?? "";
  return resolve(document, document.components.schemas[name] ?? {});
}
