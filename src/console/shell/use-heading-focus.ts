import { type RefObject, useEffect } from "react";
import { useLocation } from "wouter";

/** For how long a page's heading is waited for, in milliseconds: its code or its data may still be on the way. */
const PATIENCE_MS = 5000;

/**
 * Moves the focus to the heading of a page that somebody goes to, so that a screen reader says where one is and Tab goes
 * on from there. A heading that stays, as between the tabs of an image, gets no focus.
 */
export function useHeadingFocus(main: RefObject<HTMLElement | null>): void {
  const [path] = useLocation();
  useEffect(() => {
    const container = main.current;
    if (!container) return undefined;
    const find = () => container.querySelector("h1");
    const before = document.activeElement;
    const known = headings.get(container);
    const observer = new MutationObserver(look);
    const timer = setTimeout(() => observer.disconnect(), PATIENCE_MS);
    observer.observe(container, { childList: true, subtree: true });
    look();
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };

    function look(): void {
      const heading = find();
      if (!heading || heading === known) return;
      observer.disconnect();
      if (container) headings.set(container, heading);
      // The first page of a visit, and a focus that has moved on since, stay as they are.
      if (known === undefined || (document.activeElement !== before && document.activeElement !== document.body))
        return;
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [path, main]);
}

/** The heading that was last seen in a container. */
const headings = new WeakMap<HTMLElement, HTMLElement>();
