import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import {
  accessPath,
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
  userIdOf,
} from "../support/workerd/managing-clients.ts";
import { errorCodes, fetchAnonymously, someBytes } from "../support/workerd/registry-requests.ts";

interface Auth {
  user_id: string;
  user_name: string;
  auth: unknown;
}

interface Auths {
  id: number;
  name: string;
  creator_name?: string;
  self_auth: Auth;
  others_auths: Auth[];
}

async function authOf(client: Client, auth: unknown): Promise<Auth> {
  return { user_id: await userIdOf(client.name), user_name: client.name, auth };
}

async function show(client: Client, path: string): Promise<Auths> {
  const response = await client.get(path);
  if (response.status !== 200) throw new Error(`showing ${path}: ${response.status} ${await response.text()}`);
  return response.json<Auths>();
}

const granted = async (client: Client, path: string) =>
  Object.fromEntries((await show(client, path)).others_auths.map(({ user_name, auth }) => [user_name, auth]));

/** What there are permissions on, in one account for the whole file: an organization and an image with a slash. */
const place = {} as {
  account: string;
  administrator: Client;
  owner: Client;
  organization: string;
  image: string;
  stranger: Client;
};

beforeAll(async () => {
  const { account, administrator, member: owner } = await newAccount();
  const organization = await newOrganization(owner);
  const image = `${organization}/shop/web`;
  await pushAs(owner, image, "1.0");
  const { member: stranger } = await newAccount();
  Object.assign(place, { account, administrator, owner, organization, image, stranger });
});

const TARGETS = [
  { what: "an organization", createStatus: 200, pathOf: () => accessPath(place.organization), kind: "organization" },
  {
    what: "an image",
    createStatus: 201,
    pathOf: () => accessPath(place.organization, "shop$web"),
    kind: "image",
  },
] as const;

describe.for(TARGETS)("permissions on $what", ({ createStatus, pathOf, kind }) => {
  const nameOf = () => (kind === "organization" ? place.organization : place.image);

  it("are granted, shown, changed and taken away in SWR's words, and audited", async ({ expect }) => {
    const { account, administrator, owner } = place;
    const [first, second] = [await newUser(account), await newUser(account)];
    const path = pathOf();
    const body = [{ ...(await authOf(first, 1)), more: "ignored" }, await authOf(second, 3)];
    const created = await owner.post(path, body);
    expect([created.status, await created.json()]).toEqual([createStatus, {}]);
    expect(await granted(owner, path)).toMatchObject({ [first.name]: 1, [second.name]: 3 });
    const updated = await administrator.patch(path, [await authOf(first, 7)]);
    expect([updated.status, await updated.json()]).toEqual([201, {}]);
    expect(await granted(owner, path)).toMatchObject({ [first.name]: 7, [second.name]: 3 });
    const deleted = await first.delete(path, [await userIdOf(first.name), await userIdOf(second.name)]);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect(Object.keys(await granted(owner, path))).not.toContain(first.name);

    const events = (await auditOf(nameOf())).filter(({ detail }) =>
      [first.name, second.name].includes((JSON.parse(detail ?? "{}") as { user: string }).user),
    );
    const [set, gone] = [`${kind}.permission.set`, `${kind}.permission.delete`];
    expect(events.map(({ action, user_name, detail }) => [action, user_name, JSON.parse(detail ?? "")])).toEqual([
      [set, owner.name, { user: first.name, level: "read" }],
      [set, owner.name, { user: second.name, level: "edit" }],
      [set, administrator.name, { user: first.name, level: "manage", previous: "read" }],
      [gone, first.name, { user: first.name, previous: "manage" }],
      [gone, first.name, { user: second.name, previous: "edit" }],
    ]);
    expect(new Set(events.map(({ organization }) => organization))).toEqual(new Set([place.organization]));
  });

  it("are shown with the caller's own right apart, by whatever it comes", async ({ expect }) => {
    const { account, administrator, owner, organization } = place;
    const reader = await newUser(account);
    await grant(owner, organization, reader.name, 1, kind === "image" ? "shop$web" : undefined);
    const path = pathOf();
    const expected = {
      id: expect.any(Number),
      name: kind === "image" ? "shop/web" : organization,
      ...(kind === "organization" && { creator_name: owner.name }),
    };
    const seen = await show(reader, path);
    expect(seen).toEqual({
      ...expected,
      self_auth: await authOf(reader, 1),
      others_auths: expect.any(Array),
    });
    expect(seen.others_auths.map(({ user_name }) => user_name)).not.toContain(reader.name);
    // No row for administrators; and on the image none for its organization's creator either.
    expect(await show(administrator, path)).toMatchObject({ ...expected, self_auth: await authOf(administrator, 7) });
    expect(await show(owner, path)).toMatchObject({ ...expected, self_auth: await authOf(owner, 7) });
    expect((await granted(administrator, path))[reader.name]).toBe(1);
  });

  it("are refused whole when one of them exists already", async ({ expect }) => {
    const { account, owner } = place;
    const [there, fresh] = [await newUser(account), await newUser(account)];
    const path = pathOf();
    await owner.post(path, [await authOf(there, 1)]);
    const response = await owner.post(path, [await authOf(fresh, 3), await authOf(there, 3)]);
    expect(response.status).toBe(409);
    const { error_code, error_msg } = await response.json<{ error_code: string; error_msg: string }>();
    expect(error_code).toBe("SVCSTG.SWR.4090076");
    expect(error_msg).toBe(`user ${there.name} has read permission on ${nameOf()}`);
    expect(await granted(owner, path)).toMatchObject({ [there.name]: 1 });
    expect(await granted(owner, path)).not.toHaveProperty(fresh.name);
    const events = await auditOf(nameOf());
    expect(events.filter(({ detail }) => detail?.includes(fresh.name))).toEqual([]);
  });

  it("are changed and taken away whole or not at all", async ({ expect }) => {
    const { account, owner } = place;
    const [there, missing] = [await newUser(account), await newUser(account)];
    const path = pathOf();
    await owner.post(path, [await authOf(there, 1)]);
    const ids = [await userIdOf(there.name), await userIdOf(missing.name)];
    const patched = await owner.patch(path, [await authOf(there, 7), await authOf(missing, 7)]);
    expect(await swrProblem(patched)).toBe("404 SVCSTG.SWR.4040078");
    expect(await swrProblem(await owner.delete(path, ids))).toBe("404 SVCSTG.SWR.4040078");
    expect((await granted(owner, path))[there.name]).toBe(1);
    expect((await owner.delete(path, ids.slice(0, 1))).status).toBe(204);
    expect(await swrProblem(await owner.delete(path, ids.slice(0, 1)))).toBe("404 SVCSTG.SWR.4040078");
  });

  it("go to users of the account only, without telling who else exists", async ({ expect }) => {
    const { account, owner, stranger } = place;
    const [first, second] = [await newUser(account), await newUser(account)];
    const path = pathOf();
    const [id, strangerId] = [await userIdOf(first.name), await userIdOf(stranger.name)];
    const wrong: Auth[] = [
      { user_id: strangerId, user_name: stranger.name, auth: 1 },
      { user_id: "999999999", user_name: newName("user"), auth: 1 },
      { user_id: id, user_name: second.name, auth: 1 },
      { user_id: id, user_name: stranger.name, auth: 1 },
      { user_id: ` ${id}`, user_name: first.name, auth: 1 },
      { user_id: `${id}.0`, user_name: first.name, auth: 1 },
      { user_id: `0${id}`, user_name: first.name, auth: 1 },
      { user_id: "", user_name: first.name, auth: 1 },
      { user_id: "9".repeat(100_000), user_name: "x".repeat(100_000), auth: 1 },
    ];
    for (const entry of wrong) {
      for (const method of ["POST", "PATCH"]) {
        const response = await owner.send(method, path, [await authOf(second, 1), entry]);
        const text = await response.text();
        expect(response.status).toBe(404);
        expect(text.length).toBeLessThan(3000);
        expect(JSON.parse(text)).toMatchObject({ error_code: "SVCSTG.SWR.4040000" });
      }
      expect(await swrProblem(await owner.delete(path, [entry.user_id]))).toBe("404 SVCSTG.SWR.4040078");
    }
    const sentences = await Promise.all(
      wrong.slice(0, 2).map(async (entry) => {
        const { error_msg } = await (await owner.post(path, [entry])).json<{ error_msg: string }>();
        return error_msg.replace(`"${entry.user_id}"`, "…").replace(`"${entry.user_name}"`, "…");
      }),
    );
    expect(sentences[0]).toBe(sentences[1]);
    expect(await granted(owner, path)).not.toHaveProperty(second.name);
  });

  it.for([0, 2, 4, 5, 6, 8, -1, 1.5, "7", "read", null, true, [7], {}, undefined])(
    "know no auth but 1, 3 and 7: not %s",
    async (auth, { expect }) => {
      const body = [await authOf(place.administrator, auth)];
      for (const method of ["POST", "PATCH"]) {
        const response = await place.owner.send(method, pathOf(), body);
        expect(await swrProblem(response)).toBe("400 SVCSTG.SWR.4001065");
      }
    },
  );

  it("take 1 to 100 users, each once", async ({ expect }) => {
    const { owner } = place;
    const path = pathOf();
    const entry = await authOf(place.administrator, 1);
    const many = (length: number) =>
      Array.from({ length }, (_, at) => ({ user_id: String(900_000 + at), user_name: "x", auth: 1 }));
    const invalid = [[], many(101), [entry, { ...entry, auth: 3 }], entry, [[entry]], ["1"], "["];
    for (const body of invalid) {
      for (const method of ["POST", "PATCH"]) {
        expect(await swrProblem(await owner.send(method, path, body))).toBe("400 SVCSTG.SWR.4000014");
      }
    }
    expect(await swrProblem(await owner.post(path, [{ auth: 1 }]))).toBe("400 SVCSTG.SWR.4001014");
    const ids = (length: number) => many(length).map(({ user_id }) => user_id);
    for (const body of [ids(101), ["1", "1"], [1], { ids: ["1"] }, "null"]) {
      expect(await swrProblem(await owner.delete(path, body))).toBe("400 SVCSTG.SWR.4000014");
    }
    // Nobody's rights are taken away, where others' may be.
    expect((await owner.delete(path, [])).status).toBe(204);
    expect((await place.stranger.delete(path, [])).status).toBe(404);
    // So many are looked for.
    expect((await owner.post(path, many(100))).status).toBe(404);
    expect((await owner.delete(path, ids(100))).status).toBe(404);
  });

  it("are granted to 100 users at once", async ({ expect }) => {
    const { account, owner } = place;
    const users = await Promise.all(Array.from({ length: 100 }, () => newUser(account)));
    const entries = await Promise.all(users.map((user) => authOf(user, 3)));
    expect((await owner.post(pathOf(), entries)).status).toBe(createStatus);
    const events = await auditOf(nameOf());
    expect(events.filter(({ detail }) => users.some(({ name }) => detail?.includes(name)))).toHaveLength(100);
    expect(
      (
        await owner.delete(
          pathOf(),
          entries.map(({ user_id }) => user_id),
        )
      ).status,
    ).toBe(204);
  });

  it("of one user are granted once, however many try", async ({ expect }) => {
    const { account, owner, administrator } = place;
    const user = await newUser(account);
    const entries = [[await authOf(user, 1)], [await authOf(user, 7)]];
    const responses = await Promise.all(
      entries.flatMap((body) => [owner.post(pathOf(), body), administrator.post(pathOf(), body)]),
    );
    expect(responses.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([createStatus, 409, 409, 409]);
    expect((await auditOf(nameOf())).filter(({ detail }) => detail?.includes(user.name))).toHaveLength(1);
  });

  it("are managed by those who manage, and seen by those who have a right", async ({ expect }) => {
    const { account, owner, organization, stranger } = place;
    const [reader, editor, manager] = [await newUser(account), await newUser(account), await newUser(account)];
    const [nobody, target] = [await newUser(account), await newUser(account)];
    const image = kind === "image" ? "shop$web" : undefined;
    await grant(owner, organization, reader.name, 1, image);
    await grant(owner, organization, editor.name, 3, image);
    await grant(owner, organization, manager.name, 7, image);
    const path = pathOf();
    const entry = await authOf(target, 1);
    const statuses = async (client: Client) => [
      (await client.get(path)).status,
      (await client.post(path, [entry])).status,
      (await client.patch(path, [entry])).status,
      (await client.delete(path, [entry.user_id])).status,
    ];
    for (const client of [reader, editor]) expect(await statuses(client)).toEqual([200, 403, 403, 403]);
    expect(await statuses(manager)).toEqual([200, createStatus, 201, 204]);
    for (const client of [nobody, stranger]) expect(await statuses(client)).toEqual([404, 404, 404, 404]);
    const hidden = await nobody.get(path);
    expect(await swrProblem(hidden)).toBe(`404 SVCSTG.SWR.${kind === "image" ? "4040113" : "4040058"}`);
    expect((await fetchAnonymously(path)).status).toBe(401);
    // Rights on what does not exist look the same.
    expect((await owner.post(path.replace("/access", "x/access"), [entry])).status).toBe(404);
  });
});

describe("permissions on an image", () => {
  it("are not shown to whom it is only public for or shared with", async ({ expect }) => {
    const { stranger, owner, organization } = place;
    const path = accessPath(organization, "open");
    await pushAs(owner, `${organization}/open`);
    await env.DB.prepare("UPDATE repositories SET is_public = 1 WHERE name = ?").bind(`${organization}/open`).run();
    expect((await stranger.get(`/v2/${organization}/open/manifests/latest`)).status).toBe(200);
    expect(await swrProblem(await stranger.get(path))).toBe("403 SVCSTG.SWR.4030170");
  });

  it.for([
    ["Web", "400 SVCSTG.SWR.4001029"],
    ["a$$b", "400 SVCSTG.SWR.4001029"],
    ["$", "400 SVCSTG.SWR.4001029"],
    ["a$..$b", "400 SVCSTG.SWR.4001029"],
    ["a%2f..%2fb", "400 SVCSTG.SWR.4001029"],
    ["x".repeat(129), "400 SVCSTG.SWR.4001029"],
    ["x".repeat(128), "404 SVCSTG.SWR.4040113"],
    ["shop%2fother", "404 SVCSTG.SWR.4040113"],
  ] as const)("of the name %s are refused", async ([image, problem], { expect }) => {
    const { owner, organization } = place;
    expect(await swrProblem(await owner.get(accessPath(organization, image)))).toBe(problem);
    if (problem.startsWith("400")) {
      expect(await swrProblem(await owner.get(accessPath("Acme", "web")))).toBe("400 SVCSTG.SWR.4001028");
    }
  });

  it("may be asked for with an escaped slash, too", async ({ expect }) => {
    const { owner, organization } = place;
    expect((await show(owner, accessPath(organization, "shop%2Fweb"))).name).toBe("shop/web");
    expect((await show(owner, accessPath(organization, "shop%24web"))).name).toBe("shop/web");
  });
});

describe("a level over the registry API", () => {
  const ABSENT = `sha256:${"0".repeat(64)}`;
  const may = async (request: (method: string, path: string) => Promise<Response>, image: string) => {
    const probes = [
      ["pull", "GET", `/v2/${image}/manifests/1.0`, 200],
      ["push", "POST", `/v2/${image}/blobs/uploads/`, 202],
      // Allowed, and not there.
      ["delete", "DELETE", `/v2/${image}/manifests/${ABSENT}`, 404],
    ] as const;
    const allowed: string[] = [];
    for (const [action, method, path, status] of probes) {
      const response = await request(method, path);
      if (response.status === status) allowed.push(action);
      // A look before a push that is refused finds nothing.
      else if (response.status !== 403 && !(action === "pull" && response.status === 404)) {
        throw new Error(`${action}: ${response.status} ${await response.text()}`);
      }
    }
    return allowed.join();
  };
  const mayDo = async (client: Client, image: string) => {
    const byBasic = await may((method, path) => client.send(method, path), image);
    const token = await tokenFor(client, `repository:${image}:pull,push,delete`);
    const byToken = await may((method, path) => sendWithToken(token, method, path), image);
    if (byBasic !== byToken) throw new Error(`Basic allows ${byBasic}, a token ${byToken}`);
    return byToken;
  };
  const ALLOWED = { 0: "", 1: "pull", 3: "pull,push", 7: "pull,push,delete" };

  it.for([
    [0, 0],
    [1, 0],
    [3, 0],
    [7, 0],
    [0, 1],
    [0, 3],
    [0, 7],
    [1, 3],
    [3, 1],
    [7, 1],
    [1, 7],
  ] as const)(
    "allows what the higher one does of %i on the organization and %i on the image",
    async ([all, one], { expect }) => {
      const { account, owner, organization, image } = place;
      const user = await newUser(account);
      if (all) await grant(owner, organization, user.name, all);
      if (one) await grant(owner, organization, user.name, one, "shop$web");
      expect(await mayDo(user, image)).toBe(ALLOWED[all > one ? all : one]);
      await pushAs(owner, `${organization}/other`, "1.0");
      expect(await mayDo(user, `${organization}/other`)).toBe(ALLOWED[all]);
      const create = await user.send("POST", `/v2/${organization}/${newName("image")}/blobs/uploads/`);
      expect(create.status).toBe(all >= 3 ? 202 : 403);
    },
  );

  it("is manage for administrators of the account, without a permission", async ({ expect }) => {
    expect(await mayDo(place.administrator, place.image)).toBe(ALLOWED[7]);
  });

  it("is none for other accounts, whatever a row says", async ({ expect }) => {
    const { stranger, organization, image } = place;
    expect(await mayDo(stranger, image)).toBe("");
    const userId = await userIdOf(stranger.name);
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO organization_permissions SELECT id, ?, 'manage', 0 FROM organizations WHERE name = ?",
      ).bind(userId, organization),
      env.DB.prepare(
        "INSERT INTO repository_permissions SELECT id, ?, 'manage', 0 FROM repositories WHERE name = ?",
      ).bind(userId, image),
    ]);
    expect(await mayDo(stranger, image)).toBe("");
    for (const path of [accessPath(organization), accessPath(organization, "shop$web")]) {
      expect((await stranger.get(path)).status).toBe(404);
    }
    expect(await (await stranger.get("/v2/manage/namespaces?filter=mode::visible")).json()).toEqual({ namespaces: [] });
    await env.DB.batch([
      env.DB.prepare("DELETE FROM organization_permissions WHERE user_id = ?").bind(userId),
      env.DB.prepare("DELETE FROM repository_permissions WHERE user_id = ?").bind(userId),
    ]);
  });

  it("changes with the next token, and ends with it", async ({ expect }) => {
    const { account, owner, organization, image } = place;
    const user = await newUser(account);
    await grant(owner, organization, user.name, 3);
    const old = await tokenFor(user, `repository:${image}:pull,push`);
    await owner.patch(accessPath(organization), [await authOf(user, 1)]);
    expect(await mayDo(user, image)).toBe(ALLOWED[1]);
    await owner.delete(accessPath(organization), [await userIdOf(user.name)]);
    expect(await mayDo(user, image)).toBe("");
    // A token that is minutes old still pulls; a push looks again before it takes effect.
    expect((await sendWithToken(old, "GET", `/v2/${image}/manifests/1.0`)).status).toBe(200);
    const opened = await sendWithToken(old, "POST", `/v2/${image}/blobs/uploads/`);
    const push = await sendWithToken(old, "PATCH", opened.headers.get("Location") ?? "", { body: someBytes() });
    expect([push.status, await errorCodes(push)]).toEqual([403, ["DENIED"]]);
    // As Terraform updates: delete, then create.
    await grant(owner, organization, user.name, 7);
    expect(await mayDo(user, image)).toBe(ALLOWED[7]);
  });

  it("of a creator ends when an administrator takes it away", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const organization = await newOrganization(member);
    await pushAs(member, `${organization}/web`, "1.0");
    const response = await administrator.delete(accessPath(organization), [await userIdOf(member.name)]);
    expect(response.status).toBe(204);
    expect(await mayDo(member, `${organization}/web`)).toBe("");
    expect(await mayDo(administrator, `${organization}/web`)).toBe(ALLOWED[7]);
    expect((await show(administrator, accessPath(organization))).others_auths).toEqual([]);
  });
});
