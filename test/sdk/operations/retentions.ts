/** Rules by which tags age: SWR's "Image retention policy management" and guide 4.8. */
import { beforeAll, expect, test } from "vitest";
import { MANIFEST_TYPE, pushImage } from "../../support/server-images.ts";
import { type Person } from "../../support/server-people.ts";
import type { SdkUser, SdkRegistry } from "../sdk-registry.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const INVALID = "400 SVCSTG.SWR.4000014";
const UNKNOWN = "400 SVCSTG.SWR.4000306";

type Selector = { kind: string; pattern: string };

interface Rule {
  template: string;
  params: Record<string, unknown>;
  tag_selectors: Selector[];
}

interface Log {
  retention_log: { tag: string; rule_type: string }[];
  total: number;
}

function policy(template: string, params: Record<string, unknown>, ...tag_selectors: Selector[]) {
  return { algorithm: "or", rules: [{ template, params, tag_selectors }] satisfies Rule[] };
}
const days = (value: unknown, ...selectors: Selector[]) => policy("date_rule", { days: value }, ...selectors);
const num = (value: unknown, ...selectors: Selector[]) => policy("tag_rule", { num: value }, ...selectors);
const regexp = (pattern: string): Selector => ({ kind: "regexp", pattern });

/** Registers the tests. */
export function retentions(setting: SdkRegistry): void {
  const image = { namespace: "ager", repository: "shop$web" };
  const TAGS = ["v1", "v2", "stable", "v3", "v4"];
  let ager: { person: Person; sdk: SdkUser };

  beforeAll(async () => {
    ager = await setting.account("ager");
    for (const tag of TAGS) await pushImage(ager.person, "ager/shop/web", tag);
  });

  const tagsLeft = async () => {
    const tags = await ager.sdk.call<{ Tag: string }[]>("listRepositoryTags", image);
    return Array.from(tags, ({ Tag }) => Tag).sort();
  };

  test("a rule is made and runs at once; it is listed, shown, changed and deleted", async () => {
    expect(await ager.sdk.call("listRetentions", image)).toHaveLength(0);
    const rule = num("2", { kind: "label", pattern: "stable" }, regexp("rc-.*"));
    const { id, httpStatusCode } = await ager.sdk.call<{ id: number }>("createRetention", { ...image, body: rule });
    expect([typeof id, httpStatusCode]).toEqual(["number", 201]);
    expect(await tagsLeft()).toEqual(["stable", "v3", "v4"]);

    const expected = { id, algorithm: "or", rules: rule.rules, scope: "" };
    const [listed] = await ager.sdk.call<unknown[]>("listRetentions", image);
    expect(listed).toEqual(expected);
    const one = { ...image, retention_id: id };
    expect(await ager.sdk.call("showRetention", one)).toEqual({ ...expected, httpStatusCode: 200 });
    expect(await ager.sdk.refusal("createRetention", { ...image, body: days("1") })).toMatch(
      /^409 SVCSTG\.SWR\.409\d+$/,
    );

    const changed = num("1", regexp("sta.*"));
    expect(await ager.sdk.call("updateRetention", { ...one, body: changed })).toEqual({ httpStatusCode: 201 });
    expect(await tagsLeft()).toEqual(["stable", "v4"]);
    expect(await ager.sdk.call("showRetention", one)).toMatchObject({ id, rules: changed.rules });

    const log = await ager.sdk.call<Log>("listRetentionHistories", image);
    expect(log).toMatchObject({ total: 3, httpStatusCode: 200, "Content-Range": "0-3/3" });
    expect(log.retention_log[0]).toEqual({
      id: expect.any(Number),
      namespace: "ager",
      repo: "shop/web",
      retention_id: id,
      rule_type: JSON.stringify(changed.rules[0]),
      tag: "v3",
      created_at: TIME,
    });
    const page = await ager.sdk.call<Log>("listRetentionHistories", { ...image, filter: "limit::1|offset::1" });
    expect(page).toMatchObject({ total: 3, "Content-Range": "1-1/3" });
    expect(page.retention_log).toEqual(log.retention_log.slice(1, 2));

    expect(await ager.sdk.call("deleteRetention", one)).toEqual({ httpStatusCode: 200 });
    expect(await ager.sdk.refusal("deleteRetention", one)).toBe(UNKNOWN);
    expect(await ager.sdk.refusal("showRetention", one)).toBe(UNKNOWN);
    expect(await ager.sdk.refusal("updateRetention", { ...one, body: changed })).toBe(UNKNOWN);
    const headers = { Accept: MANIFEST_TYPE };
    const pull = async (tag: string) =>
      (await ager.person.send("GET", `/v2/ager/shop/web/manifests/${tag}`, undefined, headers)).status;
    expect(await Promise.all(["v4", "v3"].map(pull))).toEqual([200, 404]);
  });

  test("limits hold, and patterns are linear or refused with their position", async () => {
    const save = async (body: unknown) => {
      const { id } = await ager.sdk.call<{ id: number }>("createRetention", { ...image, body });
      await ager.sdk.call("deleteRetention", { ...image, retention_id: id });
    };
    for (const body of [days("1"), days("365"), num("1000"), num("2"), days("1", regexp("(a+)+$"))]) await save(body);
    const wrong = [
      ...["0", "366", "", "x", "-1"].map((value) => days(value)),
      ...["0", "1001", "1.5"].map((value) => num(value)),
      policy("date_rule", { num: "1" }),
      policy("size_rule", { days: "1" }),
      { ...days("1"), algorithm: "and" },
      { ...days("1"), rules: [] },
      { ...days("1"), rules: [...days("1").rules, ...num("1").rules] },
      days("1", { kind: "label", pattern: "v*" }),
      days("1", { kind: "glob", pattern: "v1" }),
      days("1", regexp("")),
    ];
    for (const body of wrong) expect(await ager.sdk.refusal("createRetention", { ...image, body })).toBe(INVALID);
    const { status, message } = await ager.sdk.refusalOf("createRetention", {
      ...image,
      body: days("1", regexp("v(1")),
    });
    expect([status, message]).toEqual([400, expect.stringContaining("at position 3")]);
    expect(await ager.sdk.call("listRetentions", image)).toHaveLength(0);
  });

  test("a rule goes with its image", async () => {
    await pushImage(ager.person, "ager/gone", "v1");
    const gone = { namespace: "ager", repository: "gone" };
    const { id } = await ager.sdk.call<{ id: number }>("createRetention", { ...gone, body: num("1") });
    await ager.sdk.call("deleteRepo", gone);
    const refusals = [
      ager.sdk.refusal("listRetentions", gone),
      ager.sdk.refusal("listRetentionHistories", gone),
      ager.sdk.refusal("showRetention", { ...gone, retention_id: id }),
      ager.sdk.refusal("createRetention", { ...gone, body: num("1") }),
    ];
    for (const refusal of await Promise.all(refusals)) expect(refusal).toBe("404 SVCSTG.SWR.4040113");
  });
}
