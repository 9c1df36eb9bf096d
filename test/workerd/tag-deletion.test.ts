import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import {
  auditOf,
  type Client,
  grant,
  newAccount,
  newOrganization,
  pushAs,
  statusesOf,
} from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";

const imagePath = (organization: string) => `/api/organizations/${organization}/images/web`;

async function anImage(...tags: string[]) {
  const { administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  for (const tag of tags) await pushAs(administrator, `${organization}/web`, tag);
  return { administrator, member, organization };
}

function deleteTags(client: Client, organization: string, tags: unknown): Promise<Response> {
  return client.post(`${imagePath(organization)}/tags/delete`, { tags });
}

async function resultsOf(response: Response) {
  if (response.status !== 200) throw new Error(`deleting tags: ${response.status} ${await response.text()}`);
  const { results } = await response.json<{ results: { tag: string; result: string }[] }>();
  return results.map(({ tag, result }) => [tag, result]);
}

async function tagsLeft(client: Client, organization: string): Promise<string[]> {
  const { tags } = await (await client.get(`${imagePath(organization)}/tags`)).json<{ tags: { name: string }[] }>();
  return tags.map(({ name }) => name);
}

describe("deleting tags", () => {
  it("deletes those that it may, tells of each, and records each", async ({ expect }) => {
    const { administrator, organization } = await anImage("1.0", "1.1", "2.0", "v1");
    await administrator.post(`${imagePath(organization)}/immutable-tag-rules`, { pattern: "v*" });
    const response = await deleteTags(administrator, organization, ["1.1", "v1", "absent", "1.0", "1.1"]);
    expect(await resultsOf(response)).toEqual([
      ["1.1", "deleted"],
      ["v1", "immutable"],
      ["absent", "unknown"],
      ["1.0", "deleted"],
    ]);
    expect(await tagsLeft(administrator, organization)).toEqual(["2.0", "v1"]);
    for (const [tag, actions] of [
      ["1.0", ["manifest.push", "tag.delete"]],
      ["1.1", ["manifest.push", "tag.delete"]],
      ["v1", ["manifest.push"]],
      ["absent", []],
    ] as const) {
      const rows = await auditOf(`${organization}/web:${tag}`);
      expect(rows.map(({ action }) => action)).toEqual(actions);
      expect(rows.every((row) => row.organization === organization && row.user_name === administrator.name)).toBe(true);
    }
    const history = await administrator.get(`${imagePath(organization)}/history?limit=2`);
    const { events } = await history.json<{ events: object[] }>();
    expect(events).toMatchObject([{ deleted: true, user: administrator.name }, { deleted: true }]);
  });

  it("can be taken back", async ({ expect }) => {
    const { administrator, organization } = await anImage("1.0", "2.0");
    await deleteTags(administrator, organization, ["1.0", "2.0"]);
    expect(await tagsLeft(administrator, organization)).toEqual([]);
    expect((await administrator.post(`${imagePath(organization)}/tags/1.0/restore`)).status).toBe(200);
    expect(await tagsLeft(administrator, organization)).toEqual(["1.0"]);
  });

  it("notes that the image has changed only if it has", async ({ expect }) => {
    const { administrator, organization } = await anImage("1.0");
    const name = `${organization}/web`;
    await env.DB.prepare("UPDATE repositories SET updated_at = 1 WHERE name = ?").bind(name).run();
    const updated = () =>
      env.DB.prepare("SELECT updated_at FROM repositories WHERE name = ?").bind(name).first<number>("updated_at");
    await deleteTags(administrator, organization, ["2.0"]);
    expect(await updated()).toBe(1);
    await deleteTags(administrator, organization, ["2.0", "1.0"]);
    expect(await updated()).toBeGreaterThan(1);
  });

  it("takes a hundred at once, and each of them once when two ask", async ({ expect }) => {
    const { administrator, organization } = await anImage("latest");
    const names = Array.from({ length: 100 }, (_, at) => `build-${at}`);
    await env.DB.prepare(
      `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
       SELECT repository_id, value, manifest_id, 1, 1 FROM tags JOIN json_each(?2)
       WHERE repository_id = (SELECT id FROM repositories WHERE name = ?1)`,
    )
      .bind(`${organization}/web`, JSON.stringify(names))
      .run();
    const answers = await Promise.all([1, 2].map(() => deleteTags(administrator, organization, names)));
    expect(statusesOf(answers)).toEqual([200, 200]);
    const results = (await Promise.all(answers.map(resultsOf))).flat();
    expect(results.filter(([, result]) => result === "deleted").map(([tag]) => tag)).toHaveLength(100);
    expect(results.filter(([, result]) => result === "unknown")).toHaveLength(100);
    expect(await tagsLeft(administrator, organization)).toEqual(["latest"]);
  });

  it.for([[], [""], [".hidden"], ["a/b"], "1.0", Array.from({ length: 101 }, (_, at) => `t${at}`), [1]])(
    "refuses %j",
    async (tags, { expect }) => {
      const { administrator, organization } = await anImage("1.0");
      expect((await deleteTags(administrator, organization, tags)).status).toBe(400);
      expect(await tagsLeft(administrator, organization)).toEqual(["1.0"]);
    },
  );

  it("takes the right to manage the image", async ({ expect }) => {
    const { administrator, member, organization } = await anImage("1.0");
    expect((await deleteTags(member, organization, ["1.0"])).status).toBe(404);
    await grant(administrator, organization, member.name, 3, "web");
    const refused = await deleteTags(member, organization, ["1.0"]);
    expect(refused.status).toBe(403);
    expect((await errorsOf(refused))[0]?.code).toBe("DENIED");
    expect(await tagsLeft(member, organization)).toEqual(["1.0"]);
  });
});

it("lists which tags a rule keeps", async ({ expect }) => {
  const { administrator, organization } = await anImage("1.0", "v1");
  await administrator.post(`${imagePath(organization)}/immutable-tag-rules`, { pattern: "v*" });
  const { tags } = await (await administrator.get(`${imagePath(organization)}/tags`)).json<{ tags: object[] }>();
  expect(tags).toMatchObject([
    { name: "1.0", immutable: false },
    { name: "v1", immutable: true },
  ]);
});
