import { it } from "vitest";
import type { Credentials } from "./authorization.ts";
import { isDenied, isSignedOut } from "./errors.ts";
import { digestOf } from "./hash.ts";
import type { Fetch } from "./http.ts";
import { pushScope, RegistryClient } from "./registry-client.ts";
import { OCI_MANIFEST } from "./testing/images.ts";
import { FakeRegistry, IMPATIENT, refusal } from "./testing/registry.ts";
import { bytesOf } from "./testing/tar.ts";

const REGISTRY = "https://registry.example.com";

interface Asked {
  url: string;
  authorization: string | null;
  body: string;
}

/** A registry behind Docker's token service, whose tokens are good for one request. */
function guarded(challenge: string, { token }: { token: (asked: Asked, count: number) => Response }) {
  const asked: Asked[] = [];
  let tokens = 0;
  const accepted = new Set<string>();
  const fetch: Fetch = async (url, { headers, body }) => {
    const request = { url, authorization: headers.get("Authorization"), body: await new Response(body).text() };
    asked.push(request);
    if (new URL(url).pathname === "/token") {
      tokens += 1;
      const response = token(request, tokens);
      accepted.add(`Bearer token-${tokens}`);
      return response;
    }
    if (request.authorization !== null && accepted.delete(request.authorization)) return new Response(null);
    return new Response(null, { status: 401, headers: { "WWW-Authenticate": challenge } });
  };
  return { asked, fetch };
}

const BEARER = 'Bearer realm="https://auth.example.com/token",service="the registry",scope="repository:a/b:pull"';
const password: Credentials = { kind: "password", name: "mia", password: "pä:ss" };

const nth = (_: Asked, count: number) => Response.json({ token: `token-${count}`, expires_in: 300 });

function ask(client: RegistryClient): Promise<number> {
  return client.send({ method: "GET", url: "/v2/a/b/x", scopes: [pushScope("a/b")] }, ({ status }) => status);
}

it("gets a token from where the registry says, for what it needs, and keeps it", async ({ expect }) => {
  const { asked, fetch } = guarded(BEARER, { token: nth });
  const client = new RegistryClient({ url: REGISTRY, credentials: password, fetch });
  expect(await ask(client)).toBe(200);
  expect(asked.map(({ url }) => url)).toEqual([
    `${REGISTRY}/v2/a/b/x`,
    "https://auth.example.com/token?service=the+registry&scope=repository%3Aa%2Fb%3Apull%2Cpush",
    `${REGISTRY}/v2/a/b/x`,
  ]);
  const utf8 = "Basic bWlhOnDDpDpzcw==";
  expect(asked.map(({ authorization }) => authorization)).toEqual([null, utf8, "Bearer token-1"]);
});

it("renews a token once that is refused, and then believes the refusal", async ({ expect }) => {
  const { asked, fetch } = guarded(BEARER, { token: nth });
  const client = new RegistryClient({ url: REGISTRY, credentials: password, fetch });
  await ask(client);
  asked.length = 0;
  expect(await ask(client)).toBe(200);
  expect(asked.map(({ authorization }) => authorization)).toEqual([
    "Bearer token-1",
    expect.anything(),
    "Bearer token-2",
  ]);

  const stubborn = new RegistryClient({
    url: REGISTRY,
    credentials: password,
    fetch: async (url) => {
      return url.includes("/token") ? Response.json({ token: "never good" }) : challenged();
    },
  });
  const failure = await ask(stubborn).catch((error: unknown) => error);
  expect(isSignedOut(failure)).toBe(true);
  expect(isDenied(failure)).toBe(false);
});

const challenged = () => new Response(null, { status: 401, headers: { "WWW-Authenticate": BEARER } });

it("asks for a token once, however many requests wait for it", async ({ expect }) => {
  let tokens = 0;
  const fetch: Fetch = async (url, { headers }) => {
    if (!url.includes("/token")) return headers.has("Authorization") ? new Response(null) : challenged();
    tokens += 1;
    return Response.json({ access_token: "one for all", expires_in: 300 });
  };
  const client = new RegistryClient({ url: REGISTRY, credentials: password, fetch });
  expect(await Promise.all([ask(client), ask(client), ask(client), ask(client)])).toEqual([200, 200, 200, 200]);
  expect(tokens).toBe(1);
});

it("exchanges an identity token as OAuth2 does", async ({ expect }) => {
  const { asked, fetch } = guarded(BEARER, { token: nth });
  const client = new RegistryClient({ url: REGISTRY, credentials: { kind: "identity-token", token: "secret" }, fetch });
  expect(await ask(client)).toBe(200);
  expect(Object.fromEntries(new URLSearchParams(asked[1]?.body))).toEqual({
    grant_type: "refresh_token",
    refresh_token: "secret",
    client_id: "berth",
    service: "the registry",
    scope: "repository:a/b:pull,push",
  });
});

it("needs no challenge to know the token service of the page's own registry, and goes to no other", async ({
  expect,
}) => {
  const { asked, fetch } = guarded(BEARER, { token: nth });
  const client = new RegistryClient({ url: REGISTRY, credentials: { kind: "session" }, fetch });
  expect(await ask(client)).toBe(200);
  expect(asked.map(({ url }) => new URL(url).pathname)).toEqual(["/token", "/v2/a/b/x"]);
  await ask(client);
  expect(new Set(asked.map(({ url }) => new URL(url).origin))).toEqual(new Set([REGISTRY]));
});

it("sends name and password to a registry that wants no tokens", async ({ expect }) => {
  const seen: (string | null)[] = [];
  const fetch: Fetch = async (_, { headers }) => {
    seen.push(headers.get("Authorization"));
    if (headers.has("Authorization")) return new Response(null);
    return new Response(null, { status: 401, headers: { "WWW-Authenticate": 'Basic realm="x"' } });
  };
  const client = new RegistryClient({ url: REGISTRY, credentials: password, fetch });
  expect(await ask(client)).toBe(200);
  expect(await ask(client)).toBe(200);
  expect(seen).toEqual([null, "Basic bWlhOnDDpDpzcw==", "Basic bWlhOnDDpDpzcw=="]);
});

const refusingTokens: Fetch = async (url) => (url.includes("/token") ? refusal(401, "UNAUTHORIZED") : challenged());

it("says what the token service refuses", async ({ expect }) => {
  const client = new RegistryClient({ url: REGISTRY, credentials: password, fetch: refusingTokens });
  await expect(ask(client)).rejects.toMatchObject({ status: 401, message: "refused: UNAUTHORIZED" });
});

it("keeps its tokens from other hosts that the registry names", async ({ expect }) => {
  const seen: [string, boolean][] = [];
  const fetch: Fetch = async (url, { headers }) => {
    seen.push([new URL(url).host, headers.has("Authorization")]);
    return new Response(null);
  };
  const client = new RegistryClient({ url: REGISTRY, credentials: { kind: "bearer", token: "secret" }, fetch });
  const to = (url: string) => client.send({ method: "PUT", url, scopes: [] }, () => undefined);
  await to("/v2/a/b/blobs/uploads/1");
  await to("https://storage.example.com/upload/1");
  expect(seen).toEqual([
    ["registry.example.com", true],
    ["storage.example.com", false],
  ]);
});

it("reads manifests with their exact bytes, and none that are not there", async ({ expect }) => {
  const registry = new FakeRegistry();
  const bytes = bytesOf(`{ "schemaVersion": 2, "mediaType": "${OCI_MANIFEST}" }`);
  registry.addManifest("a/b", "1", OCI_MANIFEST, bytes);
  const client = new RegistryClient({ url: REGISTRY, fetch: registry.fetch, retry: IMPATIENT });
  const digest = digestOf(bytes);
  expect(await client.findManifest("a/b", "1")).toEqual({ mediaType: OCI_MANIFEST, digest, bytes });
  expect(await client.findManifest("a/b", digest)).toMatchObject({ digest });
  expect(await client.findManifest("a/b", "2")).toBeUndefined();
});

const emptyObject: Fetch = async () => new Response("{}", { headers: { "Content-Type": OCI_MANIFEST } });

it("refuses a manifest that does not have the digest it was asked for by", async ({ expect }) => {
  const client = new RegistryClient({ url: REGISTRY, fetch: emptyObject, retry: IMPATIENT });
  await expect(client.findManifest("a/b", `sha256:${"0".repeat(64)}`)).rejects.toMatchObject({
    name: "ContentMismatch",
  });
});

const twoPages: Fetch = async (url) => {
  const last = new URL(url).searchParams.get("last");
  const next = last === null ? { Link: '</v2/a/b/tags/list?n=2&last=2>; rel="next"' } : undefined;
  return Response.json({ tags: last === null ? ["1", "2"] : ["3"] }, next && { headers: next });
};

it("lists tags page by page", async ({ expect }) => {
  const client = new RegistryClient({ url: REGISTRY, fetch: twoPages });
  const tags: string[] = [];
  for await (const tag of client.listTags("a/b")) tags.push(tag);
  expect(tags).toEqual(["1", "2", "3"]);
});
