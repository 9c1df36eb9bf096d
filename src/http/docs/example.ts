/** The example of an operation: a command for a POSIX shell, which works as it stands (test/sdk/examples.test.ts). */
import { type DescribedOperation, type OpenApiDocument } from "../openapi-document.ts";
import { bodySchemaOf, parametersOf, type Parameter } from "./operation.ts";
import { exampleOf } from "./schema.ts";

/** A command with the registry's own address. Credentials are in `$NAME` and `$PASSWORD`. */
export function commandOf(document: OpenApiDocument, described: DescribedOperation, origin: string): string {
  const { path, method, operation } = described;
  const parameters = parametersOf(operation);
  const filled = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((text, parameter) => text.replace(`{${parameter.name}}`, valueOf(parameter)), path);
  const query = parameters
    .filter((parameter) => parameter.in === "query" && parameter.required)
    .map((parameter) => `${parameter.name}=${encodeURIComponent(valueOf(parameter))}`);
  const body = bodySchemaOf(operation);
  const lines = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quote(`${origin}${filled}${query.length > 0 ? `?${query.join("&")}` : ""}`)}`,
    ...((operation.security ?? []).length > 0 ? [`-u "$NAME:$PASSWORD"`] : []),
    ...(body ? ["-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(exampleOf(document, body)))}`] : []),
  ];
  return lines.join(" \\\n  ");
}

function valueOf({ name, schema, example }: Parameter): string {
  const given: unknown = example ?? (schema && "example" in schema ? schema.example : undefined);
  const first: unknown = schema && "enum" in schema ? schema.enum?.[0] : undefined;
  return String(given ?? first ?? `{${name}}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
