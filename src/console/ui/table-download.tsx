import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./button.tsx";
import type { CsvColumn } from "./csv.ts";
import { errorText } from "./error-text.ts";
import { formatNumber } from "./format.ts";
import { IconClose, IconDownload } from "./icons.tsx";
import { toast } from "./messages.tsx";
import styles from "./table-download.module.css";

export interface TableDownloadProps<T> {
  /** What the rows are: the name of the file. */
  label: string;
  columns: readonly CsvColumn<T>[];
  /** All rows, some at a time, from the first one on. */
  readAll: (signal: AbortSignal) => AsyncIterable<readonly T[]> | Iterable<readonly T[]>;
}

/** Saves all rows of a list as a file of CSV; says how far it is meanwhile, and can be stopped. */
export function TableDownload<T>({ label, columns, readAll }: TableDownloadProps<T>) {
  const { t } = useTranslation("kit");
  const [count, setCount] = useState<number>();
  const writing = useRef<AbortController>(undefined);
  // Who leaves the page does not wait for the file any more.
  useEffect(() => () => writing.current?.abort(), []);

  async function save() {
    const controller = new AbortController();
    const { signal } = controller;
    writing.current = controller;
    setCount(0);
    try {
      const { MAX_FILE_ROWS, saveTable } = await import("./table-file.ts");
      const pages = readAll(signal);
      const isCut = await saveTable({ label, columns, pages, signal, onProgress: setCount });
      if (isCut) toast(t("csvCut", { number: formatNumber(MAX_FILE_ROWS) }), { tone: "warning" });
    } catch (error) {
      if (!signal.aborted) toast(t("csvFailed", { reason: errorText(error) }), { tone: "danger" });
    } finally {
      // Another one may have begun since this one was stopped.
      if (writing.current === controller) setCount(undefined);
    }
  }

  function stop() {
    writing.current?.abort();
    setCount(undefined);
  }

  if (count === undefined) {
    return (
      <div className={styles.download}>
        <Button variant="quiet" size="small" icon={<IconDownload />} onPress={() => void save()}>
          <span className={styles.word}>{t("csvDownload")}</span>
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.download}>
      <span className={styles.count} role="status">
        {t("csvProgress", { count, number: formatNumber(count) })}
      </span>
      <IconButton label={t("csvStop")} icon={<IconClose />} size="small" onPress={stop} />
    </div>
  );
}
