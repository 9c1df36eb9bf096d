/** Exchanging TOKEN_SECRET and ENCRYPTION_KEY while everything that is under them is in use. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, type ExpectStatic, it, vi } from "vitest";
import { decryptSecret, encryptSecret } from "../../src/model/encryption.ts";
import { keyMark } from "../../src/model/key-marks.ts";
import { digestOf } from "../../src/model/hash.ts";
import type { PushEvent } from "../../src/model/triggers/push-event.ts";
import { parseRepositoryName, parseTag } from "../../src/kernel/reference.ts";
import { readSecrets } from "../../src/model/secrets.ts";
import { decryptRemotePassword } from "../../src/registry/remotes/remote-secrets.ts";
import { decryptClusterToken } from "../../src/registry/triggers/cluster-secrets.ts";
import { deliver } from "../../src/registry/triggers/deliveries.ts";
import { keepHouse } from "../../src/registry/housekeeping/housekeeping.ts";
import { reencryptSecrets } from "../../src/registry/housekeeping/secret-rotation.ts";
import { openStores, type Stores } from "../../src/registry/stores.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { insertDelivery } from "../../src/storage/triggers/deliveries.ts";
import {
  countUnderOtherKeys,
  ENCRYPTED_PLACES,
  replaceEncrypted,
  listUnderOtherKeys,
} from "../../src/storage/housekeeping/secret-rotation.ts";
import { dyingStores } from "../support/workerd/dying-stores.ts";
import {
  PASSWORD,
  asUser,
  auditOf,
  newAccount,
  newName,
  newUser,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import { ADMINISTRATOR, basic, errorsOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";
import { type Key, newKey, permanentLogin } from "../support/workerd/signed-requests.ts";
import { SECRETS, WEBHOOK, anImage, newCluster, newTrigger } from "../support/workerd/triggered-images.ts";

const OLD = { TOKEN_SECRET: env.TOKEN_SECRET, ENCRYPTION_KEY: env.ENCRYPTION_KEY };
const keyOf = (letter: string) => btoa(letter.repeat(32));
const NEW = { TOKEN_SECRET: "another secret for tests, of more than 32 bytes", ENCRYPTION_KEY: keyOf("n") };
/** In the middle: the operator knows the old values, or has only new ones to add, since Cloudflare shows none. */
const MIDDLES = {
  "the old ones as previous": {
    ...NEW,
    TOKEN_SECRET_PREVIOUS: OLD.TOKEN_SECRET,
    ENCRYPTION_KEY_PREVIOUS: OLD.ENCRYPTION_KEY,
  },
  "the new ones as next": { ...OLD, TOKEN_SECRET_NEXT: NEW.TOKEN_SECRET, ENCRYPTION_KEY_NEXT: NEW.ENCRYPTION_KEY },
} as const;

type Settings = Record<string, string>;

function storesWith(settings: Settings): Stores {
  return openStores({ ...env, ...settings });
}

beforeEach(async () => {
  // What other tests left under their keys.
  await env.DB.batch(
    ["triggers", "clusters", "access_keys", "remotes"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
});

interface World {
  key: Key;
  triggerId: number;
  refreshToken: string;
  cookie: string;
  bearer: string;
  temporary: string;
}

const REMOTE = { url: "https://tokyo.example.com", username: "robot", password: "password elsewhere", test: false };

/** Everything that is under a secret of the deployment, made with certain values of them. */
async function aWorld(settings: Settings): Promise<World> {
  const fetch = withSettings(settings);
  const setting = await anImage();
  const administrator = asUser(setting.administrator.name, PASSWORD, fetch);
  await newCluster(administrator, setting.organization);
  await administrator.post("/api/remotes", { ...REMOTE, name: newName("remote") });
  await newTrigger(
    { ...setting, administrator },
    { target: { ...WEBHOOK, secret: SECRETS.secret, authorization: SECRETS.authorization } },
  );
  const trigger = await env.DB.prepare("SELECT id FROM triggers ORDER BY id DESC").first<number>("id");
  const headers = { Authorization: basic(administrator.name, PASSWORD) };
  const tokens = await (await fetch("/token?offline_token=true", { headers })).json<Record<string, string>>();
  const session = await administrator.send("POST", "/api/session", { name: administrator.name, password: PASSWORD });
  const command = await (await administrator.post("/api/login-command")).json<{ user: string; password: string }>();
  return {
    key: await newKey(administrator),
    triggerId: trigger ?? 0,
    refreshToken: tokens["refresh_token"] ?? "",
    cookie: session.headers.get("Set-Cookie")?.split(";")[0] ?? "",
    bearer: `Bearer ${tokens["token"]}`,
    temporary: basic(command.user, command.password),
  };
}

/** The statuses of what is made with it; `signs`: of what ends by itself soon. */
async function check(world: World, settings: Settings, expect: ExpectStatic, signs = 200): Promise<void> {
  const fetch = withSettings(settings);
  const statusOf = async (path: string, headers: Record<string, string>) => (await fetch(path, { headers })).status;
  const { key, refreshToken, cookie, bearer, temporary, triggerId } = world;
  expect(await statusOf("/v2/", { Authorization: permanentLogin(key) })).toBe(200);
  expect(await statusOf("/api/session", { Cookie: cookie })).toBe(200);
  const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
  expect((await fetch("/token", { method: "POST", body: form })).status).toBe(200);
  expect(await statusOf("/v2/", { Authorization: bearer })).toBe(signs);
  expect(await statusOf("/v2/", { Authorization: temporary })).toBe(signs);

  const stores = storesWith(settings);
  const { results } = await env.DB.prepare("SELECT organization_id, name, encrypted_token FROM clusters").all<{
    organization_id: number;
    name: string;
    encrypted_token: string;
  }>();
  expect(results.length).toBeGreaterThan(0);
  for (const { organization_id: organizationId, name, encrypted_token: encryptedToken } of results) {
    expect(await decryptClusterToken(stores, { organizationId, name, encryptedToken })).toBe(SECRETS.token);
  }
  const passwords = await env.DB.prepare("SELECT account_id, name, encrypted_password FROM remotes").all<{
    account_id: number;
    name: string;
    encrypted_password: string;
  }>();
  expect(passwords.results.length).toBeGreaterThan(0);
  for (const { account_id: accountId, name, encrypted_password: encryptedPassword } of passwords.results) {
    expect(await decryptRemotePassword(stores, { accountId, name, encryptedPassword })).toBe(REMOTE.password);
  }
  const calls = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("", { status: 200 }));
  try {
    await deliver(stores, (await insertDelivery(stores.db, triggerId, PUSH)) ?? 0);
    const [input, init] = calls.mock.calls[0] ?? [];
    const request = new Request(input ?? "https://none.example.com", init);
    expect(request.headers.get("Authorization")).toBe(SECRETS.authorization);
    expect(request.headers.get("webhook-signature")).toMatch(/^v1,/);
  } finally {
    calls.mockRestore();
  }
}

const PUSH: PushEvent = {
  repository: parseRepositoryName("acme/web"),
  tag: parseTag("v1"),
  digest: digestOf(new Uint8Array(0)),
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: 1,
  user: "somebody",
  at: new Date(0).toISOString(),
  registry: "https://registry.test",
};

interface Rotation {
  tokenSecrets: number;
  encryptionKeys: number;
  left: Record<string, number>;
  lost: number;
  isComplete: boolean;
}

async function rotation(settings: Settings): Promise<Rotation> {
  const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password, withSettings(settings));
  return (await operator.get("/api/secret-rotation")).json<Rotation>();
}

/** Every encrypted text there is. */
async function texts(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT encrypted_secret AS text FROM access_keys UNION ALL SELECT encrypted_token FROM clusters
     UNION ALL SELECT encrypted_password FROM remotes
     UNION ALL SELECT encrypted_secrets FROM triggers WHERE encrypted_secrets IS NOT NULL`,
  ).all<{ text: string }>();
  return results.map(({ text }) => text).sort();
}

describe("exchanging both secrets", () => {
  it.for(Object.entries(MIDDLES))("with %s loses nothing that is in use", async ([, middle], { expect }) => {
    const world = await aWorld(OLD);
    await check(world, OLD, expect);
    await check(world, middle, expect);
    expect(await rotation(middle)).toEqual({
      tokenSecrets: 2,
      encryptionKeys: 2,
      left: { accessKeys: 1, triggers: 1, clusters: 1, remotes: 1 },
      lost: 0,
      isComplete: false,
    });
    // What is made meanwhile is under the new ones.
    const newer = await aWorld(middle);
    expect((await texts()).filter((text) => text.startsWith(keyMark(NEW.ENCRYPTION_KEY)))).toHaveLength(4);

    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await keepHouse(storesWith(middle), new Date());
    vi.restoreAllMocks();
    expect(await rotation(middle)).toMatchObject({
      left: { accessKeys: 0, triggers: 0, clusters: 0, remotes: 0 },
      isComplete: true,
    });
    expect((await texts()).every((text) => text.startsWith(keyMark(NEW.ENCRYPTION_KEY)))).toBe(true);
    await check(world, middle, expect);
    await check(newer, middle, expect);

    // The old ones are dropped: what they signed has ended, and nothing else.
    await check(world, NEW, expect, 401);
    await check(newer, NEW, expect);
    expect(await rotation(NEW)).toMatchObject({ tokenSecrets: 1, encryptionKeys: 1, isComplete: true });
  });

  it("takes over what was encrypted before keys had ids", async ({ expect }) => {
    const world = await aWorld(OLD);
    for (const [table, column] of [
      ["access_keys", "encrypted_secret"],
      ["triggers", "encrypted_secrets"],
      ["clusters", "encrypted_token"],
      ["remotes", "encrypted_password"],
    ]) {
      await env.DB.prepare(`UPDATE ${table} SET ${column} = substr(${column}, 10)`).run();
    }
    const middle = MIDDLES["the old ones as previous"];
    await check(world, OLD, expect);
    await check(world, middle, expect);
    expect(await rotation(middle)).toMatchObject({
      left: { accessKeys: 1, triggers: 1, clusters: 1, remotes: 1 },
      lost: 0,
    });
    expect(await reencryptSecrets(storesWith(middle))).toEqual({ done: 4, failed: 0 });
    await check(world, NEW, expect, 401);
  });

  it("overwrites nothing with a wrong old key, and says which it lacks", async ({ expect }) => {
    const world = await aWorld(OLD);
    const wrong = { ...NEW, ENCRYPTION_KEY_PREVIOUS: keyOf("w") };
    const before = await texts();
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await reencryptSecrets(storesWith(wrong))).toEqual({ done: 0, failed: 4 });
    expect(logged.mock.calls.flat().map(String).join("\n")).toContain("ENCRYPTION_KEY_PREVIOUS");
    logged.mockRestore();
    expect(await texts()).toEqual(before);
    expect(await rotation(wrong)).toMatchObject({
      left: { accessKeys: 1, triggers: 1, clusters: 1, remotes: 1 },
      lost: 4,
    });
    // The right one mends it all.
    const middle = MIDDLES["the old ones as previous"];
    expect(await reencryptSecrets(storesWith(middle))).toEqual({ done: 4, failed: 0 });
    await check(world, middle, expect);
  });

  it("goes on wherever a run died, and meets another run without harm", async ({ expect }) => {
    const middle = MIDDLES["the old ones as previous"];
    for (let after = 1; ; after += 1) {
      await env.DB.batch(
        ["triggers", "clusters", "access_keys", "remotes"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
      );
      const worlds = [await aWorld(OLD), await aWorld(OLD)];
      const { stores, calls } = dyingStores(after);
      const died = await reencryptSecrets({ ...stores, secrets: readSecrets({ ...middle }) }).catch(() => "died");
      for (const world of worlds) await check(world, middle, expect);
      const runs = await Promise.all([reencryptSecrets(storesWith(middle)), reencryptSecrets(storesWith(middle))]);
      expect(runs.every(({ failed }) => failed === 0)).toBe(true);
      for (const world of worlds) await check(world, NEW, expect, 401);
      if (died !== "died") {
        expect(calls()).toBeLessThan(after);
        expect(after).toBeGreaterThan(6);
        return;
      }
    }
  });

  it("leaves alone what somebody changes meanwhile", async ({ expect }) => {
    await aWorld(OLD);
    const row = await env.DB.prepare("SELECT id, encrypted_token AS text FROM clusters").first<{
      id: number;
      text: string;
    }>();
    await env.DB.prepare("UPDATE clusters SET encrypted_token = 'newer'").run();
    const stale = { id: row?.id ?? 0, from: row?.text ?? "", to: "stale" };
    expect(await replaceEncrypted(openDatabase(env.DB), "clusters", [stale])).toBe(0);
    expect(await env.DB.prepare("SELECT encrypted_token AS t FROM clusters").first<string>("t")).toBe("newer");
  });

  it("reads many in slices, those that stay among them once, by an index", async ({ expect }) => {
    const middle = MIDDLES["the old ones as previous"];
    const { account } = await newAccount();
    const { name } = await newUser(account);
    const count = 450;
    const keys = await Promise.all(
      Array.from({ length: count }, async (_, index) => ({
        access: `KEY${String(index).padStart(17, "0")}`,
        // Every ninth is under a key that nobody has.
        text: await encryptSecret(
          [index % 9 === 0 ? keyOf("x") : OLD.ENCRYPTION_KEY],
          `KEY${String(index).padStart(17, "0")}`,
          "s",
        ),
      })),
    );
    await env.DB.prepare(
      `INSERT INTO access_keys (user_id, access_key, encrypted_secret, created_at)
       SELECT users.id, value ->> 'access', value ->> 'text', 0 FROM json_each(?), users WHERE users.name = ?`,
    )
      .bind(JSON.stringify(keys), name)
      .run();
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await reencryptSecrets(storesWith(middle))).toEqual({ done: 400, failed: 50 });
    expect(await reencryptSecrets(storesWith(middle))).toEqual({ done: 0, failed: 50 });
    logged.mockRestore();
    expect(await rotation(middle)).toMatchObject({ left: { accessKeys: 50 }, lost: 50, isComplete: false });

    for (const place of ENCRYPTED_PLACES) {
      const listed = await plansOf(async (db) => {
        for await (const rows of listUnderOtherKeys(db, place, "12345678.")) expect(rows.length).toBeGreaterThan(0);
      });
      // Each side, and of the many access keys further pages.
      expect(listed.length).toBeGreaterThan(place === "accessKeys" ? 2 : 1);
      const counted = await plansOf((db) => countUnderOtherKeys(db, place, "12345678.", ["87654321."]), {
        isOuter: true,
      });
      const plans = [...listed, ...counted].flat();
      expect(plans.join("\n")).toContain("_by_encryption_key (<expr>");
      expect(plans.filter((step) => /^SCAN (?!json_each)|TEMP B-TREE/.test(step))).toEqual([]);
    }
  });
});

describe("how far it is", () => {
  it("is for operators, who can have it done at once, which is in the audit", async ({ expect }) => {
    const { administrator, member } = await newAccount();
    for (const client of [administrator, member]) {
      expect((await client.get("/api/secret-rotation")).status).toBe(403);
      expect((await client.post("/api/secret-rotation")).status).toBe(403);
    }
    expect((await fetchAnonymously("/api/secret-rotation")).status).toBe(401);
    await aWorld(OLD);
    const middle = MIDDLES["the new ones as next"];
    const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password, withSettings(middle));
    const answer = await operator.post("/api/secret-rotation");
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ done: 4, failed: 0, isComplete: true });
    const events = (await auditOf("ENCRYPTION_KEY")).filter(({ action }) => action === "secrets.reencrypt");
    expect(events.at(-1)).toMatchObject({ user_name: ADMINISTRATOR.name, detail: '{"done":4,"failed":0}' });
    for (const secret of Object.values(middle)) expect(text).not.toContain(secret);
  });
});

describe("a secret of the deployment", () => {
  it.for([
    [{ TOKEN_SECRET: "x".repeat(31) }, "TOKEN_SECRET must have at least 32 characters"],
    [{ TOKEN_SECRET: "" }, "TOKEN_SECRET is missing"],
    [{ TOKEN_SECRET: undefined }, "TOKEN_SECRET is missing"],
    [{ TOKEN_SECRET_PREVIOUS: "short" }, "TOKEN_SECRET_PREVIOUS must have at least 32 characters"],
    [{ TOKEN_SECRET_NEXT: "short" }, "TOKEN_SECRET_NEXT must have at least 32 characters"],
    [{ ENCRYPTION_KEY: btoa("x".repeat(31)) }, "ENCRYPTION_KEY must be 32 bytes in base64"],
    [{ ENCRYPTION_KEY: "" }, "ENCRYPTION_KEY is missing"],
    [{ ENCRYPTION_KEY_PREVIOUS: btoa("x".repeat(33)) }, "ENCRYPTION_KEY_PREVIOUS must be 32 bytes in base64"],
    [{ ENCRYPTION_KEY_NEXT: "no key" }, "ENCRYPTION_KEY_NEXT must be 32 bytes in base64"],
  ] as const)("such as %j is refused on all surfaces, by its name", async ([settings, message], { expect }) => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const path of ["/v2/", "/token", "/api/settings", "/v2/manage/namespaces", "/v3/projects"]) {
      const response = await withSettings(settings)(path);
      expect(response.status).toBe(500);
      expect((await errorsOf(response))[0]?.message).toBe(`the registry is not set up: the secret ${message}`);
    }
    expect(String(logged.mock.calls[0]?.[1])).toContain(message);
    logged.mockRestore();
  });

  it("that is empty is not set, where it is optional", ({ expect }) => {
    const empty = { TOKEN_SECRET_PREVIOUS: "", TOKEN_SECRET_NEXT: "", ENCRYPTION_KEY_PREVIOUS: OLD.ENCRYPTION_KEY };
    expect(readSecrets({ ...OLD, ...empty })).toEqual({ token: [OLD.TOKEN_SECRET], encryption: [OLD.ENCRYPTION_KEY] });
  });

  it("does not decrypt what belongs to something else, under whichever key", async ({ expect }) => {
    const text = await encryptSecret([NEW.ENCRYPTION_KEY], "one", "secret");
    const keys = [NEW.ENCRYPTION_KEY, OLD.ENCRYPTION_KEY] as const;
    expect(await decryptSecret(keys, "one", text)).toBe("secret");
    await expect(decryptSecret(keys, "two", text)).rejects.toThrow("the secret of two cannot be decrypted");
    await expect(decryptSecret([OLD.ENCRYPTION_KEY], "one", text)).rejects.toThrow("ENCRYPTION_KEY_PREVIOUS");
    await expect(decryptSecret(keys, "one", `${text.slice(0, -4)}AAAA`)).rejects.toThrow("cannot be decrypted");
  });
});
