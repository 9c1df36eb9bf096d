import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import {
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
  statusesOf,
} from "../support/workerd/managing-clients.ts";
import { errorCodes, errorsOf, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";

interface Rule {
  id: number;
  pattern: string;
  createdBy: string | null;
  created: string;
}

const rulesOf = (organization: string, image = "web") =>
  `/api/organizations/${organization}/images/${image}/immutable-tag-rules`;
const tagsOf = (organization: string) => `/v2/manage/namespaces/${organization}/repos/web/tags`;

async function anImage(...tags: string[]) {
  const { account, administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  for (const tag of tags) await pushAs(administrator, `${organization}/web`, tag);
  if (tags.length === 0) {
    const body = { repository: "web", is_public: false };
    await administrator.post(`/v2/manage/namespaces/${organization}/repos`, body);
  }
  return { account, administrator, member, organization };
}

async function setRule(client: Client, organization: string, pattern: string): Promise<Rule> {
  const response = await client.post(rulesOf(organization), { pattern });
  if (response.status !== 201) throw new Error(`setting a rule: ${response.status} ${await response.text()}`);
  return response.json<Rule>();
}

async function patterns(client: Client, organization: string): Promise<string[]> {
  const response = await client.get(rulesOf(organization));
  const { rules } = await response.json<{ rules: Rule[] }>();
  return rules.map(({ pattern }) => pattern);
}

describe("rules of immutable tags", () => {
  it("are set with 201, listed by pattern, and lifted with 204", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    const response = await administrator.post(rulesOf(organization), { pattern: "v*" });
    const rule = await response.json<Rule>();
    expect([response.status, rule]).toEqual([
      201,
      { id: expect.any(Number), pattern: "v*", createdBy: administrator.name, created: expect.any(String) },
    ]);
    await setRule(administrator, organization, "latest");
    expect(await patterns(administrator, organization)).toEqual(["latest", "v*"]);
    const lifted = await administrator.delete(`${rulesOf(organization)}/${rule.id}`);
    expect([lifted.status, await lifted.text()]).toEqual([204, ""]);
    expect(await patterns(administrator, organization)).toEqual(["latest"]);
    expect(await auditOf(`${organization}/web`)).toMatchObject([
      { action: "image.create" },
      { action: "immutable-rule.create", organization, detail: '{"pattern":"v*"}' },
      { action: "immutable-rule.create", detail: '{"pattern":"latest"}' },
      { action: "immutable-rule.delete", user_name: administrator.name, detail: '{"pattern":"v*"}' },
    ]);
  });

  it("of an image whose name has slashes are found by $", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/shop/web`, "v1");
    expect((await administrator.post(rulesOf(organization, "shop$web"), { pattern: "v*" })).status).toBe(201);
    expect((await administrator.get(rulesOf(organization, "shop$web"))).status).toBe(200);
    expect((await administrator.get(rulesOf(organization, "shop/web"))).status).toBe(404);
    expect((await administrator.get(rulesOf(organization, "Web"))).status).toBe(400);
    expect((await administrator.get(rulesOf("manage"))).status).toBe(400);
  });

  it("exist once each, also when two set one at once", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    const both = await Promise.all([1, 2].map(() => administrator.post(rulesOf(organization), { pattern: "v*" })));
    expect(statusesOf(both)).toEqual([201, 409]);
    const again = await administrator.post(rulesOf(organization), { pattern: "v*" });
    expect([again.status, await errorCodes(again)]).toEqual([409, ["IMMUTABLE_RULE_EXISTS"]]);
  });

  it("are at most 100 an image", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    await env.DB.prepare(
      `INSERT INTO immutable_tag_rules (repository_id, pattern, created_at)
       SELECT repositories.id, 'rule-' || value, 0 FROM repositories, json_each(?) WHERE repositories.name = ?`,
    )
      .bind(JSON.stringify(Array.from({ length: 98 }, (_, number) => number)), `${organization}/web`)
      .run();
    const three = ["x", "y", "z"].map((pattern) => administrator.post(rulesOf(organization), { pattern }));
    expect(statusesOf(await Promise.all(three))).toEqual([201, 201, 400]);
    const refused = await administrator.post(rulesOf(organization), { pattern: "more" });
    expect((await errorsOf(refused))[0]?.message).toContain("at most 100");
    expect((await administrator.post(rulesOf(organization), { pattern: "rule-1" })).status).toBe(409);
  });

  it.for([
    [{}, 400],
    [{ pattern: 7 }, 400],
    [{ pattern: null }, 400],
    [{ pattern: "" }, 400],
    [{ pattern: "v*", unknown: 1 }, 400],
    [{ pattern: "[a" }, 400],
    [{ pattern: "x".repeat(51) }, 400],
    ["not JSON", 400],
    [{ pattern: "x".repeat(1024 * 1024) }, 413],
    [{ pattern: "x".repeat(49) }, 201],
    [{ pattern: "x".repeat(50) }, 201],
  ] as const)("are refused unless they make sense (%#)", async ([body, status], { expect }) => {
    const { administrator, organization } = await anImage("v1");
    expect((await administrator.post(rulesOf(organization), body)).status).toBe(status);
    // Whatever was accepted, D1 can apply.
    expect((await administrator.delete(`${tagsOf(organization)}/v1`)).status).toBe(204);
  });

  it("name the character that is wrong", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    const [error] = await errorsOf(await administrator.post(rulesOf(organization), { pattern: "v[0-9" }));
    expect(error).toMatchObject({ code: "PARAMETER_INVALID", detail: { field: "pattern", position: 2 } });
  });

  it("are lifted by their own image only, and once", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    const { id } = await setRule(administrator, organization, "v*");
    await pushAs(administrator, `${organization}/other`);
    const other = await administrator.delete(`${rulesOf(organization, "other")}/${id}`);
    expect([other.status, await errorCodes(other)]).toEqual([404, ["IMMUTABLE_RULE_UNKNOWN"]]);
    for (const wrong of ["x", "0", "-1", "1.5"]) {
      expect((await administrator.delete(`${rulesOf(organization)}/${wrong}`)).status).toBe(400);
    }
    const both = await Promise.all([1, 2].map(() => administrator.delete(`${rulesOf(organization)}/${id}`)));
    expect(statusesOf(both)).toEqual([204, 404]);
  });

  it("are set and lifted by who may manage the image, and seen by who has any right to it", async ({ expect }) => {
    const { account, administrator, member: editor, organization } = await anImage();
    const [manager, outsider] = [await newUser(account), await newUser(account)];
    const stranger = (await newAccount()).administrator;
    await grant(administrator, organization, editor.name, 3);
    await grant(administrator, organization, manager.name, 7, "web");
    const path = rulesOf(organization);
    for (const client of [outsider, stranger]) {
      for (const hidden of [path, rulesOf(organization, "none"), rulesOf(newName("org"))]) {
        expect((await client.get(hidden)).status).toBe(404);
        expect((await client.post(hidden, { pattern: "v*" })).status).toBe(404);
        expect((await client.delete(`${hidden}/1`)).status).toBe(404);
      }
    }
    const { id } = await setRule(manager, organization, "v*");
    expect(await patterns(editor, organization)).toEqual(["v*"]);
    expect((await editor.post(path, { pattern: "w*" })).status).toBe(403);
    expect((await editor.delete(`${path}/${id}`)).status).toBe(403);
    await administrator.patch(`/v2/manage/namespaces/${organization}/repos/web`, { is_public: true });
    expect((await stranger.get(path)).status).toBe(403);
    expect((await manager.delete(`${path}/${id}`)).status).toBe(204);
    expect((await manager.send("GET", path, undefined, { Authorization: "" })).status).toBe(401);
  });
});

describe("an immutable tag", () => {
  const manifestOf = async (client: Client, organization: string, tag: string) =>
    (await client.get(`/v2/${organization}/web/manifests/${tag}`)).text();
  const putManifest = (client: Client, organization: string, tag: string, manifest: string) =>
    client.send("PUT", `/v2/${organization}/web/manifests/${tag}`, manifest, { "Content-Type": OCI_MANIFEST });

  it("is not overwritten by anybody's push, but pushed again as it is", async ({ expect }) => {
    const { administrator, organization } = await anImage("v1", "latest");
    await setRule(administrator, organization, "v*");
    const [v1, latest] = [
      await manifestOf(administrator, organization, "v1"),
      await manifestOf(administrator, organization, "latest"),
    ];
    const refused = await putManifest(administrator, organization, "v1", latest);
    expect(refused.status).toBe(403);
    expect((await errorsOf(refused))[0]).toMatchObject({ code: "DENIED", detail: { tag: "v1" } });
    expect(await manifestOf(administrator, organization, "v1")).toBe(v1);
    expect((await putManifest(administrator, organization, "v1", v1)).status).toBe(201);
    expect((await putManifest(administrator, organization, "v2", latest)).status).toBe(201);
    expect((await putManifest(administrator, organization, "v2", v1)).status).toBe(403);
    expect((await putManifest(administrator, organization, "latest", v1)).status).toBe(201);
  });

  it("is not moved by a retag, but may be retagged to itself", async ({ expect }) => {
    const { administrator, organization } = await anImage("v1", "latest");
    await setRule(administrator, organization, "v*");
    const path = tagsOf(organization);
    const moved = await administrator.post(path, { source_tag: "latest", destination_tag: "v1", override: true });
    expect(moved.status).toBe(403);
    expect((await moved.json<{ error_msg: string }>()).error_msg).toContain("tag v1 is immutable");
    expect((await administrator.post(path, { source_tag: "v1", destination_tag: "v1", override: true })).status).toBe(
      201,
    );
    expect((await administrator.post(path, { source_tag: "v1", destination_tag: "v2" })).status).toBe(201);
    expect((await administrator.post(path, { source_tag: "v1", destination_tag: "v2", override: true })).status).toBe(
      201,
    );
  });

  it("is not deleted over either API, by tag or by digest", async ({ expect }) => {
    const { administrator, organization } = await anImage("v1", "latest");
    await setRule(administrator, organization, "v*");
    expect((await administrator.delete(`${tagsOf(organization)}/v1`)).status).toBe(403);
    const oci = `/v2/${organization}/web/manifests`;
    const byTag = await administrator.delete(`${oci}/v1`);
    expect([byTag.status, await errorCodes(byTag)]).toEqual([403, ["DENIED"]]);
    const head = await administrator.send("HEAD", `${oci}/v1`, undefined, { Accept: OCI_MANIFEST });
    const digest = head.headers.get("Docker-Content-Digest") ?? "";
    expect((await administrator.delete(`${oci}/${digest}`)).status).toBe(403);
    expect((await administrator.get(`${oci}/v1`)).status).toBe(200);
  });

  it("is moved and deleted once the rule is lifted", async ({ expect }) => {
    const { administrator, organization } = await anImage("v1", "v2", "latest");
    const { id } = await setRule(administrator, organization, "v*");
    await administrator.delete(`${rulesOf(organization)}/${id}`);
    const path = tagsOf(organization);
    const move = { source_tag: "latest", destination_tag: "v1", override: true };
    expect((await administrator.post(path, move)).status).toBe(201);
    expect((await administrator.delete(`${path}/v1`)).status).toBe(204);
    expect((await administrator.delete(`/v2/${organization}/web/manifests/v2`)).status).toBe(202);
  });

  it.for([
    ["v[0-9]*", ["v1", "v2.0"], ["vx", "V1", "1v1"]],
    ["release-?", ["release-1"], ["release-", "release-10"]],
    ["[^l]*", ["stable"], ["latest"]],
    ["*", ["a", "A-1_x.y"], []],
    ["1.0", ["1.0"], ["1x0", "1.00"]],
    ["*-[a-c-]", ["x-b", "x--"], ["x-d"]],
  ] as const)("is what %s matches as a whole", async ([pattern, kept, free], { expect }) => {
    const { administrator, organization } = await anImage("tmp");
    for (const destination_tag of [...kept, ...free]) {
      await administrator.post(tagsOf(organization), { source_tag: "tmp", destination_tag });
    }
    await setRule(administrator, organization, pattern);
    for (const tag of kept)
      expect((await administrator.delete(`${tagsOf(organization)}/${tag}`)).status, tag).toBe(403);
    for (const tag of free)
      expect((await administrator.delete(`${tagsOf(organization)}/${tag}`)).status, tag).toBe(204);
  });

  it("costs no more for the worst pattern", async ({ expect }) => {
    const { administrator, organization } = await anImage("tmp");
    const tag = `${"a".repeat(127)}c`;
    await administrator.post(tagsOf(organization), { source_tag: "tmp", destination_tag: tag });
    await setRule(administrator, organization, `${"*a".repeat(24)}*b`);
    await setRule(administrator, organization, `${"*[a]".repeat(12)}*b`);
    const started = Date.now();
    expect((await administrator.delete(`${tagsOf(organization)}/${tag}`)).status).toBe(204);
    expect(Date.now() - started).toBeLessThan(2000);
  });

  it("is kept when the rule comes with the push, or it is overwritten before: never half", async ({ expect }) => {
    const { administrator, organization } = await anImage("v1", "latest");
    const latest = await manifestOf(administrator, organization, "latest");
    const [pushed] = await Promise.all([
      putManifest(administrator, organization, "v1", latest),
      administrator.post(rulesOf(organization), { pattern: "v*" }),
    ]);
    const now = await manifestOf(administrator, organization, "v1");
    expect(now === latest).toBe(pushed.status === 201);
  });
});
