/** The keys that open the search from anywhere: Cmd+K on Apple's systems, where Ctrl+K deletes to the end of a line. */
import { useEffect, useEffectEvent } from "react";

const IS_APPLE = /mac|iphone|ipad/i.test(navigator.platform);

/** As buttons show them, and as `aria-keyshortcuts` has them (WAI-ARIA 1.2). */
export const SEARCH_KEYS = IS_APPLE ? { label: "⌘ K", aria: "Meta+K" } : { label: "Ctrl K", aria: "Control+K" };

/** Calls back when somebody presses the keys, unless a dialog is open: what was typed there would be lost. */
export function useSearchKeys(onPress: () => void): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const isMeant = (IS_APPLE ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
    if (!isMeant || event.shiftKey || event.key.toLowerCase() !== "k") return;
    // Browsers have an address bar of their own at these keys.
    event.preventDefault();
    if (!document.querySelector("[role=dialog],[role=alertdialog]")) onPress();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press(event);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
