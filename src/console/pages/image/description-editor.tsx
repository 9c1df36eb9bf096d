import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_DESCRIPTION_LENGTH } from "../../../kernel/field-limits.ts";
import { formatNumber, Skeleton, TextArea } from "../../ui/index.ts";
import styles from "./description.module.css";
import { Segments } from "./segments.tsx";

interface DescriptionEditorProps {
  value: string;
  onChange: (value: string) => void;
  /** How many lines are seen at once. */
  rows: number;
}

/** Whether a description is too long for the registry, which counts a character outside of Unicode's first plane once. */
export function isTooLong(text: string): boolean {
  return lengthOf(text) > MAX_DESCRIPTION_LENGTH;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** A Markdown text to write, and to look at before it is saved. */
export function DescriptionEditor({ value, onChange, rows }: DescriptionEditorProps) {
  const { t } = useTranslation("image");
  const [view, setView] = useState<"write" | "preview">("write");
  const count = t("characterCount", {
    count: lengthOf(value),
    number: formatNumber(lengthOf(value)),
    max: formatNumber(MAX_DESCRIPTION_LENGTH),
  });
  return (
    <div className={styles.editor}>
      <div className={styles.head}>
        <Segments
          label={t("editorView")}
          options={[
            { value: "write", label: t("write") },
            { value: "preview", label: t("preview") },
          ]}
          value={view}
          onChange={setView}
        />
        <span className={styles.count}>{count}</span>
      </div>
      {view === "write" ? (
        <TextArea
          label={t("tabDescription")}
          name="description"
          value={value}
          onChange={onChange}
          rows={rows}
          placeholder={t("descriptionPlaceholder")}
          error={isTooLong(value) ? t("descriptionTooLong", { max: formatNumber(MAX_DESCRIPTION_LENGTH) }) : undefined}
        />
      ) : (
        <div className={styles.preview}>
          {value.trim() === "" ? (
            <p className={styles.count}>{t("nothingToPreview")}</p>
          ) : (
            <MarkdownView text={value} />
          )}
        </div>
      )}
    </div>
  );
}

/** Fetched with the first text: the renderer is larger than most pages. */
const RenderedMarkdown = lazy(() => import("./rendered-markdown.tsx"));

/**
 * A Markdown text as it is meant to look.
 *
 * @param isGuide it is one of the console's own guides, which has headings to link to and links to the others.
 */
export function MarkdownView({ text, isGuide = false }: { text: string; isGuide?: boolean }) {
  return (
    <Suspense fallback={<Skeleton lines={4} />}>
      <RenderedMarkdown text={text} isGuide={isGuide} />
    </Suspense>
  );
}
