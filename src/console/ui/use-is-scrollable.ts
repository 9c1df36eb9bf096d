import { useCallback, useState, type RefCallback } from "react";

/**
 * Whether an element's content is larger than its box. What scrolls has to take the focus, or the arrow keys cannot
 * reach the rest.
 * @param axis "inline" for a box that may only be too narrow, and is made lower where it is
 * @returns the element's ref, and the answer
 */
export function useIsScrollable(axis: "inline" | "both" = "both"): [RefCallback<HTMLElement>, boolean] {
  const [isScrollable, setIsScrollable] = useState(false);
  const ref = useCallback(
    (element: HTMLElement) => {
      const observer = new ResizeObserver(() => {
        const isTooHigh = axis === "both" && element.scrollHeight > element.clientHeight;
        setIsScrollable(isTooHigh || element.scrollWidth > element.clientWidth);
      });
      observer.observe(element);
      if (element.firstElementChild) observer.observe(element.firstElementChild);
      return () => observer.disconnect();
    },
    [axis],
  );
  return [ref, isScrollable];
}
