import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { Database } from "../../src/storage/database.ts";
import { listPulledBytes, listStoredBytes } from "../../src/storage/overview/reports.ts";
import { totalsOf, totalsOfOrganization } from "../../src/storage/quotas/totals.ts";
import { type Client, newAccount, newName, swrProblem } from "../support/workerd/managing-clients.ts";
import { planOf } from "../support/workerd/query-plans.ts";
import { fetchAnonymously, newRepository, pushImage, send } from "../support/workerd/registry-requests.ts";
import { waitFor } from "../support/workerd/waiting.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** A day as reports name it; 0 is the running one. */
function day(daysAgo: number): string {
  return new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);
}

async function run(sql: string, ...values: (string | number | null)[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run();
}

/** An organization with one image, without anything in it. */
async function addImage(account: string, { storedBytes = 0, tags = 0 } = {}) {
  const organization = newName("org");
  const image = `${organization}/web`;
  await run(
    "INSERT INTO organizations (account_id, name, created_at) SELECT id, ?, 0 FROM accounts WHERE name = ?",
    organization,
    account,
  );
  await run(
    "INSERT INTO repositories (organization_id, account_id, name, created_at, stored_bytes, tag_count) " +
      "SELECT id, account_id, ?, 0, ?, ? FROM organizations WHERE name = ?",
    image,
    storedBytes,
    tags,
    organization,
  );
  // As if they had come one by one.
  for (const [resource, used] of [
    ["storedBytes", storedBytes],
    ["tags", tags],
  ] as const) {
    await run(
      "UPDATE quotas SET used = ? WHERE holder = 'organization' AND resource = ? AND holder_id = (SELECT id FROM organizations WHERE name = ?)",
      used,
      resource,
      organization,
    );
  }
  return { organization, image };
}

async function permitOrganization(client: Client, organization: string): Promise<void> {
  await run(
    "INSERT INTO organization_permissions (organization_id, user_id, level, created_at) " +
      "SELECT organizations.id, users.id, 'read', 0 FROM organizations, users WHERE organizations.name = ? AND users.name = ?",
    organization,
    client.name,
  );
}

async function permitImage(client: Client, image: string): Promise<void> {
  await run(
    "INSERT INTO repository_permissions (repository_id, user_id, level, created_at) " +
      "SELECT repositories.id, users.id, 'read', 0 FROM repositories, users WHERE repositories.name = ? AND users.name = ?",
    image,
    client.name,
  );
}

async function addPulls(image: string, daysAgo: number, bytes: number): Promise<void> {
  await run(
    "INSERT INTO daily_pulls (account_id, day, repository_id, pulls, bytes) " +
      "SELECT account_id, ?, id, 1, ? FROM repositories WHERE name = ?",
    day(daysAgo),
    bytes,
    image,
  );
}

async function addStorage(account: string, daysAgo: number, bytes: number): Promise<void> {
  await run(
    "INSERT INTO daily_storage (account_id, day, bytes) SELECT id, ?, ? FROM accounts WHERE name = ?",
    day(daysAgo),
    bytes,
    account,
  );
}

interface Point {
  date: string;
  value: number;
}

async function reportOf(client: Client, type: "downflow" | "store"): Promise<Point[]> {
  const response = await client.get(`/v2/manage/reports/${type}/daily`);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return response.json<Point[]>();
}

/** The days of a report that have a value. */
function valuesOf(report: Point[]): Record<string, number> {
  return Object.fromEntries(report.filter(({ value }) => value !== 0).map(({ date, value }) => [date, value]));
}

describe("the quotas", () => {
  it("are the organizations that the caller has created, whatever project is named", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const { organization } = await addImage(account);
    await run(
      "UPDATE organizations SET created_by = (SELECT id FROM users WHERE name = ?) WHERE name = ?",
      member.name,
      organization,
    );
    for (const [client, used] of [
      [member, 1],
      [administrator, 0],
    ] as const) {
      const response = await client.get("/v2/manage/projects/0123abc/quotas");
      expect(response.status).toBe(200);
      const { quotas } = await response.json<{ quotas: unknown[] }>();
      expect(quotas[0]).toEqual({ quota_key: "namespace", quota_limit: 100_000, used, unit: "" });
    }
  });
});

describe("the overview", () => {
  it("of an administrator has the whole account, and nothing of others", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const { image } = await addImage(account, { storedBytes: 1000, tags: 3 });
    await addImage(account, { storedBytes: 200, tags: 1 });
    await addPulls(image, 0, 10);
    await addPulls(image, 29, 5);
    await addPulls(image, 30, 1_000_000);
    const other = await newAccount();
    await addPulls((await addImage(other.account, { storedBytes: 7, tags: 7 })).image, 0, 7);
    const overview = await (await administrator.get("/v2/manage/overview")).json<Record<string, unknown>>();
    expect(overview).toEqual({
      domain_id: expect.stringMatching(/^\d+$/) as string,
      domain_name: account,
      namspace_num: 2,
      repo_num: 2,
      image_num: 4,
      store_space: 1200,
      downflow_size: 15,
    });
  });

  it("of a member has what they have a right to", async ({ expect }) => {
    const { account, member } = await newAccount();
    const whole = await addImage(account, { storedBytes: 1000, tags: 3 });
    const single = await addImage(account, { storedBytes: 200, tags: 1 });
    const hidden = await addImage(account, { storedBytes: 50_000, tags: 9 });
    await permitOrganization(member, whole.organization);
    await permitImage(member, single.image);
    // One that was deleted, and whose permissions go in slices afterwards.
    const gone = newName("org");
    await run(
      "INSERT INTO organizations (account_id, name, created_at) SELECT id, ?, 0 FROM accounts WHERE name = ?",
      gone,
      account,
    );
    await permitOrganization(member, gone);
    await run("UPDATE organizations SET name = '~' || id WHERE name = ?", gone);
    await addPulls(whole.image, 1, 10);
    await addPulls(single.image, 1, 20);
    await addPulls(hidden.image, 1, 40);
    expect(await (await member.get("/v2/manage/overview")).json()).toMatchObject({
      domain_name: account,
      namspace_num: 1,
      repo_num: 2,
      image_num: 4,
      store_space: 1200,
      downflow_size: 30,
    });
  });

  it("of nobody's rights and of an empty account is zero", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    for (const client of [administrator, member]) {
      expect(await (await client.get("/v2/manage/overview")).json()).toMatchObject({
        namspace_num: 0,
        repo_num: 0,
        image_num: 0,
        store_space: 0,
        downflow_size: 0,
      });
    }
  });

  it("has what was really pushed and pulled", async ({ expect }) => {
    const before = await (await send("GET", "/v2/manage/overview")).json<Record<string, number>>();
    const repository = newRepository();
    const { size } = await pushImage(repository);
    await (await send("GET", `/v2/${repository}/manifests/latest`)).text();
    await waitFor(async () => {
      const after = await (await send("GET", "/v2/manage/overview")).json<Record<string, number>>();
      expect(after).toMatchObject({
        namspace_num: (before["namspace_num"] ?? 0) + 1,
        repo_num: (before["repo_num"] ?? 0) + 1,
        image_num: (before["image_num"] ?? 0) + 1,
        store_space: (before["store_space"] ?? 0) + 200,
        downflow_size: (before["downflow_size"] ?? 0) + size,
      });
    });
  });
});

describe("the report of pulled bytes", () => {
  it("has 30 days up to now, and nothing where nothing was pulled", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    const { image } = await addImage(account);
    const { image: another } = await addImage(account);
    await addPulls(image, 0, 1);
    await addPulls(another, 0, 2);
    await addPulls(image, 7, 4);
    await addPulls(image, 29, 8);
    await addPulls(image, 30, 16);
    const report = await reportOf(administrator, "downflow");
    expect(report.map(({ date }) => date)).toEqual(Array.from({ length: 30 }, (_, index) => day(29 - index)));
    expect(valuesOf(report)).toEqual({ [day(0)]: 3, [day(7)]: 4, [day(29)]: 8 });
  });

  it("shows an administrator also images that are gone, and a member those they have a right to", async ({
    expect,
  }) => {
    const { account, administrator, member } = await newAccount();
    const { image: gone } = await addImage(account);
    const { image: hidden } = await addImage(account);
    const { image } = await addImage(account);
    await permitImage(member, image);
    await addPulls(gone, 1, 1);
    await addPulls(hidden, 1, 2);
    await addPulls(image, 1, 4);
    await run("DELETE FROM repositories WHERE name = ?", gone);
    expect(valuesOf(await reportOf(administrator, "downflow"))).toEqual({ [day(1)]: 7 });
    expect(valuesOf(await reportOf(member, "downflow"))).toEqual({ [day(1)]: 4 });
  });
});

describe("the report of stored bytes", () => {
  it("carries on what is known, and is live for the running day", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await addStorage(account, 400, 3);
    await addStorage(account, 40, 5);
    await addStorage(account, 20, 100);
    await addStorage(account, 2, 300);
    await addStorage(account, 0, 1);
    await addImage(account, { storedBytes: 700 });
    const values = (await reportOf(administrator, "store")).map(({ value }) => value);
    expect(values).toEqual([
      ...Array.from({ length: 9 }, () => 5),
      ...Array.from({ length: 18 }, () => 100),
      300,
      300,
      700,
    ]);
  });

  it("has what is noted for its first day", async ({ expect }) => {
    const { account, administrator } = await newAccount();
    await addStorage(account, 30, 1);
    await addStorage(account, 29, 2);
    const values = (await reportOf(administrator, "store")).map(({ value }) => value);
    expect(values).toEqual([...Array.from({ length: 29 }, () => 2), 0]);
  });

  it("is for administrators", async ({ expect }) => {
    const { member } = await newAccount();
    expect(await swrProblem(await member.get("/v2/manage/reports/store/daily"))).toBe("403 SVCSTG.SWR.4030170");
  });
});

describe("a report", () => {
  it.for(["cpu/daily", "downflow/hourly", "DOWNFLOW/daily", "store/%2e%2e"])(
    "of %s is refused",
    async (path, { expect }) => {
      const { administrator } = await newAccount();
      expect(await swrProblem(await administrator.get(`/v2/manage/reports/${path}`))).toMatch(/^40[04] /);
    },
  );

  it("searches its numbers by index", async ({ expect }) => {
    const user = { id: 1, name: "x", accountId: 1, accountName: "x", role: "administrator" as const };
    // Numbers of a member are added up for each day, of organizations in no order.
    const byDay = ["USE TEMP B-TREE FOR GROUP BY"];
    const member = { ...user, role: "member" as const };
    for (const [act, sorts] of [
      [(db: Database) => listPulledBytes(db, user, day(29)), []],
      [(db: Database) => listPulledBytes(db, member, day(29)), byDay],
      [(db: Database) => listStoredBytes(db, 1, day(29)), []],
      [(db: Database) => totalsOf(db, user), []],
      [(db: Database) => totalsOf(db, user, "acme"), []],
      [(db: Database) => totalsOfOrganization(db, 1), []],
    ] as const) {
      const plan = await planOf(act);
      expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual(sorts);
      // What a member's numbers are sums of are a few days of what they have a permission on.
      const scans = plan.filter((step) => step.startsWith("SCAN"));
      expect(scans.filter((step) => !/^SCAN (day VIRTUAL|\(subquery|CONSTANT)/.test(step))).toEqual([]);
    }
  });
});

describe("the feature gates", () => {
  it("tell what there is", async ({ expect }) => {
    const { member } = await newAccount();
    const response = await member.get("/v2/manage/projects/p/feature-gates");
    expect(response.status).toBe(200);
    const gates = await response.json<Record<string, boolean>>();
    expect(Object.entries(gates).filter(([, isThere]) => isThere)).toEqual([
      ["enable_authorization_token", true],
      ["enable_image_quota", true],
      ["enable_image_sync", true],
      ["enable_list_v3", true],
    ]);
    for (const name of ["experience", "hss_service", "image_scan", "sm3", "cci_service", "pipeline"]) {
      expect(gates[`enable_${name}`]).toBe(false);
    }
  });
});

describe("the versions", () => {
  const version = {
    id: "v2",
    links: { href: "http://registry.test/v2", rel: "self" },
    version: "2.0",
    status: "CURRENT",
    updated: "2026-11-24T00:00:00.000Z",
    min_version: "2.0",
  };

  it("are listed at the root, for everybody", async ({ expect }) => {
    const response = await fetchAnonymously("/", { headers: { Accept: "application/json" } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ versions: [version] });
    expect((await fetchAnonymously("/")).status).toBe(200);
  });

  it.for([
    ["Authorization", "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=00"],
    ["X-Auth-Token", "x"],
  ] as const)("have version 2 for a request with %s", async ([name, value], { expect }) => {
    for (const path of ["/v2", "/v2/"]) {
      const response = await fetchAnonymously(path, { headers: { [name]: value } });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ version });
    }
  });

  it.for(["GET", "HEAD"])("leave %s /v2/ to docker otherwise", async (method, { expect }) => {
    for (const path of ["/v2", "/v2/"]) {
      const challenge = await fetchAnonymously(path, { method });
      expect(challenge.status).toBe(401);
      expect(challenge.headers.get("WWW-Authenticate")).toContain('realm="http://registry.test/token"');
      expect(challenge.headers.get("Docker-Distribution-Api-Version")).toBe("registry/2.0");
      const response = await send(method, path);
      expect(response.status).toBe(200);
      if (method === "GET") expect(await response.json()).toEqual({});
    }
  });
});

describe("a path with what is no name", () => {
  const BASE = "/v2/manage/namespaces";

  it("is refused, and the name with it", async ({ expect }) => {
    const { administrator } = await newAccount();
    for (const [path, problem] of [
      ["Acme/repos/web", "400 SVCSTG.SWR.4001028"],
      ["acme/repos/We%20b", "400 SVCSTG.SWR.4001029"],
      ["acme/repos/a$$b", "400 SVCSTG.SWR.4001029"],
    ] as const) {
      expect(await swrProblem(await administrator.get(`${BASE}/${path}/retentions`))).toBe(problem);
    }
  });
});
