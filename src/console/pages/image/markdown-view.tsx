import { lazy, Suspense } from "react";
import { Skeleton } from "../../ui/index.ts";

/** Fetched with the first text: the renderer is larger than most pages. */
const RenderedMarkdown = lazy(() => import("./rendered-markdown.tsx"));

/** A Markdown text as it is meant to look. */
export function MarkdownView({ text }: { text: string }) {
  return (
    <Suspense fallback={<Skeleton lines={4} />}>
      <RenderedMarkdown text={text} />
    </Suspense>
  );
}
