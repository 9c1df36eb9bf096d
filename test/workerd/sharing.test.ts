import { env } from "cloudflare:workers";
import { afterEach, describe, it, vi } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import type { Database } from "../../src/storage/database.ts";
import { listReceivedShares, listSentShares } from "../../src/storage/rights/shares.ts";
import {
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
  sendWithToken,
  swrProblem,
  tokenFor,
  statusesOf,
} from "../support/workerd/managing-clients.ts";
import { walkOf } from "../support/workerd/query-plans.ts";
import { basic, fetchAnonymously } from "../support/workerd/registry-requests.ts";

const UNKNOWN_IMAGE = "404 SVCSTG.SWR.4040113";
const DENIED = "403 SVCSTG.SWR.4030170";
const INVALID = "400 SVCSTG.SWR.4000014";
const MISSING = "400 SVCSTG.SWR.4001014";
const TOO_LONG = "413 SVCSTG.SWR.4131012";
const CONFLICT = "409 SVCSTG.SWR.4090000";
const UNKNOWN = "404 SVCSTG.SWR.4040000";

interface AccessDomain {
  access_domain: string;
  deadline: string;
  description: string;
  status: boolean;
  exist?: boolean;
}
interface Item {
  namespace: string;
  name: string;
  domain_name: string;
  status: boolean;
  total_range: number;
}
interface SharePage {
  shares: { organization: string; image: string; account: string; valid: boolean; note: string; deadline: string }[];
  next: string | null;
}

const domainsOf = (organization: string, image = "web") =>
  `/v2/manage/namespaces/${organization}/repositories/${image}/access-domains`;
const share = (access_domain: unknown, more: Record<string, unknown> = {}) => ({
  access_domain,
  permit: "read",
  deadline: "forever",
  ...more,
});

/** A private image with one tag, and another account to share it with. */
async function anImage() {
  const { account, administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  await pushAs(administrator, `${organization}/web`);
  return { account, administrator, member, organization, other: await newAccount() };
}

async function shares(client: Client, organization: string): Promise<AccessDomain[]> {
  const response = await client.get(domainsOf(organization));
  if (response.status !== 200) throw new Error(`listing: ${response.status} ${await response.text()}`);
  return response.json<AccessDomain[]>();
}

async function shared(client: Client, query: string): Promise<Item[]> {
  const response = await client.get(`/v2/manage/shared-repositories?${query}`);
  if (response.status !== 200) throw new Error(`listing: ${response.status} ${await response.text()}`);
  return response.json<Item[]>();
}

/** Whether a token asked for now lets this user pull the image. */
async function mayPull(client: Client, organization: string): Promise<boolean> {
  const token = await tokenFor(client, `repository:${organization}/web:pull`);
  return (await sendWithToken(token, "GET", `/v2/${organization}/web/manifests/latest`)).status === 200;
}

afterEach(() => {
  vi.useRealTimers();
});

function setClock(time: string): void {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(time) });
}

describe("sharing an image", () => {
  const DETAILS = { description: "für euch", deadline: "2099-12-31T00:00:00Z", unknown: 1 };

  it("lets all users of the other account pull it", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    expect(await mayPull(other.member, organization)).toBe(false);
    await administrator.post(domainsOf(organization), share(other.account, DETAILS));
    expect(await mayPull(other.member, organization)).toBe(true);
    const tags = `/v2/manage/namespaces/${organization}/repos/web/tags`;
    expect((await other.member.get(tags)).status).toBe(200);
  });

  it("lets the other account neither push nor delete nor manage it", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    await administrator.post(domainsOf(organization), share(other.account, DETAILS));
    const push = await other.administrator.send("POST", `/v2/${organization}/web/blobs/uploads/`);
    expect(push.status).toBe(403);
    expect((await other.administrator.delete(`/v2/${organization}/web/manifests/latest`)).status).toBe(403);
    const repository = `/v2/manage/namespaces/${organization}/repos/web`;
    expect(await swrProblem(await other.administrator.patch(repository, { is_public: true }))).toBe(DENIED);
    expect(await swrProblem(await other.administrator.get(domainsOf(organization)))).toBe(DENIED);
    expect(await swrProblem(await other.administrator.post(domainsOf(organization), share(newName("x"))))).toBe(DENIED);
  });

  it("is listed and audited as it was asked for", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    const response = await administrator.post(domainsOf(organization), share(other.account, DETAILS));
    expect([response.status, await response.json()]).toEqual([201, {}]);
    expect(await shares(administrator, organization)).toEqual([
      {
        namespace: organization,
        repository: "web",
        access_domain: other.account,
        permit: "read",
        deadline: "2099-12-31T00:00:00Z",
        description: "für euch",
        creator_id: expect.stringMatching(/^\d+$/),
        creator_name: administrator.name,
        created: expect.any(String),
        updated: expect.any(String),
        status: true,
      },
    ]);
    const detail = JSON.stringify({ account: other.account, deadline: "2099-12-31T00:00:00Z" });
    const events = await auditOf(`${organization}/web`);
    expect(events.filter(({ action }) => action === "share.create")).toMatchObject([{ organization, detail }]);
  });

  it("ends at once for new tokens when it is deleted", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    await administrator.post(domainsOf(organization), share(other.account));
    expect(await mayPull(other.member, organization)).toBe(true);
    const path = `${domainsOf(organization)}/${other.account}`;
    const both = await Promise.all([1, 2].map(() => administrator.delete(path)));
    expect(statusesOf(both)).toEqual([204, 404]);
    expect(await mayPull(other.member, organization)).toBe(false);
    expect(await swrProblem(await administrator.delete(path))).toBe(UNKNOWN);
    expect((await auditOf(`${organization}/web`)).filter(({ action }) => action === "share.delete")).toHaveLength(1);
  });

  it("ends with its day in UTC, at once for new tokens", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    setClock("2031-05-10T09:00:00Z");
    await administrator.post(domainsOf(organization), share(other.account, { deadline: "2031-05-11T08:00:00Z" }));
    setClock("2031-05-11T23:59:59.999Z");
    expect(await mayPull(other.member, organization)).toBe(true);
    expect(await shared(other.member, "center=thirdparty")).toHaveLength(1);
    setClock("2031-05-12T00:00:00Z");
    expect(await mayPull(other.member, organization)).toBe(false);
    expect(await shared(other.member, "center=thirdparty")).toEqual([]);
    expect(await shares(administrator, organization)).toMatchObject([
      { deadline: "2031-05-11T08:00:00Z", status: false },
    ]);
    expect(await shared(administrator, "center=self")).toMatchObject([{ name: "web", status: false }]);
    expect(await swrProblem(await other.member.get(`/v2/manage/namespaces/${organization}/repos/web`))).toBe(
      UNKNOWN_IMAGE,
    );
    const path = `${domainsOf(organization)}/${other.account}`;
    expect((await administrator.patch(path, { permit: "read", deadline: "2031-05-12" })).status).toBe(201);
    expect(await mayPull(other.member, organization)).toBe(true);
  });

  it("means nothing while the image is public, and holds again afterwards", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    const third = await newAccount();
    await administrator.post(domainsOf(organization), share(other.account));
    const path = `/v2/manage/namespaces/${organization}/repos/web`;
    await administrator.patch(path, { is_public: true });
    expect(await mayPull(third.member, organization)).toBe(true);
    expect(await shared(other.member, "center=thirdparty")).toEqual([]);
    expect(await shared(administrator, "center=self")).toMatchObject([{ status: false }]);
    expect(await swrProblem(await administrator.post(domainsOf(organization), share(third.account)))).toBe(INVALID);
    const terms = { permit: "read", deadline: "forever" };
    const change = await administrator.patch(`${domainsOf(organization)}/${other.account}`, terms);
    expect(await swrProblem(change)).toBe(INVALID);
    await administrator.patch(path, { is_public: false });
    expect(await mayPull(third.member, organization)).toBe(false);
    expect(await mayPull(other.member, organization)).toBe(true);
    await administrator.patch(path, { is_public: true });
    expect((await administrator.delete(`${domainsOf(organization)}/${other.account}`)).status).toBe(204);
  });

  it("is refused with the own account, an unknown one, and a second time", async ({ expect }) => {
    const { account, administrator, organization, other } = await anImage();
    const post = (body: unknown) => administrator.post(domainsOf(organization), body);
    expect(await swrProblem(await post(share(account)))).toBe(INVALID);
    expect(await swrProblem(await post(share(newName("nobody"))))).toBe(UNKNOWN);
    const both = await Promise.all([1, 2].map(() => post(share(other.account))));
    expect(statusesOf(both)).toEqual([201, 409]);
    expect(await swrProblem(await post(share(other.account)))).toBe(CONFLICT);
    expect(await shares(administrator, organization)).toHaveLength(1);
  });

  it.for([
    [{}, MISSING],
    [{ access_domain: 7 }, INVALID],
    [{ access_domain: "" }, INVALID],
    [{ permit: undefined }, MISSING],
    [{ permit: "write" }, INVALID],
    [{ permit: "READ" }, INVALID],
    [{ deadline: undefined }, MISSING],
    [{ deadline: 7 }, INVALID],
    [{ deadline: "2020-01-01T00:00:00Z" }, INVALID],
    [{ deadline: "tomorrow" }, INVALID],
    [{ description: 7 }, INVALID],
    [{ description: null }, INVALID],
    [{ description: "x".repeat(1001) }, TOO_LONG],
    [{ description: "🚢".repeat(1001) }, TOO_LONG],
    [{ description: "x".repeat(1024 * 1024) }, "413 SVCSTG.SWR.4130000"],
  ] as const)("is refused with wrong terms (%#)", async ([wrong, problem], { expect }) => {
    const { administrator, organization, other } = await anImage();
    const body = Object.keys(wrong).length === 0 ? {} : { ...share(other.account), ...wrong };
    expect(await swrProblem(await administrator.post(domainsOf(organization), body))).toBe(problem);
    if ("access_domain" in wrong) return;
    await administrator.post(domainsOf(organization), share(other.account));
    const path = `${domainsOf(organization)}/${other.account}`;
    expect(await swrProblem(await administrator.patch(path, body))).toBe(problem);
  });

  it.for([0, 999, 1000])("has a note of %d characters", async (length, { expect }) => {
    const { administrator, organization, other } = await anImage();
    const note = "é".repeat(length);
    expect(
      (await administrator.post(domainsOf(organization), share(other.account, { description: note }))).status,
    ).toBe(201);
    expect(await shares(administrator, organization)).toMatchObject([{ description: note }]);
  });

  it("reaches at most 500 accounts, also when several come at once", async ({ expect }) => {
    const { administrator, organization } = await anImage();
    const prefix = newName("many");
    const numbers = JSON.stringify(Array.from({ length: 502 }, (_, number) => number));
    await env.DB.prepare("INSERT INTO accounts (name, created_at) SELECT ? || '-' || value, 0 FROM json_each(?)")
      .bind(prefix, numbers)
      .run();
    await env.DB.prepare(
      `INSERT INTO shares (repository_id, account_id, deadline, created_at, updated_at)
       SELECT repositories.id, accounts.id, 'forever', 0, 0 FROM repositories, accounts
       WHERE repositories.name = ? AND accounts.name LIKE ? || '-%' ORDER BY accounts.id LIMIT 498`,
    )
      .bind(`${organization}/web`, prefix)
      .run();
    const post = (number: number) => administrator.post(domainsOf(organization), share(`${prefix}-${number}`));
    expect((await post(498)).status).toBe(201);
    const rest = await Promise.all([499, 500, 501].map(post));
    expect(statusesOf(rest)).toEqual([201, 409, 409]);
    expect(await shares(administrator, organization)).toHaveLength(500);
    const refused = await (await post(501)).json<{ error_msg: string }>();
    expect(refused.error_msg).toMatch(/at most 500 accounts|already/);
    await administrator.delete(`${domainsOf(organization)}/${prefix}-0`);
    expect((await post(0)).status).toBe(201);
  });

  it("is done, changed and ended by who may manage the image, and seen by who has any right to it", async ({
    expect,
  }) => {
    const { account, administrator, member: editor, organization, other } = await anImage();
    const [manager, outsider] = [await newUser(account), await newUser(account)];
    await grant(administrator, organization, editor.name, 3);
    await grant(administrator, organization, manager.name, 7, "web");
    const path = `${domainsOf(organization)}/${other.account}`;
    const terms = { permit: "read", deadline: "forever" };
    for (const client of [outsider, other.administrator]) {
      for (const hidden of [domainsOf(organization), domainsOf(organization, "none"), domainsOf(newName("org"))]) {
        expect(await swrProblem(await client.get(hidden))).toBe(UNKNOWN_IMAGE);
        expect(await swrProblem(await client.post(hidden, share(other.account)))).toBe(UNKNOWN_IMAGE);
        expect(await swrProblem(await client.get(`${hidden}/${other.account}`))).toBe(UNKNOWN_IMAGE);
        expect(await swrProblem(await client.patch(`${hidden}/${other.account}`, terms))).toBe(UNKNOWN_IMAGE);
        expect(await swrProblem(await client.delete(`${hidden}/${other.account}`))).toBe(UNKNOWN_IMAGE);
      }
    }
    expect(await swrProblem(await editor.post(domainsOf(organization), share(other.account)))).toBe(DENIED);
    expect((await manager.post(domainsOf(organization), share(other.account))).status).toBe(201);
    expect(await shares(editor, organization)).toHaveLength(1);
    expect(await swrProblem(await editor.patch(path, terms))).toBe(DENIED);
    expect(await swrProblem(await editor.delete(path))).toBe(DENIED);
    expect((await manager.patch(path, terms)).status).toBe(201);
    expect((await manager.delete(path)).status).toBe(204);
  });

  it("of an image whose name has slashes is found by $", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    await pushAs(administrator, `${organization}/shop/api`);
    const path = domainsOf(organization, "shop$api");
    expect((await administrator.post(path, share(other.account))).status).toBe(201);
    expect(await (await administrator.get(`${path}/${other.account}`)).json()).toMatchObject({
      repository: "shop/api",
    });
    expect(await swrProblem(await administrator.get(domainsOf(organization, "Shop")))).toBe("400 SVCSTG.SWR.4001029");
    expect(await swrProblem(await administrator.get(domainsOf("Acme")))).toBe("400 SVCSTG.SWR.4001028");
  });
});

describe("a share", () => {
  it("is shown with exist, and what is none is shown as such", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    await administrator.post(domainsOf(organization), share(other.account, { deadline: "2099-01-01" }));
    const [listed] = await shares(administrator, organization);
    const shown = await administrator.get(`${domainsOf(organization)}/${other.account}`);
    expect([shown.status, await shown.json()]).toEqual([200, { ...listed, deadline: "2099-01-01", exist: true }]);
    for (const name of [newName("nobody"), "..%2f", "Ä"]) {
      const none = await administrator.get(`${domainsOf(organization)}/${encodeURIComponent(name)}`);
      expect(none.status).toBe(200);
      const names = { namespace: organization, repository: "web", access_domain: name };
      expect(await none.json()).toEqual({ ...names, status: false, exist: false });
    }
  });

  it("is changed with 201; without a description that stays", async ({ expect }) => {
    const { administrator, organization, other } = await anImage();
    await administrator.post(domainsOf(organization), share(other.account, { description: "kept" }));
    const path = `${domainsOf(organization)}/${other.account}`;
    const response = await administrator.patch(path, { permit: "read", deadline: "2099-01-01T00:00:00Z" });
    expect([response.status, await response.json()]).toEqual([201, {}]);
    expect(await shares(administrator, organization)).toMatchObject([
      { deadline: "2099-01-01T00:00:00Z", description: "kept", status: true },
    ]);
    await administrator.patch(path, { permit: "read", deadline: "forever", description: "" });
    expect(await shares(administrator, organization)).toMatchObject([{ deadline: "forever", description: "" }]);
    expect((await auditOf(`${organization}/web`)).filter(({ action }) => action === "share.update")).toHaveLength(2);
    const unknown = `${domainsOf(organization)}/${newName("nobody")}`;
    expect(await swrProblem(await administrator.patch(unknown, { permit: "read", deadline: "forever" }))).toBe(UNKNOWN);
  });
});

describe("the list of shared images", () => {
  async function someShares() {
    const { account, administrator, member } = await newAccount();
    const [one, two] = [
      await newOrganization(administrator, newName("aa")),
      await newOrganization(administrator, newName("bb")),
    ];
    const [first, second] = [await newAccount(), await newAccount()];
    for (const name of [`${one}/web`, `${one}/api`, `${two}/db`]) await pushAs(administrator, name);
    await administrator.post(domainsOf(one), share(first.account));
    await administrator.post(domainsOf(one), share(second.account));
    await administrator.post(domainsOf(two, "db"), share(first.account, { deadline: "2099-01-01" }));
    return { account, administrator, member, one, two, first, second };
  }

  it("has each image once: those one shares, and those shared with one's account", async ({ expect }) => {
    const { account, administrator, member, one, two, first, second } = await someShares();
    const sent = await shared(administrator, "center=self");
    expect(sent).toMatchObject([
      { namespace: one, name: "web", domain_name: account, status: true, total_range: 2, tags: ["latest"] },
      { namespace: two, name: "db", domain_name: account, status: true, total_range: 2 },
    ]);
    expect(await shared(first.member, "center=thirdparty")).toMatchObject([
      { namespace: one, name: "web", domain_name: account, status: true, total_range: 2, is_public: false },
      { namespace: two, name: "db", domain_name: account, status: true, total_range: 2 },
    ]);
    expect(await shared(second.administrator, "center=thirdparty")).toMatchObject([{ name: "web", total_range: 1 }]);
    expect(await shared(first.administrator, "center=self")).toEqual([]);
    expect(await shared(administrator, "center=thirdparty")).toEqual([]);
    expect(await shared(member, "center=self")).toEqual([]);
    await grant(administrator, two, member.name, 1);
    expect(await shared(member, "center=self")).toMatchObject([{ name: "db", total_range: 1 }]);
  });

  it("finds, sorts and pages as asked, plainly and by filter", async ({ expect }) => {
    const { account, administrator, one, two, first } = await someShares();
    setClock("2100-01-01T00:00:00Z");
    const cases: [string, string[]][] = [
      ["center=self", ["web", "db"]],
      ["center=self&status=true", ["web"]],
      ["center=self&status=false", ["db"]],
      [`center=self&namespace=${two}`, ["db"]],
      ["center=self&name=e", ["web"]],
      [`center=self&domain_name=${account}`, ["web", "db"]],
      [`center=self&domain_name=${first.account}`, []],
      ["center=self&order_column=name&order_type=asc", ["db", "web"]],
      ["center=self&order_column=namespace&order_type=desc", ["db", "web"]],
      ["center=self&limit=1&offset=1", ["db"]],
    ];
    for (const [query, found] of cases) {
      expect(
        (await shared(administrator, query)).map(({ name }) => name),
        query,
      ).toEqual(found);
      const filter = query.replaceAll("=", "::").replaceAll("&", "|");
      expect(
        (await shared(administrator, `filter=${filter}`)).map(({ name }) => name),
        filter,
      ).toEqual(found);
    }
    for (const column of ["updated_at", "updated_time", "tag_count", "domain_name"]) {
      expect(await shared(administrator, `center=self&order_column=${column}&order_type=asc`)).toHaveLength(2);
    }
    // SDKs send center by itself, beside a filter.
    expect(await shared(administrator, `center=self&filter=namespace::${one}`)).toHaveLength(1);
    expect(await shared(first.member, "center=thirdparty")).toMatchObject([{ name: "web", total_range: 1 }]);
    expect(await shared(first.member, "center=thirdparty&status=false")).toEqual([]);
    const page = await administrator.get("/v2/manage/shared-repositories?center=self&limit=1&offset=1");
    expect(page.headers.get("Content-Range")).toBe("1-1/2");
  });

  it.for([
    ["", "400 SVCSTG.SWR.4001014"],
    ["center=", "400 SVCSTG.SWR.4001014"],
    ["center=other", INVALID],
    ["center=self&limit=1001", INVALID],
    ["center=self&status=maybe", INVALID],
    ["center=self&order_column=size", "400 SVCSTG.SWR.4001096"],
    ["center=self&filter=color::red", "400 SVCSTG.SWR.4001035"],
  ] as const)("is refused with %j", async ([query, problem], { expect }) => {
    const { member } = await newAccount();
    expect(await swrProblem(await member.get(`/v2/manage/shared-repositories?${query}`))).toBe(problem);
  });

  it("by share has each with its account, page by page", async ({ expect }) => {
    const { account, administrator, member, one, two, first, second } = await someShares();
    const page = async (client: Client, query: string) => {
      const response = await client.get(`/api/shares?${query}`);
      expect(response.status).toBe(200);
      return response.json<SharePage>();
    };
    const all = await page(administrator, "direction=sent");
    expect(all.next).toBe(null);
    expect(all.shares).toEqual([
      {
        organization: one,
        image: "web",
        account: first.account,
        deadline: "forever",
        ends: null,
        note: "",
        valid: true,
        created: expect.any(String),
      },
      expect.objectContaining({ organization: one, image: "web", account: second.account }),
      expect.objectContaining({ organization: two, image: "db", ends: "2099-01-02T00:00:00.000Z" }),
    ]);
    for (const [client, direction, expected] of [
      [administrator, "sent", all.shares],
      [first.member, "received", (await page(first.member, "direction=received")).shares],
    ] as const) {
      const seen: unknown[] = [];
      for (let cursor = ""; ;) {
        const part = await page(client, `direction=${direction}&limit=1${cursor}`);
        expect(part.shares).toHaveLength(1);
        seen.push(...part.shares);
        if (part.next === null) break;
        cursor = `&cursor=${part.next}`;
      }
      expect(seen).toEqual(expected);
    }
    expect((await page(first.member, "direction=received")).shares).toMatchObject([
      { image: "db", account, valid: true },
      { image: "web", account, valid: true },
    ]);
    expect((await page(member, "direction=sent")).shares).toEqual([]);
    const images = async (client: Client, query: string) =>
      (await page(client, query)).shares.map(({ image }) => image);
    expect(await images(administrator, "direction=sent&q=WEB")).toEqual(["web", "web"]);
    expect(await images(administrator, `direction=sent&q=${two}/d`)).toEqual(["db"]);
    expect(await images(administrator, "direction=sent&q=%25")).toEqual([]);
    expect(await images(first.member, "direction=received&q=/db")).toEqual(["db"]);
    expect(await images(first.member, "direction=received&q=/db&limit=1")).toEqual(["db"]);
    setClock("2100-01-01T00:00:00Z");
    expect((await page(first.member, "direction=received")).shares).toMatchObject([{ image: "web" }]);
    expect((await page(administrator, "direction=sent")).shares.map(({ valid }) => valid)).toEqual([true, true, false]);
  });

  it.for([
    "",
    "direction=both",
    "direction=sent&limit=0",
    "direction=sent&q=",
    "direction=sent&cursor=x",
    "direction=sent&page=1",
  ])("by share is refused with %j", async (query, { expect }) => {
    const { member } = await newAccount();
    expect((await member.get(`/api/shares?${query}`)).status).toBe(400);
  });

  it("is for users with credentials of their own", async ({ expect }) => {
    const wrong = { headers: { Authorization: basic("nobody", "wrong") } };
    for (const path of ["/v2/manage/shared-repositories?center=self", "/api/shares?direction=sent"]) {
      expect((await fetchAnonymously(path)).status).toBe(401);
      expect((await fetchAnonymously(path, wrong)).status).toBe(401);
    }
  });
});

describe("listing shares", () => {
  const user: User = { id: 1, name: "a", accountId: 1, accountName: "a", role: "administrator" };
  const member: User = { ...user, role: "member" };
  const SENT = "repositories_shared_by_account";
  const RECEIVED = "shares_by_account";
  /** The statement that finds where a page ends, which is sent when the page is not full. */
  const END = /limit \? offset \?$/;
  const sent = { after: ["acme/web", 5], limit: 100 } as const;
  const received = { after: [5], limit: 100 } as const;
  it.for([
    ["sent", SENT, (db: Database) => listSentShares(db, user, { after: undefined, limit: 100 })],
    ["sent, after one", SENT, (db: Database) => listSentShares(db, user, sent)],
    ["sent, as a member", SENT, (db: Database) => listSentShares(db, member, sent)],
    ["sent, searched", SENT, (db: Database) => listSentShares(db, user, { after: undefined, limit: 100, text: "web" })],
    ["sent, the end", SENT, (db: Database) => listSentShares(db, user, sent), END],
    ["received", RECEIVED, (db: Database) => listReceivedShares(db, user, { after: undefined, limit: 100 })],
    ["received, after one", RECEIVED, (db: Database) => listReceivedShares(db, user, received)],
    ["received, searched", RECEIVED, (db: Database) => listReceivedShares(db, user, { ...received, text: "web" })],
    ["received, the end", RECEIVED, (db: Database) => listReceivedShares(db, user, received), END],
  ] as const)("%s walks an index in its order", async ([, index, act, isMeant = /^/], { expect }) => {
    const { walks, faults } = await walkOf(act, index, { isMeant });
    expect(walks[0]).toMatch(/^SEARCH/);
    expect(faults).toEqual([]);
  });
});
