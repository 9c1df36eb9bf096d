/** Changes under a condition: nobody overwrites what they have not seen (RFC 9110, section 13.1.1). */
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { describeApi, operationsOf } from "../../src/http/openapi-document.ts";
import {
  asUser,
  type Client,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
} from "../support/workerd/managing-clients.ts";
import { ADMINISTRATOR, errorsOf } from "../support/workerd/registry-requests.ts";
import { serveIssuers, TestIssuer } from "../support/workerd/test-issuer.ts";
import { FROM_ACME } from "../support/workerd/trusting-accounts.ts";

/** Something that people edit. */
interface Edited {
  client: Client;
  /** Where it is changed, and shown unless `show` says how. */
  path: string;
  show?: () => Promise<Shown>;
  method: "PATCH" | "PUT";
  /** Two bodies that change it. */
  changes: [unknown, unknown];
}

async function newImage() {
  const { account, administrator: client } = await newAccount();
  const organization = await newOrganization(client);
  await pushAs(client, `${organization}/web`);
  return { account, client, organization, image: `/api/organizations/${organization}/images/web` };
}

async function made(client: Client, path: string, body: unknown, method = "POST"): Promise<Record<string, unknown>> {
  const response = await client.send(method, path, body);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const newRemote = async (client: Client) => {
  const name = newName("remote");
  await made(client, "/api/remotes", { name, url: "https://tokyo.example.com", test: false });
  return name;
};

/** Something as it is shown. */
interface Shown {
  etag: string;
  /** Undefined where its version is what it says. */
  updated: string | undefined;
  content: unknown;
}

/** What is shown in a list alone: its version is one of its fields. */
const shownInList = (client: Client, path: string, list: string, field: string, who: string) => async () => {
  const answer = await (await client.get(path)).json<Record<string, Record<string, string>[]>>();
  const content = answer[list]?.find((each) => Object.values(each).includes(who));
  return { etag: `"${content?.[field]}"`, updated: undefined, content };
};

const newColleague = async (path: string, client: Client, account: string) => {
  const { name } = await newUser(account);
  await made(client, `${path}/permissions`, { permissions: [{ user: name, level: "read" }] });
  const changes: [unknown, unknown] = [{ level: "edit" }, { level: "manage" }];
  const show = shownInList(client, `${path}/permissions`, "permissions", "level", name);
  return { client, path: `${path}/permissions/${name}`, method: "PATCH", changes, show } as const;
};

const newLimits = (path: string): Edited => ({
  client: asUser("admin", ADMINISTRATOR.password),
  path,
  method: "PATCH",
  changes: [{ images: 7, tags: null }, { images: 8 }],
});

/** Other default quotas each time: there is only one set of them. */
let defaultImages = 6000;

/** How one of each kind is made, by the operation that changes it. */
const KINDS: Record<string, () => Promise<Edited>> = {
  changeImage: async () => {
    const { client, image } = await newImage();
    return { client, path: image, method: "PATCH", changes: [{ description: "one" }, { description: "two" }] };
  },
  setAgingRule: async () => {
    const { client, image } = await newImage();
    const path = `${image}/aging/rule`;
    await made(client, path, { kind: "tag_rule", amount: 100 }, "PUT");
    const rule = (amount: number) => ({ kind: "tag_rule", amount });
    return { client, path, method: "PUT", changes: [rule(101), rule(102)] };
  },
  changeTrigger: async () => {
    const { client, image } = await newImage();
    const target = { kind: "webhook", url: "https://hooks.example.com/a", format: "cloudevents" };
    await made(client, `${image}/triggers`, { name: "deploy", condition: { kind: "all", text: "" }, target });
    const changes: [unknown, unknown] = [{ firesAlways: true }, { enabled: false }];
    return { client, path: `${image}/triggers/deploy`, method: "PATCH", changes };
  },
  updateCluster: async () => {
    const { client, organization } = await newImage();
    const path = `/api/organizations/${organization}/clusters`;
    await made(client, path, { name: "prod", server: "https://k8s.example.com", token: "token", test: false });
    const changes: [unknown, unknown] = [
      { namespaces: ["one"], test: false },
      { namespaces: ["two"], test: false },
    ];
    return { client, path: `${path}/prod`, method: "PATCH", changes };
  },
  updateRemote: async () => {
    const { client } = await newImage();
    const path = `/api/remotes/${await newRemote(client)}`;
    const url = (host: string) => ({ url: `https://${host}.example.com`, test: false });
    return { client, path, method: "PATCH", changes: [url("osaka"), url("kyoto")] };
  },
  updateSyncRule: async () => {
    const { client, image } = await newImage();
    const path = `${image}/sync-rules`;
    const rule = { remote: await newRemote(client), remoteOrganization: "there" };
    const { id } = await made(client, path, rule);
    return { client, path: `${path}/${String(id)}`, method: "PATCH", changes: [{ tags: "v*" }, { tags: "w*" }] };
  },
  updateOrganizationSyncRule: async () => {
    const { client, organization } = await newImage();
    const path = `/api/organizations/${organization}/sync-rules`;
    const rule = { remote: await newRemote(client), remoteOrganization: "there", images: "**" };
    const { id } = await made(client, path, rule);
    return { client, path: `${path}/${String(id)}`, method: "PATCH", changes: [{ tags: "v*" }, { tags: "w*" }] };
  },
  replaceTrustRule: async () => {
    const { client, organization } = await newImage();
    const issuer = await TestIssuer.start();
    const name = newName("rule");
    const terms = (level: string) => ({
      issuer: issuer.url,
      conditions: [FROM_ACME],
      grants: [{ organization, level }],
    });
    await made(client, "/api/trust-rules", { name, ...terms("read") });
    return { client, path: `/api/trust-rules/${name}`, method: "PUT", changes: [terms("edit"), terms("manage")] };
  },
  updateOrganizationQuota: async () => {
    const { organization } = await newImage();
    return newLimits(`/api/organizations/${organization}/quota`);
  },
  updateAccountQuota: async () => newLimits(`/api/accounts/${(await newAccount()).account}/quota`),
  updateDefaultQuotas: async () => {
    defaultImages += 2;
    const account = { images: defaultImages + 1, tags: null };
    return { ...newLimits("/api/quotas"), changes: [{ organization: { images: defaultImages } }, { account }] };
  },
  changeOrganizationPermission: async () => {
    const { client, account, organization } = await newImage();
    return newColleague(`/api/organizations/${organization}`, client, account);
  },
  changeImagePermission: async () => {
    const { client, account, image } = await newImage();
    return newColleague(image, client, account);
  },
  changeImageShare: async () => {
    const { client, image } = await newImage();
    const { account } = await newAccount();
    await made(client, `${image}/shares`, { account, deadline: "forever" });
    const changes: [unknown, unknown] = [
      { deadline: "forever", note: "one" },
      { deadline: "2099-12-31", note: "two" },
    ];
    return { client, path: `${image}/shares/${account}`, method: "PATCH", changes };
  },
  changeUser: async () => {
    const { account, administrator: client } = await newAccount();
    const { name } = await newUser(account);
    // There are two roles that an administrator gives.
    const changes: [unknown, unknown] = [{ role: "administrator" }, { role: "administrator" }];
    const show = shownInList(client, "/api/users", "users", "role", name);
    return { client, path: `/api/users/${name}`, method: "PATCH", changes, show };
  },
  setUpstream: async () => {
    const { administrator: client } = await newAccount();
    const organization = await newOrganization(client);
    const remote = await newRemote(client);
    const path = `/api/organizations/${organization}/upstream`;
    await made(client, path, { remote }, "PUT");
    const changes: [unknown, unknown] = [
      { remote, tagLifetime: 100 },
      { remote, tagLifetime: 200 },
    ];
    return { client, path, method: "PUT", changes };
  },
  setImageGarbageCollection: async () => {
    const { client, image } = await newImage();
    // A switch has one other position.
    const changes: [unknown, unknown] = [{ keepsUntagged: true }, { keepsUntagged: true }];
    return { client, path: `${image}/garbage-collection`, method: "PUT", changes };
  },
};

beforeEach(() => {
  serveIssuers();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What cannot be changed under a condition, and why that is well. */
const EXEMPT: Record<string, string> = {
  changePassword: "it takes the present password",
};

it("has a kind for each operation of /api that changes something that was shown", ({ expect }) => {
  const operations = operationsOf(describeApi(app)).filter(
    ({ method, path }) => /^(?:put|patch)$/.test(method) && path.startsWith("/api/"),
  );
  const ids = operations.map(({ operation }) => operation.operationId ?? "");
  expect(ids.toSorted()).toEqual([...Object.keys(KINDS), ...Object.keys(EXEMPT)].toSorted());
  for (const { operation } of operations) {
    if (Object.hasOwn(EXEMPT, operation.operationId ?? "")) continue;
    const names = operation.parameters?.flatMap((parameter) => ("name" in parameter ? parameter.name : []));
    expect([operation.operationId, names]).toEqual([operation.operationId, expect.arrayContaining(["if-match"])]);
  }
});

const shown = async ({ client, path, show }: Edited): Promise<Shown> => {
  if (show) return show();
  const response = await client.get(path);
  const { updated, ...content } = await response.json<{ updated?: string }>();
  return { etag: response.headers.get("ETag") ?? "", updated, content };
};
const change = ({ client, path, method }: Edited, body: unknown, etag?: string) =>
  client.send(method, path, body, etag === undefined ? {} : { "If-Match": etag });

describe.for(Object.entries(KINDS))("%s", ([, make]) => {
  it("is changed only by who has seen its last change", async ({ expect }) => {
    const edited = await make();
    const before = await shown(edited);
    if (before.updated !== undefined) expect(before.etag).toBe(`"${before.updated}"`);
    expect(before.etag).toMatch(/^"[^"]+"$/);
    const [mine, theirs] = edited.changes;
    const first = await change(edited, theirs, before.etag);
    expect(first.status).toBe(200);
    const after = await shown(edited);
    expect(first.headers.get("ETag")).toBe(after.etag);
    expect(after.etag).not.toBe(before.etag);
    if (before.updated !== undefined) expect(after.etag > before.etag).toBe(true);

    const second = await change(edited, mine, before.etag);
    expect(second.status).toBe(412);
    const [error] = await errorsOf(second);
    expect(error).toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(await shown(edited)).toEqual(after);
    expect((await change(edited, mine, `"nonsense", ${after.etag}`)).status).toBe(200);
    // A client that sets no condition has the last word, as ever.
    expect((await change(edited, theirs)).status).toBe(200);
    expect((await change(edited, mine, "*")).status).toBe(200);
    expect((await change(edited, theirs, "nonsense")).status).toBe(400);
  });

  it("is changed by one of several who have seen the same", async ({ expect }) => {
    const edited = await make();
    const { etag } = await shown(edited);
    const [one, other] = edited.changes;
    const statuses = await Promise.all(
      [one, other, one, other].map(async (body) => (await change(edited, body, etag)).status),
    );
    expect(statuses.toSorted((x, y) => x - y)).toEqual([200, 412, 412, 412]);
  });
});

it("an aging rule that was deleted is not made anew by who meant to change it", async ({ expect }) => {
  const edited = await (KINDS["setAgingRule"] as () => Promise<Edited>)();
  const { etag } = await shown(edited);
  await edited.client.delete(edited.path);
  const refused = await change(edited, edited.changes[0], etag);
  expect(refused.status).toBe(404);
  expect((await edited.client.get(edited.path)).status).toBe(404);
});

it("an upstream that was removed is not set anew by who meant to change it", async ({ expect }) => {
  const edited = await (KINDS["setUpstream"] as () => Promise<Edited>)();
  const { etag } = await shown(edited);
  await edited.client.delete(edited.path);
  const refused = await change(edited, edited.changes[0], etag);
  expect([refused.status, (await errorsOf(refused))[0]?.code]).toEqual([404, "UPSTREAM_UNKNOWN"]);
  expect((await edited.client.get(edited.path)).status).toBe(404);
});
