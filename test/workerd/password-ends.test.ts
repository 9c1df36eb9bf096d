/** A changed password ends everything that was made with the old one, however it is changed. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { ensureAdministrator } from "../../scripts/first-administrator.ts";
import { newKey, openSession, permanentLogin, sendSigned, sendWithCookie } from "../support/workerd/signed-requests.ts";
import { asUser, newName, newUser, pushAs, sendWithToken, tokenFor } from "../support/workerd/managing-clients.ts";
import {
  ADMINISTRATOR,
  basic,
  digestOf,
  fetchAnonymously,
  OCI_MANIFEST,
  someBytes,
} from "../support/workerd/registry-requests.ts";

interface Setting {
  name: string;
  password: string;
  repository: string;
  digest: string;
}

/** What a credential is used for; it answers a status. */
type Use = () => Promise<Response>;

const JSON_TYPE = { "Content-Type": "application/json" };

async function bearerFor({ name, password, repository }: Setting, actions: string): Promise<string> {
  return tokenFor(asUser(name, password), `repository:${repository}:${actions}`);
}

function refresh(refresh_token: string): Promise<Response> {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token });
  return fetchAnonymously("/token", { method: "POST", body });
}

/** Makes each kind of credential, and says how it is used. */
/** Opens an upload, which the address promises and the first chunk does. */
async function sendFirstChunk(token: string, repository: string): Promise<Response> {
  const opened = await sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/`);
  const location = opened.headers.get("Location");
  return location === null ? opened : sendWithToken(token, "PATCH", location, { body: someBytes() });
}

const KINDS: Record<string, (setting: Setting) => Promise<Use>> = {
  "session cookie": async ({ name, password }) => {
    const cookie = await openSession(name, password);
    return () => sendWithCookie(cookie, "GET", "/api/session");
  },
  "X-Auth-Token": async ({ name, password }) => {
    const user = { name, password };
    const body = JSON.stringify({ auth: { identity: { methods: ["password"], password: { user } } } });
    const response = await fetchAnonymously("/v3/auth/tokens", { method: "POST", headers: JSON_TYPE, body });
    const token = response.headers.get("X-Subject-Token") ?? "";
    return () => fetchAnonymously("/v2/manage/namespaces", { headers: { "X-Auth-Token": token } });
  },
  "refresh token of GET": async ({ name, password }) => {
    const response = await asUser(name, password).get("/token?offline_token=true");
    const { refresh_token = "" } = await response.json<{ refresh_token?: string }>();
    return () => refresh(refresh_token);
  },
  "refresh token of POST": async ({ name: username, password }) => {
    const form = { grant_type: "password", username, password, access_type: "offline" };
    const response = await fetchAnonymously("/token", { method: "POST", body: new URLSearchParams(form) });
    const { refresh_token = "" } = await response.json<{ refresh_token?: string }>();
    return () => refresh(refresh_token);
  },
  "bearer that manages": async ({ name, password }) => {
    const { token } = await (await asUser(name, password).get("/token")).json<{ token: string }>();
    return () => sendWithToken(token, "GET", "/api/access-keys");
  },
  "bearer that makes a login command": async ({ name, password }) => {
    const { token } = await (await asUser(name, password).get("/token")).json<{ token: string }>();
    return () => sendWithToken(token, "POST", "/api/login-command");
  },
  "bearer that opens an upload": async (setting) => {
    const token = await bearerFor(setting, "pull,push");
    return () => sendFirstChunk(token, setting.repository);
  },
  "bearer that pushes a blob": async (setting) => {
    const token = await bearerFor(setting, "pull,push");
    return () => {
      const body = someBytes();
      const path = `/v2/${setting.repository}/blobs/uploads/?digest=${digestOf(body)}`;
      return sendWithToken(token, "POST", path, { body });
    };
  },
  "bearer that goes on with an upload": async (setting) => {
    const token = await bearerFor(setting, "pull,push");
    const open = await sendWithToken(token, "POST", `/v2/${setting.repository}/blobs/uploads/`);
    const location = open.headers.get("Location") ?? "";
    return () => sendWithToken(token, "PATCH", location, { body: someBytes() });
  },
  "bearer that finishes an upload": async (setting) => {
    const token = await bearerFor(setting, "pull,push");
    const body = someBytes();
    const open = await sendWithToken(token, "POST", `/v2/${setting.repository}/blobs/uploads/`);
    const path = `${open.headers.get("Location")}?digest=${digestOf(body)}`;
    return () => sendWithToken(token, "PUT", path, { body });
  },
  "bearer that cancels an upload": async (setting) => {
    const token = await bearerFor(setting, "pull,push");
    const open = await sendWithToken(token, "POST", `/v2/${setting.repository}/blobs/uploads/`);
    return () => sendWithToken(token, "DELETE", open.headers.get("Location") ?? "");
  },
  "bearer that mounts": async (setting) => {
    const source = `${setting.repository}-source`;
    const client = asUser(setting.name, setting.password);
    const digest = await pushAs(client, source);
    const manifest = await (await client.get(`/v2/${source}/manifests/${digest}`)).text();
    const { config } = JSON.parse(manifest) as { config: { digest: string } };
    const token = await tokenFor(client, `repository:${setting.repository}:pull,push repository:${source}:pull`);
    const path = `/v2/${setting.repository}/blobs/uploads/?mount=${config.digest}&from=${source}`;
    return () => sendWithToken(token, "POST", path);
  },
  "bearer that pushes a manifest": async (setting) => {
    const token = await bearerFor(setting, "pull,push");
    const client = asUser(setting.name, setting.password);
    const body = await (await client.get(`/v2/${setting.repository}/manifests/latest`)).text();
    const headers = { "Content-Type": OCI_MANIFEST };
    return () =>
      fetchAnonymously(`/v2/${setting.repository}/manifests/again`, {
        method: "PUT",
        headers: { ...headers, Authorization: `Bearer ${token}` },
        body,
      });
  },
  "bearer that deletes a tag": async (setting) => {
    const token = await bearerFor(setting, "delete");
    return () => sendWithToken(token, "DELETE", `/v2/${setting.repository}/manifests/latest`);
  },
  "bearer that deletes a manifest": async (setting) => {
    const token = await bearerFor(setting, "delete");
    return () => sendWithToken(token, "DELETE", `/v2/${setting.repository}/manifests/${setting.digest}`);
  },
  "bearer that deletes a blob": async (setting) => {
    const token = await bearerFor(setting, "delete");
    return () => sendWithToken(token, "DELETE", `/v2/${setting.repository}/blobs/${digestOf("none")}`);
  },
  "bearer from a session": async ({ name, password, repository }) => {
    const cookie = await openSession(name, password);
    const scope = encodeURIComponent(`repository:${repository}:pull,push`);
    const { token } = await (await sendWithCookie(cookie, "GET", `/token?scope=${scope}`)).json<{ token: string }>();
    return () => sendFirstChunk(token, repository);
  },
  "temporary login command": async ({ name, password }) => {
    const response = await asUser(name, password).post("/api/login-command");
    const command = await response.json<{ user: string; password: string }>();
    return () => fetchAnonymously("/v2/", { headers: { Authorization: basic(command.user, command.password) } });
  },
  "bearer of a temporary login command": async ({ name, password, repository }) => {
    const response = await asUser(name, password).post("/api/login-command");
    const command = await response.json<{ user: string; password: string }>();
    const token = await tokenFor(asUser(command.user, command.password), `repository:${repository}:pull,push`);
    return () => sendFirstChunk(token, repository);
  },
  "Basic, which the isolate remembers": async ({ name, password }) => {
    await asUser(name, password).get("/v2/");
    return () => asUser(name, password).get("/v2/");
  },
};

const NEW_PASSWORD = "quite another password";

/** Ways to change the password of a user; they answer the password that is right afterwards. */
const WAYS: Record<string, (setting: Setting) => Promise<string>> = {
  "the user's own change": async ({ name, password }) => {
    const body = { current: password, new: NEW_PASSWORD };
    const response = await asUser(name, password).send("PUT", "/api/session/password", body);
    if (response.status !== 204) throw new Error(`changing: ${response.status} ${await response.text()}`);
    return NEW_PASSWORD;
  },
  "an administrator's reset": async ({ name }) => {
    const administrator = await newUser("admin", { role: "operator" });
    const response = await administrator.patch(`/api/users/${name}`, { password: NEW_PASSWORD });
    if (response.status !== 200) throw new Error(`resetting: ${response.status} ${await response.text()}`);
    return NEW_PASSWORD;
  },
  ADMIN_PASSWORD: async () => {
    await ensureAdministrator(env.DB, NEW_PASSWORD);
    return NEW_PASSWORD;
  },
};

describe.for(Object.entries(WAYS))("after %s", ([way, change]) => {
  const uses = new Map<string, Use>();
  const setting: Setting = { ...ADMINISTRATOR, repository: `${newName("org")}/image`, digest: "" };
  let permanent: string;
  let signed: Use;
  let current: string;

  beforeAll(async () => {
    if (way !== "ADMIN_PASSWORD") {
      const user = await newUser("admin", { role: "operator" });
      Object.assign(setting, { name: user.name, password: user.password });
    }
    setting.digest = await pushAs(asUser(setting.name, setting.password), setting.repository);
    for (const [kind, make] of Object.entries(KINDS)) uses.set(kind, await make(setting));
    const key = await newKey(asUser(setting.name, setting.password));
    permanent = permanentLogin(key);
    signed = () => sendSigned(key, "GET", "/api/session");
    current = await change(setting);
  }, 120_000);

  it.for(Object.keys(KINDS))("the old %s has ended", async (kind, { expect }) => {
    const response = await uses.get(kind)?.();
    expect(response?.status).toBe(401);
  });

  it("the new password is right, and permanent access keys go on (guide 4.2)", async ({ expect }) => {
    expect((await asUser(setting.name, current).get("/api/session")).status).toBe(200);
    expect((await fetchAnonymously("/v2/", { headers: { Authorization: permanent } })).status).toBe(200);
    expect((await signed()).status).toBe(200);
    const [name = "", password = ""] = atob(permanent.slice("Basic ".length)).split(":");
    const token = await tokenFor(asUser(name, password), `repository:${setting.repository}:pull,push`);
    const upload = await sendWithToken(token, "POST", `/v2/${setting.repository}/blobs/uploads/`);
    expect(upload.status).toBe(202);
  });

  it("nothing of the image was changed", async ({ expect }) => {
    const tags = await asUser(setting.name, current).get(`/v2/${setting.repository}/tags/list`);
    expect(await tags.json()).toMatchObject({ tags: ["latest"] });
  });
});

it.for(Object.entries(KINDS))("before, the %s works", async ([, make], { expect }) => {
  const user = await newUser("admin", { role: "operator" });
  const setting: Setting = { ...user, repository: `${newName("org")}/image`, digest: "" };
  setting.digest = await pushAs(user, setting.repository);
  const use = await make(setting);
  const { status } = await use();
  // There is no such blob, and a missing blob is told only to who may delete it.
  expect(status === 404 || (status >= 200 && status < 300)).toBe(true);
});
