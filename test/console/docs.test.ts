/** The pages below `/docs` in a browser: both languages, both themes, on a desk and on a phone; the search, copying, and the way there and back. */
import { describe, expect, test } from "vitest";
import { useConsole } from "./browsed-registry.ts";
import type { Appearance, Visitor } from "./visitor.ts";

const setting = useConsole();

const APPEARANCES: readonly Appearance[] = [
  { width: 1280, theme: "light", language: "en-US" },
  { width: 390, theme: "dark", language: "zh-CN" },
  { width: 1280, theme: "dark", language: "zh-CN" },
  { width: 390, theme: "light", language: "en-US" },
];

const PATHS = [
  "",
  "/getting-started",
  "/images",
  "/synchronization",
  "/swr-images",
  "/errors",
  "/guides/management",
  "/conventions",
];

/** Pixels of the longest page: the one page of before had 151,086. */
const MAX_HEIGHT = { 1280: 15_000, 390: 25_000 };

const codeOf = ({ language }: Appearance) => (language === "zh-CN" ? "zh" : "en");
const height = ({ page }: Visitor) => page.evaluate<number>("document.documentElement.scrollHeight");

describe.for(APPEARANCES)("at $width px, $theme, in $language", (appearance) => {
  test.for(PATHS)("/docs/…%s fits, is accessible and makes no browser complain", async (path) => {
    const visitor = await setting.visit(appearance);
    await visitor.open(`/docs/${codeOf(appearance)}${path}`);
    expect(await visitor.overflow()).toBe(0);
    expect(await height(visitor)).toBeLessThan(MAX_HEIGHT[appearance.width]);
    expect(await visitor.accessibilityProblems()).toEqual([]);
    await visitor.screenshot(
      `docs${path.replaceAll("/", "-")}-${appearance.width}-${appearance.theme}-${appearance.language}`,
    );
    expect(visitor.takeProblems()).toEqual([]);
  });
});

describe("the search", () => {
  test.for(["/", "Control+k"])("opens by %s, and leads to an operation by the keyboard", async (keys) => {
    const { page } = await setting.visit();
    await page.goto("/docs/en");
    await page.keyboard.press(keys);
    await page.keyboard.type("restore deleted tag");
    const first = page.locator("#search li a", { hasText: "Restore a deleted tag" }).first();
    await first.waitFor();
    expect(await page.locator("#search li a").first().textContent()).toBe(await first.textContent());
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/docs/en/aging#restoreTag");
    expect(await page.locator("#search").getAttribute("open")).toBeNull();
  });

  test("follows the first result by Enter, also when that is pressed before the index is there", async () => {
    const { page } = await setting.visit();
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    await page.route("**/docs/**/search.json*", async (route) => {
      asked.resolve();
      await held.promise;
      await route.continue();
    });
    await page.goto("/docs/en");
    await page.keyboard.press("/");
    await page.keyboard.type("restore deleted tag");
    await page.keyboard.press("Enter");
    await asked.promise;
    held.resolve();
    await page.waitForURL("**/docs/en/aging#restoreTag");
    expect(await page.locator("#restoreTag").count()).toBe(1);
  });

  test("finds parameters, errors and guides, in Chinese as well", async () => {
    const { page } = await setting.visit({ language: "zh-CN" });
    await page.goto("/docs");
    await page.waitForURL("**/docs/zh");
    await page.locator("#open-search").click();
    for (const [query, href] of [
      ["remoteOrganization", "/docs/zh/synchronization#"],
      ["TAG_IMMUTABLE", "/docs/zh/errors#TAG_IMMUTABLE"],
      ["宽限期", "/docs/zh/guides/garbage-collection"],
    ] as const) {
      await page.locator("#search input").fill(query);
      await page.locator(`#search li a[href^="${href}"]`).first().waitFor();
    }
    await page.locator("#search input").fill("nothing-has-this-name");
    await page.getByText("没有找到相关内容。").waitFor();
    expect(await page.locator("#search li").count()).toBe(0);
  });
});

test("an example is copied as it is", async () => {
  const { page } = await setting.visit();
  await page.goto("/docs/en/organizations");
  const example = page.locator("#createOrganization .example");
  await example.getByRole("button", { name: "Copy" }).click();
  await example.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate<string>("navigator.clipboard.readText()");
  expect(copied).toBe(await example.locator("pre").textContent());
  expect(copied).toContain(`${setting.server.url}/api/organizations`);
});

test("a language that was chosen stays, at the same part of the page", async () => {
  const { page } = await setting.visit();
  await page.goto("/docs/en/aging#restoreTag");
  await page.locator("a[data-language=zh-CN]").click();
  await page.waitForURL("**/docs/zh/aging#restoreTag");
  await page.goto("/docs");
  await page.waitForURL("**/docs/zh");
  expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
});

test("the address of an operation on the one page of before leads to its new one", async () => {
  const { page } = await setting.visit();
  await page.goto("/docs#restoreTag");
  await page.waitForURL("**/docs/en/aging#restoreTag");
  expect(await page.locator("#restoreTag").count()).toBe(1);
});

test("a type opens when it is linked to", async () => {
  const { page } = await setting.visit();
  await page.goto("/docs/en/organizations");
  await page.locator('#showOrganization a[href="#schema-Organization"]').first().click();
  await page.locator("#schema-Organization").waitFor({ state: "visible" });
  expect(await page.locator("details:has(> #schema-Organization)").getAttribute("open")).not.toBeNull();
});

test("without JavaScript all of it can be read", async () => {
  const answer = await fetch(`${setting.server.url}/docs/zh/guides/security`);
  const text = await answer.text();
  expect(text).toContain("威胁模型");
  expect(text).not.toContain("registry.example.com");
});
