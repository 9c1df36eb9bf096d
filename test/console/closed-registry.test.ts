/** Where the operator allows nobody to see public images without signing in. */
import { expect, test } from "vitest";
import { PASSWORD, USER } from "../support/server.ts";
import { pushImage } from "../support/server-images.ts";
import { createImage, createOrganization } from "./seed.ts";
import { useConsole } from "./browsed-registry.ts";
import { button, field } from "./widgets.ts";

const setting = useConsole({
  environment: { ANONYMOUS_PULL: "false" },
  prepare: async () => {
    await createOrganization(setting.operator, "acme");
    await createImage(setting.operator, "acme", "tools", { is_public: true });
    await pushImage(setting.operator, "acme/tools", "1.0");
  },
});

test("the image centre and public images are there after signing in only", async () => {
  const visitor = await setting.visit();
  const { page } = visitor;
  await visitor.open("/images/acme/tools");
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).waitFor();
  expect(visitor.forgive(/^answer 404: GET/)).toBe(1);

  await visitor.open("/image-centre?q=tool");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  expect(new URL(page.url()).searchParams.get("next")).toBe("/image-centre?q=tool");
  expect(await page.getByRole("link", { name: "public images" }).count()).toBe(0);
  await field(page, "User name").fill(USER);
  await field(page, "Password").fill(PASSWORD);
  await button(page, "Sign in").click();
  await page.getByRole("heading", { level: 1, name: "Image centre" }).waitFor();
  await page.getByRole("link", { name: "acme/tools" }).click();
  await page.getByRole("heading", { level: 1, name: "tools" }).waitFor();
});
