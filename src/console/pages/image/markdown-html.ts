import MarkdownIt, { type RendererRule, type Token } from "markdown-it";

/** Above a description are the headings of its page and of its card. */
const HEADINGS_ABOVE = 2;

const markdown = new MarkdownIt({ html: false, linkify: true });
const { rules } = markdown.renderer;

/** Only links out of the console: there is nothing here that a relative one could lead to. */
function isExternal(address: string | undefined): address is string {
  return address !== undefined && /^(?:https?:\/\/|mailto:)/i.test(address);
}

rules.link_open = (tokens, index, options, _env, self) => {
  const token = tokens[index];
  if (token) {
    if (isExternal(attribute(token, "href"))) leaveConsole(token);
    else token.attrs = null;
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
 * it: it is a link. One that the text itself contains is shown.
 */
rules.image = (tokens, index, options, env, self) => {
  const token = tokens[index];
  if (!token) return "";
  const source = attribute(token, "src");
  const words = self.renderInlineAsText(token.children ?? [], options, env) || (source ?? "");
  const escape = markdown.utils.escapeHtml;
  if (source?.startsWith("data:image/")) return `<img src="${escape(source)}" alt="${escape(words)}">`;
  if (!isExternal(source) || isInLink(tokens, index)) return escape(words);
  return `<a href="${escape(source)}" target="_blank" rel="noopener noreferrer nofollow">${escape(words)}</a>`;
};

function isInLink(tokens: readonly Token[], index: number): boolean {
  const before = tokens.slice(0, index);
  const count = (type: string) => before.filter((token) => token.type === type).length;
  return count("link_open") > count("link_close");
}

const lowerHeading: RendererRule = (tokens, index, options, _env, self) => {
  const token = tokens[index];
  if (token) token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + HEADINGS_ABOVE)}`;
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

/** What is wider than the page scrolls by itself, also by the keyboard. */
const scrollCode: RendererRule = (tokens, index) =>
  `<pre tabindex="0"><code>${markdown.utils.escapeHtml(tokens[index]?.content ?? "")}</code></pre>\n`;
rules.fence = scrollCode;
rules.code_block = scrollCode;

/** Turns Markdown (CommonMark with tables and strikethrough) into HTML. Tags in the text are text. */
export function markdownToHtml(text: string): string {
  return markdown.render(text);
}
