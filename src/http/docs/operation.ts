/** One operation, as `/docs` describes it. */
import { html } from "hono/html";
import {
  type DescribedOperation,
  type OpenApiDocument,
  type Operation,
  STANDARD_RESPONSE,
} from "../openapi-document.ts";
import { commandOf } from "./example.ts";
import { fillIn } from "./languages.ts";
import { bodySchemaOf, type Content, firstContent, type Parameter, parametersOf } from "./operation-parts.ts";
import {
  collectNamed,
  describeWords,
  fieldNames,
  fieldsOf,
  type Html,
  limitsOf,
  prose,
  type Reader,
  schemaAnchor,
  typeOf,
  withCode,
} from "./schema.ts";

/** An answer, or where it is described. */
interface Response {
  $ref?: string;
  description?: string;
  content?: Content;
}

/** What the pages of one language, at one address of the registry, are made of. */
export interface Site extends Reader {
  document: OpenApiDocument;
  /** Of the registry, for examples: `https://registry.example.com`. */
  origin: string;
}

/** @param errors the address of the page of errors. */
export function renderOperation(site: Site, described: DescribedOperation, errors: string): Html {
  const { path, method, operation } = described;
  const { words } = site;
  const parameters = parametersOf(operation);
  const body = bodySchemaOf(operation);
  const title = site.translate(operation.summary ?? path);
  return html`<article id="${operation.operationId}" aria-labelledby="${operation.operationId}-title">
    <h2 id="${operation.operationId}-title"><a href="#${operation.operationId}">${title}</a></h2>
    <p class="route"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></p>
    ${operation.description ? html`<p>${prose(site, operation.description)}</p>` : ""}
    <p class="words">${withCode(credentialsOf(site, operation))}</p>
    ${
      parameters.length === 0
        ? ""
        : html`<h3>${words.parameters}</h3>
            <ul class="fields">
              ${parameters.map((parameter) => renderParameter(site, parameter))}
            </ul>`
    }
    ${
      body
        ? html`<h3>${words.body}</h3>
            <p class="field">${typeOf(site, body)}</p>
            ${describeWords(site, body)}${fieldsOf(site, body)}`
        : ""
    }
    <h3>${words.answers}</h3>
    <ul class="fields">
      ${Object.entries(operation.responses ?? {}).map(([status, response]) => renderResponse(site, status, response, errors))}
    </ul>
    <h3>${words.example}</h3>
    ${renderExample(site, commandOf(site.document, described, site.origin), `${words.example}: ${title}`)}
  </article>`;
}

/** A command with a button that copies it, which `docs.js` brings to life. */
export function renderExample(site: Reader, command: string, label: string): Html {
  return html`<div class="example">
    <pre tabindex="0" role="group" aria-label="${label}"><code>${command}</code></pre>
    <button type="button" class="copy" hidden>${site.words.copy}</button>
  </div>`;
}

/** Which credentials an operation takes; the page of conventions explains them. */
function credentialsOf({ words }: Site, { security = [] }: Operation): string {
  const names = security.flatMap((scheme) => Object.keys(scheme));
  if (names.length === 0) return words.credentialsNone;
  const isOptional = security.some((scheme) => Object.keys(scheme).length === 0);
  const schemes = names.map((name) => `\`${name}\``).join(", ");
  return fillIn(isOptional ? words.credentialsOptional : words.credentials, { schemes });
}

function renderParameter(site: Site, { name, in: place, required, schema, description }: Parameter): Html {
  const { words } = site;
  return html`<li>
    <p class="field">
      <code class="name">${name}</code> <span class="type">${typeOf(site, schema)}</span>
      <span class="note">${words[place]}</span>
      ${required ? "" : html`<span class="note">${words.optional}</span>`}
      ${limitsOf(site, schema).map((limit) => html`<span class="note">${limit}</span>`)}
    </p>
    ${description ? html`<p class="words">${prose(site, description)}</p>` : describeWords(site, schema)}
  </li>`;
}

function renderResponse(site: Site, status: string, response: Response, errors: string): Html {
  const { words } = site;
  const resolved = response.$ref === undefined ? response : resolveResponse(site.document, response.$ref);
  const [mediaType, schema] = firstContent(resolved?.content) ?? [];
  // What nearly all operations answer else is described once, on a page of its own.
  if (status === STANDARD_RESPONSE) {
    return html`<li>
      <p class="field">
        <code class="name">${words.otherwise}</code> ${words.otherwiseText}
        <a href="${errors}">${typeName(response)}</a>
      </p>
    </li>`;
  }
  const fields = fieldNames(schema).length === 0 ? "" : fieldsOf(site, schema);
  return html`<li>
    <p class="field">
      <code class="name">${status}</code> ${schema ? html`<span class="type">${typeOf(site, schema)}</span>` : ""}
      ${mediaType && mediaType !== "application/json" ? html`<span class="note">${mediaType}</span>` : ""}
    </p>
    <p class="words">${prose(site, resolved?.description)}</p>
    ${
      fields === ""
        ? ""
        : html`<details>
            <summary>${words.fields}</summary>
            ${fields}
          </details>`
    }
  </li>`;
}

/** The name at the end of a reference. */
function typeName({ $ref = "" }: Response): string {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}

function resolveResponse(document: OpenApiDocument, reference: string): Response | undefined {
  return document.components?.responses?.[reference.slice("#/components/responses/".length)];
}

/** A named schema, closed until somebody asks for it: pages would be many times as long. */
export function renderSchema(site: Site, name: string): Html {
  const schema = site.document.components?.schemas?.[name];
  return html`<details class="type-box">
    <summary>${name}</summary>
    <div id="${schemaAnchor(name)}">
      <p class="field">
        <span class="type">${typeOf(site, schema)}</span>
        ${limitsOf(site, schema).map((limit) => html`<span class="note">${limit}</span>`)}
      </p>
      ${describeWords(site, schema)}${fieldsOf(site, schema)}
    </div>
  </details>`;
}

/** The schemas that an operation's parameters, body and answers refer to: all but those of errors. */
export function schemasOf(document: OpenApiDocument, { operation }: DescribedOperation, names: Set<string>): void {
  for (const { schema } of parametersOf(operation)) collectNamed(document, schema, names);
  collectNamed(document, bodySchemaOf(operation), names);
  for (const [status, response] of Object.entries<Response>(operation.responses ?? {})) {
    if (status !== STANDARD_RESPONSE) collectNamed(document, firstContent(response.content)?.[1], names);
  }
}

/** What somebody may search an operation by, besides its title and path: the names of its parameters and fields. */
export function searchWords(document: OpenApiDocument, { operation }: DescribedOperation): string[] {
  const names = new Set<string>();
  collectNamed(document, bodySchemaOf(operation), names);
  const named = [...names].flatMap((name) => fieldNames(document.components?.schemas?.[name]));
  const parameters = parametersOf(operation).map(({ name }) => name);
  return [...new Set([...parameters, ...fieldNames(bodySchemaOf(operation)), ...named])];
}
