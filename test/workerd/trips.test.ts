/** How many times the answer of a request waits for D1, whose primary may be far away. */
import { decodeJwt } from "jose";
import { describe, it } from "vitest";
import { countRequest } from "../support/workerd/counting.ts";
import {
  type Client,
  grant,
  newAccount,
  newName,
  newOrganization,
  PASSWORD,
  pushAs,
  tokenFor,
} from "../support/workerd/managing-clients.ts";
import { newKey, openSession, permanentLogin } from "../support/workerd/signed-requests.ts";
import { basic, digestOf, fetchAnonymously } from "../support/workerd/registry-requests.ts";

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** An account with an image, and a name that nobody has. */
async function newSetting() {
  const { administrator, member } = await newAccount();
  const organization = await newOrganization(administrator);
  await pushAs(administrator, `${organization}/image`);
  await grant(administrator, organization, member.name, 1);
  return { administrator, member, organization, image: `${organization}/image`, unknown: `${newName("new")}/image` };
}

function scopeQuery(...names: string[]): string {
  return names.map((name) => `&scope=repository:${name}:pull,push`).join("");
}

describe("a token", () => {
  const kinds = {
    "a password that the isolate has not seen": async ({ name, password }: Client) => basic(name, password),
    "a password that it knows": async ({ name, password }: Client) => {
      const headers = { Authorization: basic(name, password) };
      await fetchAnonymously("/token", { headers });
      return headers.Authorization;
    },
    "a temporary login command": async (client: Client) => {
      const { user, password } = await (
        await client.post("/api/login-command", {})
      ).json<{
        user: string;
        password: string;
      }>();
      return basic(user, password);
    },
    "an access key's login command": async (client: Client) => {
      return permanentLogin(await newKey(client));
    },
    nothing: async () => undefined,
  };

  for (const [what, credentialsOf] of Object.entries(kinds)) {
    it.for([
      ["no scope", []],
      ["one that exists", ["image"]],
      ["one that nobody has", ["unknown"]],
      ["three", ["image", "unknown", "other"]],
    ] as const)(`for ${what} takes one trip, with %s`, async ([, wanted], { expect }) => {
      const setting = { ...(await newSetting()), other: `${newName("new")}/other` };
      const names = wanted.map((name) => setting[name]);
      const authorization = await credentialsOf(setting.member);
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      const { response, rounds } = await countRequest(`/token?service=registry.test${scopeQuery(...names)}`, {
        headers,
      });
      expect(response.status).toBe(200);
      // Nobody in particular is asked for without a scope.
      expect(rounds).toBe(authorization === undefined && names.length === 0 ? 0 : 1);
    });
  }

  it("for a refresh token takes one trip, also when its use is recorded", async ({ expect }) => {
    const { member, image, unknown } = await newSetting();
    const login = await fetchAnonymously("/token?offline_token=true", {
      headers: { Authorization: basic(member.name, member.password) },
    });
    const { refresh_token } = await login.json<{ refresh_token: string }>();
    const form = {
      grant_type: "refresh_token",
      refresh_token,
      scope: `repository:${image}:pull repository:${unknown}:push`,
    };
    const ask = () => countRequest("/token", { method: "POST", body: new URLSearchParams(form) });
    const first = await ask();
    expect([first.response.status, first.rounds]).toEqual([200, 1]);
    expect((await first.response.json<{ scope: string }>()).scope).toBe(
      `repository:${image}:pull repository:${unknown}:push`,
    );
    expect((await ask()).counts.roundTrips).toBe(1);
  });

  it("for a browser's session takes one trip", async ({ expect }) => {
    const { member, image } = await newSetting();
    const headers = { Cookie: await openSession(member.name, PASSWORD), "Sec-Fetch-Site": "same-origin" };
    const { response, rounds } = await countRequest(`/token?${scopeQuery(image)}`, { headers });
    expect([response.status, rounds]).toEqual([200, 1]);
  });

  it("for a wrong password and for an unknown user asks the same of D1 before it refuses", async ({ expect }) => {
    const { member, image, unknown } = await newSetting();
    const query = `/token?${scopeQuery(image, unknown)}`;
    const before = await Promise.all(
      [member.name, newName("nobody")].map(async (name) => {
        const { response, counts } = await countRequest(query, { headers: { Authorization: basic(name, "wrong") } });
        return [response.status, counts.roundTrips];
      }),
    );
    expect(before[0]).toEqual(before[1]);
    expect(before[0]?.[0]).toBe(401);
  });

  it("names the repository that it is for, and none that it grants nothing in", async ({ expect }) => {
    const { member, image, unknown } = await newSetting();
    const foreign = await newSetting();
    const headers = { Authorization: basic(member.name, member.password) };
    const path = `/token?${scopeQuery(image, unknown, foreign.image)}`;
    const { token } = await (await fetchAnonymously(path, { headers })).json<{ token: string }>();
    const { access } = decodeJwt<{ access: { name: string; place?: unknown; isProspective?: boolean }[] }>(token);
    const place = { id: expect.any(Number), accountId: expect.any(Number), generation: expect.any(Number) };
    expect(access).toEqual([
      { type: "repository", name: image, actions: ["pull"], refused: ["push"], place },
      { type: "repository", name: unknown, actions: ["pull", "push"], refused: [], isProspective: true },
      { type: "repository", name: foreign.image, actions: [], refused: ["pull", "push"] },
    ]);
  });
});

describe("with a token", () => {
  const reads = [
    ["HEAD", "a manifest by tag", "manifests/latest"],
    ["GET", "a manifest by tag", "manifests/latest"],
    ["HEAD", "a manifest by digest", "manifests/DIGEST"],
    ["HEAD", "a blob", "blobs/BLOB"],
    ["GET", "its tags", "tags/list"],
    ["GET", "its referrers", "referrers/DIGEST"],
  ] as const;

  it.for(reads)("%s of %s takes one trip", async ([method, , path], { expect }) => {
    const { administrator, member, organization } = await newSetting();
    const image = `${organization}/image`;
    const { digest, blob } = await layerOf(administrator, image);
    // Of a manifest who may not push may be told without a trip, of a blob who has just pushed it (edge-content.test.ts).
    const client = path === "manifests/DIGEST" ? administrator : member;
    const token = await tokenFor(client, `repository:${image}:pull,push`);
    const target = `/v2/${image}/${path.replace("DIGEST", digest).replace("BLOB", blob)}`;
    const { response, rounds, counts } = await countRequest(target, { method, headers: bearer(token) });
    expect([response.status, rounds, counts.roundTrips]).toEqual([200, 1, 1]);
  });

  it.for(reads)("%s of %s takes one trip where there is nothing yet", async ([method, , path], { expect }) => {
    const { member, unknown } = await newSetting();
    const token = await tokenFor(member, `repository:${unknown}:pull,push`);
    const digest = digestOf("none");
    const target = `/v2/${unknown}/${path.replace("DIGEST", digest).replace("BLOB", digest)}`;
    const { response, counts } = await countRequest(target, { method, headers: bearer(token) });
    expect([response.status, counts.roundTrips]).toEqual([path.startsWith("referrers") ? 200 : 404, 1]);
  });

  it("a right to what has been made since is decided once in a token's life", async ({ expect }) => {
    const { member, unknown } = await newSetting();
    const token = await tokenFor(member, `repository:${unknown}:pull,push`);
    await pushAs(member, unknown);
    const look = async () => {
      const { response, counts } = await countRequest(`/v2/${unknown}/manifests/latest`, { headers: bearer(token) });
      return [response.status, counts.roundTrips];
    };
    expect(await look()).toEqual([200, 2]);
    expect(await look()).toEqual([200, 1]);
  });
});

/** The digests of an image's manifest and of a blob of it. */
async function layerOf(client: Client, image: string): Promise<{ digest: string; blob: string }> {
  const response = await client.get(`/v2/${image}/manifests/latest`);
  const manifest = await response.json<{ config: { digest: string } }>();
  return { digest: response.headers.get("Docker-Content-Digest") ?? "", blob: manifest.config.digest };
}
