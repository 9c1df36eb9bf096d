/** What an image may be for, in the guide's order (4.5, table 4-1). */
export const CATEGORIES = [
  "app_server",
  "linux",
  "windows",
  "arm",
  "framework_app",
  "database",
  "lang",
  "other",
] as const;
export type Category = (typeof CATEGORIES)[number];

/** Of an image for which nobody has chosen a category: SWR answers it so, and Terraform finds no difference then. */
export const NO_CATEGORY = "" as const;

/** The category under which an image is shown and found: "other" if it has none. */
export function shownCategory(stored: string): string {
  return stored === NO_CATEGORY ? "other" : stored;
}

/** What is stored of the images that are found under a category: {@link shownCategory} the other way round. */
export function storedCategories(shown: string): string[] {
  return shown === "other" ? [shown, NO_CATEGORY] : [shown];
}
