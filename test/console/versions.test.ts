/** Two windows that change one thing: the second is told, and loses nothing that it typed. */
import { expect, test } from "vitest";
import { addAccount } from "../support/server-people.ts";
import { useConsole } from "./browsed-registry.ts";
import { createOrganization } from "./seed.ts";
import type { Visitor } from "./visitor.ts";
import { button, choose, field, row, takeFromMenu, told } from "./widgets.ts";

const IMAGE = "/api/organizations/acme/images/web";
const SHARE = `${IMAGE}/shares/south`;

const setting = useConsole({
  prepare: async () => {
    const { operator } = setting;
    await createOrganization(operator, "acme");
    await operator.ask("POST", "/api/organizations/acme/images", { image: "web" });
    await addAccount(setting.server, "south");
  },
});

const conflict = ({ page }: Visitor) =>
  page.getByRole("alert").filter({ hasText: "Somebody else has changed this meanwhile" });

test("of two who change a share, the second loads what the first wrote without losing what was typed", async () => {
  const { operator } = setting;
  await operator.ask("POST", `${IMAGE}/shares`, { account: "south", deadline: "forever", note: "old" });
  const [first, second] = [await setting.visitAs(operator), await setting.visitAs(operator)];
  for (const visitor of [first, second]) {
    await visitor.open("/images/acme/web/sharing");
    await takeFromMenu(visitor.page, "Actions for south", "Edit");
  }
  // What is told afterwards has a role like a dialog's.
  const form = ({ page }: Visitor) => page.getByRole("dialog", { name: "Share with south" });
  await field(form(first), "Description").fill("theirs");
  await button(form(first), "Save").click();
  await form(first).waitFor({ state: "detached" });

  await form(second).getByLabel("For ever").uncheck();
  await form(second)
    .getByRole("spinbutton", { name: /^month/ })
    .click();
  await second.page.keyboard.type("12312099");
  await button(form(second), "Save").click();
  await conflict(second).waitFor();
  expect(second.forgive(/^answer 412: /)).toBe(1);
  await second.screenshot("versions/conflict-1280-light-en-US");
  expect(await second.accessibilityProblems()).toEqual([]);
  expect(await operator.ask("GET", SHARE)).toMatchObject({ deadline: "forever", note: "theirs" });
  expect(await field(form(second), "Description").inputValue()).toBe("old");

  await button(form(second), "Load the new values").click();
  await conflict(second).waitFor({ state: "detached" });
  expect(await field(form(second), "Description").inputValue()).toBe("theirs");
  expect(await form(second).getByLabel("For ever").isChecked()).toBe(false);
  await button(form(second), "Save").click();
  await form(second).waitFor({ state: "detached" });
  expect(await operator.ask("GET", SHARE)).toMatchObject({ deadline: "2099-12-31", note: "theirs" });
});

test("of two who change a quota, the second may have the last word knowingly", async () => {
  const [first, second] = [
    await setting.visitAs(setting.operator),
    await setting.visitAs(setting.operator, { language: "zh-CN", theme: "dark", width: 390 }),
  ];
  await first.open("/organizations/acme/usage");
  await second.open("/organizations/acme/usage");
  await button(first.page, "Change limits").click();
  await button(second.page, "修改上限").click();
  const [mine, theirs] = [first.page.getByRole("dialog"), second.page.getByRole("dialog")];
  await choose(mine, "Images", "Unlimited");
  await theirs.getByRole("button", { name: "镜像数" }).waitFor();
  await button(mine, "Save").click();
  await mine.waitFor({ state: "detached" });

  await choose(theirs, "镜像数", "最多");
  await theirs.getByRole("textbox").last().fill("12");
  await button(theirs, "保存").click();
  const alert = theirs.getByRole("alert").filter({ hasText: "内容已被他人修改" });
  await alert.waitFor();
  expect(second.forgive(/^answer 412: /)).toBe(1);
  await second.screenshot("versions/conflict-390-dark-zh-CN");
  expect(await second.overflow()).toBe(0);
  expect(await second.accessibilityProblems()).toEqual([]);
  await button(alert, "仍然保存我的内容").click();
  await theirs.waitFor({ state: "detached" });
  expect(await setting.operator.ask("GET", "/api/organizations/acme/quota")).toMatchObject({
    quotas: { images: { limit: 12, source: "own" } },
  });
});

test("of two who change a right, the second is told and sees what it is by now", async () => {
  const { operator } = setting;
  await operator.ask("POST", "/api/users", { name: "alice", password: "correct-horse-battery", role: "member" });
  await operator.ask("POST", `${IMAGE}/permissions`, { permissions: [{ user: "alice", level: "read" }] });
  const visitor = await setting.visitAs(operator);
  await visitor.open("/images/acme/web/permissions");
  await operator.ask("PATCH", `${IMAGE}/permissions/alice`, { level: "manage" });
  await choose(row(visitor.page, "alice"), "Right of alice", "Edit");
  await told(visitor.page, "Somebody else has changed this meanwhile");
  expect(visitor.forgive(/^answer 412: /)).toBe(1);
  await row(visitor.page, "alice").getByText("Manage").first().waitFor();
});
