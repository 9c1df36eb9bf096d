import { describe, it } from "vitest";
import { auditOf, grant, newAccount, newName, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";

/** Status and code of a refusal, for one comparison. */
async function problemOf(response: Response): Promise<string> {
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.code}`;
}

async function anOrganization() {
  const { administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  return { administrator, member, organization, images: `/api/organizations/${organization}/images` };
}

/** The same with an image of one tag, `1.0`. */
async function anImage() {
  const made = await anOrganization();
  const digest = await pushAs(made.administrator, `${made.organization}/web`, "1.0");
  return { ...made, digest, image: `${made.images}/web` };
}

describe("making an image", () => {
  it("answers the image, which is private unless asked otherwise", async ({ expect }) => {
    const { administrator, organization, images } = await anOrganization();
    const response = await administrator.post(images, {
      image: "shop/web",
      category: "linux",
      description: "the shop",
    });
    expect(response.status).toBe(201);
    const made = await response.json();
    expect(made).toMatchObject({
      organization,
      image: "shop/web",
      public: false,
      category: "linux",
      description: "the shop",
      level: "manage",
      tags: 0,
      createdBy: administrator.name,
      pullCommand: `docker pull registry.test/${organization}/shop/web`,
    });
    expect(await (await administrator.get(`${images}/shop%2Fweb`)).json()).toEqual(made);
    expect((await auditOf(`${organization}/shop/web`)).map(({ action }) => action)).toEqual(["image.create"]);
  });

  it("has no category until one is set", async ({ expect }) => {
    const { administrator, images } = await anOrganization();
    const response = await administrator.post(images, { image: "web", public: true });
    expect(await response.json()).toMatchObject({ public: true, category: "other", description: "" });
  });

  it("is refused for a name that is there, and without the right to edit the organization", async ({ expect }) => {
    const { administrator, member, organization, images } = await anOrganization();
    await administrator.post(images, { image: "web" });
    expect(await problemOf(await administrator.post(images, { image: "web" }))).toBe("409 REPOSITORY_EXISTS");
    expect(await problemOf(await member.post(images, { image: "other" }))).toBe("404 ORGANIZATION_UNKNOWN");
    await grant(administrator, organization, member.name, 1);
    expect(await problemOf(await member.post(images, { image: "other" }))).toBe("403 DENIED");
  });

  it.for([
    [{ image: "Web" }, "400 NAME_INVALID"],
    [{ image: "web", category: "arms" }, "400 PARAMETER_INVALID"],
    [{ image: "web", public: "yes" }, "400 PARAMETER_INVALID"],
    [{ image: "web", description: "x".repeat(30_001) }, "413 DESCRIPTION_TOO_LONG"],
    [{ repository: "web" }, "400 PARAMETER_INVALID"],
  ] as const)("is refused for %j", async ([body, problem], { expect }) => {
    const { administrator, images } = await anOrganization();
    expect(await problemOf(await administrator.post(images, body))).toBe(problem);
  });
});

describe("changing an image", () => {
  it("leaves alone what it does not name", async ({ expect }) => {
    const { administrator, organization, image } = await anImage();
    const response = await administrator.patch(image, { category: "linux" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ public: false, category: "linux", description: "", tags: 1 });
    await administrator.patch(image, { public: true });
    await administrator.patch(image, { description: "the shop" });
    expect(await (await administrator.get(image)).json()).toMatchObject({
      public: true,
      category: "linux",
      description: "the shop",
    });
    const actions = (await auditOf(`${organization}/web`)).map(({ action }) => action);
    expect(actions.filter((action) => action === "image.update")).toHaveLength(3);
  });

  it("is refused when nothing is to be changed, and without the right to edit the image", async ({ expect }) => {
    const { administrator, member, organization, image } = await anImage();
    expect(await problemOf(await administrator.patch(image, {}))).toBe("400 PARAMETER_INVALID");
    expect(await problemOf(await member.patch(image, { public: true }))).toBe("404 REPOSITORY_UNKNOWN");
    await grant(administrator, organization, member.name, 1, "web");
    expect(await problemOf(await member.patch(image, { public: true }))).toBe("403 DENIED");
  });
});

describe("deleting an image", () => {
  it("takes the right to manage it, and that no rule keeps a tag", async ({ expect }) => {
    const { administrator, member, organization, image } = await anImage();
    await grant(administrator, organization, member.name, 3, "web");
    expect(await problemOf(await member.delete(image))).toBe("403 DENIED");
    const rule = await administrator.post(`${image}/immutable-tag-rules`, { pattern: "1*" });
    expect(await problemOf(await administrator.delete(image))).toBe("403 TAG_IMMUTABLE");
    await administrator.delete(`${image}/immutable-tag-rules/${(await rule.json<{ id: number }>()).id}`);
    expect((await administrator.delete(image)).status).toBe(204);
    expect(await problemOf(await administrator.get(image))).toBe("404 REPOSITORY_UNKNOWN");
  });
});

describe("giving what a tag points to another tag", () => {
  it("answers what the tag points to", async ({ expect }) => {
    const { administrator, organization, image, digest } = await anImage();
    const response = await administrator.post(`${image}/tags`, { name: "stable", source: "1.0" });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ name: "stable", digest, size: expect.any(Number) });
    expect((await auditOf(`${organization}/web:stable`)).map(({ action }) => action)).toEqual(["tag.create"]);
  });

  it("moves a tag that is there only if asked to", async ({ expect }) => {
    const { administrator, organization, image, digest } = await anImage();
    await pushAs(administrator, `${organization}/web`, "2.0");
    const body = { name: "2.0", source: "1.0" };
    expect(await problemOf(await administrator.post(`${image}/tags`, body))).toBe("409 TAG_EXISTS");
    const response = await administrator.post(`${image}/tags`, { ...body, override: true });
    expect(await response.json()).toMatchObject({ name: "2.0", digest });
  });

  it("is refused for what is not there, is kept, or is no tag", async ({ expect }) => {
    const { administrator, member, organization, image } = await anImage();
    const tags = `${image}/tags`;
    await pushAs(administrator, `${organization}/web`, "v1");
    await administrator.post(`${image}/immutable-tag-rules`, { pattern: "v*" });
    const send = async (body: unknown, client = administrator) => problemOf(await client.post(tags, body));
    expect(await send({ name: "x", source: "absent" })).toBe("404 TAG_UNKNOWN");
    expect(await send({ name: "v1", source: "1.0", override: true })).toBe("403 TAG_IMMUTABLE");
    expect(await send({ name: ".x", source: "1.0" })).toBe("400 TAG_INVALID");
    expect(await send({ source_tag: "1.0", destination_tag: "x" })).toBe("400 PARAMETER_INVALID");
    await grant(administrator, organization, member.name, 1, "web");
    expect(await send({ name: "x", source: "1.0" }, member)).toBe("403 DENIED");
  });
});

describe("deleting one tag", () => {
  it("answers nothing, and refuses what is not there or is kept", async ({ expect }) => {
    const { administrator, image } = await anImage();
    const response = await administrator.delete(`${image}/tags/1.0`);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await problemOf(await administrator.delete(`${image}/tags/1.0`))).toBe("404 TAG_UNKNOWN");
    await administrator.post(`${image}/tags/1.0/restore`);
    await administrator.post(`${image}/immutable-tag-rules`, { pattern: "1*" });
    expect(await problemOf(await administrator.delete(`${image}/tags/1.0`))).toBe("403 TAG_IMMUTABLE");
  });

  it("takes the right to manage the image", async ({ expect }) => {
    const { administrator, member, organization, image } = await anImage();
    expect(await problemOf(await member.delete(`${image}/tags/1.0`))).toBe("404 REPOSITORY_UNKNOWN");
    await grant(administrator, organization, member.name, 3, "web");
    expect(await problemOf(await member.delete(`${image}/tags/1.0`))).toBe("403 DENIED");
  });
});

it("takes `$` for the `/` of an image's name as well", async ({ expect }) => {
  const { administrator, images } = await anOrganization();
  const image = newName("image");
  await administrator.post(images, { image: `shop/${image}` });
  const response = await administrator.patch(`${images}/shop$${image}`, { description: "the shop" });
  expect(await response.json()).toMatchObject({ image: `shop/${image}`, description: "the shop" });
});
