import MarkdownIt, { type RendererRule, type Token } from "markdown-it";
import { anchorOf } from "../../../kernel/guides.ts";
import { guideLink } from "../../guides.ts";
import { isApiPath } from "../../../kernel/api-paths.ts";

/** Above a description are the headings of its page and of its card. */
const HEADINGS_ABOVE = 2;

const markdown = new MarkdownIt({ html: false, linkify: true });
const { rules } = markdown.renderer;

/**
 * Whether an address is that of a file of the registry, as a whole or as a path from its root. Not one of an API: the browser
 * would ask there in the name of who reads the text, and a download or an export is in the audit.
 */
function isOwn(address: string): boolean {
  const origin = ownOrigin();
  if (origin === undefined || !/^(?:https?:\/)?\//i.test(address)) return false;
  const url = URL.parse(address, origin);
  // What is encoded may be read as another path by the registry; none of its files needs it.
  return url !== null && url.origin === origin && !url.pathname.includes("%") && !isApiPath(url.pathname);
}

/** The page's; undefined outside of browsers, where guides are prepared (`scripts/local/guides.ts`). */
function ownOrigin(): string | undefined {
  const place: unknown = Reflect.get(globalThis, "location");
  const isPage = typeof place === "object" && place !== null && "origin" in place;
  return isPage && typeof place.origin === "string" ? place.origin : undefined;
}

/** Only links out of the console: there is nothing here that a relative one could lead to. */
function isExternal(address: string | undefined): address is string {
  return address !== undefined && /^(?:https?:\/\/|mailto:)/i.test(address);
}

rules.link_open = (tokens, index, options, env, self) => {
  const token = tokens[index];
  if (token) {
    const href = attribute(token, "href");
    const own = isGuide(env) && href !== undefined ? guideLink(href) : undefined;
    if (isExternal(href)) leaveConsole(token);
    else token.attrs = own === undefined ? null : [["href", own]];
  }
  return self.renderToken(tokens, index, options);
};

function attribute(token: Token, name: string): string | undefined {
  const value = token.attrGet(name);
  return value === null ? undefined : String(value);
}

function leaveConsole(link: Token): void {
  link.attrSet("target", "_blank");
  link.attrSet("rel", "noopener noreferrer nofollow");
}

/**
 * An image from elsewhere would tell its host who reads the description, so that the content security policy forbids
 * it: it is a link. One that the text itself contains, or that this registry serves, is shown.
 */
rules.image = (tokens, index, options, env, self) => {
  const token = tokens[index];
  if (!token) return "";
  const source = attribute(token, "src");
  const words = self.renderInlineAsText(token.children ?? [], options, env) || (source ?? "");
  const escape = markdown.utils.escapeHtml;
  if (source !== undefined && (source.startsWith("data:image/") || isOwn(source)))
    return `<img src="${escape(source)}" alt="${escape(words)}">`;
  if (!isExternal(source) || isInLink(tokens, index)) return escape(words);
  return `<a href="${escape(source)}" target="_blank" rel="noopener noreferrer nofollow">${escape(words)}</a>`;
};

function isInLink(tokens: readonly Token[], index: number): boolean {
  const before = tokens.slice(0, index);
  const count = (type: string) => before.filter((token) => token.type === type).length;
  return count("link_open") > count("link_close");
}

/**
 * The anchor of a guide's heading. A translated heading ends with the anchor that it has in English, `## 凭证 {#credentials}`, so
 * that a link leads to the same part in each language.
 */
const ANCHOR = /\s*\{#([\w-]+)\}$/;

/** The anchor of a heading, which is not shown. */
function takeAnchor(inline: Token | undefined): string {
  const [mark, anchor] = ANCHOR.exec(inline?.content ?? "") ?? [];
  const last = inline?.children?.at(-1);
  if (anchor === undefined || mark === undefined || !inline) return anchorOf(inline?.content ?? "");
  if (last) last.content = last.content.replace(ANCHOR, "");
  return anchor;
}

const lowerHeading: RendererRule = (tokens, index, options, env, self) => {
  const token = tokens[index];
  if (token && isGuide(env)) {
    if (token.nesting === 1) token.attrSet("id", takeAnchor(tokens[index + 1]));
  } else if (token) token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + HEADINGS_ABOVE)}`;
  return self.renderToken(tokens, index, options);
};
rules.heading_open = lowerHeading;
rules.heading_close = lowerHeading;

/** The alignment of a column comes as a style, which the content security policy forbids; the old attribute does too. */
const alignCell: RendererRule = (tokens, index, options, _env, self) => {
  const token = tokens[index];
  const alignment = /^text-align:(left|center|right)$/.exec((token && attribute(token, "style")) ?? "")?.[1];
  if (token) token.attrs = alignment === undefined ? null : [["align", alignment]];
  return self.renderToken(tokens, index, options);
};
rules.th_open = alignCell;
rules.td_open = alignCell;

/** A table that is wider than the page scrolls by itself, also by the keyboard. */
rules.table_open = () => '<table tabindex="0">\n';

/**
 * The same for code. The element around it is where the button that copies it
 * goes (`rendered-markdown.tsx`).
 */
const scrollCode: RendererRule = (tokens, index) =>
  `<div><pre tabindex="0"><code>${markdown.utils.escapeHtml(tokens[index]?.content ?? "")}</code></pre></div>\n`;
rules.fence = scrollCode;
rules.code_block = scrollCode;

const TASK = /^\[([ xX])\]\s+/;

/** Items that begin with `[ ]` or `[x]` have a box that nobody can press (GitHub Flavored Markdown, "Task list items"). */
markdown.core.ruler.after("inline", "tasks", ({ tokens, Token: NewToken }) => {
  for (const [index, inline] of tokens.entries()) {
    const item = tokens[index - 2];
    if (inline.type !== "inline" || tokens[index - 1]?.type !== "paragraph_open" || item?.type !== "list_item_open")
      continue;
    const [first] = inline.children ?? [];
    const mark = first?.type === "text" ? TASK.exec(first.content) : null;
    if (!first || !mark) continue;
    first.content = first.content.slice(mark[0].length);
    const box = new NewToken("task", "", 0);
    box.meta = { isDone: mark[1] !== " " };
    inline.children?.unshift(box);
    item.attrSet("class", "task");
  }
});
rules.task = (tokens, index) => `<span class="box">${tokens[index]?.meta?.isDone === true ? "☑" : "☐"}</span> `;

function isGuide(env: unknown): boolean {
  return typeof env === "object" && env !== null && "isGuide" in env && env.isGuide === true;
}

/**
 * Turns Markdown (CommonMark with tables, strikethrough and task lists) into HTML. Tags in the text are text.
 *
 * @param kind of a text: a guide of the console's own has headings to link to, and links to the others.
 */
export function markdownToHtml(text: string, kind: { isGuide: boolean } = { isGuide: false }): string {
  return markdown.render(text, { ...kind });
}

/** The part of a guide below one heading, without what marks it up. */
export interface GuidePart {
  /** Empty before the first heading. */
  anchor: string;
  title: string;
  text: string;
}

/** What of a part is searched: enough for all but a few. */
const MAX_PART_LENGTH = 4000;

/** The parts of a guide, as a search finds them. */
export function guideParts(text: string): GuidePart[] {
  const tokens = markdown.parse(text, {});
  const parts: GuidePart[] = [];
  for (const [index, token] of tokens.entries()) {
    const isHeading = tokens[index - 1]?.type === "heading_open";
    if (isHeading) {
      const anchor = parts.length === 0 ? "" : takeAnchor(token);
      parts.push({ anchor, title: token.content.replace(ANCHOR, "").replaceAll("`", ""), text: "" });
      continue;
    }
    const part = parts.at(-1);
    if (part && (token.type === "inline" || token.type === "fence")) {
      part.text = `${part.text} ${plainText(token)}`.trim().slice(0, MAX_PART_LENGTH);
    }
  }
  return parts;
}

function plainText(token: Token): string {
  const children = token.children ?? [token];
  return children
    .map(({ content }) => content)
    .join(" ")
    .replaceAll(/\s+/g, " ");
}
