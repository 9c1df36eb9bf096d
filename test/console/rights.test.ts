/** Organizations (guide 5), rights (guide 6), sharing (guide 4.6), and what other accounts see. */
import { describe, expect, test } from "vitest";
import { addAccount, addUser, type Person } from "../support/server-people.ts";
import { pushImage } from "../support/server-images.ts";
import { createImage, createOrganization } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import type { Visitor } from "./visitor.ts";
import { button, choose, dialog, expectShown, field, row, setDay, takeFromMenu, told } from "./widgets.ts";

const setting = useConsole();

describe("an organization", () => {
  test("is created under a valid name, and deleted by typing DELETE", async () => {
    const visitor = await setting.visitAs(setting.operator);
    const { page } = visitor;
    await page.goto("/organizations");
    await button(page, "Create organization").first().click();
    const creation = dialog(page, "Create organization");
    await field(creation, "Name").fill("Not Valid");
    await button(creation, "Create").click();
    await expect.poll(() => field(creation, "Name").getAttribute("aria-invalid")).toBe("true");
    expect(visitor.forgive(/^answer 400/)).toBe(1);
    await field(creation, "Name").fill("short-lived");
    await button(creation, "Create").click();
    await page.getByRole("heading", { level: 1, name: "short-lived" }).waitFor();

    await button(page.getByRole("main"), "Delete").click();
    const deletion = dialog(page, "Delete organization short-lived?");
    await field(deletion, "Type DELETE to confirm").fill("delete");
    expect(await button(deletion, "Delete organization").isDisabled()).toBe(true);
    await field(deletion, "Type DELETE to confirm").fill("DELETE");
    await button(deletion, "Delete organization").click();
    await page.getByRole("heading", { level: 1, name: "Organizations" }).waitFor();
    const response = await setting.operator.send("GET", "/v2/manage/namespaces/short-lived");
    expect(response.ok).toBe(false);
  });

  test("with images is not deleted", async () => {
    await createOrganization(setting.operator, "inhabited");
    await createImage(setting.operator, "inhabited", "resident");
    const { page } = await setting.visitAs(setting.operator);
    await page.goto("/organizations/inhabited/usage");
    await button(page.getByRole("main"), "Delete").click();
    const refusal = dialog(page, "Organization inhabited still has images");
    await refusal.getByRole("link", { name: "Show its images" }).click();
    await expectShown(row(page, "inhabited/resident").or(row(page, "resident")));
  });
});

/** Gives users rights in the dialog of the page on screen. */
async function grant({ page }: Visitor, rights: readonly [Person, string][]): Promise<void> {
  await button(page, "Add users").click();
  const granting = dialog(page, "Add users");
  for (const [{ name }, level] of rights) {
    await granting.getByRole("combobox", { name: "User" }).fill(name);
    await page.getByRole("option", { name }).click();
    if (level !== "Read") await choose(granting, `Right of ${name}`, level);
  }
  await granting.getByRole("button", { name: /^Add \d users?$/ }).click();
  await told(page, /was added|were added/);
}

/** The buttons that somebody sees on an image's page, of those that change the image. */
async function allowedOn(person: Person, path: string): Promise<string[]> {
  const visitor = await setting.visitAs(person);
  await visitor.open(path);
  const main = visitor.page.getByRole("main");
  await button(main, "Pull").waitFor();
  const names = ["Edit", "More actions"];
  const counts = await Promise.all(names.map((name) => button(main, name).count()));
  // It would go on to ask for what has changed, also when the right has been taken away.
  await visitor.page.goto("about:blank");
  return names.filter((_, at) => counts[at] === 1);
}

describe("rights", () => {
  test("on an organization are given, seen by who has them, changed, and taken away", async () => {
    await createOrganization(setting.operator, "team");
    await pushImage(setting.operator, "team/web", "1.0");
    const people = await Promise.all(
      ["reader", "editor", "manager"].map((name) => addUser(setting.server, setting.operator, name)),
    );
    const [reader, editor, manager] = people as [Person, Person, Person];
    const visitor = await setting.visitAs(setting.operator);
    const { page } = visitor;
    await visitor.open("/organizations/team/members");
    await grant(visitor, [
      [reader, "Read"],
      [editor, "Edit"],
      [manager, "Manage"],
    ]);
    expect(await allowedOn(reader, "/images/team/web")).toEqual([]);
    expect(await allowedOn(editor, "/images/team/web")).toEqual(["Edit"]);
    expect(await allowedOn(manager, "/images/team/web")).toEqual(["Edit", "More actions"]);

    await choose(page.getByRole("main"), "Right of reader", "Edit");
    await told(page, "reader has this right now: Edit.");
    await button(page, "Undo").first().click();
    await told(page, "reader has this right now: Read.");
    await button(page, "Remove reader").click();
    const removal = dialog(page, "Remove reader?");
    await field(removal, "Type DELETE to confirm").fill("DELETE");
    await button(removal, "Remove").click();
    await expect.poll(() => row(page, "reader").count()).toBe(0);

    const outsider = await setting.visitAs(reader);
    await outsider.open("/organizations/team");
    await outsider.page.getByText("There is no such organization").waitFor();
    expect(outsider.forgive(/^answer 40[034]/)).toBeGreaterThan(0);
  });

  test("on one image show that image only", async () => {
    await createOrganization(setting.operator, "single");
    for (const name of ["seen", "hidden"]) await pushImage(setting.operator, `single/${name}`, "1.0");
    const guest = await addUser(setting.server, setting.operator, "guest");
    const granting = await setting.visitAs(setting.operator);
    await granting.open("/images/single/seen/permissions");
    await grant(granting, [[guest, "Edit"]]);

    const visitor = await setting.visitAs(guest);
    await visitor.open("/images");
    await visitor.page.getByRole("link", { name: "seen" }).waitFor();
    expect(await visitor.page.getByRole("link", { name: "hidden" }).count()).toBe(0);
    await visitor.open("/organizations");
    await row(visitor.page, "single").getByText("Single images").waitFor();
    expect(await allowedOn(guest, "/images/single/seen")).toEqual(["Edit"]);
    await visitor.open("/images/single/hidden");
    await visitor.page.getByText("There is no such image").waitFor();
    expect(visitor.forgive(/^answer 40[034]/)).toBeGreaterThan(0);
  });
});

describe("another account", () => {
  test("sees a private image that is shared with it, until it no longer is", async () => {
    await createOrganization(setting.operator, "lender");
    await pushImage(setting.operator, "lender/tool", "1.0");
    const borrower = await addAccount(setting.server, "borrower");
    const visitor = await setting.visitAs(setting.operator);
    const { page } = visitor;
    await visitor.open("/images/lender/tool/sharing");
    await button(page, "Share image").click();
    const sharing = dialog(page, "Share tool");
    await field(sharing, "Account").fill("nobody");
    await setDay(sharing, "12312035");
    await button(sharing, "Share image").click();
    await sharing.getByText("There is no account of this name.").waitFor();
    expect(visitor.forgive(/^answer 404/)).toBe(1);
    await field(sharing, "Account").fill("borrower");
    await button(sharing, "Share image").click();
    await row(page, "borrower").getByText("Dec 31, 2035").waitFor();

    const other = await setting.visitAs(borrower);
    await other.open("/images/shared-with-me");
    await other.page.getByRole("link", { name: "tool" }).click();
    await button(other.page, "Pull").waitFor();
    expect(await button(other.page, "Edit").count()).toBe(0);
    expect((await borrower.send("GET", "/v2/lender/tool/manifests/1.0")).status).toBe(200);

    await takeFromMenu(page, "Actions for borrower", "Stop sharing");
    await button(dialog(page, "Stop sharing with borrower?"), "Stop sharing").click();
    await told(page, "No longer shared with borrower.");
    await other.open("/images/lender/tool");
    await other.page.getByText("There is no such image").waitFor();
    expect(other.forgive(/^answer 40[134]/)).toBeGreaterThan(0);
  });

  test("sees nothing of what is private, at whatever address", async () => {
    await createOrganization(setting.operator, "secretive");
    await pushImage(setting.operator, "secretive/plan", "1.0");
    const stranger = await addAccount(setting.server, "stranger");
    const visitor = await setting.visitAs(stranger);
    const { page } = visitor;
    for (const path of [
      "/images",
      "/images/public",
      "/images/shared-with-me",
      "/organizations",
      "/image-centre",
      "/audit",
    ]) {
      await visitor.open(path);
      expect({ path, count: await page.getByText("secretive").count() }).toEqual({ path, count: 0 });
    }
    expect(visitor.takeProblems()).toEqual([]);
    const image = "/images/secretive/plan";
    for (const path of ["", "/tags/1.0", "/history", "/sharing", "/compare?from=1.0&to=1.1", "/triggers/notify"]) {
      await visitor.open(`${image}${path}`);
      await page.getByText("There is no such image").first().waitFor();
    }
    await visitor.open("/organizations/secretive");
    await page.getByText("There is no such organization").waitFor();
    expect(visitor.forgive(/^answer 40[034]/)).toBeGreaterThan(0);
    for (const path of ["/accounts", "/garbage-collection"]) {
      await visitor.open(path);
      await page.getByRole("heading", { level: 1, name: "This page is not for you" }).waitFor();
    }
  });
});
