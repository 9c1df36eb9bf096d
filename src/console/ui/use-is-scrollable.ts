import { useCallback, useState, type RefCallback } from "react";

/**
 * Whether an element's content is larger than its box. What scrolls has to take the focus, or the arrow keys cannot
 * reach the rest.
 * @returns the element's ref, and the answer
 */
export function useIsScrollable(): [RefCallback<HTMLElement>, boolean] {
  const [isScrollable, setIsScrollable] = useState(false);
  const ref = useCallback((element: HTMLElement) => {
    const observer = new ResizeObserver(() => {
      setIsScrollable(element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight);
    });
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return [ref, isScrollable];
}
