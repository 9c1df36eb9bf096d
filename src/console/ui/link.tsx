/** Links, and tabs, which are links as well. */
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link as RouterLink } from "wouter";
import { formatNumber } from "./format.ts";
import { IconChevronEnd, IconChevronStart, IconExternal } from "./icons.tsx";
import styles from "./link.module.css";

/** Where a link of the console leads. */
export interface RouteOrFile {
  href: string;
  /** The address is no page of the console: `/docs`, an export. The browser goes there by itself. */
  isFile?: boolean;
  /** With `isFile`: what is there is saved rather than shown; a text is the name of the file. */
  download?: boolean | string;
}

interface AnchorProps extends RouteOrFile {
  className?: string | undefined;
  children: ReactNode;
  "aria-current"?: "page" | "true" | undefined;
  "aria-label"?: string | undefined;
}

/** An `<a>` that knows what the router can do by itself and what only the browser can. */
export function Anchor({ isFile = false, download, children, ...props }: AnchorProps) {
  if (!isFile) return <RouterLink {...props}>{children}</RouterLink>;
  return (
    <a {...props} download={download}>
      {children}
    </a>
  );
}

export interface LinkProps extends RouteOrFile {
  children: ReactNode;
  /** "page" where the link leads to what is on screen. */
  "aria-current"?: "page" | "true";
  /** Where the text alone is that of other links as well; it begins or ends with the text. */
  "aria-label"?: string;
}

/** A link within the console; the page isn't loaded anew. With `isFile` to something else of the registry's. */
export function Link(props: LinkProps) {
  return <Anchor {...props} className={styles.link} />;
}

export interface ExternalLinkProps {
  href: string;
  children: ReactNode;
}

/** A link out of the console, in a new tab that cannot reach back. */
export function ExternalLink({ href, children }: ExternalLinkProps) {
  const { t } = useTranslation("kit");
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" className={styles.external}>
      {children}
      <IconExternal />
      <span className="visually-hidden"> ({t("opensInNewTab")})</span>
    </a>
  );
}

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
  const hidden = useHiddenEnds(list);
  useEffect(() => {
    const tab = list.current?.querySelector("[aria-current=page]");
    if (list.current && tab) reveal(list.current, tab);
  }, [selected]);
  return (
    <nav aria-label={label ?? t("sections")} className={styles.tabs}>
      {hidden.start && <ScrollButton row={list} end="start" />}
      <ul ref={list} className={styles.list}>
        {items.map((item) => (
          <li key={item.id}>
            <RouterLink
              href={item.href}
              className={styles.tab ?? ""}
              aria-current={item.id === selected ? "page" : undefined}
            >
              {item.label}
              {item.count !== undefined && <span className={styles.count}>{formatNumber(item.count)}</span>}
            </RouterLink>
          </li>
        ))}
      </ul>
      {hidden.end && <ScrollButton row={list} end="end" />}
    </nav>
  );
}

/** At which ends of a row something is out of sight. */
function useHiddenEnds(row: RefObject<HTMLElement | null>): { start: boolean; end: boolean } {
  const [hidden, setHidden] = useState({ start: false, end: false });
  useEffect(() => {
    const element = row.current;
    if (!element) return undefined;
    function look(): void {
      if (!element) return;
      const { scrollLeft, scrollWidth, clientWidth } = element;
      // Where the window is scaled, a row at its end may be a part of a pixel before it.
      const start = scrollLeft > 1;
      const end = scrollWidth - clientWidth - scrollLeft > 1;
      setHidden((before) => (before.start === start && before.end === end ? before : { start, end }));
    }
    const observer = new ResizeObserver(look);
    observer.observe(element);
    for (const tab of element.children) observer.observe(tab);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [row]);
  return hidden;
}

/** How much of what is in sight passes by at a press. */
const SCROLLED_SHARE = 0.7;

/** Shows that a row goes on, and moves it. The Tab key and screen readers reach what is there without it. */
function ScrollButton({ row, end }: { row: RefObject<HTMLElement | null>; end: "start" | "end" }) {
  function scroll() {
    const width = row.current?.clientWidth ?? 0;
    row.current?.scrollBy({ left: (end === "start" ? -1 : 1) * width * SCROLLED_SHARE, behavior: "smooth" });
  }
  return (
    <button type="button" tabIndex={-1} aria-hidden="true" className={styles[end]} onClick={scroll}>
      {end === "start" ? <IconChevronStart /> : <IconChevronEnd />}
    </button>
  );
}

/** What a ScrollButton may cover, in pixels. */
const BUTTON_WIDTH = 48;

/** On a phone the row scrolls, and the page may open at its last tab. The page itself stays where it is. */
function reveal(row: Element, tab: Element): void {
  const frame = row.getBoundingClientRect();
  const { left, right } = tab.getBoundingClientRect();
  if (left < frame.left + BUTTON_WIDTH) row.scrollLeft -= frame.left + BUTTON_WIDTH - left;
  else if (right > frame.right - BUTTON_WIDTH) row.scrollLeft += right - frame.right + BUTTON_WIDTH;
}
