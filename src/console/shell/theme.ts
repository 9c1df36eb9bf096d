import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "../browser-storage.ts";

export type Theme = "system" | "light" | "dark";

/** `public/theme.js` reads it before the first paint. */
const STORAGE_KEY = "berth.theme";

const listeners = new Set<() => void>();
let current = readTheme();

/** The chosen theme, and a call that changes it, now and for the next visits. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, () => current), setTheme];
}

function setTheme(theme: Theme): void {
  current = theme;
  writeStored("local", STORAGE_KEY, theme === "system" ? undefined : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

function readTheme(): Theme {
  const stored = readStored("local", STORAGE_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
