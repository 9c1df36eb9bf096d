import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { insertAuditRarely } from "../../src/storage/audit/rare-events.ts";
import type { Database } from "../../src/storage/database.ts";
import { eventually } from "../support/workerd/waiting.ts";
import {
  type AuditRow,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  pushAs,
  sendWithToken,
  tokenFor,
} from "../support/workerd/managing-clients.ts";
import { errorCodes, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { planOf, statementsOf } from "../support/workerd/query-plans.ts";

/** What was refused to a user by the registry API, oldest first. */
async function refusalsOf(client: Client): Promise<AuditRow[]> {
  const { results } = await env.DB.prepare(
    `SELECT action, organization, user_name, resource, result, detail FROM audit_events
     WHERE user_name = ? AND action = 'registry.request' ORDER BY id`,
  )
    .bind(client.name)
    .all<AuditRow>();
  return results;
}

/** Waits for what is recorded after an answer. */
function refusals(client: Client, count: number): Promise<AuditRow[]> {
  return eventually(
    () => refusalsOf(client),
    (rows) => rows.length >= count,
  );
}

/** A reader of an organization's image `web`. */
async function aReader() {
  const { administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  await pushAs(administrator, `${organization}/web`);
  await grant(administrator, organization, member.name, 1);
  return { administrator, member, organization };
}

const upload = (client: Client, repository: string) => client.post(`/v2/${repository}/blobs/uploads/`);

describe("a push that is refused", () => {
  it("is in the audit of the organization's account", async ({ expect }) => {
    const { administrator, member, organization } = await aReader();
    expect((await upload(member, `${organization}/web`)).status).toBe(403);
    expect(await refusals(member, 1)).toEqual([
      {
        action: "registry.request",
        organization,
        user_name: member.name,
        resource: `${organization}/web`,
        result: "denied",
        detail: JSON.stringify({ method: "POST", path: `/v2/${organization}/web/blobs/uploads/` }),
      },
    ]);
    const seen = await administrator.get("/api/audit?action=registry.request&result=denied");
    expect(await seen.json()).toMatchObject({ events: [{ user: member.name, resource: `${organization}/web` }] });
  });

  it("is recorded of a token, of a manifest and of a deletion as well", async ({ expect }) => {
    const { member, organization } = await aReader();
    const token = await tokenFor(member, `repository:${organization}/one:pull,push`);
    const asked: [string, string][] = [
      ["PUT", `/v2/${organization}/one/manifests/1.0`],
      ["DELETE", `/v2/${organization}/two/manifests/1.0`],
      ["POST", `/v2/${organization}/blobs/three/blobs/uploads/`],
    ];
    for (const [method, path] of asked) {
      const response = path.includes("/one/")
        ? await sendWithToken(token, method, path)
        : await member.send(method, path);
      expect(response.status).toBe(403);
    }
    const rows = await refusals(member, 3);
    expect(rows.map(({ resource }) => resource)).toEqual(
      ["one", "two", "blobs/three"].map((name) => `${organization}/${name}`),
    );
  });

  it("is recorded once a minute, however often and in how many requests it comes", async ({ expect }) => {
    const { member, organization } = await aReader();
    await Promise.all(Array.from({ length: 8 }, () => upload(member, `${organization}/web`)));
    await upload(member, `${organization}/other`);
    expect((await refusals(member, 2)).map(({ resource }) => resource)).toEqual([
      `${organization}/web`,
      `${organization}/other`,
    ]);
    await env.DB.prepare("UPDATE audit_events SET created_at = created_at - 61000 WHERE user_name = ?")
      .bind(member.name)
      .run();
    await upload(member, `${organization}/web`);
    expect(await refusals(member, 3)).toHaveLength(3);
  });

  it("does not flood the audit, however many repositories are tried", async ({ expect }) => {
    const { member, organization } = await aReader();
    for (let count = 0; count < 25; count += 1) await upload(member, `${organization}/image-${count}`);
    await refusals(member, 20);
    await upload(member, `${organization}/last`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await refusalsOf(member)).toHaveLength(20);
  });
});

describe("a look before a push that is refused", () => {
  it("finds nothing, so that the client goes on to be told why", async ({ expect }) => {
    const { member, organization } = await aReader();
    const stranger = (await newAccount()).administrator;
    const blob = `sha256:${"0".repeat(64)}`;
    for (const [client, name] of [
      [stranger, `${organization}/web`],
      [stranger, `${newName("resting")}/web`],
    ] as const) {
      const token = await tokenFor(client, `repository:${name}:pull,push`);
      const isNew = !name.startsWith(organization);
      for (const path of [`/v2/${name}/blobs/${blob}`, `/v2/${name}/manifests/latest`]) {
        expect((await sendWithToken(token, "HEAD", path)).status).toBe(404);
        const read = await sendWithToken(token, "GET", path);
        expect([read.status, (await errorCodes(read))[0]]).toEqual([404, expect.stringContaining("UNKNOWN")]);
      }
      const pushed = await sendWithToken(token, "POST", `/v2/${name}/blobs/uploads/`);
      expect(pushed.status).toBe(isNew ? 202 : 403);
      if (!isNew) expect(await pushed.text()).toContain("is taken by another account");
    }
    // Who only wants to pull is refused, as ever.
    const pulling = await tokenFor(stranger, `repository:${organization}/web:pull`);
    expect((await sendWithToken(pulling, "HEAD", `/v2/${organization}/web/blobs/${blob}`)).status).toBe(403);
    const reading = await tokenFor(member, `repository:${organization}/web:pull,push`);
    expect((await sendWithToken(reading, "HEAD", `/v2/${organization}/web/blobs/${blob}`)).status).toBe(404);
  });
});

describe("what is not recorded", () => {
  it("is a pull that is refused, and a push without credentials", async ({ expect }) => {
    const { member, organization } = await aReader();
    const { administrator: stranger } = await newAccount();
    expect((await stranger.get(`/v2/${organization}/web/manifests/latest`)).status).toBe(403);
    const anonymous = await fetchAnonymously(`/v2/${organization}/web/blobs/uploads/`, { method: "POST" });
    expect(anonymous.status).toBe(401);
    expect((await upload(member, `${organization}/web`)).status).toBe(403);
    await refusals(member, 1);
    expect(await refusalsOf(stranger)).toEqual([]);
  });

  it("is the name of an organization that does not exist: the user's own account has the path", async ({ expect }) => {
    const { member, administrator } = await newAccount();
    const name = `${newName("org")}/web`;
    expect((await member.delete(`/v2/${name}/manifests/latest`)).status).toBe(403);
    const path = `/v2/${name}/manifests/latest`;
    expect(await refusals(member, 1)).toMatchObject([{ organization: null, resource: path }]);
    expect(await (await administrator.get("/api/audit?action=registry.request")).json()).toMatchObject({
      events: [{ user: member.name, resource: path }],
    });
  });
});

it("looks for refusals like it among a user's latest events only", async ({ expect }) => {
  const user = { name: "alice", accountId: 1 };
  const entry = { action: "registry.request", resource: "/v2/", result: "denied" } as const;
  const limits = { intervalMs: 1000, ofUser: [], toAccount: [], fromAccount: [] };
  const record = (db: Database) => insertAuditRarely(db, { user, address: undefined }, entry, 1, limits);
  const plan = await planOf(record);
  expect(plan).toContain("SEARCH audit_events USING INDEX audit_events_by_user (user_name=?)");
  expect(plan.join()).not.toContain("TEMP B-TREE");
  expect((await statementsOf(record))[0]?.values).toContain(200);
});
