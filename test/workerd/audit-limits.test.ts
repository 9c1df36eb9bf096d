/** What strangers can write into another account's audit, and how much of it. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import type { AuditAction } from "../../src/model/audit/audit.ts";
import { insertAuditRarely } from "../../src/storage/audit/rare-events.ts";
import {
  type Client,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
} from "../support/workerd/managing-clients.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { OCI_MANIFEST, basic, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { at } from "../support/workerd/signed-requests.ts";

const MINUTE = 60_000;
const PER_MINUTE = 10;
const PER_HOUR = 100;
const PER_HOUR_FROM_ONE = 50;

/** An account with public images. */
async function aVictim(images = 1) {
  const { account, administrator } = await newAccount();
  const organization = await newOrganization(administrator);
  const names = Array.from({ length: images }, (_, index) => `image-${index}`);
  for (const name of names) await pushAs(administrator, `${organization}/${name}`);
  await env.DB.prepare("UPDATE repositories SET is_public = 1 WHERE name LIKE ?").bind(`${organization}/%`).run();
  return { account, administrator, organization, names };
}

/** How many events of a kind an account has got that its own users did not cause. */
async function foreignEvents(account: string, action: AuditAction): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 400));
  const count = await env.DB.prepare(
    `SELECT count(*) AS n FROM audit_events JOIN accounts ON accounts.id = account_id
     WHERE accounts.name = ? AND action = ? AND origin_account_id IS NOT NULL`,
  )
    .bind(account, action)
    .first<number>("n");
  return count ?? 0;
}

interface Attempt {
  organization: string;
  image: string;
}

/** What is refused to a stranger, or done by one, and recorded for the account of the image. */
const DOORS: readonly (readonly [
  what: string,
  AuditAction,
  (stranger: Client, attempt: Attempt) => Promise<Response>,
  status: number,
])[] = [
  [
    "a change by SWR's API",
    "management.request",
    (stranger, { organization, image }) =>
      stranger.patch(`/v2/manage/namespaces/${organization}/repos/${image}`, { is_public: true }),
    403,
  ],
  [
    "a change by Berth's API",
    "management.request",
    (stranger, { organization, image }) =>
      stranger.send("PUT", `/api/organizations/${organization}/images/${image}/garbage-collection`, {
        keepsUntagged: true,
      }),
    403,
  ],
  [
    "a push of a blob",
    "registry.request",
    (stranger, { organization, image }) => stranger.post(`/v2/${organization}/${image}/blobs/uploads/`),
    403,
  ],
  [
    "a push of a manifest",
    "registry.request",
    (stranger, { organization, image }) =>
      stranger.send("PUT", `/v2/${organization}/${image}/manifests/x`, "{}", { "Content-Type": OCI_MANIFEST }),
    403,
  ],
  [
    "a deletion",
    "registry.request",
    (stranger, { organization, image }) => stranger.delete(`/v2/${organization}/${image}/manifests/latest`),
    403,
  ],
  [
    "a download",
    "image.download",
    (stranger, { organization, image }) =>
      stranger.get(`/api/organizations/${organization}/images/${image}/manifests/latest/archive`),
    200,
  ],
];

describe("another account's audit", () => {
  it.for(DOORS)("takes %s once a minute of one user and image", async ([, action, act, status], { expect }) => {
    const { account, organization, names } = await aVictim();
    const { administrator: stranger } = await newAccount();
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => act(stranger, { organization, image: names[0] ?? "" })),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(status);
      await answer.arrayBuffer();
    }
    expect(await foreignEvents(account, action)).toBe(1);
  });

  it.for(DOORS)("takes %s a few times a minute of all images and users", async ([, action, act], { expect }) => {
    const { account, organization, names } = await aVictim(6);
    const strangers = await newAccount();
    const users = [strangers.administrator, strangers.member, await newUser(strangers.account)];
    // Most of an account's images do not exist, which their names do not have to.
    const attempts = users.flatMap((user) => names.map((image) => act(user, { organization, image })));
    for (const answer of await Promise.all(attempts)) await answer.arrayBuffer();
    expect(await foreignEvents(account, action)).toBe(PER_MINUTE);
    // Another account's cannot add to it, and the victim's own are not held up by it.
    const { administrator: other } = await newAccount();
    await act(other, { organization, image: names[0] ?? "" });
    expect(await foreignEvents(account, action)).toBe(PER_MINUTE);
    const own = await newUser(account);
    await act(own, { organization, image: names[0] ?? "" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const found = await env.DB.prepare("SELECT count(*) AS n FROM audit_events WHERE user_name = ?")
      .bind(own.name)
      .first("n");
    expect(found).toBe(1);
  });

  it("takes 50 events an hour from one account, and 100 from all", async ({ expect }) => {
    const { account, organization, names } = await aVictim(PER_MINUTE);
    const start = Date.now() - 3 * 60 * MINUTE;
    const flood = async (fromMinute: number, minutes: number) => {
      const { administrator: stranger } = await newAccount();
      for (let minute = fromMinute; minute < fromMinute + minutes; minute += 1) {
        await at(start + minute * MINUTE + 1000, async () => {
          await Promise.all(names.map((image) => stranger.post(`/v2/${organization}/${image}/blobs/uploads/`)));
          await new Promise((resolve) => setTimeout(resolve, 50));
        });
      }
      return foreignEvents(account, "registry.request");
    };
    expect(await flood(0, 8)).toBe(PER_HOUR_FROM_ONE);
    expect(await flood(10, 4)).toBe(PER_HOUR_FROM_ONE + 40);
    expect(await flood(20, 4)).toBe(PER_HOUR);
    // An hour later the first are forgotten.
    expect(await flood(75, 1)).toBe(PER_HOUR + PER_MINUTE);
  });

  it("takes logins that fail a few times a minute, over all names and addresses", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const users = [administrator, await newUser(account), await newUser(account)];
    const fail = (name: string, address: string) =>
      fetchAnonymously("/token", { headers: { Authorization: basic(name, "wrong"), "CF-Connecting-IP": address } });
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(users.map(({ name }, index) => fail(name, `198.51.100.${round * 3 + index}`)));
    }
    expect(await foreignEvents(account, "session.login")).toBe(PER_MINUTE);
    // They hide no login of another account's user, nor one that works.
    const { member, account: other } = await newAccount();
    await fail(member.name, "198.51.100.99");
    expect(await foreignEvents(other, "session.login")).toBe(1);
    const headers = { "Content-Type": "application/json", "CF-Connecting-IP": "198.51.100.98" };
    const { name, password } = administrator;
    await fetchAnonymously("/api/session", { method: "POST", headers, body: JSON.stringify({ name, password }) });
    const { events } = await (
      await administrator.get("/api/audit?action=session.login&result=success")
    ).json<{
      events: { user: string }[];
    }>();
    expect(events.map(({ user }) => user)).toContain(name);
  });

  it("is counted by an index", async ({ expect }) => {
    const none = { max: 0, ms: 1000 };
    const limits = { intervalMs: 1000, ofUser: [], toAccount: [none], fromAccount: [none] };
    const entry = { action: "session.login", resource: "nobody", result: "denied" } as const;
    for (const user of [{ name: "nobody", accountId: 1 }, { name: "nobody" }]) {
      const plan = await planOf((db) => insertAuditRarely(db, { user, address: undefined }, entry, 2, limits));
      const counts = plan.filter((step) => step.includes("audit_events_foreign"));
      expect(counts).toEqual(
        Array.from({ length: 2 }, () =>
          expect.stringMatching(
            /^SEARCH audit_events USING INDEX audit_events_foreign \(account_id=\? AND created_at>\?\)$/,
          ),
        ),
      );
      expect(plan.filter((step) => /^SCAN audit_events|TEMP B-TREE/.test(step))).toEqual([]);
    }
  });
});

describe("one's own audit", () => {
  it("takes refusals of management once a minute as well", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    for (let count = 0; count < 10; count += 1) {
      expect((await member.post("/api/users", { name: newName("u"), password: "long enough" })).status).toBe(403);
    }
    for (let count = 0; count < 30; count += 1) await member.delete(`/api/users/${newName("nobody")}/access-keys/x`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { events } = await (
      await administrator.get("/api/audit?action=management.request&limit=100")
    ).json<{
      events: { resource: string }[];
    }>();
    expect(events.length).toBe(20);
    expect(events.filter(({ resource }) => resource === "/api/users")).toHaveLength(1);
    expect(organization).not.toBe("");
  });
});

let receiver: Awaited<ReturnType<typeof newAccount>>;
beforeAll(async () => {
  receiver = await newAccount();
});

describe("what an account receives from another", () => {
  it("is at most 1,000 shares", async ({ expect }) => {
    const { administrator, organization } = await aVictim();
    const share = (image: string) =>
      administrator.post(`/v2/manage/namespaces/${organization}/repositories/${image}/access-domains`, {
        access_domain: receiver.account,
        permit: "read",
        deadline: "forever",
      });
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO repositories (organization_id, account_id, name, created_at)
         SELECT organizations.id, account_id, name || '/shared-' || value, 0
         FROM organizations, ${SERIES} WHERE name = ?`,
      ).bind(organization),
      env.DB.prepare(
        `INSERT INTO shares (repository_id, account_id, deadline, created_at, updated_at)
         SELECT repositories.id, accounts.id, 'forever', 0, 0 FROM repositories, accounts
         WHERE repositories.name GLOB ? AND repositories.name NOT LIKE '%-1' AND repositories.name NOT LIKE '%-2'
           AND accounts.name = ?`,
      ).bind(`${organization}/shared-*`, receiver.account),
    ]);
    expect((await share("shared-1")).status).toBe(201);
    const refused = await share("shared-2");
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain(`account ${receiver.account} may receive at most 1000 images`);
    // Others may still share with it.
    const other = await aVictim();
    await env.DB.prepare("UPDATE repositories SET is_public = 0 WHERE name = ?")
      .bind(`${other.organization}/image-0`)
      .run();
    const path = `/v2/manage/namespaces/${other.organization}/repositories/image-0/access-domains`;
    const terms = { access_domain: receiver.account, permit: "read", deadline: "forever" };
    expect((await other.administrator.post(path, terms)).status).toBe(201);
  });
});

/** The numbers from 1 to 1,001, as `value`. */
const SERIES = `json_each('[${Array.from({ length: 1001 }, (_, index) => index + 1).join(",")}]')`;
