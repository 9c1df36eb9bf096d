/** What people do with the parts that all pages of the console are made of. */
import { expect } from "vitest";
import type { Locator, Page } from "playwright-core";

/** A dialog, by its title. */
export function dialog(page: Page, title: string): Locator {
  return page.getByRole("dialog", { name: title }).or(page.getByRole("alertdialog", { name: title }));
}

/** A button inside of something, by its whole name. */
export function button(within: Page | Locator, name: string): Locator {
  return within.getByRole("button", { name, exact: true });
}

/** The row of a table that begins with a name; a badge or a button may follow that. */
export function row(within: Page | Locator, name: string): Locator {
  const page = "page" in within ? within.page() : within;
  const pattern = new RegExp(`^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?:\\s|$)`);
  return within.getByRole("row").filter({ has: page.getByRole("rowheader", { name: pattern }) });
}

/** A field for text, by its whole label. */
export function field(within: Page | Locator, label: string): Locator {
  return within.getByRole("textbox", { name: label, exact: true });
}

/** Chooses one of the few values of a field. */
export async function choose(within: Locator, label: string, option: string): Promise<void> {
  await within.getByRole("button", { name: label }).click();
  await within.page().getByRole("option", { name: option }).click();
}

/**
 * Takes one of the values that a field proposes. A list closes when the page behind it scrolls, and a busy browser tells late of the
 * scroll that brought the field into view: then it is opened again.
 */
export async function takeProposal(proposing: Locator, option: string): Promise<void> {
  const proposed = proposing.page().getByRole("option", { name: option });
  const take = async () => {
    await proposing.blur();
    await proposing.click();
    return proposed.click({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
  };
  await expect.poll(take, { timeout: 20_000 }).toBe(true);
}

/** Types a day into the only field for one, as `mmddyyyy`. */
export async function setDay(within: Locator, day: string): Promise<void> {
  await within.getByRole("spinbutton", { name: /^month/ }).click();
  await within.page().keyboard.type(day);
}

/** Opens a menu and takes one of its entries. */
export async function takeFromMenu(page: Page, menu: string, entry: string): Promise<void> {
  await button(page, menu).click();
  await page
    .getByRole("menuitem", { name: entry })
    .or(page.getByRole("menuitemradio", { name: entry }))
    .click();
}

/** Waits for a message that goes away by itself. */
export async function told(page: Page, message: string | RegExp): Promise<void> {
  await page.getByRole("region", { name: "notification" }).getByText(message).waitFor();
}

/** Waits until something is on screen. */
export async function expectShown(target: Locator): Promise<void> {
  await target.waitFor();
  expect(await target.isVisible()).toBe(true);
}

/** Presses a button that copies, and answers what the clipboard then has. */
export async function copied(copy: Locator): Promise<string> {
  await copy.click();
  await copy.page().getByText("Copied").first().waitFor();
  return copy.page().evaluate<string>("navigator.clipboard.readText()");
}

/** Moves the focus by the Tab key until it is where it should be. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  const limit = 60;
  for (let presses = 0; presses < limit; presses += 1) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the Tab key did not reach ${target.toString()}`);
}

/** Waits until something has the focus. */
export async function expectFocus(target: Locator): Promise<void> {
  await expect.poll(() => target.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
}
