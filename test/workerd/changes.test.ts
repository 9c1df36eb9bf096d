import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import { readChangeMarks } from "../../src/storage/overview/changes.ts";
import { type Client, grant, newAccount, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import { fetchAnonymously } from "../support/workerd/registry-requests.ts";

type Changes = Record<"images" | "deliveries" | "jobs", string>;

async function read(client: Client): Promise<Changes> {
  const response = await client.get("/api/changes");
  if (response.status !== 200) throw new Error(`reading the changes: ${response.status} ${await response.text()}`);
  return response.json<Changes>();
}

/** Does something, and answers which marks of somebody are others then. */
async function changedBy(client: Client, act: () => Promise<unknown>): Promise<string[]> {
  const before = await read(client);
  await act();
  const after = await read(client);
  return (["images", "deliveries", "jobs"] as const).filter((kind) => before[kind] !== after[kind]);
}

async function insertFor(repository: string, sql: string): Promise<void> {
  await env.DB.prepare(sql).bind(repository).run();
}

const addTrigger = (repository: string) =>
  insertFor(
    repository,
    `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
     SELECT id, 'deploy', 'all', '', 0, '{}', 0, 0 FROM repositories WHERE name = ?`,
  );

const addDelivery = (repository: string) =>
  insertFor(
    repository,
    `INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, created_at)
     SELECT hex(randomblob(16)), triggers.id, '{}', '1', 'sha256:', 'success', 1
     FROM triggers JOIN repositories ON repositories.id = repository_id WHERE repositories.name = ?`,
  );

const addJob = (repository: string) =>
  insertFor(
    repository,
    `INSERT INTO sync_jobs (account_id, organization_id, repository_id, operation, tag, digest, remote_id, remote,
       remote_organization, overrides, has_referrers, user_name, registry, status, created_at)
     SELECT account_id, organization_id, id, 'copy', '1', 'sha256:', 1, 'there', '', 0, 0, 'somebody', '', 'success', 1
     FROM repositories WHERE name = ?`,
  );

/** What may happen to an image, and which marks it changes. */
const EVENTS: readonly (readonly [string, (client: Client, organization: string) => Promise<unknown>, string[]])[] = [
  ["nothing", async () => undefined, []],
  ["a push", (client, organization) => pushAs(client, `${organization}/web`, "2"), ["images"]],
  [
    "the deletion of a tag",
    (client, organization) => client.post(`/api/organizations/${organization}/images/web/tags/delete`, { tags: ["1"] }),
    ["images"],
  ],
  [
    "the deletion of an image",
    (client, organization) => client.delete(`/api/organizations/${organization}/images/web`),
    ["images"],
  ],
  [
    "a change of a property",
    (client, organization) => client.patch(`/api/organizations/${organization}/images/web`, { description: "New" }),
    ["images"],
  ],
  ["a delivery", (_, organization) => addDelivery(`${organization}/web`), ["deliveries"]],
  ["a job", (_, organization) => addJob(`${organization}/web`), ["jobs"]],
];

describe("the marks of changes", () => {
  it.for(EVENTS)("tell an administrator of %s", async ([, act, expected], { expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`, "1");
    await pushAs(administrator, `${organization}/db`, "1");
    await addTrigger(`${organization}/web`);
    expect(await changedBy(administrator, () => act(administrator, organization))).toEqual(expected);
  });

  it.for(EVENTS)(
    "tell a member of %s where they have a right, and of nothing elsewhere",
    async ([, act, expected], { expect }) => {
      const { administrator, member } = await newAccount();
      const [whole, single, other] = await Promise.all([1, 2, 3].map(() => newOrganization(administrator)));
      for (const organization of [whole, single, other]) {
        for (const image of ["web", "db"]) await pushAs(administrator, `${organization}/${image}`, "1");
        await addTrigger(`${organization}/web`);
      }
      await grant(administrator, whole ?? "", member.name, 3);
      await grant(administrator, single ?? "", member.name, 3, "web");
      await grant(administrator, other ?? "", member.name, 3, "db");
      expect(await changedBy(member, () => act(administrator, whole ?? ""))).toEqual(expected);
      expect(await changedBy(member, () => act(administrator, single ?? ""))).toEqual(expected);
      expect(await changedBy(member, () => act(administrator, other ?? ""))).toEqual([]);
    },
  );

  it("tell of organizations that come", async ({ expect }) => {
    const { administrator } = await newAccount();
    expect(await changedBy(administrator, () => newOrganization(administrator))).toEqual(["images"]);
  });

  it("tell who has very many rights of the whole account", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await pushAs(administrator, `${organization}/web`, "1");
    await env.DB.batch([
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 110)
         INSERT INTO repositories (organization_id, account_id, name, created_at)
         SELECT id, account_id, name || '/image-' || i, 1 FROM organizations, n WHERE name = ?1`,
      ).bind(organization),
      env.DB.prepare(
        `INSERT INTO repository_permissions (repository_id, user_id, level, created_at)
         SELECT repositories.id, users.id, 'read', 1 FROM repositories, users
         WHERE repositories.name LIKE ?1 AND users.name = ?2`,
      ).bind(`${organization}/image-%`, member.name),
    ]);
    expect(await changedBy(member, () => pushAs(administrator, `${organization}/web`, "2"))).toEqual(["images"]);
  });

  it("are kept by no cache, and nobody's without credentials", async ({ expect }) => {
    const { member } = await newAccount();
    expect((await member.get("/api/changes")).headers.get("Cache-Control")).toBe("no-store");
    expect((await fetchAnonymously("/api/changes")).status).toBe(401);
  });

  const member: User = { id: 1, name: "member", accountId: 1, accountName: "admin", role: "member" };
  it.for([member, { ...member, role: "administrator" as const }])(
    "take one query, which searches indexes only: $role",
    async (user, { expect }) => {
      const plans = await plansOf((db) => readChangeMarks(db, user));
      expect(plans).toHaveLength(1);
      const isBounded = /^SCAN (?:granted|seen|image|fired|\(subquery-\d+\)|CONSTANT ROW)$/;
      expect(plans.flat().filter((step) => step.startsWith("SCAN") && !isBounded.test(step))).toEqual([]);
    },
  );
});
