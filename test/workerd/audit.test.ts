import { env } from "cloudflare:workers";
import { createHmac } from "node:crypto";
import { describe, it, vi } from "vitest";
import type { AuditAction } from "../../src/model/audit/audit.ts";
import { parseOrganizationName } from "../../src/kernel/reference.ts";
import { listAudit } from "../../src/storage/audit/audit-list.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import {
  asUser,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  PASSWORD,
} from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import {
  ADMINISTRATOR,
  basic,
  errorCodes,
  errorsOf,
  fetchAnonymously,
  newRepository,
  pushImage,
} from "../support/workerd/registry-requests.ts";
import { waitFor } from "../support/workerd/waiting.ts";

const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);

interface Event {
  id: number;
  time: string;
  account: string | null;
  organization: string | null;
  user: string;
  address: string | null;
  action: string;
  resource: string;
  result: string;
  detail: Record<string, unknown> | null;
}

interface Page {
  events: Event[];
  next: string | null;
}

async function query(client: Client, parameters: Record<string, string> = {}): Promise<Page> {
  const response = await client.get(`/api/audit?${new URLSearchParams(parameters).toString()}`);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response.json<Page>();
}

async function resourcesOf(client: Client, parameters: Record<string, string> = {}): Promise<string[]> {
  return (await query(client, parameters)).events.map(({ resource }) => resource);
}

/** Records events as they could have been, in the order given. */
async function record(
  account: string,
  events: readonly {
    resource: string;
    user?: string;
    organization?: string;
    action?: AuditAction;
    result?: string;
    at?: string;
  }[],
): Promise<void> {
  const statement = env.DB.prepare(
    "INSERT INTO audit_events (created_at, account_id, organization, user_id, user_name, action, resource, result) " +
      "SELECT ?, id, ?, (SELECT id FROM users WHERE name = ?), ?, ?, ?, ? FROM accounts WHERE name = ?",
  );
  await env.DB.batch(
    events.map(({ resource, user = "somebody", organization, action = "image.update", result = "success", at }) => {
      const time = at === undefined ? Date.now() : Date.parse(at);
      return statement.bind(time, organization ?? null, user, user, action, resource, result, account);
    }),
  );
}

async function permit(client: Client, organization: string, level: string): Promise<void> {
  await env.DB.prepare(
    "INSERT INTO organization_permissions (organization_id, user_id, level, created_at) " +
      "SELECT organizations.id, users.id, ?, 0 FROM organizations, users WHERE organizations.name = ? AND users.name = ?",
  )
    .bind(level, organization, client.name)
    .run();
}

describe("an event", () => {
  it("says who did what to what, when, from where, and how it ended", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const name = newName("org");
    const before = new Date().toISOString();
    const created = await administrator.send(
      "POST",
      "/v2/manage/namespaces",
      { namespace: name },
      { "CF-Connecting-IP": "192.0.2.7" },
    );
    expect(created.status).toBe(201);
    const { events, next } = await query(administrator);
    expect(next).toBeNull();
    expect(events).toEqual([
      {
        id: expect.any(Number) as number,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        account,
        organization: name,
        user: administrator.name,
        address: "192.0.2.7",
        action: "organization.create",
        resource: name,
        result: "success",
        detail: null,
      },
    ]);
    expect(events[0]?.time.localeCompare(before)).toBeGreaterThanOrEqual(0);
  });

  it("of a push has the digest and the tags", async ({ expect }) => {
    const repository = newRepository();
    const { digest } = await pushImage(repository, "1.0");
    const { events } = await query(operator, { organization: repository.split("/")[0] ?? "" });
    expect(events.map(({ action }) => action)).toEqual(["manifest.push", "image.create", "organization.create"]);
    expect(events[0]).toMatchObject({ resource: `${repository}:1.0`, detail: { digest, tags: ["1.0"] } });
  });
});

describe("a list of events", () => {
  it("comes newest first, a page after the other, while more are recorded", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const resources = Array.from({ length: 25 }, (_, index) => `image-${index}`);
    await record(
      account,
      resources.map((resource) => ({ resource })),
    );
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await query(administrator, { limit: "10", ...(cursor !== null && { cursor }) });
      seen.push(...page.events.map(({ resource }) => resource));
      sizes.push(page.events.length);
      cursor = page.next;
      await record(account, [{ resource: "later" }]);
    } while (cursor !== null);
    expect(sizes).toEqual([10, 10, 5]);
    expect(seen).toEqual(resources.toReversed());
  });

  it("ends with a full page when there are no more", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await record(account, [{ resource: "a" }, { resource: "b" }]);
    expect(await query(administrator, { limit: "2" })).toMatchObject({ next: null });
    expect((await query(administrator, { limit: "1" })).next).not.toBeNull();
  });

  it("holds what each filter finds, and what all of them find", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const [acme, other] = [newName("org"), newName("org")];
    await record(account, [
      { resource: "1", organization: acme, user: "ann", action: "image.create" },
      { resource: "2", organization: acme, user: "bob", action: "image.delete", result: "denied" },
      { resource: "3", organization: other, user: "ann", action: "image.delete" },
      { resource: "4", user: "ann", action: "session.logout" },
    ]);
    const cases: [Record<string, string>, string[]][] = [
      [{}, ["4", "3", "2", "1"]],
      [{ organization: acme }, ["2", "1"]],
      [{ user: "ann" }, ["4", "3", "1"]],
      [{ action: "image.delete" }, ["3", "2"]],
      [{ result: "denied" }, ["2"]],
      [{ result: "success" }, ["4", "3", "1"]],
      [{ organization: acme, user: "ann" }, ["1"]],
      [{ user: "ann", action: "image.delete" }, ["3"]],
      [{ organization: acme, user: "bob", action: "image.delete", result: "denied" }, ["2"]],
      [{ organization: acme, user: "bob", action: "image.create" }, []],
      [{ organization: newName("org") }, []],
      [{ account }, ["4", "3", "2", "1"]],
      [{ q: "ANN" }, ["4", "3", "1"]],
      [{ q: "image." }, ["3", "2", "1"]],
      [{ q: acme.toUpperCase(), user: "bob" }, ["2"]],
      [{ q: "no_t%is" }, []],
    ];
    for (const [filter, resources] of cases) expect(await resourcesOf(administrator, filter)).toEqual(resources);
  });

  it("is found by a part of its resource, address or particulars, which are taken as they are", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await record(account, [{ resource: "acme/web:1.0_a%b" }, { resource: "acme/web:2" }]);
    await env.DB.prepare(
      "UPDATE audit_events SET address = '203.0.113.9', detail = ? WHERE resource = 'acme/web:2' AND account_id = (SELECT id FROM accounts WHERE name = ?)",
    )
      .bind(JSON.stringify({ reason: "Ünusual" }), account)
      .run();
    const cases: [string, string[]][] = [
      ["WEB:1.0_A%", ["acme/web:1.0_a%b"]],
      ["web%", []],
      ["203.0.113", ["acme/web:2"]],
      ["Ünusual", ["acme/web:2"]],
      ["acme/web", ["acme/web:2", "acme/web:1.0_a%b"]],
    ];
    for (const [q, resources] of cases) expect(await resourcesOf(administrator, { q })).toEqual(resources);
    const exported = await administrator.get("/api/audit/export?q=203.0.113");
    expect((await exported.text()).trim().split("\n")).toHaveLength(1);
  });

  it("is cut to a time, to the millisecond, and whatever the order in which events were written", async ({
    expect,
  }) => {
    const { account, administrator } = await newAccount();
    // After all that other tests record: ids grow with time.
    await record(account, [
      { resource: "1", at: "2090-01-01T00:00:00.000Z" },
      { resource: "3", at: "2090-01-01T12:00:00.002Z" },
      { resource: "2", at: "2090-01-01T12:00:00.001Z" },
      { resource: "5", at: "2090-01-03T00:00:00.000Z" },
      { resource: "4", at: "2090-01-02T23:59:59.999Z" },
    ]);
    const cases: [Record<string, string>, string[]][] = [
      [{ since: "2090-01-01T12:00:00.002Z" }, ["4", "5", "3"]],
      [{ since: "2090-01-01T12:00:00.003Z" }, ["4", "5"]],
      [{ until: "2090-01-01T12:00:00.002Z" }, ["2", "1"]],
      [{ until: "2090-01-01T12:00:00.001Z" }, ["1"]],
      [{ since: "2090-01-01T12:00:00.001Z", until: "2090-01-03T00:00:00Z" }, ["4", "2", "3"]],
      [{ since: "2090-01-03", until: "2090-01-04" }, ["5"]],
      [{ since: "2090-01-03T02:00:00+02:00" }, ["5"]],
      [{ since: "2090-02-01" }, []],
      [{ until: "2025-12-31" }, []],
      [{ since: "2090-01-02", until: "2090-01-01" }, []],
    ];
    for (const [filter, resources] of cases) expect(await resourcesOf(administrator, filter)).toEqual(resources);
  });

  it.for([
    ["limit", "0"],
    ["limit", "1001"],
    ["limit", "ten"],
    ["cursor", "1"],
    ["cursor", "WzFd%00"],
    ["cursor", btoa("[-1]")],
    ["cursor", btoa('["1"]')],
    ["action", "image.explode"],
    ["result", "maybe"],
    ["since", "yesterday"],
    ["since", "2026-13-01"],
    ["until", "1700000000"],
    ["organization", "Acme"],
    ["organization", "../acme"],
    ["organization", "a".repeat(65)],
    ["organization", "manage"],
    ["user", "a".repeat(65)],
    ["user", ""],
    ["account", "a".repeat(65)],
    ["org", "acme"],
  ] as const)("refuses %s=%s", async ([name, value], { expect }) => {
    const response = await operator.get(`/api/audit?${new URLSearchParams({ [name]: value }).toString()}`);
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toHaveLength(1);
  });

  it("takes as many as it says", async ({ expect }) => {
    for (const limit of ["1", "1000"]) expect((await query(operator, { limit })).events.length).toBeGreaterThan(0);
    expect(await resourcesOf(operator, { user: "a".repeat(64) })).toEqual([]);
  });

  const FILTERS = {
    "nothing but the end of a page": [{}, "INTEGER PRIMARY KEY"],
    "an organization": [{ organization: parseOrganizationName("acme") }, "audit_events_by_organization"],
    "a user": [{ userName: "ann" }, "audit_events_by_user"],
    "an account": [{ accountId: 1 }, "audit_events_by_account"],
    "an account's name": [{ accountName: "acme" }, "audit_events_by_account"],
    "an action": [{ action: "image.delete" }, "audit_events_by_action"],
    "an account and an action": [{ accountId: 1, action: "image.delete" }, "audit_events_by_account"],
    "one's own events": [{ userId: 1, userName: "ann" }, "audit_events_by_user"],
    "an organization of an account, a user, an action and a result": [
      {
        accountId: 1,
        organization: parseOrganizationName("acme"),
        userName: "ann",
        action: "image.delete",
        result: "denied",
      },
      "audit_events_by_organization",
    ],
    "what was denied in an account": [{ accountId: 1, result: "denied" }, "audit_events_denied"],
    "a result": [{ result: "success" }, "INTEGER PRIMARY KEY"],
    "a time": [{ since: new Date(0), until: new Date() }, "INTEGER PRIMARY KEY"],
    "an account within a time": [{ accountId: 1, since: new Date(0), until: new Date() }, "audit_events_by_account"],
  } as const;

  it.for(Object.entries(FILTERS))("finds %s by an index, without sorting", async ([, [filter, index]], { expect }) => {
    // Before the first event there is none, so that a filter that sifts is asked for the end of its page as well.
    for (const before of [undefined, 1]) {
      const sent = await plansOf((db) => listAudit(db, filter, { before, limit: 100 }));
      const plans = before === undefined ? sent.slice(0, 1) : sent;
      expect(plans.length).toBeGreaterThan(0);
      for (const plan of plans) {
        // What is looked through is bounded, and so are the steps by which a time is found.
        const faults = plan.filter((step) => step.startsWith("SCAN") || step.includes("TEMP B-TREE"));
        expect(faults.filter((step) => !/^SCAN (seen|half|CONSTANT ROW)$/.test(step))).toEqual([]);
        const [search] = plan.filter(
          (step) => /^SEARCH audit_events .*\b(row)?id<\?/.test(step) || /id>\? AND (row)?id<\?/.test(step),
        );
        expect(search).toContain(index);
      }
    }
  });
});

describe("the audit", () => {
  it("is the account's for its administrators, and all of it for operators", async ({ expect }) => {
    const [ours, theirs] = [await newAccount(), await newAccount()];
    const organization = newName("org");
    await record(ours.account, [{ resource: "ours", organization }]);
    // An organization of the same name that was there before, in another account.
    await record(theirs.account, [{ resource: "theirs", organization }]);
    expect(await resourcesOf(ours.administrator)).toEqual(["ours"]);
    expect(await resourcesOf(ours.administrator, { organization })).toEqual(["ours"]);
    expect(await resourcesOf(theirs.administrator, { organization })).toEqual(["theirs"]);
    expect(await resourcesOf(operator, { organization })).toEqual(["theirs", "ours"]);
    expect(await resourcesOf(operator, { organization, account: ours.account })).toEqual(["ours"]);
    expect(await resourcesOf(operator, { account: newName("account") })).toEqual([]);
  });

  it("of another account is refused, whether there is one or not", async ({ expect }) => {
    const [ours, theirs] = [await newAccount(), await newAccount()];
    for (const client of [ours.administrator, ours.member]) {
      for (const account of [theirs.account, newName("account")]) {
        const response = await client.get(`/api/audit?account=${account}`);
        expect(response.status).toBe(403);
        expect(await errorCodes(response)).toEqual(["DENIED"]);
      }
      expect((await client.get(`/api/audit?account=${ours.account}`)).status).toBe(200);
    }
  });

  it("shows a member what they did themselves", async ({ expect }) => {
    const { account, member } = await newAccount();
    const organization = newName("org");
    await record(account, [
      { resource: "mine", user: member.name },
      { resource: "mine there", user: member.name, organization },
      { resource: "not mine", organization },
    ]);
    expect(await resourcesOf(member)).toEqual(["mine there", "mine"]);
    expect(await resourcesOf(member, { user: member.name, organization })).toEqual(["mine there"]);
    const response = await member.get("/api/audit?user=somebody");
    expect(response.status).toBe(403);
    expect(await errorCodes(response)).toEqual(["DENIED"]);
  });

  it("does not show what somebody did who had the name before", async ({ expect }) => {
    const { account, member } = await newAccount();
    await record(account, [{ resource: "mine", user: member.name }]);
    await env.DB.prepare("UPDATE audit_events SET user_id = -1 WHERE user_name = ?").bind(member.name).run();
    expect(await resourcesOf(member)).toEqual([]);
  });

  it("shows who manages an organization what concerns it", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await record(account, [
      { resource: `${organization}/web`, organization },
      { resource: "elsewhere", organization: newName("org") },
    ]);
    const path = `/api/audit?organization=${organization}`;
    const outsider = await newAccount();
    for (const client of [member, outsider.member]) {
      const response = await client.get(path);
      expect(response.status).toBe(404);
      expect(await errorCodes(response)).toEqual(["ORGANIZATION_UNKNOWN"]);
    }
    for (const [level, status] of [
      ["read", 403],
      ["edit", 403],
      ["manage", 200],
    ] as const) {
      const client = await newUser(account);
      await permit(client, organization, level);
      expect((await client.get(path)).status).toBe(status);
      expect((await client.get(path.replace("?", "/export?"))).status).toBe(status);
      if (status !== 200) continue;
      // The export before is the newest event.
      expect(await resourcesOf(client, { organization })).toEqual([organization, `${organization}/web`, organization]);
      expect(await resourcesOf(client, { organization, user: administrator.name })).toEqual([organization]);
      expect(await resourcesOf(client)).toEqual([organization]);
    }
  });

  it("is not for anonymous callers, nor for those who only pull and push", async ({ expect }) => {
    for (const path of ["/api/audit", "/api/audit/export"]) {
      expect((await fetchAnonymously(path)).status).toBe(401);
      expect((await fetchAnonymously(path, { headers: { Authorization: basic("admin", "wrong") } })).status).toBe(401);
    }
  });
});

describe("an export", () => {
  async function linesOf(client: Client, parameters: Record<string, string> = {}): Promise<Event[]> {
    const response = await client.get(`/api/audit/export?${new URLSearchParams(parameters).toString()}`);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const text = new TextDecoder().decode(await response.arrayBuffer());
    if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no end");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);
  }

  it("has what the list has, an event in a line", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await record(account, [
      { resource: "line\nbreak \u2028 and “quotes”", user: "ann" },
      { resource: "b", user: "bob", action: "image.delete" },
    ]);
    const response = await administrator.get("/api/audit/export");
    expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
    expect(response.headers.get("Content-Disposition")).toContain("audit.jsonl");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    await response.body?.cancel();
    // All but itself.
    const exported = await linesOf(administrator);
    expect(exported).toEqual((await query(administrator)).events.slice(1));
    expect(exported.map(({ action }) => action)).toEqual(["audit.export", "image.delete", "image.update"]);
    expect((await linesOf(administrator, { user: "ann" })).map(({ user }) => user)).toEqual(["ann"]);
    expect(await linesOf(administrator, { action: "image.create" })).toEqual([]);
    expect(await linesOf(administrator, { since: "2100-01-01" })).toEqual([]);
    const { events, next } = await query(administrator, { limit: "1", action: "image.delete" });
    expect(events).toHaveLength(1);
    expect(next).toBe(null);
    const cursor = (await query(administrator, { limit: "1", result: "success", until: "2100-01-01" })).next ?? "";
    const rest = await linesOf(administrator, { cursor });
    expect(rest.map(({ action }) => action).slice(-2)).toEqual(["image.delete", "image.update"]);
  });

  it("is recorded with what was asked for, for the account of the organization", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    await linesOf(administrator, { organization, action: "image.delete", since: "2026-01-01" });
    await linesOf(operator, { account });
    const [event] = (await query(administrator, { action: "audit.export" })).events;
    expect(event).toMatchObject({
      user: administrator.name,
      organization,
      resource: organization,
      detail: { action: "image.delete", since: "2026-01-01T00:00:00.000Z" },
    });
    const [other] = (await query(operator, { action: "audit.export", user: operator.name })).events;
    expect(other).toMatchObject({ account: "admin", resource: account });
  });

  it("has all of many events, and only the account's", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await env.DB.prepare(
      "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 2000) " +
        "INSERT INTO audit_events (created_at, account_id, user_name, action, resource, result) " +
        "SELECT 0, id, 'x', 'image.update', 'image-' || value, 'success' FROM accounts, n WHERE accounts.name = ?",
    )
      .bind(account)
      .run();
    await record((await newAccount()).account, [{ resource: "foreign" }]);
    const events = await linesOf(administrator);
    expect(events.map(({ resource }) => resource)).toEqual(
      Array.from({ length: 2000 }, (_, index) => `image-${2000 - index}`),
    );
  });

  it("that cannot have all ends with where the next one goes on", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await env.DB.prepare(
      "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 6000) " +
        "INSERT INTO audit_events (created_at, account_id, user_name, action, resource, result) " +
        "SELECT 0, id, 'x', 'image.update', 'image-' || value, 'success' FROM accounts, n WHERE accounts.name = ?",
    )
      .bind(account)
      .run();
    const isSpent = vi.spyOn(Budget.prototype, "isSpent", "get").mockReturnValue(true);
    const resources: string[] = [];
    let exports = 0;
    for (let cursor: string | undefined = ""; cursor !== undefined; exports += 1) {
      const lines: (Event & { next?: string })[] = await linesOf(administrator, cursor === "" ? {} : { cursor });
      cursor = lines.at(-1)?.next;
      resources.push(...lines.slice(0, cursor === undefined ? undefined : -1).map(({ resource }) => resource));
    }
    isSpent.mockRestore();
    expect(exports).toBe(3);
    expect(resources).toEqual(Array.from({ length: 6000 }, (_, index) => `image-${6000 - index}`));
  });

  it("reads no page before the client has taken the one before", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await env.DB.prepare(
      "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 3500) " +
        "INSERT INTO audit_events (created_at, account_id, user_name, action, resource, result) " +
        "SELECT 0, id, 'x', 'image.update', 'image', 'success' FROM accounts, n WHERE accounts.name = ?",
    )
      .bind(account)
      .run();
    const prepare = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, "prepare");
    try {
      const response = await administrator.get("/api/audit/export");
      const reader = response.body?.getReader();
      await reader?.read();
      const pages = () => prepare.mock.calls.filter(([text]) => text.includes('from "audit_events"')).length;
      const read = pages();
      expect(read).toBeLessThan(4);
      await reader?.cancel();
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(pages()).toBe(read);
    } finally {
      prepare.mockRestore();
    }
  });

  it("refuses what it cannot do before it begins", async ({ expect }) => {
    const { member } = await newAccount();
    expect((await member.get("/api/audit/export?user=somebody")).status).toBe(403);
    expect((await operator.get("/api/audit/export?limit=5")).status).toBe(400);
    expect((await operator.get("/api/audit/export?action=x")).status).toBe(400);
    expect((await operator.send("HEAD", "/api/audit/export")).status).toBe(200);
  });
});

describe("a refusal", () => {
  it("is recorded when it is for a change, for the organization's account", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const organization = await newOrganization(administrator);
    await permit(member, organization, "read");
    const path = `/v2/manage/namespaces/${organization}`;
    const refused = await member.send("DELETE", `${path}?token=secret`, undefined, { "CF-Connecting-IP": "192.0.2.9" });
    expect(refused.status).toBe(403);
    await waitFor(async () => {
      const { events } = await query(administrator, { result: "denied" });
      expect(events).toMatchObject([
        {
          account,
          organization,
          user: member.name,
          address: "192.0.2.9",
          action: "management.request",
          resource: organization,
          detail: { method: "DELETE", path },
        },
      ]);
    });
  });

  it("for somebody of another account is recorded where it was tried", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    await env.DB.prepare("UPDATE repositories SET is_public = 1 WHERE name = ?").bind(repository).run();
    const { administrator: stranger } = await newAccount();
    const [organization = "", image = ""] = repository.split("/");
    const path = `/v2/manage/namespaces/${organization}/repos/${image}/access`;
    const body = [{ user_id: "1", user_name: "x", auth: 7 }];
    expect((await stranger.post(path, body)).status).toBe(403);
    await waitFor(async () => {
      const { events } = await query(operator, { organization, result: "denied" });
      expect(events).toMatchObject([{ account: "admin", user: stranger.name, resource: repository }]);
    });
    expect(await query(stranger, { result: "denied" })).toMatchObject({ events: [] });
  });

  it("is not recorded for reading, nor when nobody knows who it was", async ({ expect }) => {
    const { member } = await newAccount();
    expect((await member.get("/v2/manage/reports/store/daily")).status).toBe(403);
    expect((await member.get("/api/audit?user=somebody")).status).toBe(403);
    expect((await fetchAnonymously("/v2/manage/namespaces/acme", { method: "DELETE" })).status).toBe(401);
    // Nor is what does not exist, or has no right form.
    expect((await member.delete(`/v2/manage/namespaces/${newName("org")}`)).status).toBe(404);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await resourcesOf(member)).toEqual([]);
  });
});

describe("a login that fails", () => {
  async function failedLogins(name: string): Promise<Event[]> {
    return (await query(operator, { user: name, action: "session.login", result: "denied" })).events;
  }

  it("is recorded for the account of the user, and for nobody's otherwise", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const nobody = newName("nobody");
    for (const name of [member.name, nobody]) {
      const headers = { Authorization: basic(name, "wrong password"), "CF-Connecting-IP": "192.0.2.11" };
      expect((await fetchAnonymously("/token?service=x", { headers })).status).toBe(401);
    }
    await waitFor(async () => {
      expect(await failedLogins(member.name)).toMatchObject([{ account, address: "192.0.2.11", result: "denied" }]);
      expect(await failedLogins(nobody)).toMatchObject([{ account: null, user: nobody, resource: nobody }]);
    });
    expect(await resourcesOf(administrator, { result: "denied" })).toEqual([member.name]);
  });

  it("has at most 64 characters of the name", async ({ expect }) => {
    const name = `${newName("long")}${"x".repeat(500)}`;
    await fetchAnonymously("/token", { headers: { Authorization: basic(name, "wrong") } });
    await waitFor(async () => {
      const [event] = await failedLogins(name.slice(0, 64));
      expect(event?.user.length).toBeLessThanOrEqual(64);
    });
  });
});

describe("secrets", () => {
  it("never get into the audit", async ({ expect }) => {
    const secrets: string[] = [];
    const keep = (secret: string | undefined): string => {
      if (!secret) throw new Error("there should have been a secret");
      secrets.push(secret);
      return secret;
    };
    const succeed = async (response: Response | Promise<Response>): Promise<Response> => {
      const settled = await response;
      if (!settled.ok) throw new Error(`${settled.status} ${await settled.text()}`);
      return settled;
    };
    const { administrator, member } = await newAccount();
    keep(PASSWORD);
    keep(btoa(`${administrator.name}:${PASSWORD}`));

    const [initial, changed, wrong] = ["initial secret word", "changed secret word", "wrong secret word"].map(keep);
    const name = newName("user");
    await succeed(administrator.post("/api/users", { name, password: initial, role: "member" }));
    await succeed(administrator.patch(`/api/users/${name}`, { password: changed }));
    const user = asUser(name, changed);
    await fetchAnonymously("/token", { headers: { Authorization: basic(name, wrong ?? "") } });

    const key = await (await succeed(user.post("/api/access-keys"))).json<{ access: string; secret: string }>();
    keep(key.secret);
    const permanent = keep(createHmac("sha256", key.secret).update(key.access).digest("hex"));
    const login = { headers: { Authorization: basic(`berth@${key.access}`, permanent) } };
    const token = await (await succeed(fetchAnonymously("/token?offline_token=true", login))).json<{ token: string }>();
    keep(token.token);
    const command = await succeed(user.post("/v2/manage/utils/secret"));
    keep(/-p (\S+)/.exec(command.headers.get("X-Swr-Dockerlogin") ?? "")?.[1]);

    const credentials = { name, password: changed };
    const session = await succeed(
      fetchAnonymously("/api/session", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(credentials),
      }),
    );
    const cookie = keep(/__Host-berth_session=([^;]+)/.exec(session.headers.get("Set-Cookie") ?? "")?.[1]);
    const origin = { Cookie: `__Host-berth_session=${cookie}`, "Sec-Fetch-Site": "same-origin" };
    await succeed(fetchAnonymously("/api/session", { method: "DELETE", headers: origin }));

    const organization = await newOrganization(administrator);
    await grant(administrator, organization, member.name, 1);
    await member.delete(`/v2/manage/namespaces/${organization}?secret=${keep("in the query")}`);
    await succeed(user.delete(`/api/access-keys/${key.access}`));
    await succeed(administrator.delete(`/api/users/${name}`));
    await pushImage(newRepository());
    await new Promise((resolve) => setTimeout(resolve, 500));

    const { results } = await env.DB.prepare("SELECT * FROM audit_events").all();
    const recorded = results.map((row) => JSON.stringify(row));
    expect(recorded.length).toBeGreaterThan(10);
    for (const secret of secrets) expect(recorded.filter((row) => row.includes(secret))).toEqual([]);
    // Whatever looks like one: digests of content are all that may.
    const looksSecret = /\$scrypt\$|eyJ[\w-]+\.|"(?:password|secret|token|hash)\w*"|(?<!sha256:|[0-9a-f])[0-9a-f]{64}/i;
    expect(recorded.filter((row) => looksSecret.test(row.replaceAll('\\"', '"')))).toEqual([]);
  });
});
