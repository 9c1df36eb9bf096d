import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CursorList } from "../../api/cursor-list.ts";
import {
  ErrorNotice,
  formatNumber,
  type RowDialogState,
  Table,
  type TableProps,
  type TableSelection,
  toast,
} from "../../ui/index.ts";

export type CursorTableProps<T> = Omit<TableProps<T>, "rows" | "pages" | "readAll" | "isLoading" | "selection"> & {
  list: CursorList<T>;
  selection?: Omit<TableSelection, "onSelectAll"> | undefined;
};

/** A table of a list that comes by the page: a page of its rows, the way to the others, and what went wrong. */
export function CursorTable<T>({ list, selection, ...table }: CursorTableProps<T>) {
  const { rows, pages, isPending, isStale, error } = list;
  const onSelectAll = useSelectAll(list, table.rowKey, selection);
  const isBroken = error !== null && rows.length === 0;
  return (
    <>
      {!isBroken && (
        <Table
          {...table}
          rows={rows}
          pages={pages}
          readAll={list.readAll}
          selection={selection && { ...selection, onSelectAll }}
          isLoading={isPending || isStale}
        />
      )}
      {error && <ErrorNotice error={error} onRetry={list.retry} />}
    </>
  );
}

/** How many rows may be chosen at once: what is then done with them takes a request for each hundred. */
const MAX_SELECTED = 10_000;

/** Chooses all rows of a list, of which only a page is here. */
function useSelectAll<T>(
  list: CursorList<T>,
  rowKey: (row: T) => string,
  selection: Pick<TableSelection, "selection"> | undefined,
): () => Promise<void> {
  const { t } = useTranslation("kit");
  const reading = useRef<AbortController>(undefined);
  useEffect(() => () => reading.current?.abort(), []);
  return async () => {
    const controller = new AbortController();
    reading.current = controller;
    const keys = new Set<string>();
    let isCut = false;
    try {
      for await (const rows of list.readAll(controller.signal)) {
        const room = MAX_SELECTED - keys.size;
        isCut = rows.length > room;
        for (const row of rows.slice(0, room)) keys.add(rowKey(row));
        if (isCut) break;
      }
    } catch (error) {
      // Nobody waits for it any more.
      if (controller.signal.aborted) return;
      throw error;
    }
    selection?.selection.set(keys);
    if (isCut) toast(t("selectedPart", { number: formatNumber(keys.size) }), { tone: "warning" });
  };
}

/** Remembers about which row of a list a dialog is. */
export function useRowDialog<T>(): RowDialogState<T> & { open: (row: T) => void } {
  const [row, setRow] = useState<T>();
  return { row, open: (next) => setRow(() => next), close: () => setRow(undefined) };
}
