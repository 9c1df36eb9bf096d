import { env } from "cloudflare:workers";
import { describe, it, vi } from "vitest";
import {
  asUser,
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
  statusesOf,
  swrProblem,
} from "../support/workerd/managing-clients.ts";
import { ADMINISTRATOR, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { waitFor } from "../support/workerd/waiting.ts";

const DAY = 24 * 60 * 60 * 1000;
const INVALID = "400 SVCSTG.SWR.4000014";
const MISSING = "400 SVCSTG.SWR.4001014";
const UNKNOWN = "400 SVCSTG.SWR.4000306";
const { account, administrator, member } = await newAccount();
const organization = await newOrganization(administrator);

interface Image {
  /** With its organization. */
  name: string;
  /** Its rules in SWR's API. */
  swr: string;
  /** The image in Berth's own. */
  api: string;
}

function imageAt(image: string): Image {
  const path = image.replaceAll("/", "$");
  return {
    name: `${organization}/${image}`,
    swr: `/v2/manage/namespaces/${organization}/repos/${path}/retentions`,
    api: `/api/organizations/${organization}/images/${path}`,
  };
}

/** An image with these tags, the first of which was pushed longest ago: a day before the next. */
async function imageWith(...tags: string[]): Promise<Image> {
  const image = imageAt(`${newName("image")}/web`);
  for (const [at, tag] of tags.entries()) {
    await pushAs(administrator, image.name, tag);
    await makeOlder(image, tag, tags.length - at);
  }
  return image;
}

async function makeOlder({ name }: Image, tag: string, days: number): Promise<void> {
  await env.DB.prepare(
    "UPDATE tags SET updated_at = ? WHERE name = ? AND repository_id = (SELECT id FROM repositories WHERE name = ?)",
  )
    .bind(Date.now() - days * DAY, tag, name)
    .run();
}

async function tagsOf({ name }: Image): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM tags WHERE repository_id = (SELECT id FROM repositories WHERE name = ?) ORDER BY name",
  )
    .bind(name)
    .all<{ name: string }>();
  return results.map((row) => row.name);
}

type Selector = [kind: string, pattern: string];

function policy(template: string, params: Record<string, unknown>, ...selectors: Selector[]) {
  const tag_selectors = selectors.map(([kind, pattern]) => ({ kind, pattern }));
  return { algorithm: "or", rules: [{ template, params, tag_selectors }] };
}
const days = (value: unknown, ...selectors: Selector[]) => policy("date_rule", { days: value }, ...selectors);
const num = (value: unknown, ...selectors: Selector[]) => policy("tag_rule", { num: value }, ...selectors);

async function create({ swr }: Image, body: unknown, client = administrator): Promise<number> {
  const response = await client.post(swr, body);
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json<{ id: number }>()).id;
}

describe("SWR's aging rule", () => {
  it("is made, listed and shown", async ({ expect }) => {
    const image = await imageWith("v1");
    expect(await (await administrator.get(image.swr)).json()).toEqual([]);
    const created = await administrator.post(image.swr, days("30", ["label", "v1"], ["regexp", "rel.*"]));
    expect(created.status).toBe(201);
    const body = await created.json<{ id: number }>();
    expect(body).toEqual({ id: expect.any(Number) });

    const rules = [
      {
        template: "date_rule",
        params: { days: "30" },
        tag_selectors: [
          { kind: "label", pattern: "v1" },
          { kind: "regexp", pattern: "rel.*" },
        ],
      },
    ];
    const rule = { id: body.id, algorithm: "or", rules, scope: "" };
    expect(await (await administrator.get(image.swr)).json()).toEqual([rule]);
    expect(await (await administrator.get(`${image.swr}/${body.id}`)).json()).toEqual(rule);
  });

  it("is changed as a whole", async ({ expect }) => {
    const image = await imageWith("v1");
    const id = await create(image, days("30", ["label", "v1"], ["regexp", "rel.*"]));
    const changed = await administrator.patch(`${image.swr}/${id}`, num(7));
    expect([changed.status, await changed.json()]).toEqual([201, {}]);
    expect(await (await administrator.get(`${image.swr}/${id}`)).json()).toMatchObject({
      id,
      rules: [{ template: "tag_rule", params: { num: "7" }, tag_selectors: [] }],
    });
  });

  it("is unknown once it is deleted", async ({ expect }) => {
    const image = await imageWith("v1");
    const path = `${image.swr}/${await create(image, days(30))}`;
    const deleted = await administrator.delete(path);
    expect([deleted.status, await deleted.json()]).toEqual([200, {}]);
    expect(await swrProblem(await administrator.delete(path))).toBe(UNKNOWN);
    expect(await swrProblem(await administrator.get(path))).toBe(UNKNOWN);
    expect(await swrProblem(await administrator.patch(path, num(7)))).toBe(UNKNOWN);
  });

  it("is in the audit when it is made, changed and deleted", async ({ expect }) => {
    const image = await imageWith("v1");
    const path = `${image.swr}/${await create(image, days(30))}`;
    await administrator.patch(path, num(7));
    await administrator.delete(path);
    expect((await auditOf(image.name)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(["retention-rule.create", "retention-rule.update", "retention-rule.delete"]),
    );
  });

  it("is one per image: a second is refused until the first is deleted, also at once", async ({ expect }) => {
    const image = await imageWith("v1");
    const answers = await Promise.all([1, 2, 3].map((value) => administrator.post(image.swr, num(value))));
    expect(statusesOf(answers)).toEqual([201, 409, 409]);
    expect(await swrProblem(await administrator.post(image.swr, days(1)))).toBe("409 SVCSTG.SWR.4090000");
    const [rule] = await (await administrator.get(image.swr)).json<{ id: number }[]>();
    await administrator.delete(`${image.swr}/${rule?.id}`);
    await create(image, days(1));
    const actions = (await auditOf(image.name)).map(({ action }) => action);
    expect(actions.filter((action) => action === "retention-rule.create")).toHaveLength(2);
  });

  it.for([
    [days("0"), "days must be a whole number from 1 to 365"],
    [days("1"), undefined],
    [days(365), undefined],
    [days("366"), "days must be a whole number from 1 to 365"],
    [num("0"), "num must be a whole number from 1 to 1000"],
    [num(1), undefined],
    [num("1000"), undefined],
    [num("1001"), "num must be a whole number from 1 to 1000"],
    [days(1.5), "days must be a whole number from 1 to 365"],
    [days(""), "params.days must be a number"],
    [days("-1"), "params.days must be a number"],
    [days("1e2"), "params.days must be a number"],
    [days("thirty"), "params.days must be a number"],
    [days(true), "rules.0.params.days"],
    [days(null), "rules.0.params.days"],
    [days(["1"]), "rules.0.params.days"],
    [policy("date_rule", { num: "1" }), "params.days is missing"],
    [policy("tag_rule", {}), "params.num is missing"],
    [policy("date_rule", { days: "1", num: "x" }), undefined],
    [policy("size_rule", { days: "1" }), "rules.0.template"],
    [{ ...days(1), algorithm: "and" }, "algorithm"],
    [{ rules: days(1).rules }, "algorithm", MISSING],
    [{ algorithm: "or" }, "rules", MISSING],
    [{ algorithm: "or", rules: [] }, "rules"],
    [{ algorithm: "or", rules: [...days(1).rules, ...num(1).rules] }, "rules"],
    [{ algorithm: "or", rules: {} }, "rules"],
    [{ algorithm: "or", rules: [{ template: "date_rule", params: { days: "1" } }] }, undefined],
    [{ algorithm: "or", rules: [{ template: "date_rule", tag_selectors: [] }] }, "rules.0.params", MISSING],
    [
      { algorithm: "or", rules: [{ template: "date_rule", params: { days: "1" }, tag_selectors: {} }] },
      "tag_selectors",
    ],
    [days(1, ["label", ""]), 'a label is the whole name of a tag: "" is not a tag'],
    [days(1, ["label", "v*"]), "a label is the whole name of a tag"],
    [days(1, ["glob", "v1"]), "rules.0.tag_selectors.0.kind"],
    [days(1, ["regexp", ""]), "it is empty at position 0"],
    [days(1, ["regexp", "(a+)+$"]), undefined],
    [days(1, ["regexp", "v(1"]), "missing closing ) at position 3"],
    [days(1, ["regexp", "v(?=1)"]), "at position 1"],
    [days(1, ["regexp", "v1**"]), "at position 2"],
    [days(1, ["regexp", "a".repeat(512)]), undefined],
    [days(1, ["regexp", "a".repeat(513)]), "at position 512"],
    [days(1, ...Array.from({ length: 100 }, (): Selector => ["regexp", "v.*"])), undefined],
    [days(1, ...Array.from({ length: 101 }, (): Selector => ["label", "v1"])), "rules.0.tag_selectors"],
    [[], ""],
    [null, ""],
    ["{", ""],
  ] as const)("row %#: %s", async ([body, problem, code = INVALID], { expect }) => {
    const image = await imageWith();
    await administrator.post(`/v2/manage/namespaces/${organization}/repos`, {
      repository: image.name.slice(organization.length + 1),
      is_public: false,
    });
    const response = await administrator.post(image.swr, body);
    if (problem === undefined) {
      expect([response.status, await response.json()]).toEqual([201, { id: expect.any(Number) }]);
      return;
    }
    expect(await swrProblem(response.clone())).toBe(code);
    expect((await response.json<{ error_msg: string }>()).error_msg).toContain(problem);
    expect(await (await administrator.get(image.swr)).json()).toEqual([]);
  });

  it("that is refused leaves the one before as it is", async ({ expect }) => {
    const image = await imageWith("v1");
    const id = await create(image, num(5));
    expect(await swrProblem(await administrator.patch(`${image.swr}/${id}`, num(0)))).toBe(INVALID);
    expect(await swrProblem(await administrator.patch(`${image.swr}/${id}`, days(1, ["regexp", "("])))).toBe(INVALID);
    expect(await (await administrator.get(image.swr)).json()).toMatchObject([{ rules: num("5").rules }]);
  });

  it("is only found in its own image, and under no other name than its number", async ({ expect }) => {
    const [one, other] = [await imageWith("v1"), await imageWith("v1")];
    const id = await create(one, num(5));
    await create(other, num(5));
    expect(await swrProblem(await administrator.get(`${other.swr}/${id}`))).toBe(UNKNOWN);
    expect(await swrProblem(await administrator.patch(`${other.swr}/${id}`, num(1)))).toBe(UNKNOWN);
    expect(await swrProblem(await administrator.delete(`${other.swr}/${id}`))).toBe(UNKNOWN);
    for (const wrong of ["abc", "0", "-1", "1.5", "%2f", "99999999999999999999"]) {
      expect(`${wrong} ${await swrProblem(await administrator.get(`${one.swr}/${wrong}`))}`).toBe(
        `${wrong} ${INVALID}`,
      );
    }
  });

  it("goes with its image, also when that is deleted while it is made", async ({ expect }) => {
    const image = await imageWith("v1", "v2");
    const repository = image.swr.replace(/\/retentions$/, "");
    const [created, deleted] = await Promise.all([
      administrator.post(image.swr, num(1)),
      administrator.delete(repository),
    ]);
    expect([201, 404]).toContain(created.status);
    expect(deleted.status).toBe(204);
    expect(await swrProblem(await administrator.get(image.swr))).toBe("404 SVCSTG.SWR.4040113");
    expect(await swrProblem(await administrator.post(image.swr, num(1)))).toBe("404 SVCSTG.SWR.4040113");
    // A new image of that name has none.
    await pushAs(administrator, image.name, "v1");
    expect(await (await administrator.get(image.swr)).json()).toEqual([]);
    const histories = await administrator.get(`${image.swr}/histories`);
    expect(await histories.json()).toEqual({ retention_log: [], total: 0 });
  });
});

describe("saving a rule", () => {
  /** An image whose rule has deleted four tags in two runs. */
  async function anAgedImage() {
    const image = await imageWith("v1", "v2", "v3", "stable", "v4");
    const id = await create(image, num("2", ["label", "stable"]));
    const afterFirst = await tagsOf(image);
    await administrator.patch(`${image.swr}/${id}`, days(2, ["regexp", "v[4-9]"]));
    const histories = await administrator.get(`${image.swr}/histories`);
    const { retention_log: log, total } = await histories.json<{
      retention_log: { tag: string; rule_type: string }[];
      total: number;
    }>();
    return { image, id, afterFirst, range: histories.headers.get("Content-Range"), log, total };
  }

  it("runs it at once, and the log shows what went", async ({ expect }) => {
    const { image, id, afterFirst, range, log, total } = await anAgedImage();
    expect(afterFirst).toEqual(["stable", "v3", "v4"]);
    // Exempt by the pattern: it would be too old as well.
    expect(await tagsOf(image)).toEqual(["v4"]);
    expect(range).toBe("0-4/4");
    expect(total).toBe(4);
    expect(log.map(({ tag }) => tag)).toEqual(expect.arrayContaining(["v1", "v2", "v3", "stable"]));
    const [last] = log;
    expect(last).toEqual({
      id: expect.any(Number),
      namespace: organization,
      repo: image.name.slice(organization.length + 1),
      retention_id: id,
      rule_type: expect.any(String),
      tag: expect.stringMatching(/^v3$|^stable$/),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(JSON.parse(last?.rule_type ?? "")).toEqual(days("2", ["regexp", "v[4-9]"]).rules[0]);
  });

  it("logs what can be read page by page", async ({ expect }) => {
    const { image, log } = await anAgedImage();
    for (const query of ["limit=3&offset=1", "filter=limit::3%7Coffset::1", "filter=limit::3|offset::1&limit=1"]) {
      const page = await administrator.get(`${image.swr}/histories?${query}`);
      expect(page.headers.get("Content-Range")).toBe("1-3/4");
      expect(await page.json()).toEqual({ retention_log: log.slice(1), total: 4 });
    }
  });

  it.for([
    ["limit=0", INVALID],
    ["limit=1001", INVALID],
    ["offset=-1", INVALID],
    ["filter=tag::v1", "400 SVCSTG.SWR.4001035"],
  ] as const)("refuses to list the log by %s", async ([query, code], { expect }) => {
    const { image } = await anAgedImage();
    expect(await swrProblem(await administrator.get(`${image.swr}/histories?${query}`))).toBe(code);
  });

  it("does not make the answer wait for a large image", async ({ expect }) => {
    const image = await imageWith("base");
    await env.DB.prepare(
      `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
       SELECT r.id, 't' || value, m.id, 0, value FROM repositories r JOIN manifests m ON m.repository_id = r.id
       JOIN (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 3000) SELECT value FROM n)
       WHERE r.name = ?`,
    )
      .bind(image.name)
      .run();
    await create(image, days(30));
    await waitFor(async () => expect(await tagsOf(image)).toEqual(["base"]));
    const log = await administrator.get(`${image.swr}/histories?limit=1`);
    expect(log.headers.get("Content-Range")).toBe("0-1/3000");
  });

  it("succeeds even when the run fails, which the next one makes up for", async ({ expect }) => {
    const image = await imageWith("v1", "v2");
    await env.DB.exec(
      "CREATE TRIGGER broken BEFORE DELETE ON tags BEGIN SELECT RAISE(ABORT, 'nothing is deleted today'); END",
    );
    const silence = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const id = await create(image, num(1));
    await env.DB.exec("DROP TRIGGER broken");
    expect(silence).toHaveBeenCalledOnce();
    silence.mockRestore();
    expect(await tagsOf(image)).toEqual(["v1", "v2"]);
    const logged = "SELECT count(*) AS count FROM retention_log WHERE rule_id = ?";
    expect(await env.DB.prepare(logged).bind(id).first("count")).toBe(0);
    const due = await env.DB.prepare("SELECT next_run_at AS at FROM retention_rules WHERE id = ?").bind(id).first("at");
    expect(due).toBeLessThan(Date.now() + 2 * 60 * 60 * 1000);
  });
});

describe("the rule in Berth's own API", () => {
  const CONTENT = { kind: "tag_rule", amount: 2, labels: ["v1"], patterns: ["x.*"] };

  it("is the same one", async ({ expect }) => {
    const image = await imageWith("v1", "v2", "v3", "v4");
    const path = `${image.api}/aging/rule`;
    const missing = await administrator.get(path);
    expect([missing.status, await missing.json()]).toMatchObject([404, { errors: [{ code: "RETENTION_UNKNOWN" }] }]);
    expect((await administrator.delete(path)).status).toBe(404);

    const made = await administrator.send("PUT", path, CONTENT);
    expect(made.status).toBe(200);
    const rule = await made.json<{ id: number }>();
    expect(rule).toEqual({
      id: expect.any(Number),
      ...CONTENT,
      problem: null,
      problemReasons: [],
      created: expect.any(String),
      updated: expect.any(String),
    });
    expect(await tagsOf(image)).toEqual(["v1", "v3", "v4"]);
    expect(await (await administrator.get(image.swr)).json()).toMatchObject([{ id: rule.id }]);

    const replaced = await administrator.send("PUT", path, { kind: "date_rule", amount: 2 });
    expect(await replaced.json()).toMatchObject({
      id: rule.id,
      kind: "date_rule",
      amount: 2,
      labels: [],
      patterns: [],
    });
    expect(await tagsOf(image)).toEqual(["v4"]);
    expect((await administrator.delete(path)).status).toBe(204);
    expect((await administrator.get(path)).status).toBe(404);
    const actions = (await auditOf(image.name)).map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith("retention"))).toEqual([
      "retention-rule.create",
      "retention-rule.update",
      "retention-rule.delete",
    ]);
  });

  it("is one, however many save it at once", async ({ expect }) => {
    const image = await imageWith("v1");
    const put = (amount: number) => administrator.send("PUT", `${image.api}/aging/rule`, { kind: "tag_rule", amount });
    expect(statusesOf(await Promise.all([put(1), put(2), put(3)]))).toEqual([200, 200, 200]);
    expect(await (await administrator.get(image.swr)).json()).toHaveLength(1);
  });

  it.for([
    [{ ...CONTENT, amount: 0 }, "RETENTION_INVALID"],
    [{ ...CONTENT, amount: 1001 }, "RETENTION_INVALID"],
    [{ ...CONTENT, kind: "date_rule", amount: 366 }, "RETENTION_INVALID"],
    [{ ...CONTENT, patterns: ["("] }, "RETENTION_INVALID"],
    [{ ...CONTENT, patterns: Array.from({ length: 101 }, () => "a") }, "RETENTION_INVALID"],
    [{ ...CONTENT, labels: [""] }, "RETENTION_INVALID"],
    [{ ...CONTENT, amount: "2" }, "PARAMETER_INVALID"],
    [{ ...CONTENT, amount: 1.5 }, "PARAMETER_INVALID"],
    [{ ...CONTENT, kind: "age" }, "PARAMETER_INVALID"],
    [{ ...CONTENT, labels: "v1" }, "PARAMETER_INVALID"],
    [{ ...CONTENT, other: 1 }, "PARAMETER_INVALID"],
    [{}, "PARAMETER_INVALID"],
  ] as const)("is refused, row %#: %s", async ([body, code], { expect }) => {
    const image = await imageWith("v1");
    for (const [method, path] of [
      ["PUT", `${image.api}/aging/rule`],
      ["POST", `${image.api}/aging/preview`],
    ] as const) {
      const response = await administrator.send(method, path, body);
      expect(response.status).toBe(400);
      const { errors } = await response.json<{ errors: { code: string }[] }>();
      expect(new Set(errors.map((error) => error.code))).toEqual(new Set([code]));
    }
  });

  it("is refused with the position in a pattern", async ({ expect }) => {
    const image = await imageWith("v1");
    const response = await administrator.send("PUT", `${image.api}/aging/rule`, {
      ...CONTENT,
      patterns: ["a", "b[**]c**"],
    });
    expect(await response.json()).toMatchObject({ errors: [{ detail: { pattern: "b[**]c**", position: 6 } }] });
  });
});

describe("what goes of an image by itself", () => {
  it("is told also when there is no rule", async ({ expect }) => {
    const image = await imageWith("1.0");
    const show = async () => (await administrator.get(`${image.api}/aging`)).json();
    expect(await show()).toEqual({ rule: null, keepsUntagged: false });
    const set = await administrator.send("PUT", `${image.api}/aging/rule`, { kind: "tag_rule", amount: 9 });
    await administrator.send("PUT", `${image.api}/garbage-collection`, { keepsUntagged: true });
    expect(await show()).toEqual({ rule: await set.json(), keepsUntagged: true });
    await administrator.delete(`${image.api}/aging/rule`);
    expect(await show()).toEqual({ rule: null, keepsUntagged: true });
    const absent = await administrator.get(`/api/organizations/${organization}/images/${newName("absent")}/aging`);
    expect(absent.status).toBe(404);
  });
});

describe("a preview", () => {
  type Page = {
    tags: { tag: string; expired: boolean; reason: string; digest: string; pushed: string }[];
    next: string | null;
  };

  async function preview(image: Image, rule: unknown, query = "", client: Client = administrator): Promise<Page> {
    const response = await client.post(`${image.api}/aging/preview${query}`, rule);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return response.json<Page>();
  }

  it("tells of every tag what the rule would do and why, changes nothing, and the rule then does that", async ({
    expect,
  }) => {
    const image = await imageWith("v1", "v2", "stable", "v3", "fixed", "v4", "rc-1", "v5");
    await administrator.post(`${image.api}/immutable-tag-rules`, { pattern: "fixed" });
    const rule = { kind: "tag_rule", amount: 2, labels: ["stable"], patterns: ["rc-.*"] };
    const { tags, next } = await preview(image, rule);
    expect(next).toBeNull();
    expect(tags.map(({ tag, expired, reason }) => [tag, expired, reason])).toEqual([
      ["v5", false, "newest"],
      ["rc-1", false, "pattern"],
      ["v4", false, "newest"],
      ["fixed", false, "immutable"],
      ["v3", true, "too-many"],
      ["stable", false, "label"],
      ["v2", true, "too-many"],
      ["v1", true, "too-many"],
    ]);
    expect(tags[0]).toMatchObject({ digest: expect.stringMatching(/^sha256:/), pushed: expect.stringMatching(/Z$/) });
    const old = await preview(image, { kind: "date_rule", amount: 5, labels: ["v1"] });
    expect(old.tags.map(({ reason }) => reason).join(" ")).toBe(
      "young young young immutable too-old too-old too-old label",
    );
    expect(await tagsOf(image)).toHaveLength(8);
    expect(await (await administrator.get(image.swr)).json()).toEqual([]);

    await administrator.send("PUT", `${image.api}/aging/rule`, rule);
    const kept = tags.filter(({ expired }) => !expired).map(({ tag }) => tag);
    expect(await tagsOf(image)).toEqual(kept.sort());
  });

  it("comes in pages that say the same as one, whatever is pushed between", async ({ expect }) => {
    const image = await imageWith("v1", "v2", "stable", "v3", "v4", "v5");
    const rule = { kind: "tag_rule", amount: 3, labels: ["stable"] };
    const { tags } = await preview(image, rule);
    for (const limit of [1, 2, 5]) {
      const found: Page["tags"] = [];
      let query = `?limit=${limit}`;
      for (let next: string | null = ""; next !== null; query = `?limit=${limit}&cursor=${next}`) {
        const page = await preview(image, rule, query);
        expect(page.tags.length).toBeLessThanOrEqual(limit);
        found.push(...page.tags);
        ({ next } = page);
        await pushAs(administrator, image.name, `new-${limit}`);
      }
      expect(found.filter(({ tag }) => !tag.startsWith("new"))).toEqual(tags);
      await administrator.delete(`${image.swr.replace("retentions", "tags")}/new-${limit}`);
    }
    for (const cursor of ["x", "e30", Buffer.from('[1,"a",-1,5]').toString("base64url")]) {
      const response = await administrator.post(`${image.api}/aging/preview?cursor=${cursor}`, rule);
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { errors: [{ code: "PAGINATION_INVALID" }] },
      ]);
    }
  });

  it("of an image without tags is empty", async ({ expect }) => {
    const image = await imageWith("v1");
    await administrator.delete(`${image.swr.replace("retentions", "tags")}/v1`);
    expect(await preview(image, { kind: "tag_rule", amount: 1 })).toEqual({ tags: [], next: null });
  });
});

describe("the aging log", () => {
  it("comes by cursor, the last deleted first", async ({ expect }) => {
    const image = await imageWith("v1", "v2", "v3", "v4");
    const id = await create(image, num(3));
    await administrator.patch(`${image.swr}/${id}`, num(1));
    interface Page {
      entries: { run: string; tag: string; rule: { amount: number } }[];
      next: string | null;
    }
    const all = await (await administrator.get(`${image.api}/aging/log`)).json<Page>();
    expect(all.next).toBeNull();
    expect(all.entries.map(({ rule, tag }) => [rule.amount, tag])).toEqual(
      expect.arrayContaining([
        [1, "v2"],
        [1, "v3"],
        [3, "v1"],
      ]),
    );
    expect(all.entries.at(-1)).toEqual({
      run: expect.stringMatching(/Z$/),
      tag: "v1",
      digest: expect.stringMatching(/^sha256:/),
      result: "deleted",
      rule: { id, kind: "tag_rule", amount: 3, labels: [], patterns: [] },
    });
    // What one run has deleted has its time in common.
    expect(all.entries[0]?.run).toBe(all.entries[1]?.run);
    const found: Page["entries"] = [];
    for (let query = "?limit=2"; query !== "";) {
      const page = await (await administrator.get(`${image.api}/aging/log${query}`)).json<Page>();
      found.push(...page.entries);
      query = page.next === null ? "" : `?limit=2&cursor=${page.next}`;
    }
    expect(found).toEqual(all.entries);
  });
});

describe("a deleted tag", () => {
  interface Page {
    tags: { tag: string; digest: string; deleted: string; deletedBy: string | null; restorableUntil: string }[];
    next: string | null;
  }
  const restorable = async (image: Image, query = "") =>
    (await administrator.get(`${image.api}/restorable-tags${query}`)).json<Page>();
  const restore = (image: Image, tag: string, client = administrator) =>
    client.post(`${image.api}/tags/${tag}/restore`);
  const remove = (image: Image, tag: string) =>
    administrator.delete(`${image.swr.replace("retentions", "tags")}/${tag}`);

  async function problem(response: Response) {
    return [response.status, (await response.json<{ errors: { code: string }[] }>()).errors[0]?.code];
  }

  it("is listed and comes back with its history, be it deleted by hand or by aging", async ({ expect }) => {
    const image = await imageWith("v1", "v2", "v3");
    expect(await restorable(image)).toEqual({ tags: [], next: null });
    const digest = (await administrator.send("HEAD", `/v2/${image.name}/manifests/v1`)).headers.get(
      "Docker-Content-Digest",
    );
    await create(image, days(3));
    await remove(image, "v2");
    const { tags, next } = await restorable(image);
    expect(next).toBeNull();
    expect(tags.map(({ tag, deletedBy }) => [tag, deletedBy])).toEqual([
      ["v2", administrator.name],
      ["v1", null],
    ]);
    const [, first] = tags;
    expect(first?.digest).toBe(digest);
    expect(Date.parse(first?.restorableUntil ?? "") - Date.parse(first?.deleted ?? "")).toBe(7 * DAY);

    const restored = await restore(image, "v1");
    expect([restored.status, await restored.json()]).toEqual([200, { tag: "v1", digest }]);
    expect(await tagsOf(image)).toEqual(["v1", "v3"]);
    expect((await restorable(image)).tags.map(({ tag }) => tag)).toEqual(["v2"]);
    expect((await administrator.send("HEAD", `/v2/${image.name}/manifests/v1`)).status).toBe(200);
    const history = await (
      await administrator.get(`${image.api}/tags/v1/history`)
    ).json<{ events: { digest: string | null; user: string | null }[] }>();
    expect(history.events.map((event) => [event.digest, event.user])).toEqual([
      [digest, administrator.name],
      [null, null],
      [digest, administrator.name],
    ]);
    expect((await auditOf(`${image.name}:v1`)).map(({ action }) => action)).toContain("tag.restore");
    expect(await problem(await restore(image, "v1"))).toEqual([409, "TAG_EXISTS"]);
    expect(await problem(await restore(image, "never"))).toEqual([404, "TAG_UNKNOWN"]);
    expect(await problem(await restore(image, ".x"))).toEqual([400, "TAG_INVALID"]);
  });

  it("counts as pushed when it was restored, so that it does not age at once", async ({ expect }) => {
    const image = await imageWith("v1", "v2");
    const id = await create(image, num(1));
    await restore(image, "v1");
    await administrator.patch(`${image.swr}/${id}`, num(1));
    expect(await tagsOf(image)).toEqual(["v1"]);
    expect((await restorable(image)).tags.map(({ tag }) => tag)).toEqual(["v2"]);
  });

  it("comes back once, however many restore it, and also where a rule keeps it", async ({ expect }) => {
    const image = await imageWith("v1", "v2");
    await remove(image, "v1");
    await administrator.post(`${image.api}/immutable-tag-rules`, { pattern: "v*" });
    const answers = await Promise.all([1, 2, 3].map(() => restore(image, "v1")));
    expect(statusesOf(answers)).toEqual([200, 409, 409]);
    const events = await administrator.get(`${image.api}/tags/v1/history`);
    expect((await events.json<{ events: unknown[] }>()).events).toHaveLength(3);
  });

  it("comes back as what it last was, until the grace period or what it pointed to has ended", async ({ expect }) => {
    const image = await imageWith("v1", "v2");
    const second = await pushAs(administrator, image.name, "v1");
    await remove(image, "v1");
    const age = (milliseconds: number) =>
      env.DB.prepare(
        `UPDATE tag_history SET created_at = ? WHERE digest IS NULL AND tag = 'v1'
         AND repository_id = (SELECT id FROM repositories WHERE name = ?)`,
      )
        .bind(Date.now() - milliseconds, image.name)
        .run();
    await age(7 * DAY);
    expect((await restorable(image)).tags).toEqual([]);
    expect(await problem(await restore(image, "v1"))).toEqual([404, "TAG_UNKNOWN"]);
    await age(7 * DAY - 60_000);
    expect((await restorable(image)).tags).toMatchObject([{ tag: "v1", digest: second }]);
    expect(await (await restore(image, "v1")).json()).toEqual({ tag: "v1", digest: second });
    // With the manifest deleted there is nothing to restore.
    expect((await administrator.delete(`/v2/${image.name}/manifests/${second}`)).status).toBe(202);
    expect((await restorable(image)).tags).toEqual([]);
    expect(await problem(await restore(image, "v1"))).toEqual([404, "TAG_UNKNOWN"]);
  });

  it("is found in pages, also far behind other events", async ({ expect }) => {
    const image = await imageWith("v1", "v2", "v3");
    for (const tag of ["v1", "v2", "v3"]) await remove(image, tag);
    await env.DB.prepare(
      `INSERT INTO tag_history (repository_id, tag, digest, created_at)
       SELECT id, 'other', 'sha256:x', ? FROM repositories
       JOIN (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 2500) SELECT value FROM n)
       WHERE name = ?`,
    )
      .bind(Date.now(), image.name)
      .run();
    const pages: string[][] = [];
    for (let query = "?limit=2"; query !== "";) {
      const page = await restorable(image, query);
      pages.push(page.tags.map(({ tag }) => tag));
      query = page.next === null ? "" : `?limit=2&cursor=${page.next}`;
    }
    expect(pages).toEqual([[], ["v3", "v2"], ["v1"]]);
  });
});

describe("who may", async () => {
  const image = await imageWith("v1", "v2", "v3", "v4");
  const id = await create(image, num(3));
  const stranger = await newUser(newName("other"), { role: "administrator" });
  const people: Record<string, Client> = { member, stranger, administrator };
  for (const [name, auth] of [
    ["read", 1],
    ["edit", 3],
    ["manage", 7],
  ] as const) {
    people[name] = await newUser(account);
    await grant(administrator, organization, people[name].name, auth);
  }
  people["operator"] = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);

  const RULE = { kind: "tag_rule", amount: 3 };
  const ROUTES: [string, string, unknown, Record<string, number>][] = [
    ["GET", image.swr, undefined, { read: 200, edit: 200, manage: 200 }],
    ["GET", `${image.swr}/${id}`, undefined, { read: 200, edit: 200, manage: 200 }],
    ["GET", `${image.swr}/histories`, undefined, { read: 200, edit: 200, manage: 200 }],
    ["POST", image.swr, num(3), { read: 403, edit: 403, manage: 409 }],
    ["PATCH", `${image.swr}/${id}`, num(3), { read: 403, edit: 403, manage: 201 }],
    ["DELETE", `${image.swr}/999999`, undefined, { read: 403, edit: 403, manage: 400 }],
    ["GET", `${image.api}/aging`, undefined, { read: 200, edit: 200, manage: 200 }],
    ["GET", `${image.api}/aging/rule`, undefined, { read: 200, edit: 200, manage: 200 }],
    ["PUT", `${image.api}/aging/rule`, RULE, { read: 403, edit: 403, manage: 200 }],
    ["POST", `${image.api}/aging/preview`, RULE, { read: 200, edit: 200, manage: 200 }],
    ["GET", `${image.api}/aging/log`, undefined, { read: 200, edit: 200, manage: 200 }],
    ["GET", `${image.api}/restorable-tags`, undefined, { read: 200, edit: 200, manage: 200 }],
    ["POST", `${image.api}/tags/v4/restore`, undefined, { read: 403, edit: 409, manage: 409 }],
  ];

  it.for(ROUTES)("%s %s", async ([method, path, body, byLevel], { expect }) => {
    const statuses: Record<string, number> = {};
    for (const [name, client] of Object.entries(people)) {
      statuses[name] = (await client.send(method, path, body)).status;
    }
    const hidden = { member: 404, stranger: 404, operator: 404 };
    expect(statuses).toEqual({ ...byLevel, ...hidden, administrator: byLevel["manage"] });
    const anonymous = await fetchAnonymously(path, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(anonymous.status).toBe(401);
  });

  it("does not tell those with whom the image is shared, or who may see it because it is public", async ({
    expect,
  }) => {
    const shared = await imageWith("v1");
    await administrator.patch(shared.swr.replace("/retentions", ""), { is_public: true });
    for (const [method, , body] of ROUTES) {
      const paths = ROUTES.filter(([other]) => other === method).map(([, path]) =>
        path.replace(image.swr, shared.swr).replace(image.api, shared.api),
      );
      for (const path of paths) {
        const response = await stranger.send(method, path, body ?? (method === "GET" ? undefined : RULE));
        expect([path, [400, 403].includes(response.status)]).toEqual([path, true]);
      }
    }
  });

  it("does not work with a login command", async ({ expect }) => {
    const login = await (await administrator.post("/api/login-command")).json<{ user: string; password: string }>();
    const machine = asUser(login.user, login.password);
    for (const [method, path, body] of ROUTES) expect((await machine.send(method, path, body)).status).toBe(403);
  });
});
