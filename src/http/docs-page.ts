/**
 * The page at `/docs`, by hand: it has no script, and its policy allows none. Under such a policy Redoc shows nothing, and Scalar,
 * a megabyte compressed in place of 44 kB, is refused 24 of its styles.
 */
import { html, raw } from "hono/html";
import { DOCS_CSS } from "./docs-css.ts";
import {
  describeWords,
  exampleOf,
  fieldsOf,
  limitsOf,
  prose,
  type Schema,
  schemaAnchor,
  typeOf,
} from "./docs-schema.ts";
import {
  type DescribedOperation,
  type OpenApiDocument,
  type Operation,
  operationsOf,
  SURFACES,
  surfaceOf,
} from "./openapi-document.ts";

type Html = ReturnType<typeof html>;
type Parameter = Extract<NonNullable<Operation["parameters"]>[number], { in: string }>;

/** An answer, or where it is described. */
interface Response {
  $ref?: string;
  description?: string;
  content?: Record<string, { schema?: Schema }>;
}

interface Group {
  surface: string;
  tag: string;
  description: string | undefined;
  operations: DescribedOperation[];
}

/** @param origin of the registry, for the examples. */
export function renderDocs(document: OpenApiDocument, origin: string): Html | Promise<Html> {
  const groups = groupsOf(document);
  // Whole and without a space, for the policy names the hash of what is between the tags.
  const style = raw(`<style>${DOCS_CSS}</style>`);
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${document.info.title} API</title>
        <link rel="icon" href="data:," />
        ${style}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the operations</a>
        <nav aria-label="Operations">
          <details>
            <summary>Contents</summary>
            ${contents(groups)}
          </details>
          <div class="wide">${contents(groups)}</div>
        </nav>
        <main id="content">
          <header>
            <h1>${document.info.title} API</h1>
            ${(document.info.description ?? "").split("\n\n").map((paragraph) => html`<p>${prose(paragraph)}</p>`)}
            <p>The same for programs, as OpenAPI ${document.openapi}: <a href="/openapi.json">/openapi.json</a></p>
          </header>
          ${credentials(document)} ${groups.map((group) => renderGroup(document, group, origin))}
          <section id="schemas">
            <h2>Schemas</h2>
            ${schemas.map(([name, schema]) => renderSchema(name, schema))}
          </section>
        </main>
      </body>
    </html>`;
}

function groupsOf(document: OpenApiDocument): Group[] {
  const described = operationsOf(document).map((entry) => ({ ...entry, surface: surfaceOf(entry.path).name }));
  const surfaces = [...new Set(SURFACES.map(({ name }) => name))];
  return surfaces.flatMap((surface) =>
    (document.tags ?? []).flatMap(({ name: tag, description }) => {
      const operations = described.filter((entry) => entry.surface === surface && entry.operation.tags?.[0] === tag);
      return operations.length > 0 ? [{ surface, tag, description, operations }] : [];
    }),
  );
}

function groupAnchor({ surface, tag }: Group): string {
  return `${surface}-${tag}`.toLowerCase().replaceAll(" ", "-");
}

function contents(groups: readonly Group[]): Html {
  return html`<ul>
    ${groups.map(
      (group) =>
        html`<li>
          <a href="#${groupAnchor(group)}">${group.surface}: ${group.tag}</a>
          <ul>
            ${group.operations.map(
              ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
            )}
          </ul>
        </li>`,
    )}
    <li><a href="#schemas">Schemas</a></li>
  </ul>`;
}

function credentials(document: OpenApiDocument): Html {
  const schemes = Object.entries(document.components?.securitySchemes ?? {});
  return html`<section id="credentials">
    <h2>Credentials</h2>
    <dl>
      ${schemes.map(
        ([name, scheme]) =>
          html`<dt><code>${name}</code></dt>
            <dd>${prose("description" in scheme ? scheme.description : "")}</dd>`,
      )}
    </dl>
  </section>`;
}

function renderGroup(document: OpenApiDocument, group: Group, origin: string): Html {
  return html`<section id="${groupAnchor(group)}">
    <h2>${group.surface}: ${group.tag}</h2>
    <p>${group.description}</p>
    ${group.operations.map((operation) => renderOperation(document, operation, origin))}
  </section>`;
}

function renderOperation(document: OpenApiDocument, described: DescribedOperation, origin: string): Html {
  const { path, method, operation } = described;
  const parameters = parametersOf(operation);
  return html`<article id="${operation.operationId}">
    <h3><a href="#${operation.operationId}">${operation.summary}</a></h3>
    <p class="route"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></p>
    ${operation.description ? html`<p>${prose(operation.description)}</p>` : ""}
    <p class="words">${whoMay(operation)}</p>
    ${
      parameters.length === 0
        ? ""
        : html`<h4>Parameters</h4>
            <ul class="fields">
              ${parameters.map(renderParameter)}
            </ul>`
    }
    ${renderBody(operation)}
    <h4>Answers</h4>
    <ul class="fields">
      ${Object.entries(operation.responses ?? {}).map(([status, response]) => renderResponse(document, status, response))}
    </ul>
    <h4>Example</h4>
    <pre
      tabindex="0"
      aria-label="Example: ${operation.summary}"
    ><code>${curlOf(document, described, origin)}</code></pre>
  </article>`;
}

function whoMay({ security = [] }: Operation): string {
  const names = security.flatMap((scheme) => Object.keys(scheme));
  if (names.length === 0) return "No credentials needed.";
  const isOptional = security.some((scheme) => Object.keys(scheme).length === 0);
  return `Credentials: ${names.join(", ")}${isOptional ? ", or none" : ""}.`;
}

function parametersOf({ parameters = [] }: Operation): Parameter[] {
  return parameters.filter((parameter) => "in" in parameter);
}

function renderParameter({ name, in: place, required, schema, description }: Parameter): Html {
  return html`<li>
    <p class="field">
      <code class="name">${name}</code> <span class="type">${typeOf(schema)}</span>
      <span class="note">${place}${required ? "" : ", optional"}</span>
      ${limitsOf(schema).map((limit) => html`<span class="note">${limit}</span>`)}
    </p>
    ${description ? html`<p class="words">${prose(description)}</p>` : describeWords(schema)}
  </li>`;
}

function jsonSchemaOf(
  content: Record<string, { schema?: Schema }> | undefined,
): [string, Schema | undefined] | undefined {
  const [first] = Object.entries(content ?? {});
  return first && [first[0], first[1].schema];
}

function bodySchemaOf({ requestBody }: Operation): Schema | undefined {
  return requestBody && "content" in requestBody ? jsonSchemaOf(requestBody.content)?.[1] : undefined;
}

function renderBody(operation: Operation): Html {
  const schema = bodySchemaOf(operation);
  if (!schema) return html``;
  return html`<h4>Body</h4>
    <p class="field">${typeOf(schema)}</p>
    ${describeWords(schema)}${fieldsOf(schema)}`;
}

function renderResponse(document: OpenApiDocument, status: string, response: Response): Html {
  const resolved = response.$ref === undefined ? response : resolveResponse(document, response.$ref);
  const [mediaType, schema] = jsonSchemaOf(resolved?.content) ?? [];
  return html`<li>
    <p class="field">
      <code class="name">${status === "default" ? "otherwise" : status}</code>
      ${schema ? html`<span class="type">${typeOf(schema)}</span>` : ""}
      ${mediaType && mediaType !== "application/json" ? html`<span class="note">${mediaType}</span>` : ""}
    </p>
    <p class="words">${prose(resolved?.description)}</p>
    ${fieldsOf(schema)}
  </li>`;
}

function resolveResponse(document: OpenApiDocument, reference: string): Response | undefined {
  return document.components?.responses?.[reference.slice("#/components/responses/".length)];
}

function renderSchema(name: string, schema: Schema): Html {
  return html`<article id="${schemaAnchor(name)}">
    <h3><a href="#${schemaAnchor(name)}">${name}</a></h3>
    <p class="field">
      <span class="type">${typeOf(schema)}</span>
      ${limitsOf(schema).map((limit) => html`<span class="note">${limit}</span>`)}
    </p>
    ${describeWords(schema)}${fieldsOf(schema)}
  </article>`;
}

/** A command that does it, for a POSIX shell. */
function curlOf(document: OpenApiDocument, { path, method, operation }: DescribedOperation, origin: string): string {
  const values = new Map(
    parametersOf(operation)
      .filter((parameter) => parameter.in === "path")
      .map(({ name, schema, example }) => [
        name,
        example ?? (schema && "example" in schema ? schema.example : undefined),
      ]),
  );
  const filled = path.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => String(values.get(name) ?? placeholder));
  const needsCredentials = (operation.security ?? []).length > 0;
  const body = bodySchemaOf(operation);
  const lines = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quote(`${origin}${filled}`)}`,
    ...(needsCredentials ? [`-u "$NAME:$PASSWORD"`] : []),
    ...(body ? ["-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(exampleOf(document, body)))}`] : []),
  ];
  return lines.join(" \\\n  ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
