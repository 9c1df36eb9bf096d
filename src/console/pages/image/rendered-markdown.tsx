import { useMemo } from "react";
import { renderMarkdown } from "./markdown.ts";
import styles from "./rendered-markdown.module.css";

/** Markdown as HTML; MarkdownView is what pages use. */
export default function RenderedMarkdown({ text }: { text: string }) {
  const html = useMemo(() => renderMarkdown(text), [text]);
  return <div className={styles.markdown} dir="auto" dangerouslySetInnerHTML={{ __html: html }} />;
}
