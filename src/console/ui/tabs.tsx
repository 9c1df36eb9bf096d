import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { formatNumber } from "./format.ts";
import styles from "./tabs.module.css";

export interface TabItem {
  id: string;
  label: string;
  href: string;
  count?: number | undefined;
}

export interface TabsProps {
  items: readonly TabItem[];
  /** Id of the tab that is on screen. */
  selected: string;
  /** Names the set where a page has more than one. */
  label?: string;
}

/** Sections of a page, each with an address of its own: these are links, not ARIA tabs. */
export function Tabs({ items, selected, label }: TabsProps) {
  const { t } = useTranslation("kit");
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const tab = list.current?.querySelector("[aria-current=page]");
    if (list.current && tab) reveal(list.current, tab);
  }, [selected]);
  return (
    <nav aria-label={label ?? t("sections")} className={styles.tabs}>
      <ul ref={list} className={styles.list}>
        {items.map((item) => (
          <li key={item.id}>
            <Link
              href={item.href}
              className={styles.tab ?? ""}
              aria-current={item.id === selected ? "page" : undefined}
            >
              {item.label}
              {item.count !== undefined && <span className={styles.count}>{formatNumber(item.count)}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** On a phone the row scrolls, and the page may open at its last tab. The page itself stays where it is. */
function reveal(row: Element, tab: Element): void {
  const frame = row.getBoundingClientRect();
  const { left, right } = tab.getBoundingClientRect();
  if (left < frame.left) row.scrollLeft -= frame.left - left;
  else if (right > frame.right) row.scrollLeft += right - frame.right;
}
