import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import type { User } from "../../src/model/rights/access.ts";
import { ORGANIZATION_NAME_REST_MS } from "../../src/kernel/limits.ts";
import { parseOrganizationName, parseRepositoryName } from "../../src/kernel/reference.ts";
import { TOKEN_LIFETIME_S } from "../../src/registry/logins/tokens.ts";
import { findAccessFacts } from "../../src/storage/rights/access.ts";
import type { Database } from "../../src/storage/database.ts";
import { isNameResting } from "../../src/storage/organizations/new-organizations.ts";
import { listOrganizations } from "../../src/storage/organizations/organizations.ts";
import {
  asUser,
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  PASSWORD,
  pushAs,
  sendWithToken,
  swrProblem,
  tokenFor,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import { basic, digestOf, errorsOf, fetchAnonymously, OCI_MANIFEST } from "../support/workerd/registry-requests.ts";
import { planOf, scansIn } from "../support/workerd/query-plans.ts";

const NAMESPACES = "/v2/manage/namespaces";

interface Namespace {
  id: number;
  name: string;
  creator_name: string;
  auth: number;
  access_user_count: number;
  repo_count: number;
}

async function list(client: Client, query = ""): Promise<Namespace[]> {
  const response = await client.get(`${NAMESPACES}${query}`);
  if (response.status !== 200) throw new Error(`listing: ${response.status} ${await response.text()}`);
  return (await response.json<{ namespaces: Namespace[] }>()).namespaces;
}

async function names(client: Client, query = ""): Promise<string[]> {
  return (await list(client, query)).map(({ name }) => name);
}

describe("creating an organization", () => {
  it("answers 201 with an empty object, and its creator manages it", async ({ expect }) => {
    const { member } = await newAccount();
    const name = newName("org");
    const response = await member.post(NAMESPACES, { namespace: name, unknown: "ignored" });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({});
    expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
    const shown = await (await member.get(`${NAMESPACES}/${name}`)).json<Namespace>();
    expect(shown).toEqual({
      id: expect.any(Number),
      name,
      creator_name: member.name,
      auth: 7,
      access_user_count: 1,
      repo_count: 0,
    });
    expect(await auditOf(name)).toMatchObject([
      { action: "organization.create", organization: name, user_name: member.name, result: "success" },
    ]);
  });

  it.for([
    ["", "lower-case"],
    ["Acme", "lower-case"],
    ["1acme", "letter"],
    ["acme-", "only between"],
    ["a..b", "only between"],
    ["..", "only between"],
    ["a/b", "only between"],
    ["a%2fb", "only between"],
    ["a$b", "only between"],
    ["manage", "reserved"],
    ["a".repeat(65), "64"],
    ["x".repeat(1024 * 1024 - 100), "64"],
  ] as const)("refuses the name %#", async ([name, why], { expect }) => {
    const { member } = await newAccount();
    const response = await member.post(NAMESPACES, { namespace: name });
    const text = await response.text();
    expect(text.length).toBeLessThan(3000);
    expect(text).toContain(why);
    expect([response.status, (JSON.parse(text) as { error_code: string }).error_code]).toEqual([
      400,
      "SVCSTG.SWR.4001028",
    ]);
  });

  it("takes names of one and of 64 characters", async ({ expect }) => {
    const { member } = await newAccount();
    const long = newName("o").padEnd(64, "x");
    expect(await newOrganization(member, long)).toHaveLength(64);
    for (const letter of "qz") expect(await newOrganization(member, letter)).toBe(letter);
  });

  it.for([
    ["nothing", undefined],
    ["no object", "[]"],
    ["no name", "{}"],
    ["a name that is no text", '{"namespace":7}'],
    ["what is not JSON", "{"],
  ] as const)("refuses a body with %s", async ([, body], { expect }) => {
    const { member } = await newAccount();
    const response = await member.post(NAMESPACES, body);
    expect(response.status).toBe(400);
    const { errors, error_code, error_msg } = await response.json<{
      errors: { errorCode: string; errorMessage: string }[];
      error_code: string;
      error_msg: string;
    }>();
    expect(error_code).toMatch(/^SVCSTG\.SWR\.400\d{4}$/);
    expect(errors[0]).toMatchObject({ errorCode: error_code, errorMessage: error_msg });
  });

  it("refuses a name that is taken, by whatever account", async ({ expect }) => {
    const [first, second] = [await newAccount(), await newAccount()];
    const name = await newOrganization(first.member);
    for (const client of [first.member, first.administrator, second.member]) {
      const response = await client.post(NAMESPACES, { namespace: name });
      expect(await swrProblem(response)).toBe("409 SVCSTG.SWR.4090060");
    }
  });

  it("lets one of two win who create it at once", async ({ expect }) => {
    const [first, second] = [await newAccount(), await newAccount()];
    const name = newName("org");
    const clients = [first.member, first.administrator, second.member, second.administrator];
    const responses = await Promise.all(clients.map((client) => client.post(NAMESPACES, { namespace: name })));
    expect(responses.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([201, 409, 409, 409]);
    expect(await auditOf(name)).toHaveLength(1);
  });

  it("counts against the quota of the user, no matter who else creates some", async ({ expect }) => {
    const { account, member } = await newAccount();
    const limited = asUser(member.name, PASSWORD, withSettings({ ORGANIZATION_QUOTA: "2" }));
    const first = await newOrganization(limited);
    await newOrganization(limited);
    const refused = await limited.post(NAMESPACES, { namespace: newName("org") });
    expect(refused.status).toBe(400);
    const { error_code, error_msg } = await refused.json<{ error_code: string; error_msg: string }>();
    expect(error_code).toBe("SVCSTG.SWR.4000097");
    expect(error_msg).toContain(`${member.name} has created 2 organizations`);
    const taken = await limited.post(NAMESPACES, { namespace: first });
    expect(await swrProblem(taken)).toBe("409 SVCSTG.SWR.4090060");
    const colleague = await newUser(account);
    await newOrganization(asUser(colleague.name, PASSWORD, withSettings({ ORGANIZATION_QUOTA: "2" })));
    expect((await limited.delete(`${NAMESPACES}/${first}`)).status).toBe(204);
    await newOrganization(limited);
  });

  it("never exceeds the quota, however many are created at once", async ({ expect }) => {
    const { member } = await newAccount();
    const limited = asUser(member.name, PASSWORD, withSettings({ ORGANIZATION_QUOTA: "5" }));
    const responses = await Promise.all(
      Array.from({ length: 12 }, () => limited.post(NAMESPACES, { namespace: newName("org") })),
    );
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(responses.filter(({ status }) => status === 400)).toHaveLength(7);
    expect(await list(limited)).toHaveLength(5);
  });

  it("is for users only", async ({ expect }) => {
    const response = await fetchAnonymously(NAMESPACES, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ namespace: newName("org") }),
    });
    expect(await swrProblem(response)).toBe("401 SVCSTG.SWR.4010000");
  });
});

describe("listing organizations", () => {
  it("tells each user those they have a right to, and how far it goes", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const [reader, editor, nobody] = [await newUser(account), await newUser(account), await newUser(account)];
    const stranger = await newAccount();
    const [a, b] = [await newOrganization(member), await newOrganization(administrator)];
    await grant(administrator, a, reader.name, 1);
    await grant(administrator, b, reader.name, 3);
    await grant(administrator, a, editor.name, 3);
    await pushAs(member, `${a}/web`);
    await pushAs(member, `${a}/shop/cart`);
    const rows = (found: Namespace[]) =>
      found.map((row) => [row.name, row.creator_name, row.auth, row.access_user_count, row.repo_count]);
    const [rowA, rowB] = [
      (auth: number) => [a, member.name, auth, 3, 2],
      (auth: number) => [b, administrator.name, auth, 2, 0],
    ];
    const inOrder = (...found: unknown[][]) => found.toSorted((x, y) => (String(x[0]) < String(y[0]) ? -1 : 1));
    expect(rows(await list(member))).toEqual([rowA(7)]);
    expect(rows(await list(administrator))).toEqual(inOrder(rowA(7), rowB(7)));
    expect(rows(await list(reader))).toEqual(inOrder(rowA(1), rowB(3)));
    expect(rows(await list(editor, "?filter=mode::visible"))).toEqual([rowA(3)]);
    for (const client of [nobody, stranger.member, stranger.administrator]) {
      expect(await list(client)).toEqual([]);
      expect(await list(client, "?filter=mode::visible")).toEqual([]);
    }
  });

  it("with mode visible also tells those where the user may see an image, and counts no other image", async ({
    expect,
  }) => {
    const { account, administrator, member } = await newAccount();
    const guest = await newUser(account);
    const name = await newOrganization(member);
    for (const image of ["a", "b", "c"]) await pushAs(member, `${name}/${image}`);
    await grant(administrator, name, guest.name, 7, "b");
    expect(await list(guest)).toEqual([]);
    for (const query of [
      "?filter=mode::visible",
      "?mode=visible",
      `?filter=mode%3A%3Avisible%7Cnamespace%3A%3A${name}`,
    ]) {
      expect(await list(guest, query)).toMatchObject([{ name, auth: 1, repo_count: 1, access_user_count: 1 }]);
    }
    expect((await guest.get(`${NAMESPACES}/${name}`)).status).toBe(404);
  });

  it("finds one by name, and lets a filter win over other parameters", async ({ expect }) => {
    const { member } = await newAccount();
    const [a, b] = [await newOrganization(member), await newOrganization(member)];
    expect(await names(member, `?namespace=${a}`)).toEqual([a]);
    expect(await names(member, `?filter=namespace::${b}`)).toEqual([b]);
    expect(await names(member, `?namespace=${a}&filter=namespace::${b}`)).toEqual([b]);
    expect(await names(member, `?namespace=${newName("org")}`)).toEqual([]);
    expect((await names(member, `?namespace=${a}&filter=`)).length).toBe(1);
    expect((await names(member, `?namespace=${a}&filter=mode::visible`)).toSorted()).toEqual([a, b].toSorted());
  });

  it.for([
    ["filter=x::y", "400 SVCSTG.SWR.4001035"],
    ["filter=namespace", "400 SVCSTG.SWR.4001035"],
    ["filter=namespace:a", "400 SVCSTG.SWR.4001035"],
    ["filter=namespace::a::b", "400 SVCSTG.SWR.4001035"],
    ["filter=namespace::a|namespace::b", "400 SVCSTG.SWR.4001035"],
    ["filter=namespace::a|", "400 SVCSTG.SWR.4001035"],
    ["filter=__proto__::a", "400 SVCSTG.SWR.4001035"],
    ["filter=mode::hidden", "400 SVCSTG.SWR.4001035"],
    ["namespace=Acme", "400 SVCSTG.SWR.4001028"],
    ["namespace=a&namespace=b", "400 SVCSTG.SWR.4000014"],
  ] as const)("refuses ?%s", async ([query, problem], { expect }) => {
    const { member } = await newAccount();
    expect(await swrProblem(await member.get(`${NAMESPACES}?${query}`))).toBe(problem);
  });
});

describe("showing and deleting an organization", () => {
  it("look the same to those who may not know of it as if it were not there", async ({ expect }) => {
    const { account, member } = await newAccount();
    const stranger = await newAccount();
    const nobody = await newUser(account);
    const name = await newOrganization(member);
    for (const client of [nobody, stranger.member, stranger.administrator, asUser("admin", "correct horse")]) {
      for (const method of ["GET", "DELETE"]) {
        const hidden = await client.send(method, `${NAMESPACES}/${name}`);
        const absent = await client.send(method, `${NAMESPACES}/${name}x`);
        expect(hidden.status).toBe(404);
        expect(absent.status).toBe(404);
        const text = (await hidden.text()).replaceAll(name, "…");
        expect(text).toBe((await absent.text()).replaceAll(`${name}x`, "…"));
        expect(text).toContain("SVCSTG.SWR.4040058");
      }
    }
    expect((await member.get(`${NAMESPACES}/${name}`)).status).toBe(200);
  });

  it.for([
    ["Acme", "400 SVCSTG.SWR.4001028"],
    ["manage", "400 SVCSTG.SWR.4001028"],
    ["a%2fb", "400 SVCSTG.SWR.4001028"],
    ["a%2f..%2fb", "400 SVCSTG.SWR.4001028"],
    ["%ff", "400 SVCSTG.SWR.4001028"],
  ] as const)("refuse what is no name: %s", async ([name, problem], { expect }) => {
    const { member } = await newAccount();
    expect(await swrProblem(await member.get(`${NAMESPACES}/${name}`))).toBe(problem);
    expect(await swrProblem(await member.delete(`${NAMESPACES}/${name}`))).toBe(problem);
  });

  it("deletion needs the right to manage, and no image", async ({ expect }) => {
    const { account, administrator, member } = await newAccount();
    const [reader, editor, manager] = [await newUser(account), await newUser(account), await newUser(account)];
    const name = await newOrganization(member);
    await grant(member, name, reader.name, 1);
    await grant(member, name, editor.name, 3);
    await grant(member, name, manager.name, 7);
    for (const client of [reader, editor]) {
      expect(await swrProblem(await client.delete(`${NAMESPACES}/${name}`))).toBe("403 SVCSTG.SWR.4030170");
    }
    const digest = await pushAs(member, `${name}/web`);
    for (const client of [manager, administrator]) {
      const response = await client.delete(`${NAMESPACES}/${name}`);
      expect(await swrProblem(response)).toBe("406 SVCSTG.SWR.4060074");
    }
    // An image without versions is one, too.
    expect((await member.send("DELETE", `/v2/${name}/web/manifests/${digest}`)).status).toBe(202);
    expect((await manager.delete(`${NAMESPACES}/${name}`)).status).toBe(406);
    expect((await member.delete(`${NAMESPACES}/${name}/repos/web`)).status).toBe(204);
    const deleted = await manager.delete(`${NAMESPACES}/${name}`);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect((await manager.get(`${NAMESPACES}/${name}`)).status).toBe(404);
    expect((await manager.delete(`${NAMESPACES}/${name}`)).status).toBe(404);
    expect((await auditOf(name)).map(({ action, user_name }) => [action, user_name]).at(-1)).toEqual([
      "organization.delete",
      manager.name,
    ]);
  });

  it("never leaves an image behind that is pushed at the same time", async ({ expect }) => {
    const { member } = await newAccount();
    for (let round = 0; round < 5; round += 1) {
      const name = await newOrganization(member);
      const [pushed, deleted] = await Promise.all([
        member.send("POST", `/v2/${name}/web/blobs/uploads/`),
        member.delete(`${NAMESPACES}/${name}`),
      ]);
      expect([202, 403]).toContain(pushed.status);
      expect([204, 406]).toContain(deleted.status);
      const orphan = await env.DB.prepare(
        "SELECT 1 FROM repositories WHERE name = ? AND organization_id NOT IN (SELECT id FROM organizations WHERE name < '~')",
      )
        .bind(`${name}/web`)
        .first();
      expect(orphan).toBe(null);
    }
  });

  it("keeps the name closed to other accounts while tokens for the old images live", async ({ expect }) => {
    expect(ORGANIZATION_NAME_REST_MS).toBeGreaterThan(TOKEN_LIFETIME_S * 1000);
    const [old, next] = [await newAccount(), await newAccount()];
    const name = await newOrganization(old.member);
    const scope = `repository:${name}/web:pull,push`;
    const stale = await tokenFor(old.member, scope);
    expect((await old.member.delete(`${NAMESPACES}/${name}`)).status).toBe(204);
    const refused = await next.member.post(NAMESPACES, { namespace: name });
    expect(await swrProblem(refused)).toBe("409 SVCSTG.SWR.4090060");
    const push = await sendWithToken(await tokenFor(next.member, scope), "POST", `/v2/${name}/web/blobs/uploads/`);
    expect(push.status).toBe(403);
    expect((await errorsOf(push))[0]?.message).toContain("was another account's until a moment ago");
    await env.DB.prepare("UPDATE audit_events SET created_at = created_at - ? WHERE organization = ?")
      .bind(ORGANIZATION_NAME_REST_MS, name)
      .run();
    await newOrganization(next.member, name);
    // The token of old is for an organization that is another one now: pushes look again.
    const opened = await sendWithToken(stale, "POST", `/v2/${name}/web/blobs/uploads/`);
    expect((await sendWithToken(stale, "PATCH", opened.headers.get("Location") ?? "")).status).toBe(403);
    // Its own account may have the name at once.
    expect((await next.member.delete(`${NAMESPACES}/${name}`)).status).toBe(204);
    await newOrganization(next.administrator, name);
  });
});

describe("a push to an organization that does not exist", () => {
  /** Opens an upload with a first chunk, which is what creates something. */
  const startPush = async (client: Client, name: string) => {
    const opened = await client.send("POST", `/v2/${name}/web/blobs/uploads/`);
    const location = opened.headers.get("Location");
    return location === null ? opened : client.send("PATCH", location);
  };
  const denial = async (response: Response) => {
    const [error] = await errorsOf(response);
    return `${response.status} ${error?.code}: ${error?.message}`;
  };

  it("creates it, and the pusher manages it", async ({ expect }) => {
    const { member } = await newAccount();
    const name = newName("org");
    await pushAs(member, `${name}/shop/web`);
    expect(await list(member)).toMatchObject([{ name, creator_name: member.name, auth: 7, repo_count: 1 }]);
    expect((await auditOf(name)).map(({ action }) => action)).toEqual(["organization.create"]);
  });

  it("is denied beyond the quota, and docker says so", async ({ expect }) => {
    const { member } = await newAccount();
    const fetch = withSettings({ ORGANIZATION_QUOTA: "1" });
    const limited = asUser(member.name, PASSWORD, fetch);
    const own = await newOrganization(limited);
    const name = newName("org");
    const why = "you do not have the permission";
    const basicAnswer = await denial(await startPush(limited, name));
    expect(basicAnswer).toContain(`403 DENIED: ${why}`);
    expect(basicAnswer).toContain(`${member.name} has created 1 of at most 1`);
    const token = await tokenFor(limited, `repository:${name}/web:pull,push`);
    const init = { method: "POST", headers: { Authorization: `Bearer ${token}` } };
    expect(await denial(await fetch(`/v2/${name}/web/blobs/uploads/`, init))).toBe(basicAnswer);
    expect((await startPush(limited, own)).status).toBe(202);
  });

  it("is denied when a push creates none", async ({ expect }) => {
    const { member } = await newAccount();
    const client = asUser(member.name, PASSWORD, withSettings({ CREATE_ORGANIZATION_ON_PUSH: false }));
    const answer = await denial(await startPush(client, newName("org")));
    expect(answer).toContain("403 DENIED: you do not have the permission");
    expect(answer).toContain("the organization does not exist, and a push creates none here");
    expect((await startPush(client, await newOrganization(client))).status).toBe(202);
  });

  it("is denied when the name is taken, or without a right, each with the reason", async ({ expect }) => {
    const [first, second] = [await newAccount(), await newAccount()];
    const name = await newOrganization(first.member);
    const taken = await denial(await startPush(second.member, name));
    expect(taken).toContain("403 DENIED: you do not have the permission");
    expect(taken).toContain("taken by another account");
    const colleague = await newUser(first.account);
    const noRight = await denial(await startPush(colleague, name));
    expect(noRight).toContain("403 DENIED: you do not have the permission");
    expect(noRight).toContain("no right to push there");
  });

  it("of two at once creates one organization, whose creator alone may push", async ({ expect }) => {
    const [first, second] = [await newAccount(), await newAccount()];
    const colleague = await newUser(first.account);
    for (let round = 0; round < 5; round += 1) {
      const name = newName("org");
      const clients = [first.member, colleague, second.member];
      const responses = await Promise.all(clients.map((client) => startPush(client, name)));
      expect(responses.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([202, 403, 403]);
      const winner = clients[responses.findIndex(({ status }) => status === 202)];
      const creators = await env.DB.prepare(
        "SELECT u.name FROM repositories r JOIN users u ON u.id = r.created_by WHERE r.name = ?",
      )
        .bind(`${name}/web`)
        .all<{ name: string }>();
      expect(creators.results).toEqual([{ name: winner?.name }]);
    }
  });
});

describe("a token from before an organization existed", () => {
  it("is worth nothing once another account created it", async ({ expect }) => {
    const [early, late] = [await newAccount(), await newAccount()];
    const colleague = await newUser(late.account);
    const name = newName("org");
    const scope = `repository:${name}/web:pull,push,delete`;
    const tokens = [await tokenFor(early.member, scope), await tokenFor(colleague, scope)];
    const digest = await pushAs(late.member, `${name}/web`, "1.0");
    for (const token of tokens) {
      for (const [method, path, status, code] of [
        // A look before a push that is refused finds nothing.
        ["GET", `/v2/${name}/web/manifests/1.0`, 404, "NAME_UNKNOWN"],
        ["GET", `/v2/${name}/web/tags/list`, 404, "NAME_UNKNOWN"],
        ["POST", `/v2/${name}/web/blobs/uploads/?digest=${digestOf("")}`, 403, "DENIED"],
        ["DELETE", `/v2/${name}/web/manifests/${digest}`, 403, "DENIED"],
      ] as const) {
        const response = await sendWithToken(token, method, path);
        expect([method, response.status]).toEqual([method, status]);
        expect((await errorsOf(response))[0]?.code).toBe(code);
      }
    }
    expect((await late.member.get(`/v2/${name}/web/manifests/1.0`)).status).toBe(200);
  });

  it("does not let a push in that began before and ends after", async ({ expect }) => {
    const [early, late] = [await newAccount(), await newAccount()];
    const name = newName("org");
    const { readable, writable } = new IdentityTransformStream();
    const slow = fetchAnonymously(`/v2/${name}/web/manifests/1.0`, {
      method: "PUT",
      headers: { Authorization: basic(early.member.name, PASSWORD), "Content-Type": OCI_MANIFEST },
      body: readable,
    });
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode('{"schemaVersion":2,'));
    const digest = await pushAs(late.member, `${name}/web`, "1.0");
    const manifest = await (await late.member.get(`/v2/${name}/web/manifests/1.0`)).text();
    await writer.write(new TextEncoder().encode(manifest.slice('{"schemaVersion":2,'.length)));
    await writer.close();
    const response = await slow;
    expect(response.status).toBe(403);
    expect((await errorsOf(response))[0]?.message).toContain("taken by another account");
    const history = await env.DB.prepare(
      "SELECT count(*) AS n FROM tag_history h JOIN repositories r ON r.id = h.repository_id WHERE r.name = ?",
    )
      .bind(`${name}/web`)
      .first<number>("n");
    expect(history).toBe(1);
    expect(digest).toMatch(/^sha256:/);
  });

  it("works for who created it with its help", async ({ expect }) => {
    const { member } = await newAccount();
    const name = newName("org");
    const token = await tokenFor(member, `repository:${name}/web:pull,push`);
    for (let round = 0; round < 2; round += 1) {
      const response = await sendWithToken(token, "POST", `/v2/${name}/web/blobs/uploads/`);
      expect(response.status).toBe(202);
    }
  });
});

describe("the queries", () => {
  const member: User = { id: 1, name: "a", accountId: 1, accountName: "a", role: "member" };
  const administrator: User = { ...member, role: "administrator" };
  const [name, repository] = [parseOrganizationName("acme"), parseRepositoryName("acme/web")];
  const queries = [
    ["a member's list", (db: Database) => listOrganizations(db, member, { withImages: false }, 10)],
    ["a member's list with images", (db: Database) => listOrganizations(db, member, { withImages: true }, 10)],
    ["a member's organization", (db: Database) => listOrganizations(db, member, { name, withImages: true }, 10)],
    ["an administrator's list", (db: Database) => listOrganizations(db, administrator, { withImages: true }, 10)],
    ["whether a name rests", (db: Database) => isNameResting(db, member, name)],
    ["what access to an image goes by", (db: Database) => findAccessFacts(db, member, repository)],
  ] as const;

  it.for(queries)("for %s search indexes only", async ([what, act], { expect }) => {
    const plan = await planOf(act);
    // A member's own permissions are few, and added up by organization.
    expect(scansIn(plan).filter((step) => step !== "SCAN granted")).toEqual([]);
    if (what === "whether a name rests") expect(plan.join()).toContain("audit_events_by_organization");
    if (what.startsWith("a member's")) expect(plan.filter((step) => step.includes("(account_id=?)"))).toEqual([]);
    // A member's own organizations are few, and found by the permissions, not by name.
    if (!what.startsWith("a member's"))
      expect(plan.filter((step) => step === "USE TEMP B-TREE FOR ORDER BY")).toEqual([]);
  });
});
