/**
 * Every page and every form of the console, in both languages, light and dark, on a desk and on a phone: whether it says
 * what it is, fits its window, is accessible, and makes no browser complain. Leaves screenshots for a person to look at.
 */
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { seed, type Seed } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import type { Appearance, Visitor } from "./visitor.ts";

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
  ({ path, button, menu, choice, absent, at }) => {
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
            .getByRole(role, { name: inLanguage(button, appearance), exact: true })
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
          const name = [path, button[0], ...(choice ? [choice[0]] : [])];
          await expectFit(visitor, `forms/${name.map(nameOf).join("-")}`, appearance);
          if (absent) visitor.forgive(absent);
        }),
      );
    });
  },
);

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
