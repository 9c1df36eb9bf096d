/** Jobs that log in with a token of another issuer (ADR 0032): which are let in, to what, and which are refused. */
import { env } from "cloudflare:workers";
import { exportSPKI, generateKeyPair, importJWK, SignJWT } from "jose";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import {
  asUser,
  auditOf,
  newAccount,
  newOrganization,
  pushAs,
  sendWithToken,
} from "../support/workerd/managing-clients.ts";
import {
  errorsOf,
  fetchAnonymously,
  basic,
  someBytes,
  digestOf,
  errorCodes,
} from "../support/workerd/registry-requests.ts";
import {
  allAsked,
  askedOf,
  type Changes,
  newTestKey,
  serveIssuers,
  TestIssuer,
} from "../support/workerd/test-issuer.ts";
import {
  askToken,
  FROM_ACME,
  grantedTo,
  newTrusting,
  postToken,
  pushScope,
  type TokenAnswer,
  trust,
  type Trusting,
} from "../support/workerd/trusting-accounts.ts";
import { waitUntil } from "../support/workerd/waiting.ts";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const REFRESH_TOKEN = "urn:ietf:params:oauth:token-type:refresh_token";

beforeEach(() => {
  serveIssuers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** One for tests that change nothing about it but the rule. */
let shared: Promise<Trusting> | undefined;
function sharedTrusting(): Promise<Trusting> {
  shared ??= newTrusting();
  return shared;
}

/** Lets time pass for the registry. */
function advance(ms: number): void {
  vi.useFakeTimers({ now: Date.now() + ms, toFake: ["Date"] });
}

async function messageOf(response: Response): Promise<string> {
  const { errors } = await response.clone().json<{ errors: { message: string }[] }>();
  return errors.map(({ message }) => message).join("; ");
}

describe("a job that a rule is for", () => {
  it("gets a token for what the rule grants, whether or not it names the account", async ({ expect }) => {
    const { account, image, issuer } = await newTrusting();
    expect(await grantedTo(await issuer.token(), image)).toBe("pull,push");
    expect(await grantedTo(await issuer.token(), image, `oidc/${account}`)).toBe("pull,push");
  });

  it("pushes and pulls with its own token as a password, without asking for another one", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const job = asUser("oidc", await issuer.token());
    const digest = await pushAs(job, image, "v2");
    expect((await job.get(`/v2/${image}/manifests/v2`)).headers.get("Docker-Content-Digest")).toBe(digest);
    expect((await job.delete(`/v2/${image}/manifests/v2`)).status).toBe(403);
  });

  it("logs in before it asks for anything", async ({ expect }) => {
    const { account, issuer } = await newTrusting();
    for (const name of ["oidc", `oidc/${account}`]) {
      const response = await askToken(await issuer.token(), undefined, { name });
      expect(response.status).toBe(200);
      const { token } = await response.json<TokenAnswer>();
      expect((await sendWithToken(token, "GET", "/v2/")).status).toBe(200);
    }
  });

  it("pushes a new image where it may edit the organization, and not where it may edit one image", async ({
    expect,
  }) => {
    const { organization, issuer } = await newTrusting();
    const job = asUser("oidc", await issuer.token());
    await expect(pushAs(job, `${organization}/new`)).resolves.toMatch(/^sha256:/);

    const other = await newTrusting();
    const rule = { grants: [{ image: other.image, level: "edit" as const }], conditions: [FROM_ACME] };
    const single = `/api/trust-rules/${other.rule}`;
    expect(
      (await other.administrator.send("PUT", single, { ...rule, issuer: other.issuer.url, audience: "registry.test" }))
        .status,
    ).toBe(200);
    const token = await other.issuer.token();
    expect(await grantedTo(token, other.image)).toBe("pull,push");
    expect(await grantedTo(token, `${other.organization}/new`)).toBe("");
    await expect(pushAs(asUser("oidc", token), `${other.organization}/new`)).rejects.toThrow(/403/);
  });

  it("creates no organization", async ({ expect }) => {
    const { account, issuer } = await newTrusting();
    const name = `oidc/${account}`;
    const fresh = `fresh-${crypto.randomUUID()}/web`;
    expect(await grantedTo(await issuer.token(), fresh, name)).toBe("");
    await expect(pushAs(asUser(name, await issuer.token()), fresh)).rejects.toThrow(/403/);
  });

  it("reads public images of others, and none that are shared with the account", async ({ expect }) => {
    const { account, administrator, issuer } = await newTrusting();
    const other = await newAccount();
    const organization = await newOrganization(other.administrator);
    await pushAs(other.administrator, `${organization}/shared`);
    await pushAs(other.administrator, `${organization}/public`);
    const images = `/api/organizations/${organization}/images`;
    expect((await other.administrator.patch(`${images}/public`, { public: true })).status).toBeLessThan(300);
    const share = await other.administrator.post(`${images}/shared/shares`, { account, deadline: "forever" });
    expect(share.status).toBeLessThan(300);
    const name = `oidc/${account}`;
    expect(await grantedTo(administrator.password, `${organization}/shared`, administrator.name)).toBe("pull");
    expect(await grantedTo(await issuer.token(), `${organization}/shared`, name)).toBe("");
    expect(await grantedTo(await issuer.token(), `${organization}/public`, name)).toBe("pull");
    expect(await grantedTo(await issuer.token(), `${organization}/public`)).toBe("pull");
  });

  it("acts by the rule that grants most of what is asked for, of several that are for it", async ({ expect }) => {
    const { administrator, organization, image, issuer, rule } = await newTrusting({ level: "read" });
    const second = `${rule}-2`;
    await pushAs(administrator, `${organization}/app`);
    const grants = [{ image: `${organization}/app`, level: "edit" as const }];
    const terms = { issuer: issuer.url, audience: "registry.test", conditions: [FROM_ACME] };
    await trust(administrator, { name: second, ...terms, grants });
    const token = await issuer.token();
    expect(await grantedTo(token, image)).toBe("pull");
    expect(await grantedTo(token, `${organization}/app`)).toBe("pull,push");
    const job = asUser("oidc", token);
    await pushAs(job, `${organization}/app`, "v2");
    await expect(pushAs(job, image, "v2")).rejects.toThrow(/403/);
  });

  it("manages nothing", async ({ expect }) => {
    const { account, image, issuer } = await newTrusting({ level: "manage" });
    const job = asUser(`oidc/${account}`, await issuer.token());
    for (const path of ["/api/organizations", "/api/trust-rules", "/api/access-keys", "/v2/manage/namespaces"]) {
      expect((await job.get(path)).status).toBe(403);
    }
    expect((await job.post("/api/access-keys")).status).toBe(403);
    expect((await job.get("/v2/_catalog")).status).toBe(403);
    const { token } = await (await askToken(await issuer.token(), pushScope(image))).json<TokenAnswer>();
    expect((await sendWithToken(token, "GET", "/api/trust-rules")).status).toBe(403);
    const bare = await (
      await askToken(await issuer.token(), undefined, { name: `oidc/${account}` })
    ).json<TokenAnswer>();
    expect((await sendWithToken(bare.token, "GET", "/api/organizations")).status).toBe(403);
  });

  it("is named in the audit with the claims that let it in, and by its pushes", async ({ expect }) => {
    const { account, image, issuer, rule } = await newTrusting();
    const sub = `repo:acme/web:ref:refs/heads/${"x".repeat(400)}`;
    const token = await issuer.token({ sub });
    const job = asUser("oidc", token);
    const digest = await pushAs(job, image, "v9");
    await grantedTo(token, image);
    await grantedTo(token, image);
    await waitUntil(async () => (await auditOf(rule)).length > 2);
    const uses = (await auditOf(rule)).filter(({ action }) => action === "job.login");
    const details = uses.map(({ detail }) => JSON.parse(detail ?? "{}") as { granted: string[]; claims: object });
    // One of each kind of request, however many there were.
    expect(details.map(({ granted }) => granted.join())).toEqual([`${image}:push`, `${image}:pull,push`]);
    expect(uses[0]?.user_name).toBe(`oidc:${account}:${rule}`);
    expect(details[0]).toMatchObject({
      issuer: issuer.url,
      claims: { repository: "acme/web", run_id: "4711", sub: sub.slice(0, 255) },
    });
    expect(JSON.stringify(uses)).not.toContain(token);
    const [push] = await auditOf(`${image}:v9`);
    expect(push).toMatchObject({ action: "manifest.push", user_name: `oidc:${account}:${rule}` });
    expect(JSON.parse(push?.detail ?? "{}")).toMatchObject({ digest, subject: sub.slice(0, 255) });
  });
});

describe("a login that a job's token is exchanged for", () => {
  it("is an access token for what was asked, by RFC 8693", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const response = await postToken({
      grant_type: TOKEN_EXCHANGE,
      subject_token: await issuer.token(),
      subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
      scope: pushScope(image),
    });
    expect(response.status).toBe(200);
    const answer = await response.json<TokenAnswer>();
    expect(answer).toMatchObject({
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: 300,
      scope: `repository:${image}:pull,push`,
    });
    expect((await sendWithToken(answer.access_token, "GET", `/v2/${image}/manifests/latest`)).status).toBe(200);
  });

  it("lasts as the rule says, longer than the job's own token", async ({ expect }) => {
    const { image, issuer } = await newTrusting({ lifetime: 1200 });
    const subject = { grant_type: TOKEN_EXCHANGE, subject_token: await issuer.token() };
    const response = await postToken({ ...subject, requested_token_type: REFRESH_TOKEN });
    const login = await response.json<TokenAnswer>();
    expect(login).toMatchObject({ token_type: "N_A", issued_token_type: REFRESH_TOKEN, expires_in: 1200 });
    advance(1_000_000);
    expect(await grantedTo(subject.subject_token, image)).toBe("401");
    expect(await grantedTo(login.access_token, image)).toBe("pull,push");
    advance(300_000);
    expect(await grantedTo(login.access_token, image)).toBe("401");
  });

  it("is what docker keeps in place of the password", async ({ expect }) => {
    const { account, image, issuer } = await newTrusting();
    const more = "&offline_token=true&client_id=docker";
    const answer = await askToken(await issuer.token(), undefined, { name: `oidc/${account}`, more });
    const { refresh_token: refresh = "" } = await answer.json<TokenAnswer>();
    advance(1_000_000);
    const form = {
      grant_type: "refresh_token",
      refresh_token: refresh,
      scope: pushScope(image),
      service: "registry.test",
    };
    const renewed = await (await postToken(form)).json<TokenAnswer>();
    expect(renewed).toMatchObject({ scope: `repository:${image}:pull,push`, refresh_token: refresh });
    advance(3_000_000);
    expect((await postToken(form)).status).toBe(401);
  });

  it("ends with the rule, with other conditions, and with a shorter lifetime", async ({ expect }) => {
    const { administrator, organization, image, issuer, rule } = await newTrusting();
    const exchange = {
      grant_type: TOKEN_EXCHANGE,
      subject_token: await issuer.token(),
      requested_token_type: REFRESH_TOKEN,
    };
    const { access_token: login } = await (await postToken(exchange)).json<TokenAnswer>();
    const terms = {
      issuer: issuer.url,
      audience: "registry.test",
      conditions: [FROM_ACME],
      grants: [{ organization, level: "read" as const }],
    };
    const path = `/api/trust-rules/${rule}`;
    expect((await administrator.send("PUT", path, terms)).status).toBe(200);
    expect(await grantedTo(login, image)).toBe("pull");
    const others = { ...terms, conditions: [{ claim: "sub", glob: "repo:other/*:**" }] };
    expect((await administrator.send("PUT", path, others)).status).toBe(200);
    expect(await grantedTo(login, image)).toBe("401");
    expect((await administrator.send("PUT", path, { ...terms, lifetime: 300 })).status).toBe(200);
    advance(400_000);
    expect(await grantedTo(login, image)).toBe("401");
    expect((await administrator.send("PUT", path, { ...terms, lifetime: 3600 })).status).toBe(200);
    expect(await grantedTo(login, image)).toBe("pull");
    expect((await administrator.delete(path)).status).toBe(204);
    expect(await grantedTo(login, image)).toBe("401");
  });

  it("is of the account that the job has named", async ({ expect }) => {
    const one = await newTrusting();
    const other = await newTrusting({ issuer: one.issuer.url });
    const form = {
      grant_type: TOKEN_EXCHANGE,
      subject_token: await one.issuer.token(),
      requested_token_type: REFRESH_TOKEN,
    };
    const named = await (await postToken({ ...form, username: `oidc/${one.account}` })).json<TokenAnswer>();
    expect(await grantedTo(named.access_token, one.image)).toBe("pull,push");
    expect(await grantedTo(named.access_token, other.image)).toBe("");
    expect(await grantedTo(named.access_token, other.image, `oidc/${other.account}`)).toBe("401");
    const open = await (await postToken(form)).json<TokenAnswer>();
    expect(await grantedTo(open.access_token, other.image)).toBe("pull,push");
  });

  it.for([
    [{ grant_type: TOKEN_EXCHANGE }, 401],
    [{ grant_type: TOKEN_EXCHANGE, subject_token: "secret" }, 401],
    [
      { grant_type: TOKEN_EXCHANGE, subject_token: "x", subject_token_type: "urn:ietf:params:oauth:token-type:saml2" },
      405,
    ],
    [
      {
        grant_type: TOKEN_EXCHANGE,
        subject_token: "x",
        requested_token_type: "urn:ietf:params:oauth:token-type:id_token",
      },
      405,
    ],
    [{ grant_type: TOKEN_EXCHANGE, subject_token: "x", actor_token: "y" }, 405],
  ] as const)("is refused for %o", async ([form, status], { expect }) => {
    expect((await postToken(form)).status).toBe(status);
  });

  it("is no way to exchange a password", async ({ expect }) => {
    const { administrator } = await newAccount();
    const form = { grant_type: TOKEN_EXCHANGE, username: administrator.name, subject_token: administrator.password };
    expect((await postToken(form)).status).toBe(401);
  });
});

describe("a token is refused", () => {
  it("that is for another audience, without asking the issuer", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const before = allAsked().length;
    for (const aud of ["other.example.com", "", ["other.example.com"], undefined]) {
      expect(await grantedTo(await issuer.token({ aud }), image)).toBe("401");
    }
    expect(allAsked().length).toBe(before);
    expect(await grantedTo(await issuer.token({ aud: ["other.example.com", "registry.test"] }), image)).toBe(
      "pull,push",
    );
  });

  it("that nobody has signed (alg none)", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const part = (value: object) =>
      btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
    for (const alg of ["none", "None", "NONE", ""]) {
      const token = `${part({ alg, kid: issuer.key.kid })}.${part(issuer.claims())}.`;
      expect(await grantedTo(token, image)).toBe("401");
      expect(await grantedTo(`${token}AAAA`, image)).toBe("401");
    }
  });

  it("that is signed with the public key as a secret (HS256)", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const { publicKey } = await generateKeyPair("RS256", { extractable: true });
    const pem = await exportSPKI(publicKey);
    const { x = "", y = "" } = issuer.key.jwk;
    for (const secret of [pem, JSON.stringify(issuer.key.jwk), x, `${x}${y}`]) {
      const token = await new SignJWT(issuer.claims())
        .setProtectedHeader({ alg: "HS256", kid: issuer.key.kid })
        .sign(new TextEncoder().encode(secret));
      expect(await grantedTo(token, image)).toBe("401");
    }
    // Nor is a secret that the issuer has published by mistake.
    const oct = { kty: "oct", k: btoa("0123456789abcdef0123456789abcdef"), kid: "oct", alg: "HS256" };
    const { image: second, issuer: leaking } = await newTrusting();
    leaking.keys.push(oct);
    const leaked = await new SignJWT(leaking.claims())
      .setProtectedHeader({ alg: "HS256", kid: "oct" })
      .sign(await importJWK(oct, "HS256"));
    advance(120_000);
    expect(await grantedTo(leaked, second)).toBe("401");
  });

  const times: [string, object, RegExp][] = [
    ["has expired", { exp: -31 }, /has expired/],
    ["is not valid yet", { nbf: 60 }, /not valid yet \(nbf\)/],
    ["was made in the future", { iat: 60 }, /not valid yet \(iat\)/],
    ["never ends", { exp: undefined }, /exp/],
    ["does not say when it was made", { iat: undefined }, /iat/],
    ["names nobody", { sub: undefined }, /sub/],
  ];
  it.for(times)("that %s", async ([, offsets, why], { expect }) => {
    const { image, issuer } = await sharedTrusting();
    const now = Math.floor(Date.now() / 1000);
    const claims = Object.entries(offsets).map(([name, value]) => [
      name,
      typeof value === "number" ? now + value : undefined,
    ]);
    const response = await askToken(await issuer.token(Object.fromEntries(claims)), pushScope(image));
    expect(response.status).toBe(401);
    expect(await messageOf(response)).toMatch(why);
  });

  it("unless the clocks differ by seconds only", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const now = Math.floor(Date.now() / 1000);
    expect(await grantedTo(await issuer.token({ exp: now - 20 }), image)).toBe("pull,push");
    expect(await grantedTo(await issuer.token({ iat: now + 20, nbf: now + 20 }), image)).toBe("pull,push");
  });

  it("that another issuer's key has signed, also under the same id of a key", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const other = await newTrusting();
    expect(await grantedTo(await issuer.token({}, { key: other.issuer.key }), image)).toBe("401");
    const twin = await newTestKey("ES256", issuer.key.kid);
    other.issuer.keys.push(twin.jwk);
    advance(120_000);
    expect(await grantedTo(await other.issuer.token({}, { key: twin }), other.image)).toBe("pull,push");
    expect(await grantedTo(await issuer.token({}, { key: twin }), image)).toBe("401");
  });

  it("whose key id two keys have, or no key, and whose key is for another algorithm", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const twin = await newTestKey("ES256", issuer.key.kid);
    const rsa = await newTestKey("RS256");
    issuer.keys.push({ ...rsa.jwk, alg: "RS512" }, { ...rsa.jwk, kid: "encrypts", use: "enc" });
    advance(120_000);
    expect(await grantedTo(await issuer.token({}, { header: { kid: "unknown" } }), image)).toBe("401");
    expect(await grantedTo(await issuer.token({}, { key: rsa }), image)).toBe("401");
    expect(await grantedTo(await issuer.token({}, { key: { ...rsa, kid: "encrypts" } }), image)).toBe("401");
    expect(await grantedTo(await issuer.token(), image)).toBe("pull,push");
    // Without an id there is one key that fits, and the token is taken.
    const { kid: _kid, ...bare } = issuer.key;
    const unnamed = await new SignJWT(issuer.claims()).setProtectedHeader({ alg: bare.alg }).sign(bare.privateKey);
    expect(await grantedTo(unnamed, image)).toBe("pull,push");
    issuer.keys.push(twin.jwk);
    advance(4_000_000);
    expect(await grantedTo(await issuer.token(), image)).toBe("401");
  });

  it("whose issuer is written otherwise, without asking anybody", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const before = allAsked().length;
    const { url } = issuer;
    for (const iss of [
      `${url}/`,
      url.toUpperCase(),
      url.replace("https:", "http:"),
      `${url}:443`,
      `${url}#`,
      ` ${url}`,
    ]) {
      expect(await grantedTo(await issuer.token({ iss }), image)).toBe("401");
    }
    expect(allAsked().length).toBe(before);
  });

  it("of an issuer that nobody trusts, or not this account, without asking it", async ({ expect }) => {
    const { account, image } = await newTrusting();
    const stranger = await TestIssuer.start();
    for (const name of ["oidc", `oidc/${account}`, "oidc/nobody"]) {
      const response = await askToken(await stranger.token(), pushScope(image), { name });
      expect(response.status).toBe(401);
      expect(await messageOf(response)).toContain("no account trusts its issuer");
    }
    expect(askedOf(stranger)).toEqual([]);
    const other = await newTrusting();
    expect(await grantedTo(await other.issuer.token(), image, `oidc/${account}`)).toBe("401");
  });

  const resembling: [object, Changes][] = [
    [{ claim: "sub", glob: "repo:acme/*" }, { sub: "repo:acme-evil/x" }],
    [{ claim: "sub", glob: "repo:acme/*" }, { sub: "repo:acme/x/y" }],
    [{ claim: "sub", glob: "repo:acme/web:ref:refs/heads/main" }, { sub: "repo:acme/web:ref:refs/heads/main2" }],
    [{ claim: "sub", glob: "repo:acme/web:ref:refs/heads/main" }, { sub: "xrepo:acme/web:ref:refs/heads/main" }],
    [{ claim: "repository", value: "acme/web" }, { repository: "Acme/web" }],
    [{ claim: "repository", value: "acme/web" }, { repository: ["acme/web2", "evil/acme/web"] }],
    [{ claim: "repository", value: "acme/web" }, { repository: { name: "acme/web" } }],
    [{ claim: "repository", value: "acme/web" }, { repository: undefined }],
    [{ claim: "repository", value: "acme/*" }, { repository: "acme/web" }],
    [{ claim: "constructor", glob: "*a*" }, {}],
  ];
  it.for(resembling)("where a rule wants %o and the token has %o", async ([condition, claims], { expect }) => {
    const { administrator, organization, image, issuer, rule } = await sharedTrusting();
    const terms = { issuer: issuer.url, audience: "registry.test", grants: [{ organization, level: "edit" }] };
    const changed = await administrator.send("PUT", `/api/trust-rules/${rule}`, { ...terms, conditions: [condition] });
    expect(changed.status).toBe(200);
    const response = await askToken(await issuer.token(claims), pushScope(image));
    expect(response.status).toBe(401);
    expect(await messageOf(response)).toContain("no trust rule is for sub");
  });

  it("where only some of a rule's conditions hold", async ({ expect }) => {
    const { image, issuer } = await newTrusting({
      conditions: [FROM_ACME, { claim: "environment", value: "production" }],
    });
    expect(await grantedTo(await issuer.token(), image)).toBe("401");
    expect(await grantedTo(await issuer.token({ environment: "staging" }), image)).toBe("401");
    expect(await grantedTo(await issuer.token({ environment: "production" }), image)).toBe("pull,push");
  });

  it("that was changed, is too long, or is the registry's own", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const token = await issuer.token();
    const [header = "", , signature = ""] = token.split(".");
    const claims = btoa(JSON.stringify(issuer.claims({ repository: "acme/other" }))).replaceAll("=", "");
    expect(await grantedTo(`${header}.${claims}.${signature}`, image)).toBe("401");
    expect(await grantedTo(await issuer.token({ long: "x".repeat(15_000) }), image)).toBe("401");
    const { token: own } = await (await askToken(token, pushScope(image))).json<TokenAnswer>();
    expect(await grantedTo(own, image)).toBe("401");
  });

  it("and counts as a failed login, after too many of which nothing more is looked up", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const wrong = await issuer.token({}, { key: await newTestKey("ES256", issuer.key.kid) });
    const query = `/token?scope=${encodeURIComponent(pushScope(image))}`;
    const attempt = (token: string) =>
      fetchAnonymously(query, {
        headers: { Authorization: basic("oidc", token), "CF-Connecting-IP": "203.0.113.77" },
      });
    const right = await issuer.token();
    expect((await attempt(right)).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 25 }, () => attempt(wrong)));
    const statuses = answers.map(({ status }) => status);
    expect([statuses.filter((status) => status === 401).length, new Set(statuses)]).toEqual([20, new Set([401, 429])]);
    // A token that was checked before is no attempt.
    expect((await attempt(right)).status).toBe(200);
  });
});

describe("a rule", () => {
  it("that is deleted or changed meanwhile ends what its tokens write", async ({ expect }) => {
    const { administrator, organization, image, issuer, rule } = await newTrusting();
    const path = `/api/trust-rules/${rule}`;
    const terms = { issuer: issuer.url, audience: "registry.test", conditions: [FROM_ACME] };
    const push = async (token: string) => {
      const body = someBytes();
      return sendWithToken(token, "POST", `/v2/${image}/blobs/uploads/?digest=${digestOf(body)}`, { body });
    };
    const first = await (await askToken(await issuer.token(), pushScope(image))).json<TokenAnswer>();
    expect((await push(first.token)).status).toBe(201);
    const grants = [{ organization, level: "edit" as const }];
    expect((await administrator.send("PUT", path, { ...terms, grants })).status).toBe(200);
    const changed = await push(first.token);
    expect([changed.status, await errorCodes(changed)]).toEqual([401, ["UNAUTHORIZED"]]);

    const second = await (await askToken(await issuer.token(), pushScope(image))).json<TokenAnswer>();
    const permissions = `/api/organizations/${organization}/permissions`;
    const listed = await (await administrator.get(permissions)).json<{ permissions: { user: string }[] }>();
    const [principal] = listed.permissions.map(({ user }) => user);
    expect((await administrator.delete(`${permissions}/${principal}`)).status).toBe(204);
    expect((await push(second.token)).status).toBe(403);

    expect((await administrator.send("PUT", path, { ...terms, grants })).status).toBe(200);
    const third = await (await askToken(await issuer.token(), pushScope(image))).json<TokenAnswer>();
    expect((await push(third.token)).status).toBe(201);
    expect((await administrator.delete(path)).status).toBe(204);
    expect((await push(third.token)).status).toBe(401);
    expect(await grantedTo(await issuer.token(), image)).toBe("401");
  });

  it("grants nothing outside its account, whatever its rows say", async ({ expect }) => {
    const { account, issuer, rule } = await newTrusting();
    const other = await newAccount();
    const foreign = await newOrganization(other.administrator);
    await pushAs(other.administrator, `${foreign}/web`);
    await env.DB.prepare(
      `INSERT INTO organization_permissions (organization_id, user_id, level, created_at)
       SELECT organizations.id, users.id, 'manage', 0 FROM organizations, users WHERE organizations.name = ? AND users.name = ?`,
    )
      .bind(foreign, `oidc:${account}:${rule}`)
      .run();
    expect(await grantedTo(await issuer.token(), `${foreign}/web`, `oidc/${account}`)).toBe("");
    await expect(pushAs(asUser(`oidc/${account}`, await issuer.token()), `${foreign}/web`)).rejects.toThrow(/403/);
  });

  it("of another account does not let a job in where only the other's images are asked for, nor sees its claims", async ({
    expect,
  }) => {
    const { image, issuer } = await newTrusting();
    const nosy = await newTrusting({
      issuer: issuer.url,
      conditions: [{ claim: "sub", glob: "repo:**" }],
      level: "manage",
    });
    const token = await issuer.token();
    await grantedTo(token, image);
    await askToken(token);
    expect((await auditOf(nosy.rule)).map(({ action }) => action)).toEqual(["trust-rule.create"]);
  });
});

describe("the issuer", () => {
  it("is asked once for what is remembered, and again for a key that is new, but not at will", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    const asked = () => askedOf(issuer).length;
    const before = asked();
    await Promise.all(Array.from({ length: 5 }, async () => grantedTo(await issuer.token(), image)));
    expect(asked()).toBe(before);
    const second = await newTestKey();
    const rotated = () => issuer.token({}, { key: second });
    expect(await grantedTo(await rotated(), image)).toBe("401");
    issuer.keys = [second.jwk];
    expect(await grantedTo(await rotated(), image)).toBe("401");
    expect(asked()).toBe(before);
    advance(61_000);
    expect(await grantedTo(await rotated(), image)).toBe("pull,push");
    expect(asked()).toBe(before + 2);
    for (const kid of ["a", "b", "c"]) {
      expect(await grantedTo(await issuer.token({}, { key: second, header: { kid } }), image)).toBe("401");
    }
    expect(asked()).toBe(before + 2);
  });

  it("is asked by one of many requests at once", async ({ expect }) => {
    const { image, issuer } = await newTrusting();
    advance(4_000_000);
    const before = askedOf(issuer).length;
    issuer.keySet = async () => {
      await scheduler.wait(100);
      return Response.json({ keys: issuer.keys });
    };
    const granted = await Promise.all(Array.from({ length: 5 }, async () => grantedTo(await issuer.token(), image)));
    expect(new Set(granted)).toEqual(new Set(["pull,push"]));
    expect(askedOf(issuer).length - before).toBe(2);
  });

  it("that does not answer is asked again after some seconds, and its last keys count meanwhile", async ({
    expect,
  }) => {
    const { image, issuer } = await newTrusting();
    advance(4_000_000);
    issuer.discovery = () => new Response("down", { status: 502 });
    const before = askedOf(issuer).length;
    expect(await grantedTo(await issuer.token(), image)).toBe("pull,push");
    expect(await grantedTo(await issuer.token(), image)).toBe("pull,push");
    expect(askedOf(issuer).length - before).toBe(1);
  });

  const failing: [string, (issuer: TestIssuer) => void, RegExp][] = [
    [
      "calls itself something else",
      (issuer) =>
        (issuer.discovery = () =>
          Response.json({ issuer: "https://evil.example.com", jwks_uri: `${issuer.url}/keys` })),
      /calls itself/,
    ],
    [
      "adds a slash to its name",
      (issuer) =>
        (issuer.discovery = () => Response.json({ issuer: `${issuer.url}/`, jwks_uri: `${issuer.url}/keys` })),
      /calls itself/,
    ],
    [
      "does not say where its keys are",
      (issuer) => (issuer.discovery = () => Response.json({ issuer: issuer.url })),
      /jwks_uri/,
    ],
    [
      "has its keys at a private address",
      (issuer) => (issuer.discovery = () => Response.json({ issuer: issuer.url, jwks_uri: "https://10.0.0.1/keys" })),
      /private/,
    ],
    [
      "has its keys at an address without TLS",
      (issuer) =>
        (issuer.discovery = () => Response.json({ issuer: issuer.url, jwks_uri: "http://keys.example.com/" })),
      /scheme/,
    ],
    [
      "redirects to a private address",
      (issuer) =>
        (issuer.keySet = () =>
          new Response(null, { status: 302, headers: { Location: "http://169.254.169.254/latest" } })),
      /redirects are not followed/,
    ],
    ["answers without end", (issuer) => (issuer.keySet = () => endless()), /more than 128 KiB/],
    ["answers something else", (issuer) => (issuer.keySet = () => new Response("<html>")), /JSON object/],
    ["has no key of use", (issuer) => (issuer.keys = [{ kty: "oct", k: "AAAA" }]), /no key/],
    [
      "cannot be reached",
      (issuer) => (issuer.discovery = () => Promise.reject(new Error("refused"))),
      /cannot be asked/,
    ],
  ];
  it.for(failing)("that %s is not trusted", async ([, fail, why], { expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const issuer = await TestIssuer.start();
    fail(issuer);
    const response = await administrator.post("/api/trust-rules", {
      name: "rule",
      issuer: issuer.url,
      conditions: [FROM_ACME],
      grants: [{ organization, level: "read" }],
    });
    expect(response.status).toBe(400);
    expect(await errorsOf(response)).toMatchObject([{ code: "ISSUER_INVALID", message: expect.stringMatching(why) }]);
    expect(allAsked().every(({ redirect, url }) => redirect === "manual" && url.startsWith(issuer.url))).toBe(true);
  });

  it("that is slow lets a job wait for seconds at most, and says nothing of the issuer's address", async ({
    expect,
  }) => {
    const { image, issuer } = await newTrusting();
    advance(4_000_000);
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
    issuer.keys = [];
    issuer.keySet = () => Promise.reject(new DOMException("aborted", "AbortError"));
    const second = await newTestKey();
    const response = await askToken(await issuer.token({}, { key: second }), pushScope(image));
    expect(timeout).toHaveBeenCalledWith(5000);
    expect(response.status).toBe(401);
    expect(await messageOf(response)).not.toContain("/keys");
  });
});

/** An answer that goes on for ever. */
function endless(): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(" ".repeat(16 * 1024)));
      },
    }),
  );
}
