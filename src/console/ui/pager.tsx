/** The end of a list that comes by the page: which rows are on screen, the way to the others, and how many are shown at once. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { PAGE_SIZES, type Pages, type PageSize, usePageSize } from "../paging.ts";
import { Button } from "./button.tsx";
import { formatNumber } from "./format.ts";
import { IconChevronEnd, IconChevronStart } from "./icons.tsx";
import styles from "./pager.module.css";
import { Select } from "./select.tsx";

export interface PagerProps {
  /** What is listed, for screen readers. */
  label: string;
  pages: Pages;
  /** How many rows are on screen. */
  count: number;
}

/** Whether a list has more rows than the smallest page may have, so that there is something to choose or to turn. */
export function hasPager({ hasPrevious, hasNext }: Pages, count: number): boolean {
  return hasPrevious || hasNext || count > PAGE_SIZES[0];
}

/** Turns the pages of a list, and chooses how many rows they have. */
export function Pager({ label, pages, count }: PagerProps) {
  const { t } = useTranslation("kit");
  const [size, setSize] = usePageSize();
  const { hasPrevious, hasNext, isTurning } = pages;
  const previous = useRef<HTMLButtonElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const turned = useRef<"previous" | "next">(undefined);

  // At an end the button that was pressed cannot be pressed any more, and would lose the focus to the page.
  useEffect(() => {
    if (isTurning) return;
    if (turned.current === "next" && !hasNext) previous.current?.focus({ preventScroll: true });
    if (turned.current === "previous" && !hasPrevious) next.current?.focus({ preventScroll: true });
    turned.current = undefined;
  }, [isTurning, hasNext, hasPrevious]);

  function turn(direction: "previous" | "next") {
    turned.current = direction;
    pages[direction]();
  }

  return (
    <nav className={styles.pager} aria-label={t("pagesOf", { label })}>
      <div className={styles.size}>
        <Select
          label={t("rowsPerPage")}
          isLabelHidden
          options={PAGE_SIZES.map((value) => ({ value: String(value), label: t("rows", { count: value }) }))}
          value={String(size)}
          onChange={(value) => setSize(Number(value) as PageSize)}
        />
      </div>
      <span className={styles.range} role="status">
        {rangeOf(pages, count, t)}
      </span>
      <span className={styles.turn}>
        <Button
          ref={previous}
          icon={<IconChevronStart />}
          isDisabled={!hasPrevious || isTurning}
          onPress={() => turn("previous")}
        >
          <span className={styles.word}>{t("previous")}</span>
        </Button>
        <Button ref={next} endIcon={<IconChevronEnd />} isDisabled={!hasNext || isTurning} onPress={() => turn("next")}>
          <span className={styles.word}>{t("next")}</span>
        </Button>
      </span>
    </nav>
  );
}

/** Which rows are on screen, and of how many. */
function rangeOf({ before, total }: Pages, count: number, t: ReturnType<typeof useTranslation<"kit">>["t"]): string {
  if (count === 0) return "";
  const range = { first: formatNumber(before + 1), last: formatNumber(before + count) };
  return total === undefined ? t("range", range) : t("rangeOf", { ...range, total: formatNumber(total) });
}

/** Cuts pages from rows that are all there. */
export function useLocalPages<T>(rows: readonly T[]): { shown: readonly T[]; pages: Pages } {
  const [size] = usePageSize();
  const [wanted, setWanted] = useState(0);
  // There may be fewer of them since.
  const page = Math.min(wanted, Math.max(0, Math.ceil(rows.length / size) - 1));
  const before = page * size;
  const shown = rows.length > size ? rows.slice(before, before + size) : rows;
  return {
    shown,
    pages: {
      before,
      total: rows.length,
      hasPrevious: page > 0,
      hasNext: before + shown.length < rows.length,
      isTurning: false,
      previous: () => setWanted(page - 1),
      next: () => setWanted(page + 1),
    },
  };
}
