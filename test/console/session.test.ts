/** Signing in and out, and what somebody sees who has not. */
import { expect, test } from "vitest";
import { USER, PASSWORD } from "../support/server.ts";
import { useConsole } from "./browsed-registry.ts";
import { PHONE } from "./visitor.ts";
import { button, dialog, expectFocus, field, tabTo, takeFromMenu } from "./widgets.ts";

const setting = useConsole();

test("who is not signed in is asked to, and goes on to where they wanted", async () => {
  const visitor = await setting.visit();
  const { page } = visitor;
  await visitor.open("/organizations");
  expect(new URL(page.url()).pathname).toBe("/sign-in");

  await field(page, "User name").fill(USER);
  await field(page, "Password").fill("wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  expect(visitor.forgive(/^answer 401/)).toBeGreaterThan(0);

  await field(page, "Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Organizations" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/organizations");
});

test("an address with filters survives signing in and being loaded again", async () => {
  const visitor = await setting.visit();
  const { page } = visitor;
  await visitor.open("/images?q=web&category=linux");
  await field(page, "User name").fill(USER);
  await field(page, "Password").fill(PASSWORD);
  await button(page, "Sign in").click();
  const isThere = async () => {
    await page.getByRole("heading", { level: 1, name: "My images" }).waitFor();
    await expect.poll(() => page.getByRole("searchbox", { name: "Search images" }).inputValue()).toBe("web");
    expect(new URL(page.url()).search).toBe("?q=web&category=linux");
  };
  await isThere();
  await page.reload();
  await isThere();
});

test("language and theme stay as they were chosen", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/organizations");
  await takeFromMenu(page, "Theme", "Dark");
  await takeFromMenu(page, "Language", "简体中文");
  await page.getByRole("heading", { level: 1, name: "组织管理" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "组织管理" }).waitFor();
  expect(await page.getAttribute("html", "lang")).toBe("zh-CN");
  expect(await page.getAttribute("html", "data-theme")).toBe("dark");
});

test("the keyboard is enough", async () => {
  const visitor = await setting.visit(PHONE);
  const { page } = visitor;
  await visitor.open("/sign-in");
  await tabTo(page, field(page, "User name"));
  await page.keyboard.type(USER);
  await tabTo(page, field(page, "Password"));
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

  await tabTo(page, button(page, "Open the navigation"));
  await page.keyboard.press("Enter");
  await tabTo(page, dialog(page, "Berth").getByRole("link", { name: "Organizations" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Organizations" }).waitFor();
  const opener = button(page, "Create organization").first();
  await tabTo(page, opener);
  await page.keyboard.press("Enter");
  await expectFocus(field(dialog(page, "Create organization"), "Name"));
  await page.keyboard.press("Escape");
  await expectFocus(opener);
});

test("a session that ends in the middle of a form costs nothing that was typed", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/organizations");
  await button(page, "Create organization").first().click();
  const form = dialog(page, "Create organization");
  await field(form, "Name").fill("typed-before");
  await visitor.context.clearCookies();
  await button(form, "Create").click();
  const ended = dialog(page, "Your session has ended");
  await field(ended, "Password").fill(PASSWORD);
  expect(visitor.forgive(/^answer 401/)).toBeGreaterThan(0);
  await button(ended, "Sign in").click();
  await ended.waitFor({ state: "hidden" });
  expect(await field(form, "Name").inputValue()).toBe("typed-before");
  await button(form, "Create").click();
  await page.getByRole("heading", { level: 1, name: "typed-before" }).waitFor();
});

test("who signs out is out, and the pages do not come back", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/organizations");
  await takeFromMenu(page, USER, "Sign out");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.goto("/organizations");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  expect(new URL(page.url()).searchParams.get("next")).toBe("/organizations");
});

test("the name of who is signed in is in the header of a desk, and on a phone for screen readers alone", async () => {
  for (const [width, isSeen] of [
    [1280, true],
    [390, false],
  ] as const) {
    const { page } = await setting.visitAs(setting.operator, { width });
    await page.goto("/organizations");
    await page.getByRole("heading", { level: 1, name: "Organizations" }).waitFor();
    const menu = page.getByRole("banner").getByRole("button", { name: USER });
    // What is clipped has a box all the same, of one pixel.
    const name = await menu.getByText(USER, { exact: true }).boundingBox();
    expect([width, (name?.width ?? 0) > 1]).toEqual([width, isSeen]);
    expect((await menu.boundingBox())?.height).toBeLessThan(48);
  }
});
