/** Rows and columns, with sorting, selection and pages. Where there is no room for columns, each row is a card. */
import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Pages } from "../paging.ts";
import choiceStyles from "./choice.module.css";
import { classNames } from "./class-names.ts";
import type { CsvColumn } from "./csv.ts";
import { IconArrowDown, IconArrowUp, IconSort } from "./icons.tsx";
import { Empty } from "./layout.tsx";
import { hasPager, Pager, useLocalPages } from "./pager.tsx";
import { SelectionBar, type SelectionBarProps } from "./selection-bar.tsx";
import { type Selection, useIsSelected, useSelectedKeys } from "./selection.ts";
import { TableDownload } from "./table-download.tsx";
import { toggleAll, toggleRow } from "./table-selection.ts";
import styles from "./table.module.css";
import { useIsScrollable } from "./use-is-scrollable.ts";

export interface TableColumn<T> {
  id: string;
  /** Empty for a column of buttons, which stays in sight at the end; `label` names it then. */
  header: string;
  /** Read out where `header` is empty. */
  label?: string;
  cell: (row: T) => ReactNode;
  /** The same for a file of all rows: times as they are, sizes in bytes. Null: files leave the column out, as they do buttons. */
  value: CsvColumn<T>["value"] | null;
  /** Columns of a file that follow this one: what its cell says besides. */
  besides?: readonly CsvColumn<T>[];
  sortable?: boolean;
  /** Numbers stand at the end. */
  align?: "end";
  /** CSS width; the rest is shared by the other columns. */
  width?: string;
  /** Vanishes where the table (not the window) is narrower than 800 px. Cards have it again. */
  isSecondary?: boolean;
  /** Names the row for screen readers: exactly one column. */
  isRowHeader?: boolean;
  /**
   * What it is in a card, where the table is narrower than 560 px: the title, a line with the header before it, or nothing. Unless
   * given, the title is the column that names the row, and all others are lines.
   */
  card?: "title" | "detail" | "hidden";
}

export interface TableSort {
  column: string;
  direction: "ascending" | "descending";
}

/** Which rows are chosen, and the bar that says so, in view as long as one is. */
export type TableSelection = Omit<SelectionBarProps, "hasOtherPages" | "total">;

export interface TableProps<T> {
  /** What the rows are. */
  label: string;
  columns: readonly TableColumn<T>[];
  /** All rows, of which the table then shows a page at a time; or with `pages` those of one page. */
  rows: readonly T[];
  /** Which page `rows` are. */
  pages?: Pages;
  /** With `pages`: reads all rows, some at a time. */
  readAll?: (signal: AbortSignal) => AsyncIterable<readonly T[]>;
  rowKey: (row: T) => string;
  /** What a row is called in "Select …"; its key unless given. */
  rowLabel?: (row: T) => string;
  sort?: TableSort | undefined;
  onSortChange?: (sort: TableSort) => void;
  selection?: TableSelection | undefined;
  /** A press anywhere in the row; the row header becomes a button, so it should hold no link or button itself. */
  onRowAction?: (row: T) => void;
  emptyState?: ReactNode;
  /** Without rows: a skeleton. With rows: they stay, under a moving line. */
  isLoading?: boolean;
}

/** How many lines the skeleton has. */
const SKELETON_ROWS = 5;

/** Rows and columns. Its header stays in view, and so do its pages and what is chosen; too wide a table scrolls inside itself. */
export function Table<T>(props: TableProps<T>) {
  const { label, columns, rows, rowKey, selection, emptyState, isLoading = false } = props;
  const { t } = useTranslation("kit");
  const [box, isScrollable] = useIsScrollable("inline");
  const frame = useRef<HTMLDivElement>(null);
  const anchor = useRef<string>(undefined);
  const local = useLocalPages(rows);
  const pages = props.pages ?? local.pages;
  const shown = props.pages ? rows : local.shown;
  const order = shown.map(rowKey);
  const showsPager = hasPager(pages, shown.length);
  useStartInView(frame, pages.isTurning ? undefined : pages.before);

  if (rows.length === 0 && !isLoading && !showsPager) {
    return <div className={styles.frame}>{emptyState ?? <Empty title={t("nothingHere")} />}</div>;
  }

  function select(key: string, isRange: boolean) {
    if (!selection) return;
    const { keys } = selection.selection;
    selection.selection.set(toggleRow(keys, order, key, { anchor: anchor.current, isRange }));
    anchor.current = key;
  }

  const bones = Array.from({ length: SKELETON_ROWS }, (_, index) => (
    <tr key={index} role="row">
      {selection && <td role="cell" className={styles.check} />}
      {columns.map((column) => (
        <td key={column.id} role="cell" className={cellClass(column)}>
          {column.header !== "" && <div className={styles.bone} />}
        </td>
      ))}
    </tr>
  ));
  return (
    <div ref={frame} className={styles.frame}>
      {isLoading && rows.length > 0 && <div className={styles.loading} />}
      <div
        ref={box}
        className={styles.box}
        {...(isScrollable && { tabIndex: 0, role: "group", "aria-label": label, "data-scrollable": true })}
      >
        {/* As cards the parts are no table to a browser any more: roles say that they are one all the same. */}
        <table role="table" className={styles.table} aria-label={label} aria-busy={isLoading}>
          <thead role="rowgroup">
            <tr role="row">
              {selection && (
                <th scope="col" role="columnheader" className={styles.check}>
                  <SelectAll order={order} selection={selection.selection} />
                </th>
              )}
              {columns.map((column) => (
                <HeaderCell key={column.id} column={column} sort={props.sort} onSortChange={props.onSortChange} />
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rows.length === 0 && isLoading
              ? bones
              : shown.map((row) => <Row key={rowKey(row)} {...props} row={row} onSelect={select} />)}
          </tbody>
        </table>
        {rows.length === 0 && !isLoading && (emptyState ?? <Empty title={t("nothingHere")} />)}
      </div>
      <div className={styles.foot}>
        <div className={styles.kept}>
          {selection && (
            <div className={styles.selection}>
              <SelectionBar {...selection} hasOtherPages={pages.hasPrevious || pages.hasNext} total={pages.total} />
            </div>
          )}
          {showsPager && (
            <div className={styles.pager}>
              <Pager label={label} pages={pages} count={shown.length} />
            </div>
          )}
        </div>
        {rows.length > 0 && (
          <div className={styles.file}>
            <TableDownload label={label} columns={fileColumns(columns)} readAll={props.readAll ?? (() => [rows])} />
          </div>
        )}
      </div>
    </div>
  );
}

function fileColumns<T>(columns: readonly TableColumn<T>[]): CsvColumn<T>[] {
  return columns.flatMap(({ header, value, besides = [] }) => [...(value ? [{ header, value }] : []), ...besides]);
}

/**
 * Brings the start of a table into view when its page was turned.
 *
 * @param before how many rows are before the page; undefined while it is not there yet.
 */
function useStartInView(frame: { current: HTMLElement | null }, before: number | undefined): void {
  const seen = useRef(before);
  useEffect(() => {
    if (before === undefined || before === seen.current) return;
    const isFirst = seen.current === undefined;
    seen.current = before;
    const element = frame.current;
    if (isFirst || !element) return;
    const { scrollMarginBlockStart } = getComputedStyle(element);
    if (element.getBoundingClientRect().top < Number.parseFloat(scrollMarginBlockStart)) element.scrollIntoView();
  }, [frame, before]);
}

interface RowProps<T> extends Pick<TableProps<T>, "columns" | "rowKey" | "rowLabel" | "selection" | "onRowAction"> {
  row: T;
  onSelect: (key: string, isRange: boolean) => void;
}

function Row<T>({ row, columns, rowKey, rowLabel, selection, onSelect, onRowAction }: RowProps<T>) {
  const key = rowKey(row);

  function press(event: MouseEvent<HTMLElement>) {
    if (event.target instanceof Element && event.target.closest("a,button,input,label,[role=dialog]")) return;
    // The end of marking text is no press.
    if (window.getSelection()?.isCollapsed === false) return;
    onRowAction?.(row);
  }

  return (
    <tr role="row" className={classNames(onRowAction && styles.pressable)} onClick={onRowAction ? press : undefined}>
      {selection && (
        <td role="cell" className={styles.check}>
          <SelectRow
            name={rowLabel?.(row) ?? key}
            selection={selection.selection}
            rowKey={key}
            onToggle={(isRange) => onSelect(key, isRange)}
          />
        </td>
      )}
      {columns.map((column) =>
        column.isRowHeader ? (
          <th key={column.id} scope="row" role="rowheader" className={cellClass(column)} {...labelOf(column)}>
            {onRowAction ? (
              <button type="button" className={styles.action} onClick={() => onRowAction(row)}>
                {column.cell(row)}
              </button>
            ) : (
              column.cell(row)
            )}
          </th>
        ) : (
          <td key={column.id} role="cell" className={cellClass(column)} {...labelOf(column)}>
            {column.cell(row)}
          </td>
        ),
      )}
    </tr>
  );
}

interface HeaderCellProps<T> {
  column: TableColumn<T>;
  sort: TableSort | undefined;
  onSortChange: ((sort: TableSort) => void) | undefined;
}

function HeaderCell<T>({ column, sort, onSortChange }: HeaderCellProps<T>) {
  const direction = sort?.column === column.id ? sort.direction : undefined;
  const style = { inlineSize: column.width };
  if (!column.sortable || !onSortChange) {
    return (
      <th scope="col" role="columnheader" className={cellClass(column)} style={style}>
        {column.header || <span className="visually-hidden">{column.label}</span>}
      </th>
    );
  }
  const next = direction === "ascending" ? "descending" : "ascending";
  return (
    <th
      scope="col"
      role="columnheader"
      className={classNames(cellClass(column), styles.sortable)}
      style={style}
      aria-sort={direction ?? "none"}
    >
      <button
        type="button"
        className={classNames(styles.sort, direction && styles.sorted)}
        onClick={() => onSortChange({ column: column.id, direction: next })}
      >
        {column.header}
        {direction === undefined ? <IconSort /> : direction === "ascending" ? <IconArrowUp /> : <IconArrowDown />}
      </button>
    </th>
  );
}

function cardPartOf<T>({ header, card, isRowHeader }: TableColumn<T>): "buttons" | "title" | "detail" | "hidden" {
  return card ?? (header === "" ? "buttons" : isRowHeader ? "title" : "detail");
}

function cellClass<T>(column: TableColumn<T>): string {
  const part = cardPartOf(column);
  return classNames(
    part === "title" && styles.title,
    part === "detail" && styles.detail,
    part === "hidden" && styles.notInCards,
    column.header === "" && styles.buttons,
    column.align === "end" && styles.end,
    column.isSecondary && styles.secondary,
  );
}

/** What stands before the value in a card. */
function labelOf<T>(column: TableColumn<T>) {
  return cardPartOf(column) === "detail" ? { "data-label": column.header } : {};
}

interface SelectAllProps {
  order: readonly string[];
  selection: Selection;
}

/** Selects every row on screen, or none. */
function SelectAll({ order, selection }: SelectAllProps) {
  const { t } = useTranslation("kit");
  const input = useRef<HTMLInputElement>(null);
  const selected = useSelectedKeys(selection);
  const count = order.filter((key) => selected.has(key)).length;
  const isAll = count > 0 && count === order.length;
  const isSome = count > 0 && !isAll;
  useEffect(() => {
    if (input.current) input.current.indeterminate = isSome;
  }, [isSome]);
  return (
    <label className={styles.checkLabel}>
      <input
        ref={input}
        type="checkbox"
        className={classNames(choiceStyles.input, choiceStyles.checkbox)}
        aria-label={t("selectAll")}
        checked={isAll}
        disabled={order.length === 0}
        onChange={() => selection.set(toggleAll(selected, order))}
      />
    </label>
  );
}

interface SelectRowProps {
  name: string;
  selection: Selection;
  rowKey: string;
  /** With whether Shift was down. */
  onToggle: (isRange: boolean) => void;
}

/** Selects one row, or with Shift all from the last one on. */
function SelectRow({ name, selection, rowKey, onToggle }: SelectRowProps) {
  const { t } = useTranslation("kit");
  const isSelected = useIsSelected(selection, rowKey);
  return (
    <label className={styles.checkLabel}>
      <input
        type="checkbox"
        className={classNames(choiceStyles.input, choiceStyles.checkbox)}
        aria-label={t("selectRow", { name })}
        checked={isSelected}
        // A change event knows no modifier keys; the click that causes it does. Space is a click, too.
        onChange={(event) => onToggle(event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey)}
        // Shift and click would mark the text in between.
        onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      />
    </label>
  );
}
