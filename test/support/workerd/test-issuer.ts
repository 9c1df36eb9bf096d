/** An issuer of jobs' tokens for tests, as GitHub Actions and GitLab are: its answers stand in for `fetch`. */
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { vi } from "vitest";
import { newName } from "./managing-clients.ts";

export interface TestKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  jwk: JWK;
}

/** Claims that a token has besides, or otherwise; undefined for those that it has not. */
export type Changes = Readonly<Record<string, unknown>>;

/** A request that Berth has sent. */
export interface Asked {
  url: string;
  redirect: string | undefined;
}

export const AUDIENCE = "registry.test";

/** A key pair; generating one of RSA takes long, so tests share one. */
export async function newTestKey(alg: "ES256" | "RS256" = "ES256", kid = newName("key")): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

export class TestIssuer {
  readonly url: string;
  readonly key: TestKey;
  /** What its set of keys has. */
  keys: JWK[];

  constructor(key: TestKey, url = `https://${newName("issuer")}.example.com`) {
    this.key = key;
    this.url = url;
    this.keys = [key.jwk];
  }

  static async start(url?: string): Promise<TestIssuer> {
    const issuer = new TestIssuer(await newTestKey(), url);
    issuers.set(issuer.url, issuer);
    return issuer;
  }

  /** What the claims of a job's token are, as GitHub's are, if a test does not say otherwise. */
  claims(claims: Changes = {}): JWTPayload {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.url,
      aud: AUDIENCE,
      sub: "repo:acme/web:ref:refs/heads/main",
      repository: "acme/web",
      run_id: "4711",
      iat: now,
      nbf: now - 5,
      exp: now + 300,
      jti: crypto.randomUUID(),
      ...claims,
    };
  }

  /** A token for a job; a claim that is undefined is left out. */
  async token(
    claims: Changes = {},
    { key = this.key, header = {} }: { key?: TestKey; header?: Partial<JWTHeaderParameters> } = {},
  ): Promise<string> {
    return new SignJWT(this.claims(claims))
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT", ...header })
      .sign(key.privateKey);
  }

  /** How it answers: a test may replace either. */
  discovery: () => Response | Promise<Response> = () =>
    Response.json({ issuer: this.url, jwks_uri: `${this.url}/keys`, id_token_signing_alg_values_supported: ["ES256"] });
  keySet: () => Response | Promise<Response> = () => Response.json({ keys: this.keys });
}

const issuers = new Map<string, TestIssuer>();
let asked: Asked[] = [];

/** Lets the issuers of a test answer in place of the network. */
export function serveIssuers(): void {
  asked = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const { url } = new Request(input, init);
    asked.push({ url, redirect: init?.redirect });
    for (const issuer of issuers.values()) {
      const base = issuer.url.replace(/\/$/, "");
      if (url === `${base}/.well-known/openid-configuration`) return issuer.discovery();
      if (url === `${base}/keys`) return issuer.keySet();
    }
    throw new Error(`nobody answers at ${url}`);
  });
}

/** What was asked of an issuer since {@link serveIssuers}. */
export function askedOf(issuer: { url: string }): string[] {
  return asked.map(({ url }) => url).filter((url) => url.startsWith(issuer.url.replace(/\/$/, "")));
}

export function allAsked(): readonly Asked[] {
  return asked;
}
