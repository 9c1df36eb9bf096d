/** Leaving what would be lost: forms half filled, and secrets that are shown once. */
import { expect, test } from "vitest";
import { useConsole } from "./browsed-registry.ts";
import type { Visitor } from "./visitor.ts";
import { button, dialog, field } from "./widgets.ts";

const setting = useConsole({
  prepare: async () => {
    await setting.operator.ask("POST", "/api/organizations", { name: "acme" });
    await setting.operator.ask("POST", "/api/organizations/acme/images", { image: "site" });
  },
});

const question = ({ page }: Visitor) => page.getByRole("alertdialog", { name: "Discard what you have entered?" });

test("a form in a dialog that is half filled is not lost by Escape or the cross", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/organizations");
  const creation = dialog(page, "Create organization");
  // What is empty is closed without a question.
  await button(page, "Create organization").first().click();
  await field(creation, "Name").waitFor();
  await page.keyboard.press("Escape");
  await creation.waitFor({ state: "detached" });

  await button(page, "Create organization").first().click();
  await field(creation, "Name").fill("half");
  await page.keyboard.press("Escape");
  await question(visitor).waitFor();
  await visitor.screenshot("leaving/changes");
  expect(await visitor.accessibilityProblems()).toEqual([]);
  // Escape again stays.
  await page.keyboard.press("Escape");
  await question(visitor).waitFor({ state: "detached" });
  expect(await field(creation, "Name").inputValue()).toBe("half");
  await button(creation, "Close").click();
  await button(question(visitor), "Go back").click();
  expect(await field(creation, "Name").inputValue()).toBe("half");
  await button(creation, "Close").click();
  await button(question(visitor), "Discard").click();
  await creation.waitFor({ state: "detached" });

  // "Cancel" says it, and what was saved is not asked for.
  await button(page, "Create organization").first().click();
  await field(creation, "Name").fill("half");
  await button(creation, "Cancel").click();
  await creation.waitFor({ state: "detached" });
  await button(page, "Create organization").first().click();
  await field(creation, "Name").fill("whole");
  await button(creation, "Create").click();
  await page.getByRole("heading", { level: 1, name: "whole" }).waitFor();
  expect(await question(visitor).count()).toBe(0);
});

test("a form of a page is not lost by a link or by a reload", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/site/tags");
  await page.getByRole("link", { name: "Description" }).click();
  await button(page, "Add a description").click();
  const text = page.getByRole("textbox").first();
  await text.fill("half a description");

  await page.getByRole("link", { name: "Image centre" }).click();
  await button(question(visitor), "Go back").click();
  expect(new URL(page.url()).pathname).toBe("/images/acme/site/description");
  expect(await text.inputValue()).toBe("half a description");

  const asked: string[] = [];
  page.on("dialog", (shown) => {
    asked.push(shown.type());
    void shown.dismiss();
  });
  await page.evaluate("setTimeout(() => location.reload())");
  await expect.poll(() => asked).toEqual(["beforeunload"]);
  expect(await text.inputValue()).toBe("half a description");

  await page.getByRole("link", { name: "Image centre" }).click();
  await button(question(visitor), "Discard").click();
  await page.getByRole("heading", { level: 1, name: "Image centre" }).waitFor();
  await page.reload();
  expect(asked).toHaveLength(1);
});

/** Presses one of the browser's own buttons. The page may stay where it is, so nothing is waited for. */
const press = ({ page }: Visitor, way: "back" | "forward") => page.evaluate(`setTimeout(() => history.${way}())`);
const pathOf = ({ page }: Visitor) => new URL(page.url()).pathname;

test("a form that is half filled is not lost by Back and Forward", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
  await visitor.open("/images/acme/site/description");
  // Other pages before and behind the one with the form.
  await page.getByRole("link", { name: "Image centre" }).click();
  await heading("Image centre");
  await page.getByRole("link", { name: "Organizations" }).first().click();
  await heading("Organizations");
  await page.getByRole("link", { name: "Image centre" }).click();
  await heading("Image centre");
  await press(visitor, "back");
  await heading("Organizations");
  await button(page, "Create organization").first().click();
  const creation = dialog(page, "Create organization");
  await field(creation, "Name").fill("half");

  for (const way of ["back", "forward"] as const) {
    await press(visitor, way);
    await question(visitor).waitFor();
    expect(pathOf(visitor)).toBe("/organizations");
    await button(question(visitor), "Go back").click();
    await question(visitor).waitFor({ state: "detached" });
    expect(pathOf(visitor)).toBe("/organizations");
    expect(await field(creation, "Name").inputValue()).toBe("half");
  }
  // Twice, before the first has been answered.
  await page.evaluate("setTimeout(() => { history.back(); setTimeout(() => history.back()); })");
  await question(visitor).waitFor();
  await expect.poll(() => pathOf(visitor)).toBe("/organizations");
  expect(await field(creation, "Name").inputValue()).toBe("half");
  await page.keyboard.press("Escape");
  await question(visitor).waitFor({ state: "detached" });

  // Forward leads where it would have led, and so does Back from there; nothing is left to be lost.
  await press(visitor, "forward");
  await button(question(visitor), "Discard").click();
  await heading("Image centre");
  await press(visitor, "back");
  await heading("Organizations");
  // The address of that entry has the dialog, with nothing in it.
  expect(await field(creation, "Name").inputValue()).toBe("");

  // Over several entries at once, after a reload, which keeps the history.
  await page.reload();
  await field(creation, "Name").fill("half");
  await page.evaluate("setTimeout(() => history.go(-2))");
  await question(visitor).waitFor();
  expect(pathOf(visitor)).toBe("/organizations");
  await visitor.screenshot("leaving/back");
  await button(question(visitor), "Discard").click();
  await page.waitForURL("**/images/acme/site/description");
  await page.getByRole("link", { name: "Description" }).waitFor();
});

test("a form in a dialog that has an address is not lost by Back", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/organizations");
  // Another entry of the same page: the search leads to the dialog.
  await page.keyboard.press("Control+k");
  await page.keyboard.type("Create organization");
  await page.getByRole("option", { name: "Create organization" }).first().click();
  const creation = dialog(page, "Create organization");
  await field(creation, "Name").fill("half");
  await press(visitor, "back");
  await question(visitor).waitFor();
  await button(question(visitor), "Go back").click();
  expect(await field(creation, "Name").inputValue()).toBe("half");
  await press(visitor, "back");
  await button(question(visitor), "Discard").click();
  await creation.waitFor({ state: "detached" });
});

test("a secret that is shown once is not lost until it was copied or saved", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  const secretQuestion = page.getByRole("alertdialog", { name: "Close without the secret?" });
  await visitor.open("/access-keys");
  const create = async () => {
    await button(page, "Create access key").first().click();
    const creation = page.getByRole("dialog").first();
    await creation.getByRole("button", { name: "Create access key" }).click();
    const made = page.getByRole("dialog", { name: /new access key/i });
    await made.waitFor();
    return made;
  };
  const first = await create();
  await page.keyboard.press("Escape");
  await secretQuestion.waitFor();
  expect(await visitor.accessibilityProblems()).toEqual([]);
  await visitor.screenshot("leaving/secret");
  await button(secretQuestion, "Go back").click();
  await button(first, "Copy the secret key").click();
  // It is on the clipboard once the button says so.
  await button(first, "Copied").waitFor();
  await page.keyboard.press("Escape");
  await first.waitFor({ state: "detached" });
  expect(await secretQuestion.count()).toBe(0);

  const second = await create();
  await button(second, "I have saved it").click();
  await second.waitFor({ state: "detached" });
  expect(await secretQuestion.count()).toBe(0);
});
