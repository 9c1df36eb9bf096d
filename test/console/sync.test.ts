/**
 * Images that are copied to other registries: rules, jobs, and what goes wrong with them. And an organization that stands for
 * another registry.
 */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Servers } from "../bench/servers.ts";
import { requirePrograms } from "../support/requirements.ts";
import { MANIFEST_TYPE, pushImage } from "../support/server-images.ts";
import { addUser } from "../support/server-people.ts";
import { useConsole } from "./browsed-registry.ts";
import { createOrganization, permission } from "./seed.ts";
import { PHONE } from "./visitor.ts";
import { button, choose, dialog, expectShown, field, row, takeFromMenu, told } from "./widgets.ts";

const JOB_MS = 30_000;
/** Longer than the console waits between two questions for what is under way. */
const QUIET_MS = 4000;
const SYNC = "/images/acme/web/sync";

const canRun = requirePrograms("synchronization in the console", ["docker-registry"]);
const servers = new Servers();
/** Takes every connection and answers nothing. */
const silent = createServer(() => {});
/** Has nothing, and takes nothing from anybody. */
const refusing = createServer(({ method }, response) => {
  const errors = [{ code: "DENIED", message: "this registry is read-only until Monday" }];
  const status = method === "GET" || method === "HEAD" ? 404 : 403;
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ errors }));
});
let elsewhere = "";

const setting = useConsole({
  environment: { ALLOWED_TARGETS: "127.0.0.1" },
  prepare: () => createOrganization(setting.operator, "acme"),
});
beforeAll(async () => {
  if (!canRun) return;
  const started = await servers.dockerRegistry();
  if (typeof started === "string") throw new Error(started);
  elsewhere = started.url;
});
afterAll(async () => {
  for (const server of [silent, refusing]) {
    server.closeAllConnections();
    server.close();
  }
  await servers.close();
});

async function urlOf(server: HttpServer): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a tag is in the other registry; null for nothing. */
async function digestThere(repository: string, tag: string): Promise<string | null> {
  const response = await fetch(`${elsewhere}/v2/${repository}/manifests/${tag}`, {
    headers: { Accept: MANIFEST_TYPE },
  });
  await response.body?.cancel();
  return response.ok ? response.headers.get("Docker-Content-Digest") : null;
}

/** What has ended is not asked for again and again. */
async function expectNoQuestions(page: Page): Promise<void> {
  let questions = 0;
  page.on("request", (request) => {
    // All pages ask now and then whether anything has changed.
    if (new URL(request.url()).pathname !== "/api/changes") questions += 1;
  });
  await setTimeout(QUIET_MS);
  expect(questions).toBe(0);
}

const jobsOf = (page: Page) => page.getByRole("table", { name: "Jobs" });

test("without a remote registry, administrators are led to the form and others are told whom to ask", async () => {
  await pushImage(setting.operator, "acme/web", "old");
  const alice = await addUser(setting.server, setting.operator, "alice");
  await setting.operator.ask("POST", "/v2/manage/namespaces/acme/repos/web/access", [permission(alice, 3)]);
  const asking = await setting.visitAs(alice);
  await asking.open(SYNC);
  await asking.page.getByText("Ask an administrator of account").waitFor();
  expect(await asking.page.getByRole("link", { name: "Add remote registry" }).count()).toBe(0);

  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open(SYNC);
  await page.getByRole("link", { name: "Add remote registry" }).click();
  const adding = dialog(page, "Add a remote registry");
  await field(adding, "Name").fill("backup");
  await field(adding, "Address").fill(elsewhere);
  await button(adding, "Add registry").click();
  await told(page, "Remote registry backup was added.");
});

test("a push that a rule matches arrives in the other registry, as does what somebody asks for", async () => {
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open(SYNC);
  await button(page, "Add rule").click();
  const adding = dialog(page, "Add a synchronization rule");
  await field(adding, "Organization there").fill("team");
  await adding.getByText(`${new URL(elsewhere).host}/team/web`).waitFor();
  await field(adding, "Tags").fill("v[1]");
  await button(adding, "Add rule").click();
  await adding.getByText(/no name has this character/).waitFor();
  expect(visitor.forgive(/^answer 400/)).toBe(1);
  await field(adding, "Tags").fill("v*");
  await button(adding, "Add rule").click();
  await told(page, "The rule for backup/team was added.");
  await page.getByText("Nothing was synchronized yet").waitFor();

  const { digest } = await pushImage(setting.operator, "acme/web", "v1");
  await page.reload();
  const jobs = jobsOf(page);
  await row(jobs, "v1").getByText("Success").waitFor({ timeout: JOB_MS });
  await expectNoQuestions(page);
  expect(await digestThere("team/web", "v1")).toBe(digest);
  expect(await digestThere("team/web", "old")).toBeNull();

  await jobs.getByRole("button", { name: /^v1/ }).click();
  const job = page.getByRole("dialog", { name: /^Job / });
  await job.getByRole("status").getByText("Success").waitFor();
  await job.getByText(/^Rule \d+$/).waitFor();
  const first = await job.getByRole("heading", { level: 2 }).textContent();
  await button(job, "Synchronize again").click();
  await expect.poll(() => job.getByRole("heading", { level: 2 }).textContent()).not.toBe(first);
  await job.getByRole("status").getByText("Success").waitFor({ timeout: JOB_MS });
  await button(job, "Close").first().click();

  await takeFromMenu(page, "Actions for backup/team", "Synchronize all now");
  await button(dialog(page, "Synchronize all to backup/team now?"), "Synchronize all").click();
  await told(page, "1 tag is being synchronized.");

  await visitor.open("/images/acme/web");
  await page.getByRole("checkbox", { name: "Select old" }).check();
  await button(page, "Synchronize").click();
  const now = dialog(page, "Synchronize now");
  await now.getByRole("list", { name: "Chosen tags" }).getByText("old").waitFor();
  await field(now, "Organization there").fill("");
  await button(now, "Synchronize").click();
  await button(page, "Show").click();
  await row(jobsOf(page), "old").getByText("Success").waitFor({ timeout: JOB_MS });
  expect(await digestThere("web", "old")).not.toBeNull();
});

test("a job that nobody answers is cancelled and done again", async () => {
  const remote = { name: "silent", url: await urlOf(silent), test: false };
  await setting.operator.ask("POST", "/api/remotes", remote);
  await pushImage(setting.operator, "acme/slow", "1");
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/images/acme/slow/sync");
  await button(page, "Synchronize now").click();
  const now = dialog(page, "Synchronize now");
  await choose(now, "Remote registry", "silent");
  await now.getByLabel("Chosen tags").check();
  await now.getByRole("combobox", { name: "Choose a tag" }).fill("1");
  await page.getByRole("option", { name: "1" }).click();
  await button(now, "Synchronize").click();
  await told(page, "1 tag is being synchronized.");

  await jobsOf(page).getByRole("button", { name: /^1/ }).click();
  const job = page.getByRole("dialog", { name: /^Job / });
  await button(job, "Cancel job").click();
  await told(page, "The job was cancelled.");
  await job.getByRole("status").getByText("Cancelled", { exact: true }).waitFor();
  await button(job, "Synchronize again").click();
  await button(job, "Cancel job").click();
  await job.getByRole("status").getByText("Cancelled", { exact: true }).waitFor();
  await button(job, "Close").first().click();
  await expect.poll(() => jobsOf(page).getByText("Cancelled", { exact: true }).count()).toBe(2);
});

test("what is refused stands out with the reason, on a phone as well, until it arrives", async () => {
  const remote = { name: "refusing", url: await urlOf(refusing), test: false };
  await setting.operator.ask("POST", "/api/remotes", remote);
  await pushImage(setting.operator, "acme/refused", "1");
  const body = { remote: "refusing", remoteOrganization: "team", tags: ["1"] };
  await setting.operator.ask("POST", "/api/organizations/acme/images/refused/sync", body);
  const visitor = await setting.visitAs(setting.operator, PHONE);
  const { page } = visitor;
  await visitor.open("/images/acme/refused/sync");
  await row(jobsOf(page), "1").getByText("Failed").waitFor({ timeout: JOB_MS });
  await expectShown(row(jobsOf(page), "1").getByText(/read-only until Monday/));
  await page.getByText("1 tag is not synchronized").waitFor();
  await page.getByRole("link", { name: "1 to refusing/team" }).click();
  const job = page.getByRole("dialog", { name: /^Job / });
  await job.getByRole("heading", { name: "Tries that failed" }).waitFor();

  const chinese = await setting.visitAs(setting.operator, { language: "zh-CN" });
  await chinese.open("/images/acme/refused/sync");
  const host = new URL(remote.url).host;
  await chinese.page.getByText(`${host} 应答 403：this registry is read-only until Monday`).first().waitFor();
});

test("a rule of an organization is for its images that match, and their jobs are on its page", async () => {
  const { digest } = await pushImage(setting.operator, "acme/team/api", "1");
  const visitor = await setting.visitAs(setting.operator);
  const { page } = visitor;
  await visitor.open("/organizations/acme/sync");
  await button(page, "Add rule").click();
  const adding = dialog(page, "Add a synchronization rule");
  await choose(adding, "Remote registry", "backup");
  await field(adding, "Organization there").fill("all");
  await field(adding, "Images").fill("team/*");
  await adding.getByLabel("Synchronize automatically").uncheck();
  await button(adding, "Add rule").click();
  await told(page, "The rule for backup/all was added.");
  await row(page, "backup/all").getByText("By hand").waitFor();

  await takeFromMenu(page, "Actions for backup/all", "Synchronize all now");
  await button(dialog(page, "Synchronize all to backup/all now?"), "Synchronize all").click();
  await told(page, "1 tag is being synchronized.");
  await row(jobsOf(page), "team/api:1").getByText("Success").waitFor({ timeout: JOB_MS });
  expect(await digestThere("all/team/api", "1")).toBe(digest);
  await jobsOf(page)
    .getByRole("button", { name: /^team\/api:1/ })
    .click();
  await page.getByRole("dialog", { name: /^Job / }).getByText("acme/team/api").waitFor();
  await button(page.getByRole("dialog", { name: /^Job / }), "Close")
    .first()
    .click();

  await takeFromMenu(page, "Actions for backup/all", "Edit");
  const editing = dialog(page, "Rule for backup/all");
  await editing.getByLabel("Overwrite tags there").check();
  await button(editing, "Save").click();
  await told(page, "The rule for backup/all was saved.");
  await row(page, "backup/all").getByText("Overwrites").waitFor();
  await takeFromMenu(page, "Actions for backup/all", "Delete");
  await button(dialog(page, "Delete the rule for backup/all?"), "Delete rule").click();
  await told(page, "The rule for backup/all was deleted.");
});

test("an organization becomes a pull-through cache, is changed, and is itself again", async () => {
  const { operator } = setting;
  const remote = await operator.send("POST", "/api/remotes", { name: "origin", url: elsewhere });
  expect(remote.status).toBe(201);
  await createOrganization(operator, "mirror");
  const { digest } = await pushImage(operator, "acme/tool", "1");
  const sync = { remote: "origin", remoteOrganization: "there", tags: ["1"] };
  await operator.ask("POST", "/api/organizations/acme/images/tool/sync", sync);
  await expect.poll(() => digestThere("there/tool", "1"), { timeout: JOB_MS }).toBe(digest);
  const pull = async () => {
    const response = await operator.send("GET", "/v2/mirror/there/tool/manifests/1", undefined, {
      Accept: MANIFEST_TYPE,
    });
    await response.body?.cancel();
    return response.headers.get("Docker-Content-Digest");
  };

  const visitor = await setting.visitAs(operator);
  const { page } = visitor;
  await visitor.open("/organizations/mirror/upstream");
  await page.getByText("This organization is not a pull-through cache").waitFor();
  await button(page, "Choose a registry").click();
  const form = dialog(page, "Registry that mirror stands for");
  await choose(form, "Remote registry", "origin");
  await button(form, "Save").click();
  await told(page, "The registry that mirror stands for was saved.");
  await page.getByText("600 seconds").waitFor();
  await page.getByText("None yet").waitFor();
  await page.getByText(`docker pull ${setting.server.address}/mirror/library/nginx:latest`).waitFor();

  expect(await pull()).toBe(digest);
  await page.reload();
  await page.getByText("Delete its images to stop pull-through.").waitFor();
  expect(await page.getByText("None yet").count()).toBe(0);
  expect(await button(page, "Stop pull-through").count()).toBe(0);
  await button(page, "Edit").click();
  expect(await form.getByRole("button", { name: "Remote registry" }).isDisabled()).toBe(true);
  await field(form, "Tags are trusted for").fill("60");
  await form.getByLabel("Everybody may pull").check();
  await button(form, "Save").click();
  await page.getByText("60 seconds").waitFor();
  await page.getByRole("main").getByText("Everybody may pull").waitFor();

  await operator.ask("DELETE", "/api/organizations/mirror/images/there%2Ftool");
  await page.reload();
  await button(page, "Stop pull-through").click();
  await button(dialog(page, "Stop pull-through for mirror?"), "Stop pull-through").click();
  await told(page, "mirror is no longer a pull-through cache.");
  await page.getByText("This organization is not a pull-through cache").waitFor();
  expect(await pull()).toBeNull();
  await pushImage(operator, "mirror/own", "1");
  // Before it was one, and after.
  expect(visitor.forgive(/^answer 404: GET .*\/upstream$/)).toBeGreaterThanOrEqual(2);
});
