/**
 * The console's languages: one line each, and a folder of texts. Nothing else in the console or its build lists them, which
 * `languages.test.ts` checks.
 */
import type { Translation } from "./translation.ts";
import type firstEnglish from "./en/first.ts";
import type english from "./en/index.ts";

/** A language, by the tag (BCP 47) that browsers and `Intl` know it by. */
interface LanguageEntry {
  /** What it calls itself. */
  name: string;
  /** Loads the texts of the first view. */
  first: () => Promise<{ default: Translation<typeof firstEnglish> }>;
  /** Loads all of its texts. */
  load: () => Promise<{ default: Translation<typeof english> }>;
}

/** The first one is what texts fall back to. */
export const LANGUAGES = {
  "en-US": { name: "English", first: () => import("./en/first.ts"), load: () => import("./en/index.ts") },
  "zh-CN": { name: "简体中文", first: () => import("./zh/first.ts"), load: () => import("./zh/index.ts") },
} as const satisfies Record<string, LanguageEntry>;

export type Language = keyof typeof LANGUAGES;

/** The tags of all languages; the first one is what texts fall back to. */
export const LANGUAGE_TAGS = Object.keys(LANGUAGES) as [Language, ...Language[]];

/**
 * The language for somebody who wants these, the most wanted first. A language is as good as another whose tag begins alike:
 * who wants Brazil's Portuguese gets Portugal's where that is what there is.
 *
 * @param wanted tags (BCP 47); undefined where none is known.
 * @param known the tags of the languages that there are; the first one is for who wants none of them.
 */
export function bestLanguage<const L extends string>(
  wanted: readonly (string | undefined)[],
  known: readonly [L, ...L[]],
): L {
  for (const tag of wanted) {
    if (tag === undefined) continue;
    const found = known.find((each) => each === tag) ?? known.find((each) => kindOf(each) === kindOf(tag));
    if (found !== undefined) return found;
  }
  return known[0];
}

/** The language of a tag, without its script and region. */
function kindOf(tag: string): string | undefined {
  return tag.split("-", 1)[0]?.toLowerCase();
}
