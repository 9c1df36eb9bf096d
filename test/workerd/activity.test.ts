import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import { listActivity } from "../../src/storage/overview/activity.ts";
import { countFailedSyncs } from "../../src/storage/sync/sync-failures.ts";
import { countRequest } from "../support/workerd/counting.ts";
import { type Client, grant, newAccount, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import { basic, errorCodes, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { makePublic } from "../support/workerd/stored-rights.ts";

interface Delivery {
  organization: string;
  image: string;
  trigger: string;
  id: number;
  tag: string;
  test: boolean;
  status: string;
}

interface Activity {
  pushes: { organization: string; image: string; tag: string; digest: string; pushedBy: string; pushed: string }[];
  deliveries: Delivery[] | null;
  failing: Delivery[] | null;
  failedSyncs: { organization: string; image: string; tag: string; remote: string; status: string }[] | null;
}

async function read(client: Client, query = ""): Promise<Activity> {
  const response = await client.get(`/api/activity${query}`);
  if (response.status !== 200) throw new Error(`reading the activity: ${response.status} ${await response.text()}`);
  return response.json<Activity>();
}

const pushesOf = ({ pushes }: Activity) => pushes.map(({ image, tag }) => `${image}:${tag}`);
const named = (deliveries: Activity["deliveries"]) =>
  deliveries?.map(({ image, trigger, tag }) => `${image} ${trigger} ${tag}`);
const deliveriesOf = ({ deliveries }: Activity) => named(deliveries);
const failingOf = ({ failing }: Activity) => named(failing);

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

/** More images than one page looks through, changed later than all others: nobody pushed to them, and none has a trigger. */
async function addChangedImages(organization: string, count: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
     INSERT INTO repositories (organization_id, account_id, name, created_at, updated_at)
     SELECT id, account_id, name || '/changed-' || i, 1, 9000000000000 + i FROM organizations, n WHERE name = ?1`,
  )
    .bind(organization, count)
    .run();
}

/** Ends the newest delivery of a trigger. */
async function endDelivery(trigger: string, tag: string, status: string): Promise<void> {
  await env.DB.prepare(
    `UPDATE deliveries SET status = ?3, finished_at = 3 WHERE id = (
       SELECT max(deliveries.id) FROM deliveries JOIN triggers ON triggers.id = trigger_id
       WHERE triggers.name = ?1 AND tag = ?2)`,
  )
    .bind(trigger, tag, status)
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
    expect(await read(stranger)).toEqual({ pushes: [], deliveries: [], failing: [], failedSyncs: [] });
  });

  it("are the newest of all images, however many were changed since", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const [organization, other] = [await newOrganization(administrator), await newOrganization(administrator)];
    await pushInOrder(administrator, organization, ["web:1", "db:1"]);
    await pushInOrder(administrator, other, ["one:1", "two:1"]);
    await addChangedImages(organization, 60);
    await grant(administrator, organization, member.name, 1);
    await grant(administrator, other, member.name, 1, "two");
    expect(pushesOf(await read(administrator)).toSorted()).toEqual(["db:1", "one:1", "two:1", "web:1"]);
    expect(pushesOf(await read(member)).toSorted()).toEqual(["db:1", "two:1", "web:1"]);
    expect(pushesOf(await read(member, "?limit=1"))).toHaveLength(1);
  });

  it("are those before when newer tags were deleted", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["old:1", "one:1", "two:1"]);
    for (const image of ["one", "two"]) {
      await administrator.delete(`/v2/manage/namespaces/${organization}/repos/${image}/tags/1`);
    }
    expect(pushesOf(await read(administrator, "?limit=1"))).toEqual(["old:1"]);
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
    expect(activity.deliveries?.[0]).toEqual({
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
    expect(activity.deliveries?.[1]?.test).toBe(true);
    expect(deliveriesOf(await read(administrator, "?limit=2"))).toEqual(["web also 4", "db tell test"]);
  });

  it("are the newest of all images, however many were changed since", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const [organization, other] = [await newOrganization(administrator), await newOrganization(administrator)];
    await pushInOrder(administrator, organization, ["web:1"]);
    await pushInOrder(administrator, other, ["one:1", "two:1"]);
    await addDeliveries(`${organization}/web`, "deploy", ["1"]);
    for (const image of ["one", "two"]) await addDeliveries(`${other}/${image}`, "deploy", ["1"]);
    await addChangedImages(organization, 60);
    await grant(administrator, organization, member.name, 3);
    await grant(administrator, other, member.name, 3, "two");
    expect(deliveriesOf(await read(administrator))).toEqual(["two deploy 1", "one deploy 1", "web deploy 1"]);
    expect(deliveriesOf(await read(member))).toEqual(["two deploy 1", "web deploy 1"]);
    expect(deliveriesOf(await read(member, "?limit=1"))).toEqual(["two deploy 1"]);
  });

  it("are of nothing that a caller could see who may edit nothing", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["web:1"]);
    await addDeliveries(`${organization}/web`, "deploy", ["1"]);
    await grant(administrator, organization, member.name, 1);
    const { deliveries, failing } = await read(member);
    expect({ deliveries, failing }).toEqual({ deliveries: null, failing: null });
    await grant(administrator, organization, member.name, 3, "web");
    expect(deliveriesOf(await read(member))).toEqual(["web deploy 1"]);
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
    const found = deliveries?.map(({ organization, image }) => `${organization}/${image}`);
    expect(found).toEqual([`${seen}/two`, `${edited}/two`, `${edited}/one`]);
  });
});

describe("failing triggers", () => {
  it("are those whose last delivery failed, until one succeeds", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["web:1", "db:1"]);
    await addDeliveries(`${organization}/web`, "one", ["1", "2"]);
    await addDeliveries(`${organization}/db`, "two", ["3", "4", "test"]);
    await endDelivery("one", "1", "failed");
    await endDelivery("two", "3", "dead");
    expect(failingOf(await read(administrator))).toEqual(["db two 3", "web one 1"]);
    // A test proves that the receiver answers, and not that what failed has arrived.
    await endDelivery("two", "test", "success");
    await endDelivery("one", "2", "failed");
    const { failing } = await read(administrator);
    expect(named(failing)).toEqual(["db two 3", "web one 2"]);
    expect(failing?.[0]?.status).toBe("dead");
    await endDelivery("two", "4", "success");
    expect(failingOf(await read(administrator))).toEqual(["web one 2"]);
    expect(await imageOf(administrator, organization, "web")).toMatchObject({ failingTriggers: 1 });
    expect(await imageOf(administrator, organization, "db")).toMatchObject({ failingTriggers: 0 });
  });

  it("do not have one that somebody switched off since, but one that the registry did", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["web:1"]);
    for (const name of ["by-hand", "gone"]) {
      await addDeliveries(`${organization}/web`, name, ["1"]);
      await endDelivery(name, "1", "failed");
    }
    await env.DB.prepare("UPDATE triggers SET is_enabled = 0, updated_at = 4 WHERE name = 'by-hand'").run();
    await env.DB.prepare("UPDATE triggers SET is_enabled = 0, updated_at = 2 WHERE name = 'gone'").run();
    expect(failingOf(await read(administrator))).toEqual(["web gone 1"]);
    expect(await imageOf(administrator, organization, "web")).toMatchObject({ failingTriggers: 1 });
  });

  it("are shown to who may edit their images alone", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["one:1", "two:1"]);
    for (const image of ["one", "two"]) {
      await addDeliveries(`${organization}/${image}`, image, ["1"]);
      await endDelivery(image, "1", "failed");
    }
    await grant(administrator, organization, member.name, 1);
    await grant(administrator, organization, member.name, 3, "two");
    expect(failingOf(await read(member))).toEqual(["two two 1"]);
    expect(await imageOf(member, organization, "one")).toMatchObject({ failingTriggers: null });
  });
});

/** Stores jobs of an image in this order: a tag, its target and what came of it. */
async function addJobs(repository: string, jobs: readonly (readonly [string, string, string])[]): Promise<void> {
  for (const [tag, remote, status] of jobs) {
    await env.DB.prepare(
      `INSERT INTO sync_jobs (account_id, organization_id, repository_id, operation, tag, digest, remote_id, remote,
         remote_organization, overrides, has_referrers, user_name, registry, status, detail, created_at, finished_at)
       SELECT account_id, organization_id, id, 'copy', ?2, 'sha256:0', 1, ?3, 'team', 0, 0, 'admin', '', ?4, 'it said no', 1, 2
       FROM repositories WHERE name = ?1`,
    )
      .bind(repository, tag, remote, status)
      .run();
  }
}

describe("tags that did not arrive elsewhere", () => {
  it("are those whose last job for a target failed", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["web:1", "other:1"]);
    await addJobs(`${organization}/web`, [
      ["mended", "tokyo", "failed"],
      ["mended", "tokyo", "success"],
      ["half", "tokyo", "success"],
      ["half", "osaka", "timeout"],
      ["again", "tokyo", "failed"],
      ["again", "tokyo", "waiting"],
      ["twice", "tokyo", "failed"],
      ["twice", "tokyo", "existed"],
      ["stopped", "tokyo", "cancel"],
    ]);
    await addJobs(`${organization}/other`, [["mended", "tokyo", "failed"]]);
    const { failedSyncs } = await read(administrator);
    expect(failedSyncs?.map(({ image, tag, remote, status }) => [image, tag, remote, status])).toEqual([
      ["other", "mended", "tokyo", "failed"],
      ["web", "twice", "tokyo", "existed"],
      ["web", "half", "osaka", "timeout"],
    ]);
    expect(failedSyncs?.[0]).toMatchObject({ organization, remoteOrganization: "team", detail: "it said no" });
    expect(await imageOf(administrator, organization, "web")).toMatchObject({ failedSyncs: 2 });
    expect(await imageOf(administrator, organization, "other")).toMatchObject({ failedSyncs: 1 });
  });

  it("are shown to who may edit their images alone", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushInOrder(administrator, organization, ["one:1", "two:1"]);
    for (const image of ["one", "two"]) await addJobs(`${organization}/${image}`, [["1", "tokyo", "failed"]]);
    await grant(administrator, organization, member.name, 1);
    expect((await read(member)).failedSyncs).toBe(null);
    await grant(administrator, organization, member.name, 3, "two");
    expect((await read(member)).failedSyncs?.map(({ image }) => image)).toEqual(["two"]);
    expect(await imageOf(member, organization, "one")).toMatchObject({ failedSyncs: null });
  });

  it("are looked for in indexes, among a bounded number of jobs", async ({ expect }) => {
    const user: User = { id: 1, name: "member", accountId: 1, accountName: "admin", role: "member" };
    const plans = [
      ...(await plansOf((db) => listActivity(db, user, 50), { isMeant: /sync_jobs/ })),
      ...(await plansOf((db) => countFailedSyncs(db, 1))),
    ];
    expect(plans.length).toBe(2);
    for (const plan of plans) {
      expect(plan.filter((step) => /^SCAN (?!failed|found|\(subquery)/.test(step))).toEqual([]);
      expect(plan.join("\n")).toMatch(/sync_jobs_by_(?:account|repository)/);
      expect(plan.join("\n")).toMatch(/SEARCH later USING .*sync_jobs_by_tag/);
      expect(plan.join("\n")).not.toMatch(/TEMP B-TREE/);
    }
  });
});

async function imageOf(client: Client, organization: string, image: string): Promise<unknown> {
  return (await client.get(`/api/organizations/${organization}/images/${image}`)).json();
}

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
  it("asks the database once, besides for who asks", async ({ expect }) => {
    const { member: asking } = await newAccount();
    const headers = { Authorization: basic(asking.name, asking.password) };
    const { response, rounds, counts } = await countRequest("/api/activity", { headers });
    expect(response.status).toBe(200);
    expect([rounds, counts.roundTrips]).toEqual([2, 2]);
  });

  it.for([member, administrator])("searches indexes only: $role", async (user, { expect }) => {
    const plans = await plansOf((db) => listActivity(db, user, 50), { isMeant: /page/ });
    expect(plans.length).toBe(3);
    const isBounded = /^SCAN (?:granted|leading|images|page|made|seen|own|scopes|found|\(subquery-\d+\)|CONSTANT ROW)$/;
    const isIndex =
      /_by_push|_by_organization_push|deliveries_by_account|deliveries_by_organization|deliveries_failing/;
    for (const plan of plans) {
      expect(plan.filter((step) => step.startsWith("SCAN") && !isBounded.test(step))).toEqual([]);
      expect(plan.some((step) => isIndex.test(step))).toBe(true);
    }
  });
});
