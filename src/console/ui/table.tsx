/** Rows and columns, with sorting, selection and the way to more rows. */
import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import choiceStyles from "./choice.module.css";
import { classNames } from "./class-names.ts";
import { IconArrowDown, IconArrowUp, IconSort } from "./icons.tsx";
import { Empty } from "./layout.tsx";
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
  sortable?: boolean;
  /** Numbers stand at the end. */
  align?: "end";
  /** CSS width; the rest is shared by the other columns. */
  width?: string;
  /** Vanishes where the table (not the window) is narrower than 560 px ("small") or 800 px ("medium"). */
  hideBelow?: "small" | "medium";
  /** Names the row for screen readers: exactly one column. */
  isRowHeader?: boolean;
}

export interface TableSort {
  column: string;
  direction: "ascending" | "descending";
}

export interface TableSelection {
  selected: ReadonlySet<string>;
  onChange: (selected: Set<string>) => void;
}

export interface TableProps<T> {
  /** What the rows are. */
  label: string;
  columns: readonly TableColumn<T>[];
  rows: readonly T[];
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
  /** CSS height beyond which the rows scroll under the header. */
  maxHeight?: string;
}

/** How many lines the skeleton has. */
const SKELETON_ROWS = 5;

/** Rows and columns. It scrolls inside itself, never the page. */
export function Table<T>(props: TableProps<T>) {
  const { label, columns, rows, rowKey, selection, emptyState, isLoading = false, maxHeight } = props;
  const { t } = useTranslation("kit");
  const [box, isScrollable] = useIsScrollable();
  const anchor = useRef<string>(undefined);
  const order = rows.map(rowKey);

  if (rows.length === 0 && !isLoading) {
    return <div className={styles.frame}>{emptyState ?? <Empty title={t("nothingHere")} />}</div>;
  }

  function select(key: string, isRange: boolean) {
    selection?.onChange(toggleRow(selection.selected, order, key, { anchor: anchor.current, isRange }));
    anchor.current = key;
  }

  return (
    <div className={styles.frame}>
      {isLoading && rows.length > 0 && <div className={styles.loading} />}
      <div
        ref={box}
        className={styles.box}
        style={{ maxBlockSize: maxHeight }}
        {...(isScrollable && { tabIndex: 0, role: "group", "aria-label": label, "data-scrollable": true })}
      >
        <table className={styles.table} aria-label={label} aria-busy={isLoading}>
          <thead>
            <tr>
              {selection && (
                <th scope="col" className={styles.check}>
                  <SelectAll
                    order={order}
                    selected={selection.selected}
                    onToggle={() => selection.onChange(toggleAll(selection.selected, order))}
                  />
                </th>
              )}
              {columns.map((column) => (
                <HeaderCell key={column.id} column={column} sort={props.sort} onSortChange={props.onSortChange} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.length === 0
              ? Array.from({ length: SKELETON_ROWS }, (_, index) => (
                  <tr key={index}>
                    {selection && <td className={styles.check} />}
                    {columns.map((column) => (
                      <td key={column.id} className={cellClass(column)}>
                        {column.header !== "" && <div className={styles.bone} />}
                      </td>
                    ))}
                  </tr>
                ))
              : rows.map((row) => <Row key={rowKey(row)} {...props} row={row} onSelect={select} />)}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface RowProps<T> extends TableProps<T> {
  row: T;
  onSelect: (key: string, isRange: boolean) => void;
}

function Row<T>({ row, columns, rowKey, rowLabel, selection, onSelect, onRowAction }: RowProps<T>) {
  const key = rowKey(row);
  const isSelected = selection?.selected.has(key) ?? false;

  function press(event: MouseEvent<HTMLElement>) {
    if (event.target instanceof Element && event.target.closest("a,button,input,label,[role=dialog]")) return;
    // The end of marking text is no press.
    if (window.getSelection()?.isCollapsed === false) return;
    onRowAction?.(row);
  }

  return (
    <tr
      className={classNames(isSelected && styles.selected, onRowAction && styles.pressable)}
      onClick={onRowAction ? press : undefined}
    >
      {selection && (
        <td className={styles.check}>
          <SelectRow
            name={rowLabel?.(row) ?? key}
            isSelected={isSelected}
            onToggle={(isRange) => onSelect(key, isRange)}
          />
        </td>
      )}
      {columns.map((column) =>
        column.isRowHeader ? (
          <th key={column.id} scope="row" className={cellClass(column)}>
            {onRowAction ? (
              <button type="button" className={styles.action} onClick={() => onRowAction(row)}>
                {column.cell(row)}
              </button>
            ) : (
              column.cell(row)
            )}
          </th>
        ) : (
          <td key={column.id} className={cellClass(column)}>
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
      <th scope="col" className={cellClass(column)} style={style}>
        {column.header || <span className="visually-hidden">{column.label}</span>}
      </th>
    );
  }
  const next = direction === "ascending" ? "descending" : "ascending";
  return (
    <th scope="col" className={cellClass(column)} style={style} aria-sort={direction ?? "none"}>
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

function cellClass<T>({ header, align, hideBelow }: TableColumn<T>): string {
  return classNames(
    header === "" && styles.buttons,
    align === "end" && styles.end,
    hideBelow === "small" && styles.hideSmall,
    hideBelow === "medium" && styles.hideMedium,
  );
}

interface SelectAllProps {
  order: readonly string[];
  selected: ReadonlySet<string>;
  onToggle: () => void;
}

/** Selects every row on screen, or none. */
function SelectAll({ order, selected, onToggle }: SelectAllProps) {
  const { t } = useTranslation("kit");
  const input = useRef<HTMLInputElement>(null);
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
        onChange={onToggle}
      />
    </label>
  );
}

interface SelectRowProps {
  name: string;
  isSelected: boolean;
  /** With whether Shift was down. */
  onToggle: (isRange: boolean) => void;
}

/** Selects one row, or with Shift all from the last one on. */
function SelectRow({ name, isSelected, onToggle }: SelectRowProps) {
  const { t } = useTranslation("kit");
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

export interface LoadMoreProps {
  hasMore: boolean;
  isLoading: boolean;
  onLoadMore: () => unknown;
}

/** The end of a list that comes by the page: brings the next one. Nothing when there is no more. */
export function LoadMore({ hasMore, isLoading, onLoadMore }: LoadMoreProps) {
  const { t } = useTranslation("kit");
  if (!hasMore) return null;
  return (
    <div className={styles.more}>
      <Button isPending={isLoading} onPress={() => void onLoadMore()}>
        {t("loadMore")}
      </Button>
    </div>
  );
}
