/** Many images at once: chosen over pages, made public or private, deleted, with what came of each. Tags of one digest. */
import { beforeEach, expect, test } from "vitest";
import { MANIFEST_TYPE, pushImage } from "../support/server-images.ts";
import { useConsole } from "./browsed-registry.ts";
import { createOrganization } from "./seed.ts";
import type { Visitor } from "./visitor.ts";
import { button, dialog, expectShown, field, row, takeFromMenu, told } from "./widgets.ts";

/** More than a page of fifty, and than two requests of twenty-five. */
const IMAGES = 60;

const setting = useConsole({
  prepare: async () => {
    const { operator } = setting;
    await createOrganization(operator, "acme");
    for (let at = 0; at < IMAGES; at += 1) {
      const image = `image-${String(at).padStart(2, "0")}`;
      await operator.ask("POST", "/api/organizations/acme/images", { image });
    }
    const { digest } = await pushImage(operator, "acme/image-00", "v1");
    const path = "/v2/acme/image-00/manifests";
    const manifest = await operator.send("GET", `${path}/${digest}`, undefined, { Accept: MANIFEST_TYPE });
    const bytes = Buffer.from(await manifest.arrayBuffer());
    await operator.send("PUT", `${path}/latest`, bytes, { "Content-Type": MANIFEST_TYPE });
    await operator.ask("POST", "/api/organizations/acme/images/image-00/immutable-tag-rules", { pattern: "v*" });
  },
});
let visitor: Visitor;
beforeEach(async () => {
  visitor = await setting.visitAs(setting.operator);
});

test("tags of one digest say so, in the list and before one of them is deleted", async () => {
  const { page } = visitor;
  await visitor.open("/images/acme/image-00");
  await expectShown(row(page, "latest").getByText("Same as v1"));
  await expectShown(row(page, "v1").getByText("Same as latest"));
  await takeFromMenu(page, "More actions for latest", "Delete tag");
  await expectShown(
    dialog(page, "Delete 1 tag?")
      .or(page.getByRole("alertdialog"))
      .getByText(/Other tags .* stay.*: v1$/),
  );
  await visitor.screenshot("image-batches/same-digest");
});

test("images of several pages are made public together, and deleted but for those that a rule keeps", async () => {
  const { page } = visitor;
  const bar = page.getByRole("group", { name: "Selected images" });
  const chooseAll = async () => {
    await page.getByRole("checkbox", { name: "Select all", exact: true }).check();
    await button(bar, "Select all that match").click();
    await expectShown(bar.getByText(`${IMAGES} selected`));
  };
  await visitor.open("/images?sort=name");
  await chooseAll();
  await visitor.screenshot("image-batches/selected-1280");
  const sizes: number[] = [];
  page.on("request", (request) => {
    if (!/\/api\/images\/(?:delete|visibility)$/.test(request.url())) return;
    sizes.push((request.postDataJSON() as { images: object[] }).images.length);
  });
  await button(bar, "Make public").click();
  await button(dialog(page, `Make ${IMAGES} images public?`), "Make public").click();
  await told(page, `${IMAGES} images are public.`);
  expect(sizes).toEqual([25, 25, 10]);
  expect(await bar.count()).toBe(0);
  await expectShown(row(page, "image-07").getByText("Public", { exact: true }));

  await chooseAll();
  await button(bar, "Delete").click();
  const question = dialog(page, `Delete ${IMAGES} images?`);
  await field(question, "Type DELETE to confirm").fill("DELETE");
  expect(await visitor.accessibilityProblems()).toEqual([]);
  await visitor.screenshot("image-batches/delete-1280");
  // The first answer is lost after the images of its request are gone.
  let losses = 1;
  await page.route("**/api/images/delete", async (route) => {
    losses -= 1;
    if (losses < 0) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  await button(question, `Delete ${IMAGES} images`).click();
  await told(page, /^Rules keep tags of them, so they stay: acme\/image-00$/);
  await expect.poll(() => page.getByRole("table").locator("tbody tr").count()).toBe(1);
  await expectShown(row(page, "image-00"));
  // What stays is still chosen.
  await expectShown(bar.getByText("1 selected"));
});
