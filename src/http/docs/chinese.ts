import { CHINESE } from "./chinese-texts.ts";

const TEXTS: ReadonlyMap<string, string> = new Map(Object.entries(CHINESE));

/** A text of the API in Chinese. What has none stays English for the reader; a test goes through all texts, so there is none. */
export function translateToChinese(english: string): string {
  return TEXTS.get(english) ?? english;
}
