/** What happens by itself after a push: triggers (guide 4.7) and aging (guide 4.8). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { pushImage } from "../support/server-images.ts";
import { type Cluster, startCluster } from "../support/fake-cluster.ts";
import { answer, Receiver } from "../triggers/receiver.ts";
import { createOrganization } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import { button, choose, copied, dialog, field, row, takeFromMenu, takeProposal, told } from "./widgets.ts";

const ORGANIZATION = "acme";
const DELIVERY_MS = 20_000;

const receiver = new Receiver({
  "/hook": answer(200, {}, "Thank you"),
  "/broken": answer(400, {}, "What is this?"),
});
let hook = "";
let cluster: Cluster;
beforeAll(async () => {
  hook = `http://127.0.0.1:${await receiver.listen()}/hook`;
  cluster = await startCluster();
});
afterAll(async () => {
  await receiver.close();
  await cluster.vanish();
});

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
    // In Chinese also on the first page that is opened, before all texts are there.
    if (name === "overview") await phone.page.getByText("应答 400").waitFor();
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

test("the form of a trigger proposes the workloads of a cluster that run the image", async () => {
  await pushImage(setting.operator, "acme/api", "1.0");
  const own = `${new URL(setting.server.url).host}/acme/api:1.0`;
  const { api, server, authority } = cluster;
  api.add("deployments", "api", { app: own, sidecar: "busybox", worker: own }, { namespace: "shop" });
  api.add("cronjobs", "nightly", { job: own });
  api.add("deployments", "other", { app: "busybox" });
  await setting.operator.ask("POST", "/api/organizations/acme/clusters", {
    name: "production",
    server,
    authority,
    token: api.token,
  });
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/api/triggers");
  await button(page, "Add trigger").first().click();
  const adding = dialog(page, "Add a trigger");
  await field(adding, "Name").fill("deploy");
  await choose(adding, "Cluster", "production");
  await adding.getByText("2 workloads run this image: choose one, or type another one.").waitFor();
  const combo = (label: string) => adding.getByRole("combobox", { name: label, exact: true });
  await combo("Application").click();
  await page.getByRole("option", { name: /^api/ }).getByText("Deployment in shop: app, worker").waitFor();
  expect(await page.getByRole("option").count()).toBe(2);
  await visitor.screenshot("workloads/proposed-1280-light-en-US");
  await page.getByRole("option", { name: /^api/ }).click();
  expect(await combo("Namespace").inputValue()).toBe("shop");
  await takeProposal(combo("Container"), "worker");
  await button(adding, "Add trigger").click();
  await told(page, "Trigger deploy was added.");
  const made = await setting.operator.ask("GET", "/api/organizations/acme/images/api/triggers/deploy");
  expect(made).toMatchObject({
    target: {
      cluster: "production",
      workload: "deployments",
      namespace: "shop",
      application: "api",
      container: "worker",
    },
  });

  // A token that may list one namespace only: it is looked at once it is typed.
  api.isAllowed = (_, __, namespace) => namespace === "shop";
  await page.reload();
  await button(page, "Add trigger").first().click();
  await choose(adding, "Cluster", "production");
  await adding.getByText("No workload is proposed, type the name of one: the token's account may not list").waitFor();
  await combo("Namespace").fill("shop");
  await adding.getByText("1 workload runs this image: choose it, or type another one.").waitFor();
  await combo("Application").fill("another");
  expect(await combo("Application").inputValue()).toBe("another");

  // Without the cluster everything can be typed, and it is said why nothing is proposed.
  await cluster.vanish();
  for (const appearance of [
    { language: "zh-CN", theme: "dark", width: 390 },
    { language: "en-US", theme: "dark", width: 1280 },
  ] as const) {
    const other = await setting.visitAs(setting.operator, appearance);
    const isChinese = appearance.language === "zh-CN";
    await other.open("/images/acme/api/triggers/deploy");
    await button(other.page, isChinese ? "编辑" : "Edit").click();
    const editing = other.page.getByRole("dialog");
    await editing.getByText(isChinese ? /^无法列出工作负载，请输入名称：/ : /^No workload is proposed, /).waitFor();
    expect(await other.overflow()).toBe(0);
    await other.screenshot(`workloads/away-${appearance.width}-${appearance.theme}-${appearance.language}`);
    expect(await other.accessibilityProblems()).toEqual([]);
    await editing.getByRole("combobox", { name: isChinese ? "应用" : "Application", exact: true }).fill("typed");
  }
});
