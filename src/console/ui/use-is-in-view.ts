import { useCallback, useState, type RefCallback } from "react";

/**
 * Whether some of an element is on screen, for what costs something as long as somebody may look at it.
 *
 * @returns the element's ref, and the answer
 */
export function useIsInView(): [RefCallback<HTMLElement>, boolean] {
  const [isInView, setIsInView] = useState(false);
  const ref = useCallback((element: HTMLElement) => {
    const observer = new IntersectionObserver((entries) => setIsInView(entries.at(-1)?.isIntersecting === true));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, isInView];
}
