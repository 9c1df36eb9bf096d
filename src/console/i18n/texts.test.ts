import { createInstance } from "i18next";
import { describe, it } from "vitest";
import english from "./en/index.ts";
import { LANGUAGE_TAGS, LANGUAGES } from "./languages.ts";
import chinese from "./zh/index.ts";

/** All texts below an object, by their paths. */
function textsOf(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) throw new Error(`${path} is no text`);
  return Object.entries(value).flatMap(([name, child]) => textsOf(child, path === "" ? name : `${path}.${name}`));
}

/** What a text is filled in with, and the tags that mark parts of it. */
const partsOf = (text: string) => (text.match(/\{\{\w+\}\}|<\/?\w+\/?>/g) ?? []).toSorted();

/** The forms of a text that says a number; i18next asks for `zero` besides those of the language, where there is one. */
const FORM = /_(zero|one|two|few|many|other)$/;
const formsOf = (tag: string) => new Intl.PluralRules(tag).resolvedOptions().pluralCategories;

const [FALLBACK, ...OTHERS] = LANGUAGE_TAGS;
const AREAS = Object.keys(english) as (keyof typeof english)[];

describe.for(OTHERS)("the texts of %s", (tag) => {
  it.for(AREAS)("of %s have the parts of the English ones", async (area, { expect }) => {
    const texts = new Map(textsOf((await LANGUAGES[tag].load()).default[area]));
    for (const [path, text] of textsOf(english[area])) {
      const translation = texts.get(path) ?? "";
      expect([path, translation]).not.toEqual([path, ""]);
      // In English, "one" need not be a number; in Chinese there is no singular.
      if (!path.endsWith("_one")) expect([path, ...partsOf(translation)]).toEqual([path, ...partsOf(text)]);
    }
  });

  it("have all forms that the language has by number", async ({ expect }) => {
    const texts = new Set(textsOf((await LANGUAGES[tag].load()).default).map(([path]) => path));
    const counted = textsOf(english).flatMap(([path]) => (path.endsWith("_other") ? [path.replace(FORM, "")] : []));
    expect(counted.length).toBeGreaterThan(0);
    const missing = counted.flatMap((path) =>
      formsOf(tag).flatMap((form) => (texts.has(`${path}_${form}`) ? [] : [`${path}_${form}`])),
    );
    expect(missing).toEqual([]);
  });

  it("leave nothing in English but names and signs", async ({ expect }) => {
    const texts = new Map(textsOf((await LANGUAGES[tag].load()).default));
    const same = textsOf(english).filter(([path, text]) => texts.get(path) === text && / [a-z]/.test(text));
    expect(same).toEqual([]);
  });
});

it("falls back to English", async ({ expect }) => {
  expect((await LANGUAGES[FALLBACK].load()).default).toBe(english);
});

it("finds refusals by their codes", async ({ expect }) => {
  const i18n = createInstance({ lng: "zh-CN", resources: { "zh-CN": { errors: chinese.errors } } });
  await i18n.init();
  expect(i18n.exists("REPOSITORY_UNKNOWN", { ns: "errors" })).toBe(true);
  expect(i18n.t("REPOSITORY_UNKNOWN", { ns: "errors" })).toBe("镜像不存在，或您没有权限。");
});
