/** What writes believes no token: the right is decided anew when it takes effect. */
import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { findCurrentAccess } from "../../src/storage/rights/access.ts";
import { parseRepositoryName } from "../../src/kernel/reference.ts";
import {
  accessPath,
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  newUser,
  pushAs,
  sendWithToken,
  tokenFor,
  userIdOf,
} from "../support/workerd/managing-clients.ts";
import {
  digestOf,
  errorCodes,
  fetchAnonymously,
  OCI_MANIFEST,
  someBytes,
} from "../support/workerd/registry-requests.ts";
import { planOf, scansIn } from "../support/workerd/query-plans.ts";

interface Setting {
  organization: string;
  repository: string;
  administrator: Client;
  /** Of the image. */
  manifest: string;
  digest: string;
  config: string;
  /** Where an open upload of the user's goes on. */
  location: string;
}

type Write = (token: string, setting: Setting) => Promise<Response>;

function putManifest(token: string, path: string, body: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": OCI_MANIFEST };
  return fetchAnonymously(path, { method: "PUT", headers, body });
}

/** Everything under `/v2/` that writes. */
const WRITES: Record<string, Write> = {
  "opening an upload, which its first chunk does": async (token, { repository }) => {
    const { headers } = await sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/`);
    return sendWithToken(token, "PATCH", headers.get("Location") ?? "", { body: someBytes() });
  },
  "pushing a blob": (token, { repository }) => {
    const body = someBytes();
    return sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/?digest=${digestOf(body)}`, { body });
  },
  "mounting a blob": (token, { repository, organization, config }) => {
    const path = `/v2/${repository}/blobs/uploads/?mount=${config}&from=${organization}/source`;
    return sendWithToken(token, "POST", path);
  },
  "mounting a blob from anywhere": (token, { repository, config }) =>
    sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/?mount=${config}`),
  "looking at an upload": (token, { location }) => sendWithToken(token, "GET", location),
  "going on with an upload": (token, { location }) => sendWithToken(token, "PATCH", location, { body: someBytes() }),
  "finishing an upload": (token, { location }) => {
    const body = someBytes();
    return sendWithToken(token, "PUT", `${location}?digest=${digestOf(body)}`, { body });
  },
  "cancelling an upload": (token, { location }) => sendWithToken(token, "DELETE", location),
  "pushing a tag": (token, { repository, manifest }) => putManifest(token, `/v2/${repository}/manifests/new`, manifest),
  "pushing a manifest": (token, { repository, manifest, digest }) =>
    putManifest(token, `/v2/${repository}/manifests/${digest}?tag=new`, manifest),
  "deleting a tag": (token, { repository }) => sendWithToken(token, "DELETE", `/v2/${repository}/manifests/latest`),
  "deleting a manifest": (token, { repository, digest }) =>
    sendWithToken(token, "DELETE", `/v2/${repository}/manifests/${digest}`),
  "deleting a blob": (token, { repository, config }) =>
    sendWithToken(token, "DELETE", `/v2/${repository}/blobs/${config}`),
  "pushing to a new image": (token, { organization }) => {
    const body = someBytes();
    return sendWithToken(token, "POST", `/v2/${organization}/new/blobs/uploads/?digest=${digestOf(body)}`, { body });
  },
};

/** Who loses the right to write, and how; the status of all writes afterwards. */
const LOSSES: Record<
  string,
  { role: "member" | "administrator"; lose: (setting: Setting, name: string) => Promise<Response>; status: number }
> = {
  "whose permission was taken away": {
    role: "member",
    lose: async ({ administrator, organization }, name) =>
      administrator.delete(accessPath(organization), [await userIdOf(name)]),
    status: 403,
  },
  "whose permission is only to read now": {
    role: "member",
    lose: async ({ administrator, organization }, name) =>
      administrator.patch(accessPath(organization), [{ user_id: await userIdOf(name), user_name: name, auth: 1 }]),
    status: 403,
  },
  "who is no administrator any more": {
    role: "administrator",
    lose: ({ administrator }, name) => administrator.patch(`/api/users/${name}`, { role: "member" }),
    status: 403,
  },
  "who was deleted": {
    role: "administrator",
    lose: ({ administrator }, name) => administrator.delete(`/api/users/${name}`),
    status: 401,
  },
  "who was deleted, as a member": {
    role: "member",
    lose: ({ administrator }, name) => administrator.delete(`/api/users/${name}`),
    status: 401,
  },
};

describe.for(Object.entries(LOSSES))("a token of a user %s", ([, { role, lose, status }]) => {
  it.for(Object.entries(WRITES))("is not good for %s", async ([, write], { expect }) => {
    const { account, administrator } = await newAccount();
    const user = await newUser(account, { role });
    const organization = await newOrganization(administrator, newName("org"));
    if (role === "member") await grant(administrator, organization, user.name, 7);
    const repository = `${organization}/image`;
    await pushAs(administrator, `${organization}/source`);
    const digest = await pushAs(administrator, repository);
    const manifest = await (await administrator.get(`/v2/${repository}/manifests/latest`)).text();
    const { config } = JSON.parse(manifest) as { config: { digest: string } };
    const scope = [
      `repository:${repository}:pull,push,delete`,
      `repository:${organization}/source:pull`,
      `repository:${organization}/new:pull,push`,
    ].join(" ");
    const token = await tokenFor(user, scope);
    const open = await sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/`);
    const location = open.headers.get("Location") ?? "";
    const setting = { organization, repository, administrator, manifest, digest, config: config.digest, location };
    const before = await statistics(repository);

    expect((await lose(setting, user.name)).ok).toBe(true);
    const response = await write(token, setting);
    expect(response.status).toBe(status);
    expect(await errorCodes(response)).toEqual([status === 401 ? "UNAUTHORIZED" : "DENIED"]);
    if (status === 401) expect(response.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
    expect(await statistics(repository)).toEqual(before);
    expect((await administrator.get(`/v2/${organization}/new/tags/list`)).status).toBe(404);
  });
});

/** What of an image no refused request may change. */
async function statistics(repository: string) {
  const id = "(SELECT id FROM repositories WHERE name = ?1)";
  return env.DB.prepare(
    `SELECT (SELECT count(*) FROM tags WHERE repository_id = ${id}) AS tags,
            (SELECT count(*) FROM manifests WHERE repository_id = ${id}) AS manifests,
            (SELECT count(*) FROM repository_blobs WHERE repository_id = ${id}) AS blobs`,
  )
    .bind(repository)
    .first();
}

it("is decided in one query, by indexes", async ({ expect }) => {
  const plan = await planOf((db) => findCurrentAccess(db, 1, parseRepositoryName("a/b")));
  expect(scansIn(plan)).toEqual([]);
});
