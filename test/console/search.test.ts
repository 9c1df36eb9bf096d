/** Searching from anywhere: what is found, where it leads, and who is offered what. */
import { expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { pushImage } from "../support/server-images.ts";
import { addUser, type Person } from "../support/server-people.ts";
import { useConsole } from "./browsed-registry.ts";
import { createImage, createOrganization } from "./seed.ts";
import { PHONE, type Visitor } from "./visitor.ts";
import { button, dialog, expectFocus, expectShown } from "./widgets.ts";

let member: Person;
let digest = "";

const setting = useConsole({
  prepare: async () => {
    const { operator, server } = setting;
    await createOrganization(operator, "acme");
    for (let at = 1; at <= 8; at += 1) await createImage(operator, "acme", `service-${at}`);
    for (const tag of ["1.0", "1.1", "RC-1"]) ({ digest } = await pushImage(operator, "acme/web", tag));
    member = await addUser(server, operator, "member");
  },
});

const option = (page: Page, name: string): Locator => page.getByRole("option", { name, exact: true });
const box = (page: Page): Locator => page.getByRole("combobox", { name: "Search", exact: true });

/** Presses the keys that open the search and types; answers when there is an option of this name. */
async function search(visitor: Visitor, text: string, expected: string): Promise<void> {
  const { page } = visitor;
  await page.keyboard.press("Control+k");
  await expectFocus(box(page));
  await page.keyboard.type(text);
  await option(page, expected).waitFor();
}

test("images, tags and organizations are found by the keyboard alone", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/audit");
  await search(visitor, "WEB", "acme/web");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "web", exact: true }).waitFor();

  await search(visitor, "acme/web:R", "acme/web:RC-1");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "web:RC-1" }).waitFor();
  expect(await dialog(page, "Search").count()).toBe(0);

  // On its own pages, an image's tags are found without its name.
  await search(visitor, "1.", "acme/web:1.1");
  await expectShown(option(page, "acme/web:1.0"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "web:1.1" }).waitFor();

  await search(visitor, "acm", "acme");
  await option(page, "acme").click();
  await page.getByRole("heading", { level: 1, name: "acme" }).waitFor();

  await search(visitor, `${new URL(setting.server.url).host}/acme/web@${digest}`, `acme/web@${digest}`);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /^web@/ }).waitFor();
});

test("what is beyond the first few images is one step away", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/");
  await search(visitor, "service", "All images with “service”");
  expect(await page.getByRole("option", { name: /^acme\/service-/ }).count()).toBe(6);
  await option(page, "All images with “service”").click();
  await expect.poll(() => page.getByRole("rowheader").count()).toBe(8);
});

test("pages and actions are offered as far as somebody may go there", async () => {
  const visitor = await setting.visitAs(member);
  const { page } = visitor;
  await visitor.open("/images");
  await button(page, "Search").click();
  await expectShown(option(page, "Access keys"));
  expect(await option(page, "Accounts").count()).toBe(0);
  expect(await option(page, "Add user").count()).toBe(0);

  await box(page).fill("create org");
  await option(page, "Create organization").click();
  await dialog(page, "Create organization").waitFor();
  // The keys leave a dialog alone: what is typed into it would be lost.
  await page.keyboard.press("Control+k");
  await expectShown(dialog(page, "Create organization"));
  expect(await dialog(page, "Search").count()).toBe(0);
  await button(dialog(page, "Create organization"), "Cancel").click();
  await expect.poll(() => page.url()).not.toContain("open=");
  await expect.poll(() => dialog(page, "Create organization").count()).toBe(0);

  await search(visitor, "theme dark", "Theme: dark");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getAttribute("html", "data-theme")).toBe("dark");
  await expect.poll(() => dialog(page, "Search").count()).toBe(0);

  await search(visitor, "sign out", "Sign out");
  await page.keyboard.press("Enter");
  await button(page, "Sign in").waitFor();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/sign-in");
});

test("each pause in typing asks a bounded number of questions, and drops those to an older text", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images");
  const asked: string[] = [];
  const dropped: string[] = [];
  await page.route("**/api/images?*", async (route) => {
    // Slower than somebody types.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.continue().catch(() => undefined);
  });
  page.on("request", (request) => {
    if (request.url().includes("/api/")) asked.push(request.url());
  });
  page.on("requestfailed", (request) => dropped.push(request.url()));
  await page.keyboard.press("Control+k");
  await box(page).fill("serv");
  await expect.poll(() => asked.filter((url) => url.includes("q=serv")).length).toBe(2);
  await box(page).fill("web:1");
  await option(page, "acme/web:1.0").waitFor();
  expect(dropped.filter((url) => /q=serv(?:&|$)/.test(url))).toHaveLength(2);
  // Three for the first text; for the second two, and one for the only image that is found.
  expect(asked.length).toBeLessThanOrEqual(6);
});

test.for([
  ["en-US", "Search", "web", "acme/web"],
  ["zh-CN", "搜索", "web", "acme/web"],
] as const)("the search is accessible and fits a phone, in %s", async ([language, title, text, expected]) => {
  for (const width of [390, 1280] as const) {
    for (const theme of ["light", "dark"] as const) {
      const visitor = await setting.visitAs(setting.operator, { ...PHONE, width, theme, language });
      const { page } = visitor;
      await visitor.open("/images");
      await button(page, title).click();
      await visitor.screenshot(`search/empty-${width}-${theme}-${language}`);
      await page.getByRole("combobox", { name: title, exact: true }).fill(text);
      await option(page, expected).waitFor();
      expect(await visitor.accessibilityProblems()).toEqual([]);
      expect(await visitor.overflow()).toBe(0);
      await visitor.screenshot(`search/found-${width}-${theme}-${language}`);
    }
  }
});
