import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { findAccessKey } from "../../src/storage/logins/access-keys.ts";
import { type Client, auditOf, newAccount, statusesOf } from "../support/workerd/managing-clients.ts";
import { planOf, scansIn } from "../support/workerd/query-plans.ts";
import { errorCodes, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { at, newKey, permanentLogin, sendSigned } from "../support/workerd/signed-requests.ts";

interface ListedKey {
  access: string;
  created: string;
  lastUsed: string | null;
}

async function keysOf(client: Client, path = "/api/access-keys"): Promise<ListedKey[]> {
  return (await (await client.get(path)).json<{ accessKeys: ListedKey[] }>()).accessKeys;
}

describe("an access key", () => {
  it("is made with a secret that is never shown again", async ({ expect }) => {
    const { member } = await newAccount();
    const response = await member.send("POST", "/api/access-keys");
    expect(response.status).toBe(201);
    const key = await response.json<{ access: string; secret: string; created: string }>();
    expect(Object.keys(key).sort()).toEqual(["access", "created", "ends", "secret"]);
    expect(key.access).toMatch(/^[A-Z0-9]{20}$/);
    expect(key.secret).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(Math.abs(Date.parse(key.created) - Date.now())).toBeLessThan(60_000);

    const listed = await (await member.get("/api/access-keys")).text();
    expect(JSON.parse(listed)).toEqual({
      accessKeys: [{ access: key.access, created: key.created, lastUsed: null, ends: null }],
    });
    const stored = await env.DB.prepare("SELECT * FROM access_keys WHERE access_key = ?").bind(key.access).first();
    const audit = await auditOf(key.access);
    expect(audit.map(({ action, user_name }) => [action, user_name])).toEqual([["access-key.create", member.name]]);
    for (const text of [listed, JSON.stringify(stored), JSON.stringify(audit)]) expect(text).not.toContain(key.secret);
  });

  it("is made for any body or none", async ({ expect }) => {
    const { member } = await newAccount();
    expect((await member.post("/api/access-keys", {})).status).toBe(201);
    const bare = { Authorization: `Basic ${btoa(`${member.name}:${member.password}`)}` };
    expect((await fetchAnonymously("/api/access-keys", { method: "POST", headers: bare })).status).toBe(201);
  });

  it("is one of at most two, however many are asked for at once", async ({ expect }) => {
    const { member } = await newAccount();
    const answers = await Promise.all(Array.from({ length: 5 }, () => member.post("/api/access-keys")));
    expect(statusesOf(answers)).toEqual([201, 201, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused && (await errorCodes(refused))).toEqual(["ACCESS_KEY_LIMIT"]);
    const keys = await keysOf(member);
    expect(keys).toHaveLength(2);
    expect((await member.delete(`/api/access-keys/${keys[0]?.access}`)).status).toBe(204);
    expect((await member.post("/api/access-keys")).status).toBe(201);
    expect((await member.post("/api/access-keys")).status).toBe(409);
  });

  it("is deleted by its user alone, once", async ({ expect }) => {
    const { member, administrator } = await newAccount();
    const { member: stranger } = await newAccount();
    const key = await newKey(member);
    for (const client of [stranger, administrator]) {
      const response = await client.delete(`/api/access-keys/${key.access}`);
      expect(response.status).toBe(404);
      expect(await errorCodes(response)).toEqual(["ACCESS_KEY_UNKNOWN"]);
    }
    const answers = await Promise.all([1, 2].map(() => member.delete(`/api/access-keys/${key.access}`)));
    expect(statusesOf(answers)).toEqual([204, 404]);
    expect((await auditOf(key.access)).map(({ action }) => action)).toEqual(["access-key.create", "access-key.delete"]);
  });

  it("is listed and deleted by administrators of the account, and by nobody else", async ({ expect }) => {
    const { member, administrator } = await newAccount();
    const { administrator: stranger } = await newAccount();
    const key = await newKey(member);
    const path = `/api/users/${member.name}/access-keys`;
    expect(await keysOf(administrator, path)).toMatchObject([{ access: key.access }]);
    for (const [client, status] of [
      [member, 403],
      [stranger, 404],
    ] as const) {
      expect((await client.get(path)).status).toBe(status);
      expect((await client.delete(`${path}/${key.access}`)).status).toBe(status);
    }
    expect((await administrator.delete(`${path}/${"A".repeat(20)}`)).status).toBe(404);
    expect((await administrator.get("/api/users/nobody/access-keys")).status).toBe(404);
    expect((await administrator.delete(`${path}/${key.access}`)).status).toBe(204);
    expect(await keysOf(member)).toEqual([]);
    expect((await sendSigned(key, "GET", "/api/session")).status).toBe(401);
  });

  it("is not for anonymous callers", async ({ expect }) => {
    expect((await fetchAnonymously("/api/access-keys", { method: "POST" })).status).toBe(401);
    expect((await fetchAnonymously("/api/access-keys")).status).toBe(401);
    expect((await fetchAnonymously("/api/access-keys/A", { method: "DELETE" })).status).toBe(401);
  });

  it("tells when it was last used, to within a minute", async ({ expect }) => {
    const { member } = await newAccount();
    const key = await newKey(member);
    const lastUse = async () => Date.parse((await keysOf(member))[0]?.lastUsed ?? "");
    const logIn = () => fetchAnonymously("/v2/", { headers: { Authorization: permanentLogin(key) } });
    const start = Date.now();
    expect(await at(start, async () => (await logIn()).status)).toBe(200);
    expect(await lastUse()).toBe(start);
    await at(start + 59_000, logIn);
    expect(await lastUse()).toBe(start);
    await at(start + 61_000, () => sendSigned(key, "GET", "/api/session"));
    expect(await lastUse()).toBe(start + 61_000);
    await at(start + 200_000, () => sendSigned({ ...key, secret: "wrong" }, "GET", "/api/session"));
    expect(await lastUse()).toBe(start + 61_000);
  });

  it("is found by an index", async ({ expect }) => {
    const plan = await planOf((db) => findAccessKey(db, "A"));
    expect(scansIn(plan)).toEqual([]);
  });
});
