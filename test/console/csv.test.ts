/** Tables as files: all rows that match the filters, in the page's language, harmless in a spreadsheet. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { MANIFEST_TYPE, pushImage } from "../support/server-images.ts";
import { useConsole } from "./browsed-registry.ts";
import { createOrganization } from "./seed.ts";
import { PHONE, type Visitor } from "./visitor.ts";
import { button, told } from "./widgets.ts";

/** More than the two pages of a hundred in which a list is read. */
const TAGS = 230;
const PUSHES_AT_ONCE = 8;
const FORMULA = "=HYPERLINK(1)";
const BYTE_ORDER_MARK = "\uFEFF";

const setting = useConsole({
  prepare: async () => {
    const { operator } = setting;
    await createOrganization(operator, "acme");
    const { digest } = await pushImage(operator, "acme/many", "v000");
    const manifests = "/v2/acme/many/manifests";
    const manifest = await operator.send("GET", `${manifests}/${digest}`, undefined, { Accept: MANIFEST_TYPE });
    const bytes = Buffer.from(await manifest.arrayBuffer());
    const names = Array.from({ length: TAGS - 1 }, (_, at) => `v${String(at + 1).padStart(3, "0")}`);
    const push = async () => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        const pushed = await operator.send("PUT", `${manifests}/${name}`, bytes, { "Content-Type": MANIFEST_TYPE });
        await pushed.body?.cancel();
        if (pushed.status !== 201) throw new Error(`pushing ${name}: ${pushed.status}`);
      }
    };
    await Promise.all(Array.from({ length: PUSHES_AT_ONCE }, push));
  },
});
let visitor: Visitor;
let page: Page;
beforeEach(async () => {
  visitor = await setting.visitAs(setting.operator);
  page = visitor.page;
});

/** Presses a button that saves a table. @returns the file's name and its lines. */
async function saved(name = "Download CSV"): Promise<{ file: string; lines: string[] }> {
  const coming = page.waitForEvent("download");
  await button(page, name).first().click();
  const download = await coming;
  const text = await readFile(await download.path(), "utf8");
  expect(text.startsWith(BYTE_ORDER_MARK)).toBe(true);
  expect(text.endsWith("\r\n")).toBe(true);
  return { file: download.suggestedFilename(), lines: text.slice(BYTE_ORDER_MARK.length, -2).split("\r\n") };
}

describe("a file of a table", () => {
  test("has all rows that match the filters, in their order, and not only those on screen", async () => {
    await visitor.open("/images/acme/many?sort=name");
    const { file, lines } = await saved();
    expect(file).toMatch(/^Tags \d{4}-\d\d-\d\d\.csv$/);
    expect(lines[0]).toBe("Tag,Digest,Size,Platforms,Pushed,Pushed by,Last pulled,Pull command");
    expect(lines.length).toBe(1 + TAGS);
    expect(lines[1]).toMatch(
      /^v000,sha256:[0-9a-f]{64},\d+,linux\/amd64,\d{4}-\d\d-\d\dT[\d:.]+Z,admin,[^,]*,docker pull \S+\/acme\/many:v000$/,
    );
    expect(lines.at(-1)).toMatch(/^v229,/);

    await page.getByRole("searchbox").fill("v22");
    await expect.poll(() => page.getByRole("row").count()).toBe(11);
    expect((await saved()).lines.length).toBe(1 + 10);
  });

  test("has its headings and words in the language of the page, and its values as they are", async () => {
    visitor = await setting.visitAs(setting.operator, { language: "zh-CN" });
    page = visitor.page;
    await visitor.open("/images");
    const { file, lines } = await saved("下载 CSV");
    expect(file).toMatch(/^自有镜像 |^.+ \d{4}-\d\d-\d\d\.csv$/);
    expect(lines[0]).toMatch(/^镜像名称|^名称/);
    expect(lines.find((line) => line.startsWith("many,"))).toMatch(/^many,acme,230,\d+,私有,其他,\d{4}-\d\d-\d\dT/);
  });

  test("has nothing that a spreadsheet would run", async () => {
    const remote = { name: "evil", url: "https://registry.example.com", username: FORMULA, password: "x", test: false };
    expect((await setting.operator.send("POST", "/api/remotes", remote)).status).toBe(201);
    await visitor.open("/remotes");
    const { lines } = await saved();
    expect(lines[1]).toContain(`,'${FORMULA},`);
  });

  test("comes although the network is gone for a moment, and tells when it cannot come", async () => {
    await visitor.open("/images/acme/many?sort=name");
    let failures = 1;
    await page.route(/\/tags\?.*cursor=/, (route) => {
      failures -= 1;
      return failures >= 0 ? route.abort("connectionreset") : route.continue();
    });
    expect((await saved()).lines.length).toBe(1 + TAGS);

    await page.unroute(/\/tags\?.*cursor=/);
    await page.route(/\/tags\?.*cursor=/, (route) => route.fulfill({ status: 403, json: { errors: [] } }));
    await button(page, "Download CSV").click();
    await told(page, /^The file could not be made/);
    await button(page, "Download CSV").waitFor();
    visitor.forgive(/answer 403/);
  });

  test("says how far it is, and can be stopped, on a phone as well", async () => {
    visitor = await setting.visitAs(setting.operator, PHONE);
    page = visitor.page;
    await visitor.open("/images/acme/many?sort=name");
    let release: (() => void) | undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    let asked = 0;
    await page.route(/\/tags\?.*limit=100.*cursor=|\/tags\?.*cursor=.*limit=100/, async (route) => {
      asked += 1;
      await held;
      await route.continue().catch(() => undefined);
    });
    const downloads: string[] = [];
    page.on("download", (download) => downloads.push(download.suggestedFilename()));
    await button(page, "Download CSV").click();
    await page.getByText("100 rows so far").waitFor();
    await visitor.screenshot("csv/under-way-390");
    await button(page, "Stop the download").click();
    await button(page, "Download CSV").waitFor();
    release?.();
    await page.waitForLoadState("networkidle");
    expect([asked, downloads]).toEqual([1, []]);
    expect(await visitor.overflow()).toBe(0);
    expect(await visitor.accessibilityProblems()).toEqual([]);
  });

  test("of what an image took up on each day has a line for each", async () => {
    await visitor.open("/images/acme/many/usage?days=30");
    const { lines } = await saved();
    expect(lines[0]).toBe("Day (UTC),Stored,Pulled,Tags,Pulls");
    expect(lines.length).toBe(1 + 30);
    expect(lines.at(-1)).toMatch(/^\d{4}-\d\d-\d\d,\d*,\d*,\d*,\d*$/);
  });
});
