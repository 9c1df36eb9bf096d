/** What pushes set off: SWR's "Trigger management" and guide 4.7. */
import { beforeAll, expect, test } from "vitest";
import { type Person } from "../../support/server-people.ts";
import { pushImage } from "../../support/server-images.ts";
import type { SdkUser, SdkRegistry } from "../sdk-registry.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const INVALID = "400 SVCSTG.SWR.4000014";
const UNKNOWN = "404 SVCSTG.SWR.4040126";

/** The guide's example. */
const TRIGGER = {
  name: "All_tags",
  action: "update",
  app_type: "deployments",
  application: "nginx",
  cluster_ns: "default",
  cluster_name: "production",
  trigger_type: "all",
  condition: ".*",
  enable: "true",
};
const SHOWN = {
  ...TRIGGER,
  condition_syntax: "",
  cluster_id: expect.stringMatching(/^\d+$/),
  container: "",
  trigger_mode: "cce",
  creator_name: "trigger-owner",
  created_at: TIME,
};

/** Registers the tests. */
export function triggers(setting: SdkRegistry): void {
  const image = { namespace: "deployer", repository: "nginx" };
  let owner: Person;
  let sdk: SdkUser;
  let clusterId: string;

  const create = (fields: Record<string, unknown>) => ({ ...image, body: { ...TRIGGER, ...fields } });
  const named = (trigger: string) => ({ ...image, trigger });

  beforeAll(async () => {
    ({ person: owner, sdk } = await setting.account("trigger-owner"));
    await pushImage(owner, "deployer/nginx", "v1");
    const cluster = { name: "production", server: "https://cluster.example.com", token: "token", test: false };
    ({ id: clusterId } = await owner.ask<{ id: string }>("POST", "/api/organizations/deployer/clusters", cluster));
  });

  test("a trigger is made, listed, shown, switched off and deleted", async () => {
    expect(await sdk.call("listTriggersDetails", image)).toHaveLength(0);
    expect(await sdk.call("createTrigger", create({}))).toEqual({ httpStatusCode: 201 });

    const [listed] = await sdk.call<unknown[]>("listTriggersDetails", image);
    expect(listed).toEqual({ ...SHOWN, cluster_id: clusterId, trigger_history: null });
    const shown = { ...SHOWN, cluster_id: clusterId, trigger_history: [], httpStatusCode: 200 };
    expect(await sdk.call("showTrigger", named("All_tags"))).toEqual(shown);

    const off = { ...named("All_tags"), body: { enable: "false" } };
    expect(await sdk.call("updateTrigger", off)).toEqual({ httpStatusCode: 201 });
    expect(await sdk.call("showTrigger", named("All_tags"))).toEqual({ ...shown, enable: "false" });

    expect(await sdk.call("deleteTrigger", named("All_tags"))).toEqual({ httpStatusCode: 204 });
    expect(await sdk.call("listTriggersDetails", image)).toHaveLength(0);
    for (const operation of ["showTrigger", "deleteTrigger"] as const) {
      expect(await sdk.refusal(operation, named("All_tags"))).toBe(UNKNOWN);
    }
    expect(await sdk.refusal("updateTrigger", off)).toBe(UNKNOWN);
  });

  test("conditions, kinds of workloads and ways to name a cluster are as they were given", async () => {
    const kept = [
      { name: "t-1", trigger_type: "tag", condition: "v1;v2", app_type: "statefulsets", container: "web" },
      { name: "t-2", trigger_type: "regular", condition: "{v,release-}*", cluster_id: clusterId, cluster_name: "" },
    ];
    for (const fields of kept) await sdk.call("createTrigger", create(fields));
    for (const fields of kept) {
      const shown = await sdk.call("showTrigger", named(fields.name));
      expect(shown).toMatchObject({ ...fields, cluster_id: clusterId, cluster_name: "production" });
      await sdk.call("deleteTrigger", named(fields.name));
    }
  });

  test("names are as long as the guide says, and no other", async () => {
    for (const name of ["a", `a${"b".repeat(63)}`, "A_1-b"]) {
      await sdk.call("createTrigger", create({ name }));
      await sdk.call("deleteTrigger", named(name));
    }
    for (const name of ["", `a${"b".repeat(64)}`, "1a", "a__b", "a--b", "a-", "_a", "\u00fc", "a b"]) {
      expect(`${name} ${await sdk.refusal("createTrigger", create({ name }))}`).toBe(`${name} ${INVALID}`);
    }
  });

  test("what makes no sense is refused, and a name that is taken", async () => {
    for (const fields of [
      { trigger_type: "regular", condition: "{".repeat(10_000) },
      { trigger_type: "regular", condition: "{".repeat(1000) },
      { trigger_type: "tag", condition: "v1;;v2" },
      { trigger_type: "tag", condition: "" },
      { trigger_type: "some" },
      { action: "delete" },
      { app_type: "jobs" },
      { application: "Not a name" },
      { enable: true },
      { trigger_mode: "cci" },
      { cluster_name: "" },
    ]) {
      const said = await sdk.refusal("createTrigger", create(fields));
      expect(`${JSON.stringify(fields).slice(0, 80)} ${said}`).toMatch(/ 400 SVCSTG\.SWR\.\d+$/);
    }
    expect(await sdk.refusal("createTrigger", create({ cluster_name: "absent" }))).toMatch(/^404 /);
    await sdk.call("createTrigger", create({}));
    expect(await sdk.refusal("createTrigger", create({}))).toBe(INVALID);
    expect(await sdk.refusal("updateTrigger", { ...named("All_tags"), body: { enable: "maybe" } })).toMatch(/^400 /);
    await sdk.call("deleteTrigger", named("All_tags"));
  });
}
