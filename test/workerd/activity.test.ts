import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import type { Database } from "../../src/storage/database.ts";
import { listRecentDeliveries, listRecentPushes } from "../../src/storage/overview/activity.ts";
import { type Client, grant, newAccount, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";
import { planOf, walkOf } from "../support/workerd/query-plans.ts";
import { errorCodes, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { makePublic } from "../support/workerd/stored-rights.ts";

interface Activity {
  pushes: { organization: string; image: string; tag: string; digest: string; pushedBy: string; pushed: string }[];
  deliveries: { organization: string; image: string; trigger: string; id: number; tag: string; test: boolean }[];
}

async function read(client: Client, query = ""): Promise<Activity> {
  const response = await client.get(`/api/activity${query}`);
  if (response.status !== 200) throw new Error(`reading the activity: ${response.status} ${await response.text()}`);
  return response.json<Activity>();
}

const pushesOf = ({ pushes }: Activity) => pushes.map(({ image, tag }) => `${image}:${tag}`);
const deliveriesOf = ({ deliveries }: Activity) =>
  deliveries.map(({ image, trigger, tag }) => `${image} ${trigger} ${tag}`);

/** Sets when a tag was moved, and its image changed. */
async function setTime(repository: string, tag: string, time: number): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      "UPDATE tags SET updated_at = ?3 WHERE name = ?2 AND repository_id = (SELECT id FROM repositories WHERE name = ?1)",
    ).bind(repository, tag, time),
    env.DB.prepare("UPDATE repositories SET updated_at = max(updated_at, ?2) WHERE name = ?1").bind(repository, time),
  ]);
}

/** Pushes tags, each some time after the one before. */
async function pushInOrder(client: Client, organization: string, names: readonly string[]): Promise<void> {
  for (const [at, name] of names.entries()) {
    const [image = "", tag = ""] = name.split(":");
    await pushAs(client, `${organization}/${image}`, tag);
    await env.DB.prepare("UPDATE repositories SET updated_at = 0 WHERE name = ?")
      .bind(`${organization}/${image}`)
      .run();
    await setTime(`${organization}/${image}`, tag, 1_000_000 + at);
  }
  // The image of each is as new as the last of its tags.
  await env.DB.prepare(
    "UPDATE repositories SET updated_at = (SELECT max(updated_at) FROM tags WHERE repository_id = repositories.id) WHERE name LIKE ?",
  )
    .bind(`${organization}/%`)
    .run();
}

/** Gives an image a trigger with deliveries of this tag. */
async function addDeliveries(repository: string, trigger: string, tags: readonly string[]): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
     SELECT id, ?2, 'all', '', 1, '{"kind":"webhook","url":"https://hooks.example.com/","format":"text"}', 0, 0
     FROM repositories WHERE name = ?1`,
  )
    .bind(repository, trigger)
    .run();
  for (const tag of tags) {
    await env.DB.prepare(
      `INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, detail, created_at, finished_at)
       SELECT hex(randomblob(16)), triggers.id, json_object('isTest', json(?4)), ?3, 'sha256:', 'success', 'answered 200', 1, 2
       FROM triggers JOIN repositories ON repositories.id = repository_id WHERE repositories.name = ?1 AND triggers.name = ?2`,
    )
      .bind(repository, trigger, tag, tag === "test" ? "true" : "null")
      .run();
  }
}

describe("the last pushes", () => {
  it("are the tags that were moved last, each once, with who did it and when", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await grant(administrator, organization, member.name, 3);
    await pushInOrder(administrator, organization, ["web:1", "db:1", "web:2", "shop/web:1"]);
    const digest = await pushAs(member, `${organization}/db`, "1");
    const activity = await read(administrator);
    expect(pushesOf(activity)).toEqual(["db:1", "shop/web:1", "web:2", "web:1"]);
    expect(activity.pushes[0]).toEqual({
      organization,
      image: "db",
      tag: "1",
      digest,
      pushedBy: member.name,
      pushed: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(activity.pushes[1]?.pushedBy).toBe(administrator.name);
    expect(pushesOf(await read(administrator, "?limit=2"))).toEqual(["db:1", "shop/web:1"]);
    expect(await read(administrator, "?limit=50")).toEqual(activity);
  });

  it("do not have a tag that was deleted", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["web:1", "web:2"]);
    await administrator.delete(`/v2/manage/namespaces/${organization}/repos/web/tags/2`);
    expect(pushesOf(await read(administrator))).toEqual(["web:1"]);
  });

  it("are of images that the caller has a right to, and of no other's public ones", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const [open, closed] = [await newOrganization(administrator), await newOrganization(administrator)];
    await pushInOrder(administrator, open, ["web:1"]);
    await pushInOrder(administrator, closed, ["one:1", "two:1"]);
    await grant(administrator, open, member.name, 1);
    await grant(administrator, closed, member.name, 1, "two");
    expect(pushesOf(await read(member)).toSorted()).toEqual(["two:1", "web:1"]);
    await makePublic(`${open}/web`);
    const { administrator: stranger } = await newAccount();
    expect(await read(stranger)).toEqual({ pushes: [], deliveries: [] });
  });
});

describe("the last deliveries", () => {
  it("are the newest of all triggers together", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["web:1", "db:1"]);
    await addDeliveries(`${organization}/web`, "deploy", ["1", "2"]);
    await addDeliveries(`${organization}/db`, "tell", ["3", "test"]);
    await addDeliveries(`${organization}/web`, "also", ["4"]);
    const activity = await read(administrator);
    expect(deliveriesOf(activity)).toEqual(["web also 4", "db tell test", "db tell 3", "web deploy 2", "web deploy 1"]);
    expect(activity.deliveries[0]).toEqual({
      organization,
      image: "web",
      trigger: "also",
      id: expect.any(Number),
      tag: "4",
      digest: "sha256:",
      test: false,
      status: "success",
      detail: "answered 200",
      reasons: [],
      created: "1970-01-01T00:00:00.001Z",
      finished: "1970-01-01T00:00:00.002Z",
    });
    expect(activity.deliveries[1]?.test).toBe(true);
    expect(deliveriesOf(await read(administrator, "?limit=2"))).toEqual(["web also 4", "db tell test"]);
  });

  it("do not have those of a trigger that was deleted", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["web:1"]);
    for (const trigger of ["kept", "deleted"]) await addDeliveries(`${organization}/web`, trigger, ["1"]);
    // Its history goes in slices afterwards.
    await env.DB.prepare("UPDATE triggers SET name = '~' || id WHERE name = 'deleted'").run();
    expect(deliveriesOf(await read(administrator))).toEqual(["web kept 1"]);
  });

  it("are of images that the caller may edit", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const [edited, seen] = [await newOrganization(administrator), await newOrganization(administrator)];
    for (const organization of [edited, seen]) await pushInOrder(administrator, organization, ["one:1", "two:1"]);
    await grant(administrator, edited, member.name, 3);
    await grant(administrator, seen, member.name, 1);
    await grant(administrator, seen, member.name, 3, "two");
    for (const organization of [edited, seen]) {
      for (const image of ["one", "two"]) await addDeliveries(`${organization}/${image}`, "deploy", ["1"]);
    }
    const { deliveries } = await read(member);
    const found = deliveries.map(({ organization, image }) => `${organization}/${image}`);
    expect(found).toEqual([`${seen}/two`, `${edited}/two`, `${edited}/one`]);
  });
});

describe("the activity", () => {
  it.for(["0", "51", "x", "1.5"])("refuses a limit of %s", async (limit, { expect }) => {
    const { administrator } = await newAccount();
    const response = await administrator.get(`/api/activity?limit=${limit}`);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(["PARAMETER_INVALID"]);
  });

  it("is nobody's without credentials", async ({ expect }) => {
    expect((await fetchAnonymously("/api/activity")).status).toBe(401);
  });

  const member: User = { id: 1, name: "member", accountId: 1, accountName: "admin", role: "member" };
  const administrator: User = { ...member, role: "administrator" };
  const lists = [listRecentPushes, listRecentDeliveries].flatMap((list) =>
    [member, administrator].map((user) => ({
      name: list.name,
      role: user.role,
      act: (db: Database) => list(db, user, 50),
    })),
  );

  it.for(lists)("walks one index to the images that changed last: $name, $role", async ({ act }, { expect }) => {
    const plan = await planOf(act);
    expect(
      plan.filter(
        (step) =>
          step.startsWith("SCAN") &&
          !/^SCAN (?:changed|page|repositories|few|found|ends|selected_\d|\(subquery-\d+\)|CONSTANT ROW)$/.test(step),
      ),
    ).toEqual([]);
    expect((await walkOf(act, "repositories_by_update")).faults).toEqual([]);
    expect(plan.some((step) => step.includes("repositories_by_update (account_id=?"))).toBe(true);
    // Of each image the newest only, along an index; what is sorted is what was found so.
    expect(plan.filter((step) => /tags_by_update|deliveries_by_trigger/.test(step))).toHaveLength(1);
  });
});
