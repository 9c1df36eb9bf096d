/**
 * Descriptions are Markdown that anybody may have written and everybody reads. HTML in them is text; what markdown-it
 * makes of the rest goes through DOMPurify all the same. Loaded when there is a description to show.
 */
import DOMPurify from "dompurify";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { CopyButton } from "../../ui/index.ts";
import { markdownToHtml } from "./markdown-html.ts";
import styles from "./description.module.css";

/** Markdown as HTML; MarkdownView is what pages use. */
export default function RenderedMarkdown({ text, isGuide }: { text: string; isGuide: boolean }) {
  const { t } = useTranslation("image");
  const html = useMemo(() => ({ __html: renderMarkdown(text, isGuide) }), [text, isGuide]);
  const content = useRef<HTMLDivElement>(null);
  const [blocks, setBlocks] = useState<HTMLElement[]>([]);
  useLayoutEffect(() => {
    const codes = content.current?.querySelectorAll<HTMLElement>("div > pre") ?? [];
    setBlocks([...codes].flatMap(({ parentElement }) => parentElement ?? []));
  }, [html]);
  return (
    <>
      <div ref={content} className={styles.markdown} dir="auto" dangerouslySetInnerHTML={html} />
      {blocks.map((block, at) =>
        createPortal(
          <span className={styles.copy}>
            <CopyButton
              value={block.querySelector("pre")?.textContent.replace(/\n$/, "") ?? ""}
              label={t("copyCode")}
            />
          </span>,
          block,
          String(at),
        ),
      )}
    </>
  );
}

const BLOCKS = ["h2", "h3", "h4", "h5", "h6", "p", "hr", "blockquote", "ul", "ol", "li", "pre", "div"];
const TABLES = ["table", "thead", "tbody", "tr", "th", "td"];
const INLINE = ["a", "br", "code", "em", "img", "s", "span", "strong"];
const ATTRIBUTES = ["href", "target", "rel", "title", "src", "alt", "start", "align", "tabindex", "class", "id"];

/** The HTML of a Markdown text, safe to put into the page. */
function renderMarkdown(text: string, isGuide: boolean): string {
  return DOMPurify.sanitize(markdownToHtml(text, { isGuide }), {
    ALLOWED_TAGS: [...BLOCKS, ...TABLES, ...INLINE],
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}
