/** Several images deleted, or made public or private, by one request: each by itself. */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { MAX_CHANGED_IMAGES } from "../../src/kernel/field-limits.ts";
import { eventually } from "../support/workerd/waiting.ts";
import {
  auditOf,
  type Client,
  grant,
  newAccount,
  newOrganization,
  pushAs,
  statusesOf,
} from "../support/workerd/managing-clients.ts";

const DELETE = "/api/images/delete";
const VISIBILITY = "/api/images/visibility";

async function someImages(...images: string[]) {
  const { administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  for (const image of images) await pushAs(administrator, `${organization}/${image}`, "1.0");
  const named = (names: readonly string[]) => names.map((image) => ({ organization, image }));
  return { administrator, member, organization, named };
}

async function resultsOf(response: Response): Promise<[string, string][]> {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const { results } = await response.json<{ results: { image: string; result: string }[] }>();
  return results.map(({ image, result }) => [image, result]);
}

async function statusOf(client: Client, organization: string, image: string): Promise<number> {
  return (await client.get(`/api/organizations/${organization}/images/${image.replaceAll("/", "$")}`)).status;
}

async function isPublic(client: Client, organization: string, image: string): Promise<boolean> {
  const response = await client.get(`/api/organizations/${organization}/images/${image}`);
  return (await response.json<{ public: boolean }>()).public;
}

describe("deleting images", () => {
  it("deletes those that it may, tells of each, and records each", async ({ expect }) => {
    const { administrator, organization, named } = await someImages("one", "kept", "team/two", "stays");
    await administrator.post(`/api/organizations/${organization}/images/kept/immutable-tag-rules`, { pattern: "1.*" });
    const response = await administrator.post(DELETE, {
      images: named(["one", "kept", "absent", "team/two", "one"]),
    });
    const { results } = await response.json<{ results: object[] }>();
    expect(results).toEqual([
      { organization, image: "one", result: "deleted", keptTags: [] },
      { organization, image: "kept", result: "immutable", keptTags: ["1.0"] },
      { organization, image: "absent", result: "unknown", keptTags: [] },
      { organization, image: "team/two", result: "deleted", keptTags: [] },
    ]);
    const left = ["one", "kept", "team/two", "stays"].map((image) => statusOf(administrator, organization, image));
    expect(await Promise.all(left)).toEqual([404, 200, 404, 200]);
    for (const image of ["one", "team/two"]) {
      expect((await auditOf(`${organization}/${image}`)).map(({ action }) => action)).toContain("image.delete");
    }
    expect((await auditOf(`${organization}/kept`)).map(({ action }) => action)).not.toContain("image.delete");
  });

  it("leaves nothing of them, as deleting one does", async ({ expect }) => {
    const { administrator, named } = await someImages("one", "two");
    await resultsOf(await administrator.post(DELETE, { images: named(["one", "two"]) }));
    const rows = () =>
      env.DB.prepare(
        `SELECT count(*) AS n FROM tags JOIN repositories ON repositories.id = tags.repository_id
         WHERE repositories.name >= '~'`,
      ).first<number>("n");
    expect(await eventually(rows, (count) => count === 0)).toBe(0);
  });

  it("does no harm when the request comes again, or twice at once", async ({ expect }) => {
    const { administrator, organization, named } = await someImages("one", "two");
    const ask = () => administrator.post(DELETE, { images: named(["one", "two"]) });
    const answers = await Promise.all([ask(), ask()]);
    expect(statusesOf(answers)).toEqual([200, 200]);
    const results = (await Promise.all(answers.map(resultsOf))).flat();
    expect(results.filter(([, result]) => result === "deleted")).toHaveLength(2);
    expect(await resultsOf(await ask())).toEqual([
      ["one", "unknown"],
      ["two", "unknown"],
    ]);
    for (const image of ["one", "two"]) {
      const actions = (await auditOf(`${organization}/${image}`)).map(({ action }) => action);
      expect(actions.filter((action) => action === "image.delete")).toHaveLength(1);
    }
  });

  it("takes the right to manage each, and records what was denied", async ({ expect }) => {
    const { administrator, member, organization, named } = await someImages("mine", "edited", "hidden");
    await grant(administrator, organization, member.name, 7, "mine");
    await grant(administrator, organization, member.name, 3, "edited");
    const response = await member.post(DELETE, { images: named(["hidden", "edited", "mine"]) });
    expect(await resultsOf(response)).toEqual([
      ["hidden", "unknown"],
      ["edited", "denied"],
      ["mine", "deleted"],
    ]);
    expect(await statusOf(administrator, organization, "edited")).toBe(200);
    const denied = () =>
      env.DB.prepare(
        "SELECT count(*) AS n FROM audit_events WHERE user_name = ? AND result = 'denied' AND organization = ?",
      )
        .bind(member.name, organization)
        .first<number>("n");
    expect(await eventually(denied, (count) => count === 1)).toBe(1);
  });

  it("takes as many as it says, and no more", async ({ expect }) => {
    const names = Array.from({ length: MAX_CHANGED_IMAGES + 1 }, (_, at) => `image-${at}`);
    const { administrator, organization, named } = await someImages();
    const made = names.map((image) => administrator.post(`/api/organizations/${organization}/images`, { image }));
    expect(new Set(statusesOf(await Promise.all(made)))).toEqual(new Set([201]));
    expect((await administrator.post(DELETE, { images: named(names) })).status).toBe(400);
    const results = await resultsOf(await administrator.post(DELETE, { images: named(names.slice(1)) }));
    expect(results).toEqual(names.slice(1).map((image) => [image, "deleted"]));
  });

  it.for([
    { images: [] },
    { images: [{ organization: "acme" }] },
    { images: [{ organization: "acme", image: "UPPER" }] },
    { images: ["acme/web"] },
    {},
  ])("refuses %j", async (body, { expect }) => {
    const { administrator } = await newAccount();
    expect((await administrator.post(DELETE, body)).status).toBe(400);
  });
});

describe("the visibility of images", () => {
  it("changes for those that the caller may edit; what is so already has no event", async ({ expect }) => {
    const { administrator, member, organization, named } = await someImages("one", "two", "hidden");
    await grant(administrator, organization, member.name, 3, "one");
    await grant(administrator, organization, member.name, 1, "two");
    const images = named(["one", "two", "hidden", "absent"]);
    const ask = () => member.post(VISIBILITY, { images, public: true });
    expect(await resultsOf(await ask())).toEqual([
      ["one", "changed"],
      ["two", "denied"],
      ["hidden", "unknown"],
      ["absent", "unknown"],
    ]);
    expect((await resultsOf(await ask()))[0]).toEqual(["one", "unchanged"]);
    expect(await isPublic(administrator, organization, "one")).toBe(true);
    expect(await isPublic(administrator, organization, "two")).toBe(false);
    const updates = (await auditOf(`${organization}/one`)).filter(({ action }) => action === "image.update");
    expect(updates.map(({ detail }) => JSON.parse(detail ?? "{}"))).toEqual([{ isPublic: { from: false, to: true } }]);

    const all = await administrator.post(VISIBILITY, { images: named(["one", "two"]), public: false });
    expect(await resultsOf(all)).toEqual([
      ["one", "changed"],
      ["two", "unchanged"],
    ]);
    expect(await isPublic(administrator, organization, "one")).toBe(false);
  });
});
