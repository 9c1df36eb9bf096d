/**
 * Descriptions are Markdown that anybody may have written and everybody reads. HTML in them is text; what markdown-it
 * makes of the rest goes through DOMPurify all the same. Loaded when there is a description to show.
 */
import DOMPurify from "dompurify";
import { useMemo } from "react";
import { markdownToHtml } from "./markdown-html.ts";
import styles from "./description.module.css";

/** Markdown as HTML; MarkdownView is what pages use. */
export default function RenderedMarkdown({ text }: { text: string }) {
  const html = useMemo(() => renderMarkdown(text), [text]);
  return <div className={styles.markdown} dir="auto" dangerouslySetInnerHTML={{ __html: html }} />;
}

const BLOCKS = ["h3", "h4", "h5", "h6", "p", "hr", "blockquote", "ul", "ol", "li", "pre"];
const TABLES = ["table", "thead", "tbody", "tr", "th", "td"];
const INLINE = ["a", "br", "code", "em", "img", "s", "strong"];
const ATTRIBUTES = ["href", "target", "rel", "title", "src", "alt", "start", "align", "tabindex"];

/** The HTML of a Markdown text, safe to put into the page. */
function renderMarkdown(text: string): string {
  return DOMPurify.sanitize(markdownToHtml(text), {
    ALLOWED_TAGS: [...BLOCKS, ...TABLES, ...INLINE],
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}
