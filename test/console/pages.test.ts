/**
 * Every page and every form of the console, in both languages, light and dark, on a desk and on a phone: whether it says
 * what it is, fits its window, is accessible, and makes no browser complain. Leaves screenshots for a person to look at.
 */
import { setTimeout } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { seed, type Seed } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import { type Appearance, DESKTOP, type Visitor } from "./visitor.ts";
import { button } from "./widgets.ts";

const LOADING_MS = 20_000;
const MAX_LOOKS = 4;
const LOOK_AGAIN_MS = 1000;

let seeded: Seed | undefined;
const setting = useConsole({
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: async () => {
    seeded = await seed(setting);
  },
});
afterAll(() => seeded?.close());

/** Each pair has both widths, themes and languages. The four pairs have every combination. */
const PAIRS: readonly (readonly Appearance[])[] = [
  [
    { width: 1280, theme: "light", language: "en-US" },
    { width: 390, theme: "dark", language: "zh-CN" },
  ],
  [
    { width: 1280, theme: "dark", language: "zh-CN" },
    { width: 390, theme: "light", language: "en-US" },
  ],
  [
    { width: 1280, theme: "dark", language: "en-US" },
    { width: 390, theme: "light", language: "zh-CN" },
  ],
  [
    { width: 1280, theme: "light", language: "zh-CN" },
    { width: 390, theme: "dark", language: "en-US" },
  ],
];

/** The pair for a row: rows take turns. With BERTH_CONSOLE_APPEARANCES=all a row has all pairs. */
function appearancesOf(at: number): readonly Appearance[] {
  return process.env.BERTH_CONSOLE_APPEARANCES === "all" ? PAIRS.flat() : (PAIRS[at % PAIRS.length] ?? []);
}

interface PageCase {
  path: string;
  /** The heading in English and in Chinese; a name is the same in both. */
  heading: readonly [string, string] | string;
  /** For somebody who has not signed in. */
  isOpen?: boolean;
  /** Answers that only say that there is nothing yet. */
  absent?: RegExp;
}

const NO_UPSTREAM = /^answer 404: GET .*\/upstream$/;

const WEB = "/images/acme/web";
const SHARED = "/images/rival-company/gateway";
const LONG_NAME = `${"long-name-".repeat(10)}end`;
const IMAGES = ["My images", "我的镜像"] as const;
const PAGES: readonly PageCase[] = [
  { path: "/sign-in", heading: ["Sign in", "登录"], isOpen: true },
  { path: "/", heading: ["Overview", "总览"] },
  { path: "/?login=temporary", heading: ["Overview", "总览"] },
  { path: "/password", heading: ["Change password", "修改密码"] },
  { path: "/images", heading: IMAGES },
  { path: "/images/shared-by-me", heading: IMAGES },
  { path: "/images/shared-with-me", heading: IMAGES },
  { path: "/images/public", heading: IMAGES },
  { path: "/images?q=nothing-like-that", heading: IMAGES },
  { path: WEB, heading: "web" },
  { path: `${WEB}/history`, heading: "web" },
  { path: `${WEB}/usage`, heading: "web" },
  { path: `${WEB}/usage?days=365`, heading: "web" },
  { path: `${WEB}/description`, heading: "web" },
  { path: `${WEB}/permissions`, heading: "web" },
  { path: `${WEB}/sharing`, heading: "web" },
  { path: `${WEB}/triggers`, heading: "web" },
  { path: `${WEB}/sync`, heading: "web" },
  { path: `${WEB}/sync?job=1`, heading: "web" },
  { path: `${WEB}/aging`, heading: "web" },
  { path: `${WEB}/immutable-tags`, heading: "web" },
  { path: `${WEB}/triggers/notify`, heading: "notify" },
  { path: `${WEB}/triggers/notify?delivery=1`, heading: "notify" },
  ...["", "?view=layers", "?view=configuration", "?view=referrers", "?view=history", "?view=manifest"].map(
    (query): PageCase => ({ path: `${WEB}/tags/latest${query}`, heading: "web:latest" }),
  ),
  { path: `${WEB}/compare`, heading: ["Compare tags", "比较镜像版本"] },
  { path: `${WEB}/compare?from=1.1&to=1.3`, heading: ["Compare tags", "比较镜像版本"] },
  { path: "/images/acme/nothing", heading: "nothing" },
  { path: "/images/acme/nothing/triggers", heading: "nothing" },
  { path: "/images/acme/nothing/sync", heading: "nothing" },
  { path: "/images/acme/nothing/aging", heading: "nothing" },
  { path: "/images/acme/team%2Fapi", heading: "team/api" },
  { path: `/images/acme/${LONG_NAME}/description`, heading: LONG_NAME },
  { path: SHARED, heading: "gateway" },
  { path: "/help/ci", heading: ["CI without a stored secret", "CI 免密登录"], isOpen: true },
  { path: "/help/troubleshooting", heading: ["Questions and failures", "常见问题"] },
  { path: "/upload", heading: ["Upload images", "页面上传"] },
  { path: "/organizations", heading: ["Organizations", "组织管理"] },
  { path: "/organizations/acme", heading: "acme" },
  { path: "/organizations/acme/members", heading: "acme" },
  { path: "/organizations/acme/sync", heading: "acme" },
  { path: "/organizations/acme/clusters", heading: "acme" },
  { path: "/organizations/acme/upstream", heading: "acme", absent: NO_UPSTREAM },
  { path: "/organizations/acme/usage", heading: "acme" },
  { path: "/organizations/hub/upstream", heading: "hub" },
  { path: "/organizations/long-hub/upstream", heading: "long-hub" },
  { path: "/organizations/empty", heading: "empty" },
  { path: "/organizations/empty/sync", heading: "empty" },
  { path: "/organizations/empty/upstream", heading: "empty", absent: NO_UPSTREAM },
  { path: "/image-centre", heading: ["Image centre", "镜像中心"] },
  { path: "/image-centre?category=linux", heading: ["Image centre", "镜像中心"], isOpen: true },
  { path: "/access-keys", heading: ["Access keys", "访问密钥"] },
  { path: "/logins", heading: ["Logins", "登录管理"] },
  { path: "/users", heading: ["Users", "用户管理"] },
  { path: "/trusted-issuers", heading: ["Trusted issuers", "可信签发方"] },
  { path: "/remotes", heading: ["Remote registries", "远端仓库"] },
  { path: "/accounts", heading: ["Accounts", "账号管理"] },
  { path: "/quotas", heading: ["Quotas", "配额"] },
  { path: "/quotas?organization=acme", heading: ["Quotas", "配额"] },
  { path: "/audit", heading: ["Audit", "审计"] },
  { path: "/garbage-collection", heading: ["Garbage collection", "垃圾回收"] },
  { path: "/api-reference", heading: ["API", "API"] },
  { path: "/no-such-page", heading: ["Nothing is here", "页面不存在"] },
];

describe.each(PAGES.map((row, at) => ({ ...row, at })))("$path", ({ path, heading, isOpen = false, absent, at }) => {
  test("is fit to be seen", async () => {
    await Promise.all(
      appearancesOf(at).map(async (appearance) => {
        const visitor = await setting.windowOf(isOpen ? undefined : setting.operator, appearance);
        await visitor.open(path);
        const expected = inLanguage(heading, appearance);
        const { page } = visitor;
        // A dialog hides what is behind it from who does not see.
        await page.getByRole("heading", { level: 1, name: expected, exact: true, includeHidden: true }).waitFor();
        await expect.poll(() => page.title()).toBe(`${expected} · Berth`);
        expect(await page.getAttribute("html", "lang")).toBe(appearance.language);
        await expectFit(visitor, `pages/${nameOf(path)}`, appearance);
        if (absent) visitor.forgive(absent);
      }),
    );
  });
});

interface FormCase {
  path: string;
  /** What opens the form, in English and in Chinese. */
  button: readonly [string, string];
  /** Where the button is in a menu, what opens that. */
  menu?: readonly [string, string];
  /** What is then chosen in the form, where that shows more of it. */
  choice?: readonly [string, string];
  absent?: RegExp;
}

const ADD_USERS = ["Add users", "添加授权"] as const;
const LONG_RULE_NAME = `${"long-name-".repeat(6)}end`;
const LONG_RULE = [`Actions for ${LONG_RULE_NAME}`, `对 ${LONG_RULE_NAME} 的操作`] as const;
const FORMS: readonly FormCase[] = [
  { path: "/images", button: ["Create image", "创建镜像"] },
  { path: "/images", button: ["Push with docker", "客户端上传"] },
  { path: WEB, button: ["Pull", "下载"] },
  { path: WEB, button: ["Edit", "编辑"] },
  { path: WEB, button: ["Delete image", "删除镜像"], menu: ["More actions", "更多操作"] },
  { path: `${WEB}/description`, button: ["Edit description", "编辑描述"] },
  { path: `${WEB}/permissions`, button: ADD_USERS },
  { path: `${WEB}/sharing`, button: ["Share image", "共享镜像"] },
  { path: `${WEB}/triggers`, button: ["Add trigger", "添加触发器"] },
  { path: `${WEB}/sync`, button: ["Add rule", "添加规则"] },
  { path: `${WEB}/sync`, button: ["Synchronize now", "立即同步"] },
  { path: `${WEB}/sync`, button: ["Edit", "编辑"], menu: ["Actions for tokyo/team", "tokyo/team 的操作"] },
  {
    path: `${WEB}/sync`,
    button: ["Synchronize all now", "立即同步全部"],
    menu: ["Actions for tokyo/team", "tokyo/team 的操作"],
  },
  { path: `${WEB}/aging`, button: ["Edit", "编辑"] },
  { path: `${WEB}/immutable-tags`, button: ["Add pattern", "添加规则"] },
  { path: "/organizations", button: ["Create organization", "创建组织"] },
  { path: "/organizations/acme/members", button: ADD_USERS },
  { path: "/organizations/acme/sync", button: ["Add rule", "添加规则"] },
  { path: "/organizations/acme/clusters", button: ["Add cluster", "添加集群"] },
  { path: "/organizations/empty", button: ["Delete", "删除"] },
  { path: "/organizations/hub/upstream", button: ["Edit", "编辑"] },
  { path: "/organizations/long-hub/upstream", button: ["Stop pull-through", "取消上游仓库"] },
  { path: "/organizations/empty/upstream", button: ["Choose a registry", "选择上游仓库"], absent: NO_UPSTREAM },
  { path: "/access-keys", button: ["Create access key", "创建访问密钥"] },
  { path: "/access-keys", button: ["Login command", "登录指令"] },
  { path: "/logins", button: ["End all others", "结束其他登录"] },
  { path: "/users", button: ["Add user", "添加用户"] },
  { path: "/users", button: ["Add user", "添加用户"], choice: ["Robot", "机器人"] },
  { path: "/users", button: ["Access keys", "访问密钥"], menu: ["Actions for builder", "对 builder 的操作"] },
  { path: "/trusted-issuers", button: ["Trust an issuer", "添加可信签发方"] },
  { path: "/trusted-issuers", button: ["Trust an issuer", "添加可信签发方"], choice: ["Another one", "其他"] },
  { path: "/trusted-issuers", button: ["Edit", "编辑"], menu: LONG_RULE },
  { path: "/trusted-issuers", button: ["How to use it", "使用方法"], menu: LONG_RULE },
  { path: "/trusted-issuers", button: ["Delete rule", "删除规则"], menu: LONG_RULE },
  { path: "/remotes", button: ["Add registry", "添加仓库"] },
  { path: "/accounts", button: ["Create account", "创建账号"] },
  { path: "/quotas", button: ["For organizations", "修改组织默认值"] },
  { path: "/quotas", button: ["Change limits", "修改上限"] },
  { path: "/organizations/acme/usage", button: ["Change limits", "修改上限"] },
  { path: "/garbage-collection", button: ["Collect now", "立即回收"] },
];

describe.each(FORMS.map((row, at) => ({ ...row, at })))(
  "$button.0 at $path",
  ({ path, button: opener, menu, choice, absent, at }) => {
    test("is fit to be filled in", async () => {
      await Promise.all(
        appearancesOf(at).map(async (appearance) => {
          const visitor = await setting.windowOf(setting.operator, appearance);
          await visitor.open(path);
          const main = visitor.page.getByRole("main");
          if (menu)
            await main
              .getByRole("button", { name: inLanguage(menu, appearance), exact: true })
              .first()
              .click();
          const role = menu ? "menuitem" : "button";
          const scope = menu ? visitor.page : main;
          await scope
            .getByRole(role, { name: inLanguage(opener, appearance), exact: true })
            .last()
            .click();
          await visitor.page
            .getByRole("dialog")
            .or(visitor.page.getByRole("alertdialog"))
            .or(main.locator("form"))
            // A page may have a form of its own before the dialog.
            .last()
            .waitFor();
          await visitor.page.waitForLoadState("networkidle");
          if (choice) await visitor.page.getByLabel(inLanguage(choice, appearance), { exact: true }).check();
          const name = [path, opener[0], ...(choice ? [choice[0]] : [])];
          await expectFit(visitor, `forms/${name.map(nameOf).join("-")}`, appearance);
          if (absent) visitor.forgive(absent);
        }),
      );
    });
  },
);

/** Says something in the language of the window. */
type Say = (english: string, chinese: string) => string;

interface OpenCase {
  path: string;
  /** Opens it, and answers what then shows. */
  open: (page: Page, say: Say) => Promise<Locator>;
  /** It is there in windows of this width only. */
  width?: Appearance["width"];
}

/** Each kind of what opens over a page or a form. */
const OPENED: Readonly<Record<string, OpenCase>> = {
  "list box": {
    path: "/quotas",
    open: async (page, say) => {
      await page
        .getByRole("main")
        .getByRole("button", { name: say("Kind", "类型") })
        .click();
      return page.getByRole("listbox");
    },
  },
  "list box with descriptions, in a dialog": {
    path: `${WEB}/triggers`,
    open: async (page, say) => {
      await button(page, say("Add trigger", "添加触发器")).first().click();
      await page.getByLabel(say("Send a webhook", "发送 Webhook")).check();
      await page.getByRole("button", { name: say("Format", "格式") }).click();
      return page.getByRole("listbox");
    },
  },
  combobox: {
    path: "/audit",
    open: async (page, say) => {
      await page.getByRole("combobox", { name: say("Organization", "组织") }).click();
      return page.getByRole("option", { name: "acme" });
    },
  },
  "combobox, in a dialog": {
    path: "/images",
    open: async (page, say) => {
      await button(page, say("Create image", "创建镜像")).first().click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("combobox", { name: say("Organization", "组织") }).fill("ac");
      return page.getByRole("option", { name: "acme" });
    },
  },
  "combobox without a match": {
    path: `${WEB}/permissions`,
    open: async (page, say) => {
      await button(page, say("Add users", "添加授权")).first().click();
      await page.getByRole("dialog").getByRole("combobox").fill("nobody-like-that");
      return page.getByRole("listbox").getByText(say("Nothing matches", "没有匹配的结果"));
    },
  },
  menu: {
    path: WEB,
    open: async (page, say) => {
      await button(page, say("More actions for 1.2", "1.2 的更多操作")).click();
      return page.getByRole("menu");
    },
  },
  "menu of states": {
    path: "/",
    open: async (page, say) => {
      await button(page, say("Language", "语言")).click();
      return page.getByRole("menu");
    },
  },
  "menu with an entry that is locked": {
    path: "/accounts",
    open: async (page, say) => {
      await page
        .getByRole("main")
        .getByRole("button", { name: say("Actions for", "的操作") })
        .first()
        .click();
      return page.getByRole("menu");
    },
  },
  calendar: {
    path: `${WEB}/sharing`,
    open: async (page, say) => {
      await button(page, say("Share image", "共享镜像")).click();
      await page.getByRole("button", { name: say("Pick a date", "选择日期") }).click();
      return page.getByRole("grid");
    },
  },
  "exact time": {
    path: "/logins",
    open: async (page, say) => {
      await page.getByRole("main").locator("button:has(time)").first().click();
      return page.getByRole("dialog", { name: say("Exact time", "具体时间") });
    },
  },
  tooltip: {
    path: "/",
    open: async (page, say) => {
      // As a mouse does, it comes from somewhere.
      await page.mouse.move(10, 400);
      await button(page, say("Theme", "主题")).hover();
      return page.getByRole("tooltip");
    },
  },
  search: {
    path: WEB,
    open: async (page, say) => {
      await button(page, say("Search", "搜索")).click();
      await page.getByRole("dialog").getByRole("combobox").fill("web");
      return page.getByRole("option", { name: "acme/web" }).first();
    },
  },
  navigation: {
    path: "/images",
    width: 390,
    open: async (page, say) => {
      await button(page, say("Open the navigation", "打开导航")).click();
      return page.getByRole("dialog");
    },
  },
  disclosures: {
    path: "/organizations/acme/clusters",
    open: async (page, say) => {
      await button(page, say("Add cluster", "添加集群")).first().click();
      await page.getByText(say("Where do I find these?", "如何获取这些信息？")).click();
      return page.getByRole("dialog").getByText("kind: ServiceAccount").first();
    },
  },
};

describe.each(Object.entries(OPENED))("%s", (kind, { path, open, width }) => {
  const appearances = PAIRS.flat().filter(({ theme, language }) => (theme === "dark") === (language === "zh-CN"));

  test.each(appearances.filter((appearance) => width === undefined || appearance.width === width))(
    "is accessible when it is open: $width, $theme, $language",
    async (appearance) => {
      const visitor = await setting.windowOf(setting.operator, appearance);
      await visitor.open(path);
      const shown = await open(visitor.page, (...texts) => inLanguage(texts, appearance));
      await shown.waitFor();
      await expectFit(visitor, `opened/${nameOf(kind)}`, appearance);
    },
  );
});

test("a list of proposals closes when the focus leaves it, and then hides nothing", async () => {
  const visitor = await setting.windowOf(setting.operator, DESKTOP);
  const { page } = visitor;
  await visitor.open("/audit");
  await page.getByRole("combobox", { name: "Organization" }).click();
  await page.getByRole("option", { name: "acme" }).waitFor();
  // What is next opens a list of its own.
  await page.keyboard.press("Shift+Tab");
  await page.getByRole("listbox").waitFor({ state: "detached" });
  // axe finds what is hidden and can take the focus.
  await expectFit(visitor, "opened/left", DESKTOP);
});

function inLanguage(text: readonly [string, string] | string, { language }: Appearance): string {
  if (typeof text === "string") return text;
  return text[language === "en-US" ? 0 : 1];
}

/** As a file may be called. */
function nameOf(path: string): string {
  return path.replaceAll(/[^\w.]+/g, "-").replaceAll(/^-|-$/g, "") || "home";
}

async function expectFit(visitor: Visitor, name: string, { width, theme, language }: Appearance): Promise<void> {
  await settled(visitor);
  expect.soft(await tablesWithoutFile(visitor), `${name}: tables without a file of all rows`).toEqual([]);
  await visitor.screenshot(`${name}-${width}-${theme}-${language.slice(0, 2)}`);
  expect.soft(await visitor.overflow(), `${name} at ${width} px is wider than the window`).toBe(0);
  // On a slow machine something may begin to fade in only now; what is really wrong stays wrong.
  let problems = await visitor.accessibilityProblems();
  for (let looks = 1; looks < MAX_LOOKS && problems.length > 0; looks += 1) {
    await setTimeout(LOOK_AGAIN_MS);
    await settled(visitor);
    problems = await visitor.accessibilityProblems();
  }
  expect.soft(problems, name).toEqual([]);
}

/** The names of the tables that have rows, and no button that saves them. */
async function tablesWithoutFile({ page }: Visitor): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("table[role=table]")]
    .filter((table) => table.tBodies[0].rows.length > 0)
    .filter((table) => ![...table.parentElement.parentElement.querySelectorAll("button")]
      .some(({ textContent }) => /^(?:Download CSV|下载 CSV)$/.test(textContent)))
    .map((table) => table.getAttribute("aria-label"))`);
}

/** What the console shows while it waits for something. */
const WAITING = ["Loading", "正在加载"].map((label) => `[aria-label="${label}"]`).join();

/** Waits until all is there and nothing moves: what fades in has colours that nobody chose. */
async function settled({ page }: Visitor): Promise<void> {
  await expect.poll(() => page.locator(`${WAITING}, [aria-busy=true]`).count(), { timeout: LOADING_MS }).toBe(0);
  // Where a phone's keyboard is expected, React Aria shows a dialog only when that is there, or does not come.
  await expect.poll(() => page.locator('[style*="opacity: 0"]').count(), { timeout: LOADING_MS }).toBe(0);
  // What has just come in begins to move with the next frame.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");
  await page.evaluate(`Promise.allSettled(
    document.getAnimations()
      .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
      .map(({ finished }) => finished),
  ).then(() => undefined)`);
}
