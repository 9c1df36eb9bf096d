import { useState } from "react";
import type { CursorList } from "../../api/cursor-list.ts";
import { ErrorNotice, LoadMore, type RowDialogState, Table, type TableProps } from "../../ui/index.ts";

export type CursorTableProps<T> = Omit<TableProps<T>, "rows" | "isLoading"> & { list: CursorList<T> };

/** A table of a list that comes by the page: its rows, what went wrong, and the way to more of them. */
export function CursorTable<T>({ list, ...table }: CursorTableProps<T>) {
  const { rows, isPending, isStale, error } = list;
  const isBroken = error !== null && rows.length === 0;
  return (
    <>
      {!isBroken && <Table {...table} rows={rows} isLoading={isPending || isStale} />}
      {error && <ErrorNotice error={error} onRetry={list.retry} />}
      {!error && <LoadMore hasMore={list.hasMore} isLoading={list.isLoadingMore} onLoadMore={list.loadMore} />}
    </>
  );
}

/** Remembers about which row of a list a dialog is. */
export function useRowDialog<T>(): RowDialogState<T> & { open: (row: T) => void } {
  const [row, setRow] = useState<T>();
  return { row, open: (next) => setRow(() => next), close: () => setRow(undefined) };
}
