/** Changes under a condition: nobody overwrites what they have not seen (RFC 9110, section 13.1.1). */
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { type Client, newAccount, newName, newOrganization, pushAs } from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";
import { serveIssuers, TestIssuer } from "../support/workerd/test-issuer.ts";
import { FROM_ACME } from "../support/workerd/trusting-accounts.ts";

/** Something that people edit. */
interface Edited {
  client: Client;
  /** Where it is shown. */
  path: string;
  method: "PATCH" | "PUT";
  /** Two bodies that change it. */
  changes: [unknown, unknown];
}

async function newImage() {
  const { administrator: client } = await newAccount();
  const organization = await newOrganization(client);
  await pushAs(client, `${organization}/web`);
  return { client, organization, image: `/api/organizations/${organization}/images/web` };
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

/** How one of each kind is made. */
const KINDS: Record<string, () => Promise<Edited>> = {
  "an image": async () => {
    const { client, image } = await newImage();
    return { client, path: image, method: "PATCH", changes: [{ description: "one" }, { description: "two" }] };
  },
  "an aging rule": async () => {
    const { client, image } = await newImage();
    const path = `${image}/aging/rule`;
    await made(client, path, { kind: "tag_rule", amount: 100 }, "PUT");
    const rule = (amount: number) => ({ kind: "tag_rule", amount });
    return { client, path, method: "PUT", changes: [rule(101), rule(102)] };
  },
  "a trigger": async () => {
    const { client, image } = await newImage();
    const target = { kind: "webhook", url: "https://hooks.example.com/a", format: "cloudevents" };
    await made(client, `${image}/triggers`, { name: "deploy", condition: { kind: "all", text: "" }, target });
    const changes: [unknown, unknown] = [{ firesAlways: true }, { enabled: false }];
    return { client, path: `${image}/triggers/deploy`, method: "PATCH", changes };
  },
  "a cluster": async () => {
    const { client, organization } = await newImage();
    const path = `/api/organizations/${organization}/clusters`;
    await made(client, path, { name: "prod", server: "https://k8s.example.com", token: "token", test: false });
    const changes: [unknown, unknown] = [
      { namespaces: ["one"], test: false },
      { namespaces: ["two"], test: false },
    ];
    return { client, path: `${path}/prod`, method: "PATCH", changes };
  },
  "a remote registry": async () => {
    const { client } = await newImage();
    const path = `/api/remotes/${await newRemote(client)}`;
    const url = (host: string) => ({ url: `https://${host}.example.com`, test: false });
    return { client, path, method: "PATCH", changes: [url("osaka"), url("kyoto")] };
  },
  "a rule of synchronization of an image": async () => {
    const { client, image } = await newImage();
    const path = `${image}/sync-rules`;
    const rule = { remote: await newRemote(client), remoteOrganization: "there" };
    const { id } = await made(client, path, rule);
    return { client, path: `${path}/${String(id)}`, method: "PATCH", changes: [{ tags: "v*" }, { tags: "w*" }] };
  },
  "a rule of synchronization of an organization": async () => {
    const { client, organization } = await newImage();
    const path = `/api/organizations/${organization}/sync-rules`;
    const rule = { remote: await newRemote(client), remoteOrganization: "there", images: "**" };
    const { id } = await made(client, path, rule);
    return { client, path: `${path}/${String(id)}`, method: "PATCH", changes: [{ tags: "v*" }, { tags: "w*" }] };
  },
  "a trust rule": async () => {
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
};

beforeEach(() => {
  serveIssuers();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const shown = async ({ client, path }: Edited) => {
  const response = await client.get(path);
  const { updated, ...content } = await response.json<{ updated: string }>();
  return { etag: response.headers.get("ETag") ?? "", updated, content };
};
const change = ({ client, path, method }: Edited, body: unknown, etag?: string) =>
  client.send(method, path, body, etag === undefined ? {} : { "If-Match": etag });

describe.for(Object.entries(KINDS))("%s", ([, make]) => {
  it("is changed only by who has seen its last change", async ({ expect }) => {
    const edited = await make();
    const before = await shown(edited);
    expect(before.etag).toBe(`"${before.updated}"`);
    const [mine, theirs] = edited.changes;
    const first = await change(edited, theirs, before.etag);
    expect(first.status).toBe(200);
    const after = await shown(edited);
    expect(first.headers.get("ETag")).toBe(after.etag);
    expect(after.etag > before.etag).toBe(true);

    const second = await change(edited, mine, before.etag);
    expect(second.status).toBe(412);
    const [error] = await errorsOf(second);
    expect(error).toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(await shown(edited)).toEqual(after);
    expect((await change(edited, mine, `"nonsense", ${after.etag}`)).status).toBe(200);
    // Whoever sets no condition has the last word, as ever.
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
  const edited = await (KINDS["an aging rule"] as () => Promise<Edited>)();
  const { etag } = await shown(edited);
  await edited.client.delete(edited.path);
  const refused = await change(edited, edited.changes[0], etag);
  expect(refused.status).toBe(404);
  expect((await edited.client.get(edited.path)).status).toBe(404);
});
