import { beforeAll, describe, it } from "vitest";
import {
  auditOf,
  type Client,
  grant,
  newAccount,
  newOrganization,
  newUser,
  pushAs,
  sendWithToken,
  tokenFor,
  userIdOf,
} from "../support/workerd/managing-clients.ts";
import { errorsOf } from "../support/workerd/registry-requests.ts";

interface Permission {
  user: string;
  id: string;
  level: string;
}

/** Status and code of a refusal, for one comparison. */
async function problemOf(response: Response): Promise<string> {
  const [error] = await errorsOf(response);
  return `${response.status} ${error?.code}`;
}

async function list(client: Client, path: string): Promise<{ own: Permission; permissions: Permission[] }> {
  const response = await client.get(path);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function levelsOf(client: Client, path: string) {
  const { permissions } = await list(client, path);
  return Object.fromEntries(permissions.map(({ user, level }) => [user, level]));
}

/** What there are permissions on, in one account for the whole file: an organization and an image with a slash. */
const place = {} as { account: string; administrator: Client; organization: string; stranger: Client };

beforeAll(async () => {
  const { account, administrator } = await newAccount();
  const organization = await newOrganization(administrator);
  await pushAs(administrator, `${organization}/shop/web`, "1.0");
  const { member: stranger } = await newAccount();
  Object.assign(place, { account, administrator, organization, stranger });
});

const TARGETS = [
  { kind: "organization", pathOf: () => `/api/organizations/${place.organization}/permissions` },
  { kind: "image", pathOf: () => `/api/organizations/${place.organization}/images/shop%2Fweb/permissions` },
] as const;

describe.for(TARGETS)("permissions on an $kind", ({ kind, pathOf }) => {
  const nameOf = () => (kind === "organization" ? place.organization : `${place.organization}/shop/web`);

  it("are granted by name, to several at once, and listed with one's own", async ({ expect }) => {
    const { account, administrator } = place;
    const [one, other] = [await newUser(account), await newUser(account)];
    const wanted = [
      { user: one.name, level: "read" },
      { user: other.name, level: "edit" },
    ];
    const response = await administrator.post(pathOf(), { permissions: wanted });
    expect(response.status).toBe(201);
    const granted = [
      { user: one.name, id: await userIdOf(one.name), level: "read" },
      { user: other.name, id: await userIdOf(other.name), level: "edit" },
    ];
    expect(await response.json()).toEqual({ permissions: granted });
    const { own, permissions } = await list(administrator, pathOf());
    expect(own).toEqual({ user: administrator.name, id: await userIdOf(administrator.name), level: "manage" });
    expect(permissions).toEqual(expect.arrayContaining(granted));
    expect((await list(one, pathOf())).own.level).toBe("read");
  });

  it("are granted to all or to none", async ({ expect }) => {
    const { account, administrator, stranger } = place;
    const { name } = await newUser(account);
    const send = async (...users: string[]) => {
      const permissions = users.map((user) => ({ user, level: "read" }));
      return problemOf(await administrator.post(pathOf(), { permissions }));
    };
    expect(await send(name, "nobody-of-that-name")).toBe("404 USER_UNKNOWN");
    expect(await send(name, stranger.name)).toBe("404 USER_UNKNOWN");
    expect(await send(name, name)).toBe("400 PARAMETER_INVALID");
    expect(await levelsOf(administrator, pathOf())).not.toHaveProperty([name]);
    await administrator.post(pathOf(), { permissions: [{ user: name, level: "read" }] });
    expect(await send(name)).toBe("409 PERMISSION_EXISTS");
  });

  it("are changed, with effect on the next tokens, and audited", async ({ expect }) => {
    const { account, administrator } = place;
    const user = await newUser(account);
    await administrator.post(pathOf(), { permissions: [{ user: user.name, level: "read" }] });
    const changed = await administrator.patch(`${pathOf()}/${user.name}`, { level: "manage" });
    expect(changed.status).toBe(200);
    expect(await changed.json()).toEqual({ user: user.name, id: await userIdOf(user.name), level: "manage" });
    const scope = `repository:${place.organization}/shop/web:pull,push`;
    const upload = await sendWithToken(
      await tokenFor(user, scope),
      "POST",
      `/v2/${place.organization}/shop/web/blobs/uploads/`,
    );
    expect(upload.status).toBe(202);
    const details = (await auditOf(nameOf()))
      .filter(({ action }) => action === `${kind}.permission.set`)
      .map(({ detail }): unknown => JSON.parse(detail ?? "null"));
    expect(details).toContainEqual({ user: user.name, level: "manage", previous: "read" });
  });

  it("are taken away", async ({ expect }) => {
    const { account, administrator } = place;
    const { name } = await newUser(account);
    await administrator.post(pathOf(), { permissions: [{ user: name, level: "read" }] });
    const response = await administrator.delete(`${pathOf()}/${name}`);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await levelsOf(administrator, pathOf())).not.toHaveProperty([name]);
    expect(await problemOf(await administrator.delete(`${pathOf()}/${name}`))).toBe("404 PERMISSION_UNKNOWN");
    const change = await administrator.patch(`${pathOf()}/${name}`, { level: "read" });
    expect(await problemOf(change)).toBe("404 PERMISSION_UNKNOWN");
  });

  it("are not for those who do not manage it, whom it does not tell who there is", async ({ expect }) => {
    const { account, administrator, organization, stranger } = place;
    const editor = await newUser(account);
    await grant(administrator, organization, editor.name, 3);
    const attempts = (client: Client, user: string) => [
      client.post(pathOf(), { permissions: [{ user, level: "read" }] }),
      client.patch(`${pathOf()}/${user}`, { level: "read" }),
      client.delete(`${pathOf()}/${user}`),
    ];
    const unknown = kind === "organization" ? "404 ORGANIZATION_UNKNOWN" : "404 REPOSITORY_UNKNOWN";
    for (const user of [editor.name, "nobody-of-that-name"]) {
      for (const answer of attempts(editor, user)) expect(await problemOf(await answer)).toBe("403 DENIED");
      for (const answer of attempts(stranger, user)) expect(await problemOf(await answer)).toBe(unknown);
    }
  });

  it.for([
    { permissions: [{ user: "x", level: 1 }] },
    { permissions: [{ user: "x", level: "write" }] },
    { permissions: [{ user: "x" }] },
    { permissions: [{ user: "x", level: "read", auth: 1 }] },
    { permissions: [] },
    [{ user_id: "1", user_name: "x", auth: 1 }],
  ])("are refused for %j", async (body, { expect }) => {
    expect(await problemOf(await place.administrator.post(pathOf(), body))).toBe("400 PARAMETER_INVALID");
  });
});
