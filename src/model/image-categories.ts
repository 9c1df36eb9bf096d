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
