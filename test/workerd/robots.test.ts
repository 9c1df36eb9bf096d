/** Robots: users without a password, whose access keys may end on a date. */
import { describe, it } from "vitest";
import {
  auditOf,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  pushAs,
  sendWithToken,
} from "../support/workerd/managing-clients.ts";
import { basic, errorCodes, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { newRobot, newRobotKey } from "../support/workerd/robots.ts";
import { asKey, at, type Key, permanentLogin, sendSigned } from "../support/workerd/signed-requests.ts";

describe("a robot", () => {
  it("is a member that an administrator makes, and lists show what it is", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const robot = await newRobot(administrator);
    expect((await auditOf(robot)).map(({ action, detail }) => [action, JSON.parse(detail ?? "{}")])).toEqual([
      ["user.create", { role: "member", kind: "robot" }],
    ]);
    const { users } = await (await administrator.get("/api/users")).json<{ users: { name: string; kind: string }[] }>();
    const kinds = new Map(users.map(({ name, kind }) => [name, kind]));
    expect([kinds.get(robot), kinds.get(member.name)]).toEqual(["robot", "person"]);
    expect((await member.post("/api/users", { name: newName("robot"), kind: "robot" })).status).toBe(403);
  });

  it.for([
    { kind: "robot", password: "correct horse" },
    { kind: "robot", role: "administrator" },
    { kind: "robot", role: "operator" },
    { kind: "rule" },
    {},
  ])("is not made of %o", async (body, { expect }) => {
    const { administrator } = await newAccount();
    const response = await administrator.post("/api/users", { name: newName("robot"), ...body });
    expect([response.status, await errorCodes(response)]).toEqual([400, ["PARAMETER_INVALID"]]);
  });

  it("has no password, whatever is tried, and gets none", async ({ expect }) => {
    const { administrator } = await newAccount();
    const robot = await newRobot(administrator);
    for (const password of ["", " ", "password"]) {
      for (const path of ["/v2/", "/token", "/api/session"]) {
        const headers = { Authorization: basic(robot, password), "CF-Connecting-IP": `198.51.100.${password.length}` };
        expect((await fetchAnonymously(path, { headers })).status).toBe(401);
      }
    }
    const change = await administrator.patch(`/api/users/${robot}`, { password: "correct horse battery" });
    expect([change.status, await errorCodes(change)]).toEqual([403, ["DENIED"]]);
    expect((await administrator.patch(`/api/users/${robot}`, { role: "administrator" })).status).toBe(403);
  });

  it("pushes, pulls and signs requests with its keys, as far as it was granted", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const robot = await newRobot(administrator);
    const key = await newRobotKey(administrator, robot);
    const client = asKey(key);
    await expect(pushAs(client, `${organization}/web`)).rejects.toThrow(/403/);
    await grant(administrator, organization, robot, 3);
    await expect(pushAs(client, `${organization}/web`)).resolves.toMatch(/^sha256:/);
    expect((await sendSigned(key, "GET", `/api/organizations/${organization}`)).status).toBe(200);
    expect((await sendSigned(key, "DELETE", `/api/organizations/${organization}`)).status).toBe(403);
  });

  it("makes neither keys nor login commands for itself", async ({ expect }) => {
    const { administrator } = await newAccount();
    const robot = await newRobot(administrator);
    const key = await newRobotKey(administrator, robot);
    for (const path of ["/api/access-keys", "/api/login-command", "/v2/manage/utils/secret"]) {
      const response = await sendSigned(key, "POST", path, { body: "{}" });
      expect(response.status).toBe(403);
    }
    expect((await sendSigned(key, "GET", "/api/access-keys")).status).toBe(200);
  });

  it("alone gets keys from an administrator", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const { administrator: stranger } = await newAccount();
    const robot = await newRobot(administrator);
    expect((await administrator.post(`/api/users/${member.name}/access-keys`)).status).toBe(403);
    expect((await stranger.post(`/api/users/${robot}/access-keys`)).status).toBe(404);
    expect((await member.post(`/api/users/${robot}/access-keys`)).status).toBe(403);
    const { access } = await newRobotKey(administrator, robot);
    expect(await auditOf(access)).toMatchObject([
      { action: "access-key.create", user_name: administrator.name, detail: JSON.stringify({ user: robot }) },
    ]);
  });
});

describe("an access key that ends", () => {
  it("is refused from then on by docker login and for signatures, and so are its tokens", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const robot = await newRobot(administrator);
    await grant(administrator, organization, robot, 3);
    await pushAs(administrator, `${organization}/web`);
    const now = Date.now();
    const ends = now + 120_000;
    const key = await newRobotKey(administrator, robot, new Date(ends));
    expect(Date.parse(key.ends ?? "")).toBe(ends);
    const login = () => fetchAnonymously("/v2/", { headers: { Authorization: permanentLogin(key) } });
    const ask = () =>
      fetchAnonymously(`/token?scope=repository:${organization}/web:pull,push`, {
        headers: { Authorization: permanentLogin(key) },
      });
    const { token, expires_in: lifetime } = await (await ask()).json<{ token: string; expires_in: number }>();
    expect(lifetime).toBeLessThanOrEqual(120);
    const pull = () => sendWithToken(token, "GET", `/v2/${organization}/web/manifests/latest`);
    const signed = (date: number) => sendSigned(key, "GET", "/api/session", { date });
    expect(await at(ends - 1000, async () => [(await login()).status, (await signed(ends - 1000)).status])).toEqual([
      200, 200,
    ]);
    expect((await at(ends - 1000, pull)).status).toBe(200);
    expect(
      await at(ends, async () => [(await login()).status, (await ask()).status, (await signed(ends)).status]),
    ).toEqual([401, 401, 401]);
    expect((await at(ends + 1000, pull)).status).toBe(401);
  });

  it("is listed with its end, and may be one's own", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    const ends = new Date(Date.now() + 3_600_000).toISOString();
    const { access } = await (await member.post("/api/access-keys", { ends })).json<Key>();
    await member.post("/api/access-keys", { ends: null });
    const list = async (client: Client, path: string) =>
      (await (await client.get(path)).json<{ accessKeys: { access: string; ends: string | null }[] }>()).accessKeys;
    expect((await list(member, "/api/access-keys")).map((key) => key.ends)).toEqual([null, ends]);
    expect(await list(administrator, `/api/users/${member.name}/access-keys`)).toHaveLength(2);
    expect(JSON.parse((await auditOf(access))[0]?.detail ?? "{}")).toEqual({ ends });
  });

  it.for([{ ends: "2020-01-01T00:00:00Z" }, { ends: "tomorrow" }, { ends: 1 }, { end: null }])(
    "is not made with %o",
    async (body, { expect }) => {
      const { member } = await newAccount();
      const response = await member.post("/api/access-keys", body);
      expect([response.status, await errorCodes(response)]).toEqual([400, ["PARAMETER_INVALID"]]);
    },
  );
});
