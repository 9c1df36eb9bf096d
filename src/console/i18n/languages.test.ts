import { describe, it } from "vitest";
import { bestLanguage, LANGUAGE_TAGS, LANGUAGES } from "./languages.ts";

/** What the console and its build are made of, except for texts and tests. */
const SOURCES = import.meta.glob<string>(
  ["../**/*.{ts,tsx,html,js}", "../../../scripts/**/*.ts", "../../../*.ts", "!./*/**", "!../**/*.test.ts"],
  { query: "?raw", import: "default", eager: true },
);

const FOLDERS = import.meta.glob<object>("./*/index.ts", { import: "default", eager: true });

/**
 * The lines in which a source names a language by its tag, the tag's beginning, its folder or what it calls itself. English is
 * named where texts fall back to it.
 */
function namedIn(source: string): string[] {
  const names = LANGUAGE_TAGS.slice(1).flatMap((tag) => [tag, tag.split("-", 1)[0], LANGUAGES[tag].name]);
  const quoted = new RegExp(`["'\`/.](?:${names.join("|")})["'\`/]`);
  return source.split("\n").filter((line) => quoted.test(line));
}

describe("the languages", () => {
  it("are listed in one place", ({ expect }) => {
    expect(Object.keys(SOURCES).length).toBeGreaterThan(150);
    const lists = Object.entries(SOURCES).flatMap(([path, source]) => namedIn(source).map((line) => [path, line]));
    // A line each, in this one file.
    expect(lists.map(([path]) => path)).toEqual(LANGUAGE_TAGS.slice(1).map(() => "./languages.ts"));
  });

  it.for([
    'plugins: [optimizeLocales.vite({ locales: ["en-US", "zh-CN"] })],',
    'if (tag.startsWith("zh")) return CHINESE;',
    'import chinese from "../i18n/zh/index.ts";',
    "const names = ['English', '简体中文'];",
  ])("would be found in %s", (line, { expect }) => {
    expect(namedIn(`// first\n${line}\n`)).toEqual([line]);
  });

  it("have a folder each, and each folder is one of them", async ({ expect }) => {
    const loaded = await Promise.all(LANGUAGE_TAGS.map(async (tag) => (await LANGUAGES[tag].load()).default));
    expect(new Set<object>(loaded)).toEqual(new Set(Object.values(FOLDERS)));
    expect(Object.keys(FOLDERS)).toHaveLength(LANGUAGE_TAGS.length);
  });
});

describe("the language for a browser", () => {
  const known = ["en-US", "zh-CN", "pt-BR"] as const;

  it.for([
    [["pt-BR", "zh-CN"], "pt-BR"],
    [["pt-PT"], "pt-BR"],
    [["PT"], "pt-BR"],
    [["zh-Hant-TW", "en"], "zh-CN"],
    [["de", "zh"], "zh-CN"],
    [["de"], "en-US"],
    [[], "en-US"],
    [[undefined, "pt"], "pt-BR"],
  ] as const)("that wants %j is %s", ([wanted, best], { expect }) => {
    expect(bestLanguage(wanted, known)).toBe(best);
  });
});
