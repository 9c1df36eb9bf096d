/** What happens by itself after a push: triggers (guide 4.7) and aging (guide 4.8). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { pushImage } from "../support/server-images.ts";
import { answer, Receiver } from "../triggers/receiver.ts";
import { createOrganization } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import { button, copied, dialog, field, row, takeFromMenu, told } from "./widgets.ts";

const ORGANIZATION = "acme";
const DELIVERY_MS = 20_000;

const receiver = new Receiver({
  "/hook": answer(200, {}, "Thank you"),
  "/broken": answer(400, {}, "What is this?"),
});
let hook = "";
beforeAll(async () => {
  hook = `http://127.0.0.1:${await receiver.listen()}/hook`;
});
afterAll(() => receiver.close());

const setting = useConsole({
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: () => createOrganization(setting.operator, ORGANIZATION),
});

async function delivered(count: number): Promise<void> {
  await expect.poll(() => receiver.at("/hook").length, { timeout: DELIVERY_MS }).toBe(count);
}

test("a webhook is added, tested, fired by a push, and sent again from its history", async () => {
  await pushImage(setting.operator, "acme/web", "1.0");
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/web/triggers");
  await button(page, "Add trigger").click();
  const adding = dialog(page, "Add a trigger");
  await field(adding, "Name").fill("notify");
  await adding.getByLabel("Tags that match a pattern").check();
  await field(adding, "Pattern").fill("1.*");
  await adding.getByText("1 of the newest 1 tags would fire it:").waitFor();
  await adding.getByLabel("Send a webhook").check();
  await field(adding, "URL").fill(hook);
  await button(adding, "Make one up").click();
  expect(await copied(button(adding, "Copy the secret"))).toMatch(/^whsec_/);
  await button(adding, "Add trigger").click();
  await told(page, "Trigger notify was added.");

  await page.getByRole("link", { name: "notify" }).click();
  await button(page, "Test").click();
  const delivery = page.getByRole("dialog", { name: /^Delivery / });
  await delivery.getByRole("status").getByText("Success").waitFor();
  await delivery.getByText("Thank you").waitFor();
  await delivery.getByText("What is sent").click();
  await delivery.getByText("user-agent: berth").waitFor();
  await delivery.getByText("berth.image.pushed").waitFor();
  await visitor.screenshot("contents/delivery-1280-light-en-US");
  await delivered(1);
  expect(receiver.at("/hook")[0]?.headers).toHaveProperty("webhook-signature");
  await button(delivery, "Close").first().click();

  await pushImage(setting.operator, "acme/web", "1.1");
  await pushImage(setting.operator, "acme/web", "other");
  await delivered(2);
  await page.reload();
  const history = page.getByRole("table", { name: "Deliveries" });
  await history.getByRole("button", { name: "1.1" }).click();
  await button(delivery, "Send again").click();
  await delivered(3);
  await delivery.getByRole("status").getByText("Success").waitFor();
  await button(delivery, "Close").first().click();
  await expect.poll(() => history.getByText("Success").count()).toBe(3);

  await page.getByRole("navigation", { name: "Path" }).getByRole("link", { name: "Triggers" }).click();
  await page.getByRole("switch", { name: "Enabled: notify" }).click();
  await told(page, "Trigger notify is off.");

  await takeFromMenu(page, "Actions for notify", "Delete");
  const question = dialog(page, "Delete trigger notify?");
  await question.waitFor();
  await setting.operator.ask("DELETE", "/api/organizations/acme/images/web/triggers/notify");
  await button(question, "Delete trigger").click();
  await told(page, "It was gone already: somebody else was faster.");
  await question.waitFor({ state: "hidden" });
  await page.getByText("No triggers yet").waitFor();
  expect(visitor.forgive(/^answer 404: DELETE .*\/triggers\/notify$/)).toBe(1);
});

test("a trigger that fails stands out on the overview and on its image, however many images were changed since", async () => {
  await pushImage(setting.operator, "acme/broken", "1.0");
  await setting.operator.ask("POST", "/api/organizations/acme/images/broken/triggers", {
    name: "deploy",
    condition: { kind: "all" },
    target: { kind: "webhook", url: hook.replace("/hook", "/broken"), format: "text" },
  });
  await pushImage(setting.operator, "acme/broken", "1.1");
  await expect.poll(() => receiver.at("/broken").length, { timeout: DELIVERY_MS }).toBe(1);
  for (let at = 0; at < 51; at += 1) {
    await setting.operator.ask("POST", "/api/organizations/acme/images", { image: `later-${at}`, public: false });
  }
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/");
  const notice = page.locator("main").getByText("Triggers that fail").locator("..");
  await notice.getByText("acme/broken:1.1").waitFor();
  await visitor.screenshot("overview-failing");
  await notice.getByRole("link", { name: "deploy" }).click();
  await page.getByRole("heading", { name: "deploy" }).waitFor();
  await visitor.open("/images/acme/broken");
  await page.getByText("A trigger of this image fails").waitFor();
  await visitor.screenshot("image-failing");
  await page.getByRole("link", { name: "Show triggers" }).click();
  await page.getByRole("table", { name: "Triggers" }).getByText("Failed").waitFor();

  const phone = await setting.visitAs(setting.operator, { width: 390, theme: "dark", language: "zh-CN" });
  for (const [name, path] of [
    ["overview", "/"],
    ["image", "/images/acme/broken"],
  ] as const) {
    await phone.open(path);
    await phone.page
      .getByText(/执行失败/)
      .first()
      .waitFor();
    await phone.screenshot(`${name}-failing-phone`);
    expect(await phone.overflow()).toBe(0);
    expect(await phone.accessibilityProblems()).toEqual([]);
  }
});

test("an aging rule is looked at before it is saved, tells what it deleted, and can be undone", async () => {
  const digests = [];
  for (const tag of ["1", "2", "3", "stable"])
    digests.push((await pushImage(setting.operator, "acme/aged", tag)).digest);
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/aged/aging");
  await button(page, "Add rule").click();
  await page.getByLabel("Number of tags").check();
  const count = field(page, "Keep the newest");
  await count.fill("1");
  await field(page, "Exempt tags").fill("stable");
  await button(page, "Preview").click();
  await page.getByText("2 tags would be deleted now").waitFor();
  const going = page.getByRole("table", { name: "Tags that would be deleted" });
  for (const tag of ["1", "2"]) await row(going, tag).waitFor();
  await button(page, "Save rule").click();
  await button(dialog(page, "Save the rule and delete 2 tags?"), "Save and delete").click();
  await page.getByText("Only the newest tag is kept.").waitFor();
  const log = page.getByRole("table", { name: "Aging log" });
  for (const tag of ["1", "2"]) await row(log, tag).waitFor();

  await page.getByRole("link", { name: "Restore in History" }).click();
  await button(page, "Restore 1").click();
  await told(page, "The tag 1 has been restored.");
  const response = await setting.operator.send("HEAD", "/v2/acme/aged/manifests/1");
  expect(response.headers.get("Docker-Content-Digest")).toBe(digests[0]);
});
