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
  await visitor.screenshot("leaving/secret");
  await button(secretQuestion, "Go back").click();
  await button(first, "Copy the secret key").click();
  await page.keyboard.press("Escape");
  await first.waitFor({ state: "detached" });
  expect(await secretQuestion.count()).toBe(0);

  const second = await create();
  await button(second, "I have saved it").click();
  await second.waitFor({ state: "detached" });
  expect(await secretQuestion.count()).toBe(0);
});
