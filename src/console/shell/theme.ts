/** Light or dark, as somebody chose it. */
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "../browser-storage.ts";

/** "system": as the browser has it. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** `public/theme.js` reads it before the first paint. */
const THEME_KEY = "berth.theme";

const themeListeners = new Set<() => void>();
let chosenTheme = readTheme();

/** The chosen theme, and a call that changes it, now and for the next visits. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribeToTheme, () => chosenTheme), changeTheme];
}

function changeTheme(theme: Theme): void {
  chosenTheme = theme;
  writeStored("local", THEME_KEY, theme === "system" ? undefined : theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of themeListeners) listener();
}

function readTheme(): Theme {
  const stored = readStored("local", THEME_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function subscribeToTheme(listener: () => void): () => void {
  themeListeners.add(listener);
  return () => {
    themeListeners.delete(listener);
  };
}
