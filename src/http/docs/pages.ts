/**
 * The pages of `/docs`, by hand and without a framework: each is whole and readable without JavaScript, and its policy allows one
 * script, the registry's own (ADR 43).
 */
import { html, raw } from "hono/html";
import { EXAMPLE_HOST, type Guide, GUIDE_TITLES, GUIDES } from "../../kernel/guides.ts";
import { STATUS } from "../errors.ts";
import { type DescribedOperation, type OpenApiDocument, operationsOf } from "../openapi-document.ts";
import { translateToChinese } from "./chinese.ts";
import { ERROR_TEXTS } from "./error-texts.ts";
import { INTRODUCTIONS, type Introduction } from "./introductions.ts";
import { type Language, LANGUAGES, type Localized, WORDS } from "./languages.ts";
import { renderExample, renderOperation, renderSchema, schemasOf, searchWords, type Site } from "./operation.ts";
import { type Html, prose, withCode } from "./schema.ts";
import { SECTIONS, type Section, sectionOf } from "./sections.ts";
import { DOCS_CSS } from "./style.ts";

/** Where the console build leaves the pages' script: `src/console/docs.ts`. */
const SCRIPT = "/docs.js";

/** A guide as the console's build prepares it, in one of the languages (`scripts/local/guides.ts`). */
export interface GuideText {
  html: string;
}

/** A part of a guide, for the search. */
export interface GuidePart {
  guide: string;
  anchor: string;
  title: string;
  text: string;
}

type Group = "start" | "guides" | "api" | "compatible" | "reference";

/** A page of the site, and what is in it. */
interface DocsPage {
  /** What follows `/docs/en/`; empty for the first page. */
  path: string;
  group: Group;
  title: Localized;
  summary?: Localized;
  section?: Section;
  guide?: Guide;
  introduction?: Introduction;
  isErrors?: true;
}

const GROUPS: readonly Group[] = ["start", "api", "guides", "compatible", "reference"];

const PAGES: readonly DocsPage[] = [
  ...INTRODUCTIONS.map((introduction) => ({
    path: introduction.id,
    group: introduction.group,
    title: introduction.title,
    summary: introduction.summary,
    introduction,
  })),
  ...SECTIONS.map((section) => ({
    path: section.id,
    group: section.group,
    title: section.title,
    summary: section.summary,
    section,
  })),
  ...GUIDES.map((guide) => ({ path: `guides/${guide}`, group: "guides" as const, title: GUIDE_TITLES[guide], guide })),
  {
    path: "errors",
    group: "reference" as const,
    title: { en: "Errors", zh: "错误码" },
    summary: {
      en: 'Every refusal has a code. Under `/api/` the answer is `{"errors": [{"code", "message", "detail", "reason"}]}`: `message` names the culprit, and `reason` has the sentence as a code with values. The compatible APIs word the same refusals as SWR, IAM and CCE do.',
      zh: '每个错误都有错误码。`/api/` 下的响应格式为 `{"errors": [{"code", "message", "detail", "reason"}]}`：`message` 说明具体原因，`reason` 以代码和参数的形式给出同样的内容。兼容 API 按 SWR、IAM 和 CCE 各自的格式返回同样的错误。',
    },
    isErrors: true as const,
  },
].toSorted((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));

/** The paths of all pages, in their order, as they follow the language in an address. */
export const PAGE_PATHS: readonly string[] = PAGES.map(({ path }) => path);

/** The guide that a page shows; undefined for all other pages. */
export function guideOf(path: string): Guide | undefined {
  return PAGES.find((page) => page.path === path)?.guide;
}

/** @param origin of the registry, for the examples. */
export function siteOf(document: OpenApiDocument, origin: string, language: Language): Site & { language: Language } {
  const translate = language === "zh" ? translateToChinese : (text: string) => text;
  return { document, origin, language, words: WORDS[language], translate };
}

type LocalSite = ReturnType<typeof siteOf>;

function addressOf(site: LocalSite, path: string): string {
  return path === "" ? `/docs/${site.language}` : `/docs/${site.language}/${path}`;
}

/**
 * A whole page.
 *
 * @param path what follows the language in the address; empty for the first page.
 * @param guide the text of the guide that the page shows, if that is part of this build.
 * @returns undefined when there is no such page.
 */
export function renderPage(site: LocalSite, path: string, guide?: GuideText): Html | undefined {
  if (path === "") return renderFrame(site, undefined, renderIndex(site));
  const page = PAGES.find((each) => each.path === path);
  return page && renderFrame(site, page, renderContent(site, page, guide));
}

function operationsOn(site: LocalSite, section: Section): DescribedOperation[] {
  return operationsOf(site.document).filter((operation) => sectionOf(operation) === section);
}

function renderFrame(site: LocalSite, page: DocsPage | undefined, content: Html): Html {
  const { language, words } = site;
  const title = page ? `${page.title[language]} - ${words.title}` : words.title;
  // Whole and without a space, for the policy names the hash of what is between the tags.
  const style = raw(`<style>${DOCS_CSS}</style>`);
  return html`<!doctype html>
    <html
      lang="${LANGUAGES[language].tag}"
      data-index="${addressOf(site, "search.json")}"
      data-copied="${words.copied}"
      data-copy-failed="${words.copyFailed}"
      data-none="${words.searchNone}"
      data-failed="${words.searchFailed}"
      data-found="${words.searchFound}"
    >
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${style}
        <script src="/theme.js"></script>
        <script src="${SCRIPT}" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">${words.skip}</a>
        ${renderHeader(site, page)}
        <div class="columns">
          <nav class="side" aria-label="${words.pages}">
            <details>
              <summary>${words.contents}</summary>
              ${renderNavigation(site, page)}
            </details>
            <div class="wide">${renderNavigation(site, page)}</div>
          </nav>
          <main id="content" tabindex="-1">
            ${page ? renderBreadcrumb(site, page) : ""}${content}${page ? renderAdjacent(site, page) : ""}
          </main>
        </div>
        <dialog id="search" aria-label="${words.search}">
          <form method="dialog">
            <input
              type="search"
              aria-label="${words.searchHint}"
              placeholder="${words.searchHint}"
              autocomplete="off"
              spellcheck="false"
            />
            <button type="submit">${words.searchClose}</button>
          </form>
          <p role="status"></p>
          <ul></ul>
        </dialog>
      </body>
    </html>`;
}

function renderHeader(site: LocalSite, page: DocsPage | undefined): Html {
  const { words, language } = site;
  const others = Object.entries(LANGUAGES);
  return html`<header class="top">
    <a class="brand" href="${addressOf(site, "")}">${words.title}</a>
    <button type="button" id="open-search" aria-keyshortcuts="/ Control+K" hidden>${words.search} <kbd>/</kbd></button>
    <nav class="links" aria-label="${words.language}">
      ${others.map(
        ([code, { tag, name }]) =>
          html`<a
            href="/docs/${code}${page ? `/${page.path}` : ""}"
            hreflang="${tag}"
            lang="${tag}"
            data-language="${tag}"
            ${code === language ? raw('aria-current="true"') : ""}
            >${name}</a
          >`,
      )}
    </nav>
    <a class="console" href="/">${words.console}</a>
  </header>`;
}

/** All pages by their groups, and the operations of the one that is shown. */
function renderNavigation(site: LocalSite, shown: DocsPage | undefined): Html {
  return html`${GROUPS.map(
    (group) =>
      html`<p class="group">${site.words[group]}</p>
        <ul>
          ${PAGES.filter((page) => page.group === group).map(
            (page) =>
              html`<li>
                <a href="${addressOf(site, page.path)}" ${page === shown ? raw('aria-current="page"') : ""}
                  >${page.title[site.language]}</a
                >
                ${page === shown && page.section ? renderOperationLinks(site, page.section) : ""}
              </li>`,
          )}
        </ul>`,
  )}`;
}

function renderOperationLinks(site: LocalSite, section: Section): Html {
  return html`<ul>
    ${operationsOn(site, section).map(
      ({ operation }) =>
        html`<li><a href="#${operation.operationId}">${site.translate(operation.summary ?? "")}</a></li>`,
    )}
  </ul>`;
}

function renderBreadcrumb(site: LocalSite, page: DocsPage): Html {
  const { words, language } = site;
  return html`<nav class="breadcrumb" aria-label="${words.breadcrumb}">
    <ol>
      <li><a href="${addressOf(site, "")}">${words.home}</a></li>
      <li><a href="${addressOf(site, "")}#${page.group}">${words[page.group]}</a></li>
      <li aria-current="page">${page.title[language]}</li>
    </ol>
  </nav>`;
}

function renderAdjacent(site: LocalSite, page: DocsPage): Html {
  const at = PAGES.indexOf(page);
  const link = (other: DocsPage | undefined, rel: "prev" | "next", label: string) =>
    other
      ? html`<a rel="${rel}" href="${addressOf(site, other.path)}"
          ><span class="words">${label}</span> ${other.title[site.language]}</a
        >`
      : html`<span></span>`;
  return html`<nav class="adjacent" aria-label="${site.words.adjacent}">
    ${link(PAGES[at - 1], "prev", site.words.previous)} ${link(PAGES[at + 1], "next", site.words.next)}
  </nav>`;
}

function renderIndex(site: LocalSite): Html {
  const { words, language, document } = site;
  return html`<h1>${words.title}</h1>
    <p class="lead">${words.introduction}</p>
    ${GROUPS.map(
      (group) =>
        html`<section aria-labelledby="${group}">
          <h2 id="${group}">${words[group]}</h2>
          <ul class="cards">
            ${PAGES.filter((page) => page.group === group).map(
              (page) =>
                html`<li>
                  <a href="${addressOf(site, page.path)}">${page.title[language]}</a>
                  ${page.summary && group !== "reference" ? html`<p class="words">${withCode(page.summary[language])}</p>` : ""}
                </li>`,
            )}
          </ul>
        </section>`,
    )}
    <p>${words.openapi} <a href="/openapi.json" download>/openapi.json</a> (OpenAPI ${document.openapi})</p>`;
}

function renderContent(site: LocalSite, page: DocsPage, guide: GuideText | undefined): Html {
  const title = page.title[site.language];
  if (page.guide)
    return html`<h1>${title}</h1>
      <div class="guide">${guide ? raw(fillAddress(site, guide.html)) : html`<p>${site.words.guideMissing}</p>`}</div>
      ${renderRelated(site, page.guide)}`;
  return html`<h1>${title}</h1>
    <p class="lead">${withCode(page.summary?.[site.language] ?? "")}</p>
    ${page.section ? renderSection(site, page.section) : ""}
    ${page.introduction ? renderIntroduction(site, page.introduction) : ""} ${page.isErrors ? renderErrors(site) : ""}`;
}

/** The address that guides have in examples stands for the registry's own. */
function fillAddress({ origin }: Site, text: string): string {
  return text.replaceAll(`https://${EXAMPLE_HOST}`, origin).replaceAll(EXAMPLE_HOST, new URL(origin).host);
}

/** Which operations are about what a guide explains. */
function renderRelated(site: LocalSite, guide: Guide): Html {
  const sections = SECTIONS.filter(({ guides = [] }) => guides.includes(guide));
  if (sections.length === 0) return html``;
  return html`<h2>${site.words.relatedOperations}</h2>
    <ul>
      ${sections.map(({ id, title }) => html`<li><a href="${addressOf(site, id)}">${title[site.language]}</a></li>`)}
    </ul>`;
}

function renderSection(site: LocalSite, section: Section): Html {
  const { words, language, document } = site;
  const operations = operationsOn(site, section);
  const names = new Set<string>();
  for (const operation of operations) schemasOf(document, operation, names);
  const { guides = [], console: inConsole } = section;
  return html`<p class="related">
      ${guides.map(
        (guide) =>
          html`<a href="${addressOf(site, `guides/${guide}`)}">${words.guide}: ${GUIDE_TITLES[guide][language]}</a>`,
      )}
      ${inConsole === undefined ? "" : html`<a href="${inConsole}">${words.openInConsole}</a>`}
    </p>
    ${operations.map((operation) => renderOperation(site, operation, addressOf(site, "errors")))}
    ${
      names.size === 0
        ? ""
        : html`<section aria-labelledby="types">
            <h2 id="types">${words.types}</h2>
            ${[...names].sort().map((name) => renderSchema(site, name))}
          </section>`
    }`;
}

function renderIntroduction(site: LocalSite, { parts }: Introduction): Html {
  const { language } = site;
  return html`${parts.map(
    ({ id, title, text, example }) =>
      html`<section id="${id}" aria-labelledby="${id}-title">
        <h2 id="${id}-title">${title[language]}</h2>
        ${text[language].split("\n\n").map((paragraph) => html`<p>${withCode(paragraph)}</p>`)}
        ${example === undefined ? "" : renderExample(site, fillAddress(site, example), `${site.words.example}: ${title[language]}`)}
        ${id === "credentials" ? renderCredentials(site) : ""}
      </section>`,
  )}`;
}

function renderCredentials(site: LocalSite): Html {
  const schemes = Object.entries(site.document.components?.securitySchemes ?? {});
  return html`<dl>
    ${schemes.map(
      ([name, scheme]) =>
        html`<dt><code>${name}</code></dt>
          <dd>${prose(site, "description" in scheme ? scheme.description : "")}</dd>`,
    )}
  </dl>`;
}

/** The status of each code, failures included. */
const STATUSES: ReadonlyMap<string, number> = new Map<string, number>([
  ...Object.entries(STATUS),
  ["UNKNOWN", 500],
  ["UNAVAILABLE", 503],
]);

function renderErrors(site: LocalSite): Html {
  const { words, language, document } = site;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${words.code}">
      <table>
        <thead>
          <tr>
            <th scope="col">${words.code}</th>
            <th scope="col">${words.status}</th>
            <th scope="col">${words.meaning}</th>
          </tr>
        </thead>
        <tbody>
          ${Object.entries(ERROR_TEXTS).map(
            ([code, text]) =>
              html`<tr id="${code}">
                <th scope="row"><code>${code}</code></th>
                <td>${STATUSES.get(code)}</td>
                <td>${withCode(text[language])}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <section aria-labelledby="types">
      <h2 id="types">${words.types}</h2>
      ${Object.keys(document.components?.responses ?? {}).map((name) => renderSchema(site, name))}
    </section>`;
}

/** An entry of the search: what it is called, where it is, and by what else it is found. */
interface SearchEntry {
  title: string;
  /** What is shown below the title. */
  detail: string;
  href: string;
  words: string;
}

/**
 * All that the search of a language finds.
 *
 * @param guides the parts of the guides, if they are part of this build.
 */
export function searchIndex(site: LocalSite, guides: readonly GuidePart[]): SearchEntry[] {
  const { language, words } = site;
  const pages = PAGES.map(({ path, title, group, summary }) => ({
    title: title[language],
    detail: words[group],
    href: addressOf(site, path),
    words: summary?.[language] ?? "",
  }));
  const parts = INTRODUCTIONS.flatMap((introduction) =>
    introduction.parts.map(({ id, title, text }) => ({
      title: title[language],
      detail: introduction.title[language],
      href: `${addressOf(site, introduction.id)}#${id}`,
      words: text[language],
    })),
  );
  const operations = operationsOf(site.document).map((described) => ({
    title: site.translate(described.operation.summary ?? ""),
    detail: `${described.method.toUpperCase()} ${described.path}`,
    href: `${addressOf(site, sectionOf(described).id)}#${described.operation.operationId}`,
    words: [
      described.operation.operationId ?? "",
      sectionOf(described).title[language],
      ...searchWords(site.document, described),
    ].join(" "),
  }));
  const errors = Object.entries(ERROR_TEXTS).map(([code, text]) => ({
    title: code,
    detail: text[language],
    href: `${addressOf(site, "errors")}#${code}`,
    words: "",
  }));
  const ofGuides = guides.map(({ guide, anchor, title, text }) => ({
    title,
    detail: `${words.guide}: ${Object.entries(GUIDE_TITLES).find(([name]) => name === guide)?.[1][language] ?? guide}`,
    href: `${addressOf(site, `guides/${guide}`)}${anchor === "" ? "" : `#${anchor}`}`,
    words: text,
  }));
  return [...pages, ...parts, ...operations, ...errors, ...ofGuides];
}
