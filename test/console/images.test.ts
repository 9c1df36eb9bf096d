/** An image and its tags: guide 4.4 and 4.5, and what goes beyond. */
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { addUser } from "../support/server-people.ts";
import { pushImage } from "../support/server-images.ts";
import { createImage, createOrganization, DESCRIPTION } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import type { Visitor } from "./visitor.ts";
import { button, choose, copied, dialog, expectShown, field, row, takeFromMenu, told } from "./widgets.ts";

const ORGANIZATION = "acme";
/** Within so many milliseconds the console shows what happened elsewhere. */
const FOLLOWED_MS = 10_000;

/** What is drawn of an image by the day, in this order. */
const CHARTS = ["Stored", "Pulled", "Tags", "Pulls"];

const setting = useConsole({ prepare: () => createOrganization(setting.operator, ORGANIZATION) });
let visitor: Visitor;
beforeEach(async () => {
  visitor = await setting.visitAs(setting.operator);
});

/** Pushes an image with these tags, each for another manifest. */
async function push(name: string, ...tags: string[]): Promise<string[]> {
  const digests = [];
  for (const tag of tags) digests.push((await pushImage(setting.operator, `${ORGANIZATION}/${name}`, tag)).digest);
  return digests;
}

/** What a tag points to; undefined when there is none. */
async function digestOf(name: string, tag: string): Promise<string | undefined> {
  const response = await setting.operator.send("HEAD", `/v2/${ORGANIZATION}/${name}/manifests/${tag}`);
  return response.headers.get("Docker-Content-Digest") ?? undefined;
}

describe("what happens elsewhere", () => {
  test("is on the tags list, the images list and the overview within seconds, while the page is in front", async () => {
    await push("followed", "1.0");
    const { page } = visitor;
    await visitor.open("/images/acme/followed");
    await push("followed", "1.1");
    await row(page, "1.1").waitFor({ timeout: FOLLOWED_MS });
    await visitor.open("/images");
    await push("followed-later", "1.0");
    await page.getByRole("link", { name: /followed-later$/ }).waitFor({ timeout: FOLLOWED_MS });
    await visitor.open("/");
    await push("followed", "1.2");
    await page.getByRole("link", { name: "acme/followed:1.2" }).waitFor({ timeout: FOLLOWED_MS });
    const before = await digestOf("followed", "1.2");
    await visitor.open("/images/acme/followed");
    await setting.operator.ask("POST", "/api/organizations/acme/images/followed/tags/delete", { tags: ["1.2"] });
    await row(page, "1.2").waitFor({ state: "detached", timeout: FOLLOWED_MS });
    expect(before).toMatch(/^sha256:/);
  });

  test("is not asked for in the background, and at once when the page comes back", async () => {
    await push("hidden", "1.0");
    const { page } = visitor;
    await visitor.open("/images/acme/hidden");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await show(false);
    await page.waitForTimeout(FOLLOWED_MS);
    expect(asked).toEqual([]);
    await push("hidden", "1.1");
    await show(true);
    await row(page, "1.1").waitFor({ timeout: 4000 });

    /** Chromium without a window shows every page: it is told otherwise. */
    async function show(isVisible: boolean): Promise<void> {
      await page.evaluate(`
        Object.defineProperty(document, "visibilityState", { value: "${isVisible ? "visible" : "hidden"}", configurable: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));`);
    }
  });
});

test("a push that brought no manifest leaves no image, and keeps no organization", async () => {
  await createOrganization(setting.operator, "begun");
  const bytes = new TextEncoder().encode("a layer");
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const { status } = await setting.operator.send("POST", `/v2/begun/web/blobs/uploads/?digest=${digest}`, bytes);
  expect(status).toBe(201);
  const { page } = visitor;
  await visitor.open("/organizations/begun");
  await button(page, "Delete").click();
  const question = dialog(page, "Delete organization begun?");
  await question.getByRole("textbox").fill("DELETE");
  await button(question, "Delete organization").click();
  await told(page, "Organization begun was deleted.");
  const response = await setting.operator.send("GET", "/api/organizations/begun");
  expect(response.status).toBe(404);
});

describe("tags", () => {
  test("are deleted together, and all brought back at once", async () => {
    const [first, second] = await push("undone", "a", "b", "c");
    const { page } = visitor;
    await visitor.open("/images/acme/undone");
    for (const tag of ["a", "b"]) await page.getByRole("checkbox", { name: `Select ${tag}`, exact: true }).check();
    await page.evaluate(`
      titles = new Set();
      new MutationObserver(() => {
        for (const title of document.querySelectorAll("[role=alertdialog] h2")) titles.add(title.textContent);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });`);
    await button(page.getByRole("group", { name: "Selected tags" }), "Delete").click();
    await button(dialog(page, "Delete 2 tags?"), "Delete 2 tags").click();
    await expect.poll(() => row(page, "a").count()).toBe(0);
    expect(await digestOf("undone", "a")).toBeUndefined();
    await button(page, "Undo").click();
    await row(page, "a").waitFor();
    expect([await digestOf("undone", "a"), await digestOf("undone", "b")]).toEqual([first, second]);
    // The question had no other title while it faded.
    expect(await page.evaluate("[...titles]")).toEqual(["Delete 2 tags?"]);
  });

  test("that somebody else deleted first are said to have been gone", async () => {
    await push("raced", "a", "b");
    const { page } = visitor;
    await visitor.open("/images/acme/raced");
    await takeFromMenu(page, "More actions for a", "Delete");
    const question = dialog(page, "Delete the tag a?");
    await question.waitFor();
    await setting.operator.ask("POST", "/api/organizations/acme/images/raced/tags/delete", { tags: ["a"] });
    await button(question, "Delete tag").click();
    await told(page, "The tag a was gone already: somebody else was faster.");
    await question.waitFor({ state: "hidden" });
    await expect.poll(() => row(page, "a").count()).toBe(0);
  });

  test("lead to their signatures by links of different names, as does the list of what belongs to one", async () => {
    const digests = await push("signed", "1.0", "2.0");
    const names = digests.map((digest) => `${digest.replace(":", "-")}.sig`);
    await push("signed", ...names);
    const { page } = visitor;
    await visitor.open("/images/acme/signed");
    for (const tag of ["1.0", "2.0"]) {
      const link = row(page, tag).getByRole("link", { name: `Signature of ${tag}`, exact: true });
      expect(await link.textContent()).toBe("Signature");
    }
    await visitor.open("/images/acme/signed/tags/1.0?view=referrers");
    const companion = row(page.getByRole("table", { name: "Tags that belong to it" }), names[0] ?? "");
    await companion.getByRole("link", { name: names[0] ?? "", exact: true }).waitFor();
    await companion.getByText("Signature", { exact: true }).waitFor();
    const card = page.getByRole("region", { name: "Tags that belong to it" });
    expect(await card.getByRole("table").count()).toBe(1);
  });

  test("are added to what another one points to, and moved only when asked twice", async () => {
    const [first, second] = await push("retagged", "1.0", "2.0");
    const { page } = visitor;
    await visitor.open("/images/acme/retagged");
    await takeFromMenu(page, "More actions for 1.0", "Add a tag");
    await field(dialog(page, "Add a tag to 1.0"), "New tag").fill("stable");
    await button(dialog(page, "Add a tag to 1.0"), "Add a tag").click();
    await row(page, "stable").waitFor();
    expect(await digestOf("retagged", "stable")).toBe(first);

    await takeFromMenu(page, "More actions for 2.0", "Add a tag");
    const again = dialog(page, "Add a tag to 2.0");
    await field(again, "New tag").fill("stable");
    await button(again, "Add a tag").click();
    await again.getByText("The tag stable exists and points to something else. Move it?").waitFor();
    expect(visitor.forgive(/^answer 409/)).toBe(1);
    expect(await digestOf("retagged", "stable")).toBe(first);
    await button(again, "Move the tag").click();
    await told(page, "stable has been moved to what 2.0 points to.");
    expect(await digestOf("retagged", "stable")).toBe(second);
  });

  test("are compared, two at a time", async () => {
    await push("compared", "1.0", "1.1");
    const { page } = visitor;
    await visitor.open("/images/acme/compared");
    for (const tag of ["1.0", "1.1"]) await page.getByRole("checkbox", { name: `Select ${tag}`, exact: true }).check();
    await button(page, "Compare").click();
    await page.getByRole("heading", { level: 1, name: "Compare tags" }).waitFor();
    const layers = page.getByRole("table", { name: "Layers" });
    await layers.getByText("Removed", { exact: true }).waitFor();
    await layers.getByText("Added", { exact: true }).waitFor();
    await button(page, "Exchange the tags").click();
    await expect.poll(() => new URL(page.url()).search).toBe("?from=1.1&to=1.0");
  });

  test("are pulled by commands for docker and for Kubernetes", async () => {
    await push("pulled", "1.0");
    const { page } = visitor;
    await visitor.open("/images/acme/pulled");
    const name = `${setting.server.address}/acme/pulled:1.0`;
    const inRow = await copied(button(row(page, "1.0"), "Copy the pull command of 1.0"));
    expect(inRow).toBe(`docker pull ${name}`);
    await button(page, "Pull").click();
    const pulling = dialog(page, "Pull acme/pulled");
    expect(await copied(button(pulling, "Copy the pull command"))).toBe(`docker pull ${name}`);
    await pulling.getByText("Kubernetes", { exact: true }).click();
    expect(await copied(button(pulling, "Copy the command"))).toContain("kubectl create secret docker-registry");
    expect(await copied(button(pulling, "Copy the YAML"))).toContain(`image: ${name}`);
  });

  test("that a rule keeps can be neither deleted nor moved, until it is lifted", async () => {
    await push("kept", "v1", "latest");
    const { page } = visitor;
    await visitor.open("/images/acme/kept/immutable-tags");
    await button(page, "Add pattern").click();
    await field(dialog(page, "Make tags immutable"), "Pattern").fill("v[0-9]*");
    await button(dialog(page, "Make tags immutable"), "Make immutable").click();
    await row(page, "v[0-9]*").waitFor();
    await page.getByRole("link", { name: /^Tags/ }).click();
    await row(page, "v1").waitFor();
    await page.getByRole("img", { name: "Immutable: a rule keeps it" }).waitFor();
    await button(page, "More actions for v1").click();
    const entry = page.getByRole("menuitem", { name: "Delete tag" });
    expect(await entry.getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Escape");
    await expect(push("kept", "v1")).rejects.toThrow("is immutable");

    await page.getByRole("link", { name: "Immutable tags" }).click();
    await button(page, "Lift the rule v[0-9]*").click();
    await button(dialog(page, "Lift the rule v[0-9]*?"), "Lift rule").click();
    await page.getByText("All tags can be moved and deleted").waitFor();
    await push("kept", "v1");
  });
});

test("an image that describes itself at great length is shown in part, which the page says in both languages", async () => {
  const labels = Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`label-${at}`, "value"]));
  await pushImage(setting.operator, `${ORGANIZATION}/lengthy`, "1.0", "amd64", { Labels: labels });
  const { page } = visitor;
  await visitor.open("/images/acme/lengthy/tags/1.0?view=configuration");
  await expectShown(page.getByText("This image describes itself at such length that not all of it is shown: Labels."));
  const reader = await setting.visitAs(setting.operator, { language: "zh-CN" });
  await reader.open("/images/acme/lengthy/tags/1.0?view=configuration");
  await expectShown(reader.page.getByText("该镜像的描述过长，以下内容未完整显示：标签。"));
});

test("what an image and its organization took up is drawn by the day, as many days as are chosen", async () => {
  const [digest = ""] = await push("measured", "1.0", "1.1");
  await (await setting.operator.send("GET", `/v2/${ORGANIZATION}/measured/manifests/${digest}`)).text();
  const { page } = visitor;
  await visitor.open("/images/acme/measured");
  await page.getByRole("link", { name: "Usage", exact: true }).click();
  /** The days of a chart, as screen readers are told them. */
  const daysOf = (chart: string) => page.getByRole("table").nth(CHARTS.indexOf(chart)).getByRole("rowheader");
  const valueOf = (chart: string, day: number) =>
    page.getByRole("table").nth(CHARTS.indexOf(chart)).getByRole("cell").nth(day).textContent();
  await expect.poll(() => daysOf("Stored").count()).toBe(90);
  expect(await page.getByRole("main").getByRole("heading", { level: 2 }).allTextContents()).toEqual(CHARTS);
  expect(await valueOf("Stored", 88)).toBe("not known");
  expect(await valueOf("Stored", 89)).toMatch(/^[1-9][\d.,]* ([KM]iB|bytes)$/);
  expect(await valueOf("Tags", 89)).toBe("2");
  await page.getByLabel("365 days").check();
  await expect.poll(() => daysOf("Pulls").count()).toBe(365);
  expect(new URL(page.url()).search).toBe("?days=365");
  await page.reload();
  await expect.poll(() => daysOf("Stored").count()).toBe(365);

  await visitor.open("/organizations/acme/usage?days=30");
  await expect.poll(() => daysOf("Stored").count()).toBe(30);
  expect(await valueOf("Stored", 29)).toMatch(/^[1-9][\d.,]* ([KM]iB|bytes)$/);
  // Pulls of organizations are counted as bytes alone.
  expect(await page.getByRole("table").count()).toBe(3);
});

test("a new image is created in an organization that one may edit", async () => {
  const { page } = visitor;
  await visitor.open("/images");
  await button(page, "Create image").click();
  const creation = dialog(page, "Create an image");
  await creation.getByRole("combobox", { name: "Organization" }).fill("acm");
  await page.getByRole("option", { name: ORGANIZATION }).click();
  await field(creation, "Image name").fill("created/by/hand");
  await button(creation, "Create").click();
  await page.getByRole("heading", { level: 1, name: "created/by/hand" }).waitFor();
  await expectShown(page.getByText(`docker push ${setting.server.address}/acme/created/by/hand`).first());
});

test("a public image is in the image centre for who has not signed in", async () => {
  await push("offered", "1.0");
  const { page } = visitor;
  await visitor.open("/images/acme/offered");
  await button(page, "Edit").click();
  const edit = dialog(page, "Edit acme/offered");
  await edit.getByLabel("Public").check();
  await choose(edit, "Category", "Database");
  await field(edit, "Description").fill("Rows and **columns**.");
  await button(edit, "Save").click();
  await told(page, "The image has been changed.");
  const repository = await setting.operator.ask("GET", "/v2/manage/namespaces/acme/repos/offered");
  expect(repository).toMatchObject({ is_public: true, category: "database", description: "Rows and **columns**." });

  const passer = await setting.visit();
  await passer.open("/image-centre?category=database");
  await passer.page.getByText("Rows and columns.").waitFor();
  await passer.page.getByRole("link", { name: "acme/offered" }).click();
  await button(passer.page, "Pull").click();
  await passer.page.getByText("This image is public: it is pulled without logging in.").waitFor();
  expect(await button(passer.page, "Edit").count()).toBe(0);
});

describe("a description", () => {
  test("is written, looked at, and saved", async () => {
    await createImage(setting.operator, ORGANIZATION, "described");
    const { page } = visitor;
    await visitor.open("/images/acme/described/description");
    await button(page, "Add a description").click();
    await field(page, "Description").fill("# How to run it\n\nWith *care*.");
    await page.getByText("Preview", { exact: true }).click();
    await page.getByRole("heading", { name: "How to run it" }).waitFor();
    await button(page, "Save").click();
    await told(page, "The description has been saved.");
    await page.reload();
    await expectShown(page.getByRole("heading", { name: "How to run it" }));
  });

  test("runs nothing, whatever is in it", async () => {
    await createImage(setting.operator, ORGANIZATION, "trap", { description: DESCRIPTION });
    const reader = await addUser(setting.server, setting.operator, "described-reader");
    const image = "/v2/manage/namespaces/acme/repos/trap/access";
    await setting.operator.ask("POST", image, [{ user_id: reader.id, user_name: reader.name, auth: 1 }]);
    const other = await setting.visitAs(reader);
    const { page } = other;
    await other.open("/images/acme/trap/description");
    const main = page.getByRole("main");
    await main.getByRole("heading", { name: "The web shop" }).waitFor();
    expect(await main.getByRole("link", { name: "a place" }).getAttribute("href")).toBe("https://shop.example.com");
    const selectors = ["script", "iframe", "[onerror]", "[href^='javascript' i]", "img[src]", "style"];
    const found = await Promise.all(selectors.map((selector) => main.locator(selector).count()));
    expect(found).toEqual(selectors.map(() => 0));
    await main.getByText("a trap").first().click();
    expect(await page.title()).toBe("trap · Berth");
    expect(new URL(page.url()).pathname).toBe("/images/acme/trap/description");
  });
});
