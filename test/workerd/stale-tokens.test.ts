/** What writes believes no token: the right is decided anew when it takes effect. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, it, vi } from "vitest";
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
import { newRobot, newRobotKey } from "../support/workerd/robots.ts";
import { asKey, at, type Key, newKey } from "../support/workerd/signed-requests.ts";
import { AUDIENCE, serveIssuers, TestIssuer } from "../support/workerd/test-issuer.ts";
import {
  FROM_ACME,
  postToken,
  type TokenAnswer,
  trust,
  type TrustRuleBody,
} from "../support/workerd/trusting-accounts.ts";
import { planOf, scansIn } from "../support/workerd/query-plans.ts";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
/** For how long keys count that end: less than a token lasts. */
const KEY_LIFETIME_MS = 120_000;

type TrustRuleTerms = Omit<TrustRuleBody, "name">;

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
    const opened = await sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/`);
    const location = opened.headers.get("Location");
    return location === null ? opened : sendWithToken(token, "PATCH", location, { body: someBytes() });
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

/** Whose organization it is. */
interface Owner {
  account: string;
  administrator: Client;
  organization: string;
}

/** Somebody who may do everything in the organization, until that is taken away. */
interface Holder {
  tokenFor: (scope: string) => Promise<string>;
  lose: () => Promise<Response>;
}

type Lose = (owner: Owner, name: string) => Promise<Response>;

const deleteUser: Lose = ({ administrator }, name) => administrator.delete(`/api/users/${name}`);
const takeRight: Lose = async ({ administrator, organization }, name) =>
  administrator.delete(accessPath(organization), [await userIdOf(name)]);

function person(role: "member" | "administrator", lose: Lose) {
  return async (owner: Owner): Promise<Holder> => {
    const user = await newUser(owner.account, { role });
    if (role === "member") await grant(owner.administrator, owner.organization, user.name, 7);
    return { tokenFor: (scope) => tokenFor(user, scope), lose: () => lose(owner, user.name) };
  };
}

/** A person with an access key of their own. */
function withKey(lose: (user: Client, key: Key) => Promise<Response>) {
  return async (owner: Owner): Promise<Holder> => {
    const user = await newUser(owner.account);
    await grant(owner.administrator, owner.organization, user.name, 7);
    const key = await newKey(user);
    return { tokenFor: (scope) => tokenFor(asKey(key), scope), lose: () => lose(user, key) };
  };
}

function robot(lose: (owner: Owner, name: string, key: Key) => Promise<Response>) {
  return async (owner: Owner): Promise<Holder> => {
    const name = await newRobot(owner.administrator);
    await grant(owner.administrator, owner.organization, name, 7);
    const key = await newRobotKey(owner.administrator, name, new Date(Date.now() + KEY_LIFETIME_MS));
    return { tokenFor: (scope) => tokenFor(asKey(key), scope), lose: () => lose(owner, name, key) };
  };
}

/** A job whose token was exchanged by a trust rule. */
function job(lose: (owner: Owner, rule: { name: string; path: string; terms: TrustRuleTerms }) => Promise<Response>) {
  return async (owner: Owner): Promise<Holder> => {
    const issuer = await TestIssuer.start();
    const name = newName("rule");
    const terms = {
      issuer: issuer.url,
      audience: AUDIENCE,
      conditions: [FROM_ACME],
      grants: [{ organization: owner.organization, level: "manage" as const }],
    };
    await trust(owner.administrator, { name, ...terms });
    return {
      tokenFor: async (scope) => {
        const form = { grant_type: TOKEN_EXCHANGE, subject_token: await issuer.token(), scope };
        return (await (await postToken(form)).json<TokenAnswer>()).access_token;
      },
      lose: () => lose(owner, { name, path: `/api/trust-rules/${name}`, terms }),
    };
  };
}

/** Who loses the right to write, and how, or after how long; the status of all writes afterwards. */
const LOSSES: Record<string, { hold: (owner: Owner) => Promise<Holder>; afterMs?: number; status: number }> = {
  "a user whose permission was taken away": { hold: person("member", takeRight), status: 403 },
  "a user whose permission is only to read now": {
    hold: person("member", async ({ administrator, organization }, name) =>
      administrator.patch(accessPath(organization), [{ user_id: await userIdOf(name), user_name: name, auth: 1 }]),
    ),
    status: 403,
  },
  "a user who is no administrator any more": {
    hold: person("administrator", ({ administrator }, name) =>
      administrator.patch(`/api/users/${name}`, { role: "member" }),
    ),
    status: 403,
  },
  "an administrator who was deleted": { hold: person("administrator", deleteUser), status: 401 },
  "a member who was deleted": { hold: person("member", deleteUser), status: 401 },
  "a user whose access key was deleted": {
    hold: withKey((user, { access }) => user.delete(`/api/access-keys/${access}`)),
    status: 401,
  },
  "a robot that was deleted": { hold: robot(deleteUser), status: 401 },
  "a robot whose permission was taken away": { hold: robot(takeRight), status: 403 },
  "a robot whose key was deleted": {
    hold: robot(({ administrator }, name, { access }) =>
      administrator.delete(`/api/users/${name}/access-keys/${access}`),
    ),
    status: 401,
  },
  "a robot whose key has ended": {
    hold: robot(async () => new Response()),
    afterMs: KEY_LIFETIME_MS,
    status: 401,
  },
  "a job whose rule was deleted": {
    hold: job(({ administrator }, { path }) => administrator.delete(path)),
    status: 401,
  },
  "a job whose rule grants only to read now": {
    hold: job(({ administrator, organization }, { path, terms }) =>
      administrator.send("PUT", path, { ...terms, grants: [{ organization, level: "read" }] }),
    ),
    status: 401,
  },
  "a job whose rule is for other jobs now": {
    hold: job(({ administrator }, { path, terms }) =>
      administrator.send("PUT", path, { ...terms, conditions: [{ claim: "sub", glob: "repo:acme/app:*" }] }),
    ),
    status: 401,
  },
  "a job whose rule's permission was taken away": {
    hold: job((owner, { name }) => takeRight(owner, `oidc:${owner.account}:${name}`)),
    status: 403,
  },
};

/** Somebody with a token, before and after the loss. */
async function loseRight(hold: (owner: Owner) => Promise<Holder>): Promise<{ token: string; setting: Setting }> {
  const { account, administrator } = await newAccount();
  const organization = await newOrganization(administrator, newName("org"));
  const holder = await hold({ account, administrator, organization });
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
  const token = await holder.tokenFor(scope);
  const open = await sendWithToken(token, "POST", `/v2/${repository}/blobs/uploads/`);
  const location = open.headers.get("Location");
  if (location === null) throw new Error(`the token is good for nothing: ${open.status}`);
  const lost = await holder.lose();
  if (!lost.ok) throw new Error(`nothing is lost: ${lost.status} ${await lost.text()}`);
  return {
    token,
    setting: { organization, repository, administrator, manifest, digest, config: config.digest, location },
  };
}

describe.for(Object.entries(LOSSES))("a token of %s", ([, { hold, afterMs = 0, status }]) => {
  let token: string;
  let setting: Setting;
  let before: unknown;
  // Once for all writes: none of them may change anything.
  beforeAll(async () => {
    serveIssuers();
    ({ token, setting } = await loseRight(hold));
    before = await statistics(setting.repository);
    vi.restoreAllMocks();
  });

  it.for(Object.entries(WRITES))("is not good for %s", async ([, write], { expect }) => {
    const { organization, repository, administrator } = setting;
    const response = await at(Date.now() + afterMs, () => write(token, setting));
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
