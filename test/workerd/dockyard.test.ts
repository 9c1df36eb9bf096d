/** What a replication of Harbor's asks for, to copy from here and to here (ADR 33). */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import {
  asUser,
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  pushAs,
  sendWithToken,
  swrProblem,
  tokenFor,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import { setCommonLimits } from "../support/workerd/quota-counts.ts";
import { fetchAnonymously } from "../support/workerd/registry-requests.ts";

const DOCKYARD = "/dockyard/v2";
const REPOSITORIES = `${DOCKYARD}/repositories?filter=center::self`;

interface Namespace {
  name: string;
  auth: number;
  image_count: number;
}
interface Repository {
  name: string;
  namespace: string;
  tags: string[];
  num_images: number;
  total_range: number;
}

async function ask<T>(client: Client, path: string): Promise<T> {
  const response = await client.get(path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json<T>();
}

/** What somebody logs in with who was given a login command. */
async function loginCommandOf(client: Client, fetch?: typeof fetchAnonymously): Promise<Client> {
  const answer = await client.post("/api/login-command", {});
  const { user, password } = await answer.json<{ user: string; password: string }>();
  return asUser(user, password, fetch);
}

async function setting() {
  const { account, administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  return { account, administrator, member, organization };
}

describe("an organization that a replication asks for", () => {
  it("is answered with its name, and with an empty one where there is none", async ({ expect }) => {
    const { administrator, organization } = await setting();
    const foreign = (await setting()).organization;
    await pushAs(administrator, `${organization}/web`);
    for (const client of [administrator, await loginCommandOf(administrator)]) {
      expect(await ask(client, `${DOCKYARD}/namespaces/${organization}`)).toEqual({
        id: expect.any(Number),
        name: organization,
        creator_name: administrator.name,
        auth: 7,
        user_count: 1,
        image_count: 1,
      });
      const none = { id: 0, name: "", creator_name: "", auth: 0, user_count: 0, image_count: 0 };
      expect(await ask(client, `${DOCKYARD}/namespaces/${newName("absent")}`)).toEqual(none);
      expect(await ask(client, `${DOCKYARD}/namespaces/${foreign}`)).toEqual(none);
    }
  });

  it("is visible by a right to one of its images", async ({ expect }) => {
    const { administrator, member, organization } = await setting();
    await pushAs(administrator, `${organization}/web`);
    const list = async (path: string) => (await ask<{ namespaces: Namespace[] }>(member, path)).namespaces;
    expect(await list(`${DOCKYARD}/visible/namespaces`)).toEqual([]);
    await grant(administrator, organization, member.name, 3, "web");
    const seen = [expect.objectContaining({ name: organization, auth: 1, image_count: 1 })];
    expect(await list(`${DOCKYARD}/visible/namespaces`)).toEqual(seen);
    expect(await list(`${DOCKYARD}/namespaces`)).toEqual([]);
    expect(await ask(member, `${DOCKYARD}/namespaces/${organization}`)).toMatchObject({ name: organization });
  });

  it("is created, also by a login command's credentials as their push would", async ({ expect }) => {
    const { administrator } = await setting();
    const command = await loginCommandOf(administrator);
    const [first, second] = [newName("first"), newName("second")];
    expect((await administrator.post(`${DOCKYARD}/namespaces`, { namespace: first })).status).toBe(201);
    const response = await command.post(`${DOCKYARD}/namespaces`, { namespace: second });
    expect([response.status, await response.json()]).toEqual([201, {}]);
    expect(await auditOf(second)).toMatchObject([{ action: "organization.create", user_name: administrator.name }]);
    const again = await command.post(`${DOCKYARD}/namespaces`, { namespace: first });
    expect(await swrProblem(again)).toBe("409 SVCSTG.SWR.4090060");
  });

  it("is created by passwords only, where pushes create none", async ({ expect }) => {
    const { administrator } = await setting();
    const fetch = withSettings({ CREATE_ORGANIZATION_ON_PUSH: "false" });
    const command = await loginCommandOf(administrator, fetch);
    const refused = await command.post(`${DOCKYARD}/namespaces`, { namespace: newName("refused") });
    expect(await swrProblem(refused)).toBe("403 SVCSTG.SWR.4030170");
    const owner = asUser(administrator.name, administrator.password, fetch);
    expect((await owner.post(`${DOCKYARD}/namespaces`, { namespace: newName("made") })).status).toBe(201);
  });
});

describe("the list of all images", () => {
  it("has all tags of each, also signatures, for those who may pull it by a right in the account", async ({
    expect,
  }) => {
    const { account, administrator, member, organization } = await setting();
    const digest = await pushAs(administrator, `${organization}/shop/web`, "v1");
    const signature = `${digest.replace(":", "-")}.sig`;
    await pushAs(administrator, `${organization}/shop/web`, signature);
    await pushAs(administrator, `${organization}/shop/web`, "v2");
    await administrator.post(`/v2/manage/namespaces/${organization}/repos`, { repository: "empty", is_public: true });
    const web = {
      name: "shop/web",
      namespace: organization,
      domain_name: account,
      tags: [signature, "v1", "v2"].toSorted(),
      num_images: 2,
      is_public: false,
      status: false,
      total_range: 2,
      created_at: expect.stringMatching(/Z$/),
    };
    for (const client of [administrator, await loginCommandOf(administrator)]) {
      const found = await ask<Repository[]>(client, REPOSITORIES);
      expect(found.map(({ tags, ...each }) => ({ ...each, tags: tags.toSorted() }))).toMatchObject([
        web,
        { name: "empty", tags: [], total_range: 2, is_public: true },
      ]);
    }
    expect(await ask(member, REPOSITORIES)).toEqual([]);
    await grant(administrator, organization, member.name, 1, "shop$web");
    expect(await ask(member, REPOSITORIES)).toMatchObject([{ name: "shop/web", total_range: 1 }]);
  });

  it("leaves nothing out, however many images and tags there are", async ({ expect }) => {
    const { administrator, organization } = await setting();
    await setCommonLimits({
      organization: { images: null, tags: null },
      account: { images: null, tags: null },
    });
    await pushAs(administrator, `${organization}/large`, "v1");
    const run = (sql: string) => env.DB.prepare(sql).bind(organization).run();
    const numbers = (count: number) =>
      `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${count})`;
    await run(
      `${numbers(1200)} INSERT INTO repositories (organization_id, account_id, name, is_public, created_at, updated_at)
       SELECT id, account_id, name || '/image-' || value, value % 3 = 0, 0, 0 FROM n, organizations WHERE name = ?`,
    );
    await run(
      `${numbers(5100)} INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
       SELECT repository_id, 't' || value, manifest_id, 0, 0 FROM n, tags
       WHERE name = 'v1' AND repository_id = (SELECT id FROM repositories WHERE name = ? || '/large')`,
    );
    const found = await ask<Repository[]>(administrator, REPOSITORIES);
    expect(new Set(found.map(({ name }) => name)).size).toBe(1201);
    expect(found).toHaveLength(1201);
    const large = found.find(({ name }) => name === "large");
    expect([large?.num_images, large?.tags.length, new Set(large?.tags).size]).toEqual([5101, 5101, 5101]);
    expect(found[0]?.total_range).toBe(1201);
  });

  it.for([
    ["", "400 SVCSTG.SWR.4001014"],
    ["?center=thirdparty", "400 SVCSTG.SWR.4000014"],
    ["?filter=center::self|limit::1", "400 SVCSTG.SWR.4001035"],
  ] as const)("with %j is refused, not cut", async ([query, problem], { expect }) => {
    const { administrator } = await setting();
    expect(await swrProblem(await administrator.get(`${DOCKYARD}/repositories${query}`))).toBe(problem);
  });
});

describe("a replication", () => {
  it.for(["/namespaces", "/visible/namespaces", "/namespaces/acme", "/repositories?center=self"])(
    "is asked for a password at %s, and may not come with a token",
    async (path, { expect }) => {
      const { administrator } = await setting();
      expect((await fetchAnonymously(`${DOCKYARD}${path}`)).status).toBe(401);
      expect((await asUser(administrator.name, "wrong").get(`${DOCKYARD}${path}`)).status).toBe(401);
      const token = await tokenFor(administrator, "repository:acme/web:pull");
      expect((await sendWithToken(token, "GET", `${DOCKYARD}${path}`)).status).toBe(401);
    },
  );
});

describe("SWR's token service", () => {
  const PATH = "/swr/auth/v2/registry/auth?scope=repository:";

  it("answers what Harbor's adapter reads", async ({ expect }) => {
    const { administrator, organization } = await setting();
    const answer = await ask<Record<string, unknown>>(administrator, `${PATH}${organization}/web:push,pull`);
    expect(answer).toMatchObject({
      token: expect.stringMatching(/^ey/),
      expires_in: 300,
      issued_at: expect.stringMatching(/Z$/),
    });
  });

  it("lets a token to push delete what its user may delete, and no more", async ({ expect }) => {
    const { administrator, member, organization } = await setting();
    const image = `${organization}/web`;
    await pushAs(administrator, image, "v1");
    await grant(administrator, organization, member.name, 3);
    const remove = async (client: Client, path: string) => {
      const { token } = await ask<{ token: string }>(client, `${path}${image}:push,pull`);
      return (await sendWithToken(token, "DELETE", `/v2/${image}/manifests/v1`)).status;
    };
    expect(await remove(member, PATH)).toBe(403);
    // Elsewhere a token has what was asked for.
    expect(await remove(administrator, "/token?scope=repository:")).toBe(401);
    expect(await remove(administrator, PATH)).toBe(202);
    const { scope } = await ask<{ scope: string }>(administrator, `${PATH}${image}:pull`);
    expect(scope).toBe(`repository:${image}:pull`);
  });
});
