/** What the registry refuses is said at the field, in the reader's language, and in view: in every form that it can refuse. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { pushImage } from "../support/server-images.ts";
import { answer, Receiver } from "../triggers/receiver.ts";
import { useConsole } from "./browsed-registry.ts";
import { createOrganization } from "./seed.ts";
import type { Visitor } from "./visitor.ts";
import { button, expectFocus, field } from "./widgets.ts";

const WEB = "/images/acme/web";
const PRIVATE = "https://10.0.0.1/hook";
const DELIVERY_MS = 20_000;

const receiver = new Receiver({ "/hook": answer(403, {}, "No") });
let hook = "";
beforeAll(async () => {
  hook = `http://127.0.0.1:${await receiver.listen()}/hook`;
});
afterAll(() => receiver.close());

const setting = useConsole({
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: async () => {
    await createOrganization(setting.operator, "acme");
    await pushImage(setting.operator, "acme/web", "1.0");
  },
});

interface Refused {
  path: string;
  /** What opens the form. */
  open: string;
  /** What is written, by labels. */
  fields: Readonly<Record<string, string>>;
  check?: string;
  submit: string;
  /** The field that is to blame, and what is said there. */
  label: string;
  sentence: string;
}

const CHINESE: readonly Refused[] = [
  {
    path: `${WEB}/triggers`,
    open: "添加触发器",
    fields: { 触发器名称: "1st", URL: "https://hooks.example.com/berth" },
    check: "发送 Webhook",
    submit: "添加触发器",
    label: "触发器名称",
    sentence: "名称须为 1 到 64 个字母、数字、“_”或“-”",
  },
  {
    path: `${WEB}/triggers`,
    open: "添加触发器",
    fields: { 触发器名称: "hook", URL: PRIVATE },
    check: "发送 Webhook",
    submit: "添加触发器",
    label: "URL",
    sentence: "不能访问 https://10.0.0.1：10.0.0.1 是私网地址",
  },
  {
    path: "/organizations/acme/clusters",
    open: "添加集群",
    fields: { 名称: "k8s", "API Server 地址": "https://10.0.0.1", 服务账号令牌: "token" },
    submit: "添加集群",
    label: "API Server 地址",
    sentence: "不能访问 https://10.0.0.1：10.0.0.1 是私网地址",
  },
  {
    path: "/remotes",
    open: "添加仓库",
    fields: { 名称: "a b", 地址: "https://registry.example.com" },
    submit: "添加仓库",
    label: "名称",
    sentence: "名称须为 1 到 64 个字母、数字、“.”、“_”或“-”，首尾为字母或数字",
  },
  {
    path: "/organizations",
    open: "创建组织",
    fields: { 组织名称: "acme" },
    submit: "创建",
    label: "组织名称",
    sentence: "组织 acme 已存在",
  },
  {
    path: `${WEB}/immutable-tags`,
    open: "添加规则",
    fields: { 匹配模式: "v[" },
    submit: "设为不可变",
    label: "匹配模式",
    sentence: "“v[”的第 2 个字符“[”没有对应的右方括号",
  },
  {
    path: `${WEB}/aging`,
    open: "添加规则",
    fields: { "过滤正则（RE2）": "v(" },
    submit: "预览",
    label: "过滤正则（RE2）",
    sentence: "正则表达式“v(”无效：缺少右括号 )（位置 2）",
  },
];

const ENGLISH: readonly Refused[] = [
  {
    path: `${WEB}/triggers`,
    open: "Add trigger",
    fields: { Name: "hook", URL: PRIVATE },
    check: "Send a webhook",
    submit: "Add trigger",
    label: "URL",
    sentence: "https://10.0.0.1 cannot be called: 10.0.0.1 is an address that is private",
  },
];

describe.each([
  ["zh-CN", CHINESE],
  ["en-US", ENGLISH],
] as const)("in %s", (language, cases) => {
  test.each(cases.map((each) => ({ ...each })))("$path: $label", async (refused) => {
    const visitor = await setting.visitAs(setting.operator, { language, width: 390 });
    const { page } = visitor;
    const form = await submitted(visitor, refused);
    const culprit = field(form, refused.label);
    await form.getByText(refused.sentence).waitFor();
    await expectFocus(culprit);
    expect(await culprit.getAttribute("aria-invalid")).toBe("true");
    // Screen readers say it with the field.
    const described = (await culprit.getAttribute("aria-describedby")) ?? "";
    const said = await Promise.all(described.split(" ").map((id) => page.locator(`[id="${id}"]`).textContent()));
    expect(said.join(" ")).toContain(refused.sentence);
    await expectInView(page, culprit);
    expect(await form.getByRole("alert").count()).toBe(0);
    await visitor.screenshot(`refusals/${refused.path.replaceAll("/", "-").slice(1)}-${refused.label}-${language}`);
    expect(visitor.forgive(/^answer (?:400|409): /)).toBeGreaterThan(0);
    expect(await visitor.accessibilityProblems()).toEqual([]);

    // It goes as soon as the field is changed.
    await culprit.fill(`${await culprit.inputValue()}x`);
    await form.getByText(refused.sentence).waitFor({ state: "detached" });
    visitor.forgive(/^answer 400: /);
  });
});

/** Fills a form in and sends it. */
async function submitted(visitor: Visitor, refused: Refused): Promise<Locator> {
  const { page } = visitor;
  await visitor.open(refused.path);
  await button(page, refused.open).first().click();
  const form = page.locator("form").last();
  await form.waitFor();
  if (refused.check !== undefined) await form.getByLabel(refused.check).check();
  for (const [label, text] of Object.entries(refused.fields)) await field(form, label).fill(text);
  await button(form, refused.submit).click();
  return form;
}

async function expectInView(page: Page, target: Locator): Promise<void> {
  const height = page.viewportSize()?.height ?? 0;
  await expect
    .poll(async () => {
      const box = await target.boundingBox();
      return box !== null && box.y >= 0 && box.y + box.height <= height;
    })
    .toBe(true);
}

test("what came of a delivery is told in Chinese", async () => {
  const image = "/api/organizations/acme/images/web";
  const target = { kind: "webhook", url: hook, format: "cloudevents" };
  await setting.operator.ask("POST", `${image}/triggers`, { name: "refused", condition: { kind: "all" }, target });
  await pushImage(setting.operator, "acme/web", "2.0");
  await expect.poll(() => receiver.at("/hook").length, { timeout: DELIVERY_MS }).toBe(1);
  const visitor = await setting.visitAs(setting.operator, { language: "zh-CN" });
  await visitor.open(`${WEB}/triggers/refused`);
  await visitor.page.getByText("应答 403").first().waitFor();
  await visitor.screenshot("refusals/delivery-zh");
});
