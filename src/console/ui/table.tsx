import { useRef, type MouseEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { classNames } from "./class-names.ts";
import { Empty } from "./empty.tsx";
import { IconArrowDown, IconArrowUp, IconSort } from "./icons.tsx";
import styles from "./table.module.css";
import { SelectAll, SelectRow } from "./table-checkbox.tsx";
import { toggleAll, toggleRow } from "./table-selection.ts";
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
