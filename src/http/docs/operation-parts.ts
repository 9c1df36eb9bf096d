/** What an operation of the OpenAPI document takes. */
import type { Operation } from "../openapi-document.ts";
import type { Schema } from "./schema.ts";

export type Parameter = Extract<NonNullable<Operation["parameters"]>[number], { in: string }>;
export type Content = Record<string, { schema?: Schema }>;

export function parametersOf({ parameters = [] }: Operation): Parameter[] {
  return parameters.filter((parameter) => "in" in parameter);
}

/** The first of the media types of a body, with its schema. */
export function firstContent(content: Content | undefined): [string, Schema | undefined] | undefined {
  const [first] = Object.entries(content ?? {});
  return first && [first[0], first[1].schema];
}

/** The schema of an operation's body; undefined when it takes none. */
export function bodySchemaOf({ requestBody }: Operation): Schema | undefined {
  return requestBody && "content" in requestBody ? firstContent(requestBody.content)?.[1] : undefined;
}
