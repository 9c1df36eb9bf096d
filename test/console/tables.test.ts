/** Lists with thousands of rows: real pages, a selection beyond them, and what that costs the browser. */
import { setTimeout } from "node:timers/promises";
import type { CDPSession, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MANIFEST_TYPE, pushImage } from "../support/server-images.ts";
import { answer, Receiver } from "../triggers/receiver.ts";
import { useConsole } from "./browsed-registry.ts";
import { createImage, createOrganization } from "./seed.ts";
import { PHONE, type Visitor } from "./visitor.ts";
import { button, choose, dialog, expectFocus, expectShown, row } from "./widgets.ts";

/** As many as the console once drew all at once. */
const TAGS = 1500;
const PUSHES_AT_ONCE = 8;
const PUSHING_MS = 240_000;

/** The row of tabs moves gently. */
const SCROLLING_MS = 500;

const MANY = "/images/acme/many?sort=name";

/**
 * What a page may cost. The time is of the browser's main thread alone, but a busy machine still has it wait for memory: so what a
 * quiet machine measures is printed, and the bounds are on what is drawn.
 */
const MAX_NODES = 5000;

const receiver = new Receiver({ "/hook": answer(400, {}, "No") });
const setting = useConsole({
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: () => createOrganization(setting.operator, "acme"),
});
afterAll(() => receiver.close());
let visitor: Visitor;
let page: Page;
beforeAll(() => pushTags("many", TAGS), PUSHING_MS);
beforeEach(async () => {
  visitor = await setting.visitAs(setting.operator);
  page = visitor.page;
});

/** Gives one manifest the tags t0001, t0002 and so on. */
async function pushTags(image: string, count: number): Promise<void> {
  const { operator } = setting;
  const { digest } = await pushImage(operator, `acme/${image}`, nameOf(1));
  const manifests = `/v2/acme/${image}/manifests`;
  const manifest = await operator.send("GET", `${manifests}/${digest}`, undefined, { Accept: MANIFEST_TYPE });
  const bytes = Buffer.from(await manifest.arrayBuffer());
  const names = Array.from({ length: count - 1 }, (_, at) => nameOf(at + 2));
  const push = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const pushed = await operator.send("PUT", `${manifests}/${name}`, bytes, { "Content-Type": MANIFEST_TYPE });
      await pushed.body?.cancel();
      if (pushed.status !== 201) throw new Error(`pushing ${name}: ${pushed.status}`);
    }
  };
  await Promise.all(Array.from({ length: PUSHES_AT_ONCE }, push));
}

function nameOf(number: number): string {
  return `t${String(number).padStart(4, "0")}`;
}

const rows = () => page.getByRole("table", { name: "Tags" }).locator("tbody tr");
const bar = () => page.getByRole("group", { name: "Selected tags" });

async function expectRange(range: string): Promise<void> {
  await expectShown(page.getByRole("navigation", { name: "Pages: Tags" }).getByText(range, { exact: true }));
}

/** The names of the first and the last row. */
async function ends(): Promise<string[]> {
  const names = await rows().getByRole("rowheader").locator("a").allTextContents();
  return [names[0] ?? "", names.at(-1) ?? ""];
}

/** How long the page's main thread has worked, in milliseconds: other programs do not count. */
async function workMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
}

/**
 * Presses something, and waits until a text says what came of it.
 *
 * @returns for how many milliseconds the main thread worked for that. Both elements are found before: Playwright searches in the page.
 */
async function workOf(devtools: CDPSession, pressed: Locator, told: Locator, text: string): Promise<number> {
  await pressed.evaluate((element) => element.setAttribute("data-pressed-by-test", ""));
  await told.evaluate((element) => element.setAttribute("data-told-to-test", ""));
  const before = await workMs(devtools);
  await page.evaluate(`new Promise((done) => {
    const pressed = document.querySelector("[data-pressed-by-test]");
    const told = document.querySelector("[data-told-to-test]");
    pressed.removeAttribute("data-pressed-by-test");
    told.removeAttribute("data-told-to-test");
    const observer = new MutationObserver(() => {
      if (told.textContent !== ${JSON.stringify(text)}) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => done()));
    });
    observer.observe(told, { subtree: true, childList: true, characterData: true });
    pressed.click();
  })`);
  return Math.round((await workMs(devtools)) - before);
}

async function devtoolsOf(): Promise<CDPSession> {
  const devtools = await visitor.context.newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  return devtools;
}

const nodes = () => page.evaluate<number>("document.querySelectorAll('*').length");

describe("an image of 1,500 tags", () => {
  test("has pages of as many rows as somebody chose, which the browser keeps", async () => {
    await visitor.open(MANY);
    expect(await rows().count()).toBe(50);
    await expectRange("1–50 of 1,500");
    expect(await button(page, "Previous").isDisabled()).toBe(true);
    await button(page, "Next").click();
    await expectRange("51–100 of 1,500");
    expect(await ends()).toEqual(["t0051", "t0100"]);
    await button(page, "Previous").click();
    await expectRange("1–50 of 1,500");
    // Where the button cannot be pressed any more, its neighbour has the focus.
    await expectFocus(button(page, "Next"));

    await choose(page.getByRole("navigation", { name: "Pages: Tags" }), "Rows per page", "100 rows");
    await expectRange("1–100 of 1,500");
    expect(await rows().count()).toBe(100);
    await page.reload();
    await expectRange("1–100 of 1,500");
    await page.goto("/audit");
    await expectShown(page.getByText(/^1–100/));
  });

  test("is where it was when somebody comes back, or loads the page anew, and asks nothing twice", async () => {
    await visitor.open(MANY);
    for (const range of ["51–100 of 1,500", "101–150 of 1,500"]) {
      await button(page, "Next").click();
      await expectRange(range);
    }
    await page.getByRole("link", { name: "t0120", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "many:t0120" }).waitFor();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goBack();
    await expectRange("101–150 of 1,500");
    expect(await ends()).toEqual(["t0101", "t0150"]);
    await page.reload();
    await expectRange("101–150 of 1,500");
    await button(page, "Previous").click();
    await expectRange("51–100 of 1,500");
    // Another order begins at its start.
    await button(rowsHeader(), "Tag").click();
    await expectRange("1–50 of 1,500");
    expect(await ends()).toEqual(["t1500", "t1451"]);
    await button(rowsHeader(), "Tag").click();
    await expectRange("1–50 of 1,500");
    expect(asked.filter((url) => url.includes("cursor=")).length).toBeLessThanOrEqual(2);
  });

  test("keeps what is chosen over its pages, and chooses all that a search finds", async () => {
    await visitor.open(MANY);
    await page.getByRole("checkbox", { name: "Select t0002", exact: true }).check();
    await button(page, "Next").click();
    await expectRange("51–100 of 1,500");
    await page.getByRole("checkbox", { name: "Select all", exact: true }).check();
    await expectShown(bar().getByText("51 selected"));
    await button(page, "Previous").click();
    await expectRange("1–50 of 1,500");
    expect(await page.getByRole("checkbox", { name: "Select t0002", exact: true }).isChecked()).toBe(true);
    await button(bar(), "Select all 1,500").click();
    await expectShown(bar().getByText("1,500 selected"));
    expect(await button(bar(), "Select all 1,500").count()).toBe(0);
    await button(bar(), "Clear selection").click();
    await expect.poll(() => bar().count()).toBe(0);

    await page.getByRole("searchbox").fill("t00");
    await expectShown(page.getByText("1–50", { exact: true }));
    await page.getByRole("checkbox", { name: "Select all", exact: true }).check();
    await button(bar(), "Select all that match").click();
    await expectShown(bar().getByText("99 selected"));
  });

  test("has its header, its pages and what is chosen in view, wherever it is scrolled to", async () => {
    for (const width of [1280, 390] as const) {
      const reader = await setting.visitAs(setting.operator, { width });
      page = reader.page;
      await reader.open(MANY);
      await page.getByRole("checkbox", { name: "Select t0001", exact: true }).check();
      await rows().nth(30).scrollIntoViewIfNeeded();
      await page.mouse.wheel(0, 300);
      const inView = [
        page.getByRole("checkbox", { name: "Select all", exact: true }),
        button(page, "Next"),
        bar().getByText("1 selected"),
        button(bar(), "Delete"),
      ];
      for (const part of inView) await expect.poll(() => isOnTop(part), { message: String(part) }).toBe(true);
      // Not in a box of its own that scrolls inside the page.
      expect(await page.locator("[data-scrollable]").count()).toBe(0);
      expect(await reader.overflow()).toBe(0);
      expect(await reader.accessibilityProblems()).toEqual([]);
      await reader.screenshot(`tables/selected-${width}`);
    }
  });

  test("costs a browser little", async () => {
    await visitor.open(MANY);
    await choose(page.getByRole("navigation", { name: "Pages: Tags" }), "Rows per page", "100 rows");
    await expectRange("1–100 of 1,500");
    const devtools = await devtoolsOf();
    const turns: number[] = [];
    const range = page.getByRole("navigation", { name: "Pages: Tags" }).getByRole("status");
    for (let first = 101; first < 900; first += 100) {
      // The numbers change with the rows: what is told of a page is true of what is on screen.
      turns.push(await workOf(devtools, button(page, "Next"), range, `${first}–${first + 99} of 1,500`));
      expect(await ends()).toEqual([nameOf(first), nameOf(first + 99)]);
      expect(await rows().count()).toBe(100);
      expect(await nodes()).toBeLessThan(MAX_NODES);
    }
    await page.getByRole("checkbox", { name: "Select all", exact: true }).check();
    const count = bar().getByRole("status");
    const whole = await workOf(devtools, button(bar(), "Select all 1,500"), count, "1,500 selected");
    const box = page.getByRole("checkbox", { name: "Select t0900", exact: true });
    const one = await workOf(devtools, box, count, "1,499 selected");
    expect(await box.isChecked()).toBe(false);
    console.log(
      `CPU: a page of 100 rows ${turns.join(", ")} ms; all of 1,500 selected ${whole} ms, one less ${one} ms`,
    );
    console.log(`nodes: ${await nodes()}`);
    expect(await rows().count()).toBe(100);
  });
});

const rowsHeader = () => page.getByRole("table", { name: "Tags" }).locator("thead");

/** Whether something is where one could press it. */
async function isOnTop(target: Locator): Promise<boolean> {
  return target.evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const hit = element.ownerDocument.elementFromPoint(left + width / 2, top + height / 2);
    return hit !== null && (element.contains(hit) || hit.contains(element));
  });
}

test("tags of many pages are deleted together, in requests of a bounded number each", async () => {
  await pushTags("gone", 230);
  await visitor.open("/images/acme/gone?sort=name");
  for (const range of ["51–100 of 230", "101–150 of 230", "151–200 of 230", "201–230 of 230"]) {
    await button(page, "Next").click();
    await expectRange(range);
  }
  await page.getByRole("checkbox", { name: "Select all", exact: true }).check();
  await button(bar(), "Select all 230").click();
  await expectShown(bar().getByText("230 selected"));
  await page.getByRole("checkbox", { name: "Select t0230", exact: true }).uncheck();
  const sizes: number[] = [];
  page.on("request", (request) => {
    const { tags } = (request.method() === "POST" ? request.postDataJSON() : {}) as { tags?: string[] };
    if (tags) sizes.push(tags.length);
  });
  await button(bar(), "Delete").click();
  await button(dialog(page, "Delete 229 tags?"), "Delete 229 tags").click();
  await row(page, "t0230").waitFor();
  await expect.poll(() => rows().count()).toBe(1);
  expect(sizes).toEqual([100, 100, 29]);
  expect(await bar().count()).toBe(0);
});

describe("on a phone", () => {
  beforeEach(async () => {
    visitor = await setting.visitAs(setting.operator, PHONE);
    page = visitor.page;
  });

  /** What is in view of a row: its texts, and the names of columns before them. */
  const card = (target: Locator) =>
    target.evaluate((element) =>
      [...element.children]
        .filter((cell) => cell.getBoundingClientRect().height > 0)
        .map((cell) => `${cell.getAttribute("data-label") ?? ""}: ${cell.textContent}`),
    );

  test("a tag says how large it is, for which platforms, and when it was pushed", async () => {
    await visitor.open(MANY);
    const shown = await card(row(page, "t0001"));
    expect(shown).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Size: [\d.]+ KiB$/),
        "Platforms: linux/amd64",
        expect.stringMatching(/^Pushed: .+by admin$/),
        expect.stringMatching(/^Last pulled: /),
      ]),
    );
    // Sorting, and choosing all, are still there.
    await expectShown(button(rowsHeader(), "Tag"));
    await expectShown(page.getByRole("checkbox", { name: "Select all", exact: true }));
    // The pages take one line of the screen.
    expect((await page.getByRole("navigation", { name: "Pages: Tags" }).boundingBox())?.height).toBeLessThan(48);
    expect(await visitor.accessibilityProblems()).toEqual([]);
    await visitor.screenshot("tables/card-390");
  });

  test("an event of the audit says what was done to what, and when", async () => {
    await createImage(setting.operator, "acme", "audited");
    await visitor.open("/audit");
    const event = page.getByRole("row").filter({ hasText: "acme/audited" }).first();
    const shown = await card(event);
    expect(shown).toContainEqual(expect.stringMatching(/^Resource: .*acme\/audited/));
    expect(shown).toContainEqual(expect.stringMatching(/^Time: .*(?:now|ago)$/));
    // A badge stays one beside its name.
    expect((await event.getByText("Success", { exact: true }).boundingBox())?.width).toBeLessThan(100);
    expect(await visitor.overflow()).toBe(0);
  });

  test("a delivery says why it failed", async () => {
    const url = `http://127.0.0.1:${await receiver.listen()}/hook`;
    await setting.operator.ask("POST", "/api/organizations/acme/images/many/triggers", {
      name: "refused",
      condition: { kind: "all" },
      target: { kind: "webhook", url, format: "cloudevents" },
    });
    await setting.operator.ask("POST", "/api/organizations/acme/images/many/triggers/refused/test");
    await visitor.open("/images/acme/many/triggers/refused");
    const delivery = page.getByRole("table", { name: "Deliveries" }).locator("tbody tr").first();
    await expect.poll(() => card(delivery)).toContainEqual(expect.stringMatching(/^Outcome: .*400/));
  });

  test("all tabs of an image are found", async () => {
    await visitor.open("/images/acme/many");
    const tabs = page.getByRole("navigation", { name: "Sections" });
    const last = tabs.getByRole("link", { name: "Immutable tags" });
    const onward = tabs.locator("button[aria-hidden=true]").last();
    expect(await isOnTop(last)).toBe(false);
    for (let presses = 0; presses < 9 && !(await isOnTop(last)); presses += 1) {
      await onward.click();
      await setTimeout(SCROLLING_MS);
    }
    expect(await isOnTop(last)).toBe(true);
    expect(await visitor.accessibilityProblems()).toEqual([]);
    await last.click();
    await expectShown(page.getByText("All tags can be moved and deleted"));
  });

  test("a press on a time says exactly when it was, by finger and by key", async () => {
    await visitor.open(MANY);
    const time = row(page, "t0001")
      .getByRole("button", { name: /ago$|^just now$/ })
      .first();
    const moment = (await time.locator("time").getAttribute("datetime")) ?? "";
    await time.tap();
    await expectShown(dialog(page, "Exact time").getByText(moment));
    expect(await visitor.accessibilityProblems()).toEqual([]);
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog(page, "Exact time").count()).toBe(0);
    await expectFocus(time);
    await page.keyboard.press("Enter");
    await expectShown(dialog(page, "Exact time").getByText(moment));
  });
});

test("the navigation has its place while the registry is slow to say who is signed in", async () => {
  await visitor.open("/images");
  await page.evaluate("localStorage.setItem('berth.user', 'admin')");
  let release: (() => void) | undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/api/visitor", async (route) => {
    await released;
    await route.continue();
  });
  const places = () =>
    page.evaluate<number[]>("[...document.querySelectorAll('main')].map((part) => part.getBoundingClientRect().left)");
  const before = await places();
  await page.reload();
  await page.getByRole("main").waitFor();
  expect(await places()).toEqual(before);
  release?.();
  await expectShown(page.getByRole("navigation", { name: "Navigation" }));
  expect(await places()).toEqual(before);
});
