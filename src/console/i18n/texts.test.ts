import { createInstance } from "i18next";
import { it } from "vitest";
import english from "./en/index.ts";
import chinese from "./zh/index.ts";

/** All texts below an object, by their paths. */
function textsOf(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) throw new Error(`${path} is no text`);
  return Object.entries(value).flatMap(([name, child]) => textsOf(child, path === "" ? name : `${path}.${name}`));
}

/** What a text is filled in with, and the tags that mark parts of it. */
const partsOf = (text: string) => (text.match(/\{\{\w+\}\}|<\/?\w+\/?>/g) ?? []).toSorted();

const AREAS = Object.keys(english) as (keyof typeof english)[];

it.for(AREAS)("the Chinese texts of %s have the parts of the English ones", (area, { expect }) => {
  const translations = new Map(textsOf(chinese[area]));
  for (const [path, text] of textsOf(english[area])) {
    const translation = translations.get(path) ?? "";
    expect([path, translation]).not.toEqual([path, ""]);
    // In English, "one" need not be a number; in Chinese there is no singular.
    if (!path.endsWith("_one")) expect([path, ...partsOf(translation)]).toEqual([path, ...partsOf(text)]);
  }
});

it("nothing is left in English but names and signs", ({ expect }) => {
  const same = AREAS.flatMap((area) => {
    const translations = new Map(textsOf(chinese[area], area));
    return textsOf(english[area], area).filter(
      ([path, text]) => translations.get(path) === text && / [a-z]/.test(text),
    );
  });
  expect(same).toEqual([]);
});

it("finds refusals by their codes", async ({ expect }) => {
  const i18n = createInstance({ lng: "zh-CN", resources: { "zh-CN": { errors: chinese.errors } } });
  await i18n.init();
  expect(i18n.exists("REPOSITORY_UNKNOWN", { ns: "errors" })).toBe(true);
  expect(i18n.t("REPOSITORY_UNKNOWN", { ns: "errors" })).toBe("镜像不存在，或您没有权限。");
});
