/** Accounts that trust a test's issuer, and jobs that log in with its tokens. */
import type { Level } from "../../../src/model/rights/access.ts";
import type { TrustCondition } from "../../../src/model/trust/trust-rules.ts";
import { type Client, newAccount, newName, newOrganization, pushAs } from "./managing-clients.ts";
import { basic, fetchAnonymously } from "./registry-requests.ts";
import { AUDIENCE, TestIssuer } from "./test-issuer.ts";

export interface TrustRuleBody {
  name: string;
  issuer: string;
  audience?: string;
  conditions: TrustCondition[];
  grants: ({ organization: string; level: Level } | { image: string; level: Level })[];
  lifetime?: number;
}

export interface Trusting {
  account: string;
  administrator: Client;
  organization: string;
  /** An image that is there. */
  image: string;
  issuer: TestIssuer;
  rule: string;
}

export const FROM_ACME: TrustCondition = { claim: "sub", glob: "repo:acme/*:ref:refs/heads/*" };

/** An account with an organization, an image, and a rule for jobs of `acme`. */
export async function newTrusting(changes: Partial<TrustRuleBody> & { level?: Level } = {}): Promise<Trusting> {
  const { level = "edit", ...body } = changes;
  const { account, administrator } = await newAccount();
  const organization = await newOrganization(administrator);
  const image = `${organization}/web`;
  await pushAs(administrator, image);
  const issuer = await TestIssuer.start();
  const rule = newName("rule");
  await trust(administrator, {
    name: rule,
    issuer: issuer.url,
    audience: AUDIENCE,
    conditions: [FROM_ACME],
    grants: [{ organization, level }],
    ...body,
  });
  return { account, administrator, organization, image, issuer, rule };
}

export async function trust(administrator: Client, rule: TrustRuleBody): Promise<void> {
  const response = await administrator.post("/api/trust-rules", rule);
  if (response.status !== 201) throw new Error(`trusting: ${response.status} ${await response.text()}`);
}

export interface TokenAnswer {
  token: string;
  access_token: string;
  refresh_token?: string;
  expires_in: number;
  scope: string;
  issued_token_type?: string;
  token_type?: string;
  errors?: { code: string; message: string }[];
}

let machines = 0;
/** An address of a machine of its own, lest refusals of one job count against another. */
function newAddress(): string {
  machines += 1;
  return `198.18.${Math.floor(machines / 256)}.${machines % 256}`;
}

/** Asks for a token as docker does, with a job's token as the password. */
export function askToken(password: string, scope?: string, { name = "oidc", more = "" } = {}): Promise<Response> {
  const query = scope === undefined ? "" : `&scope=${encodeURIComponent(scope)}`;
  return fetchAnonymously(`/token?service=registry.test${query}${more}`, {
    headers: { Authorization: basic(name, password), "CF-Connecting-IP": newAddress() },
  });
}

/** Sends a form to the token service. */
export function postToken(form: Record<string, string>): Promise<Response> {
  return fetchAnonymously("/token", {
    method: "POST",
    body: new URLSearchParams(form),
    headers: { "Content-Type": "application/x-www-form-urlencoded", "CF-Connecting-IP": newAddress() },
  });
}

export const pushScope = (image: string) => `repository:${image}:pull,push`;

/** What a token for an image is granted, as `pull,push`; or the refusal's status. */
export async function grantedTo(password: string, image: string, name?: string): Promise<string> {
  const response = await askToken(password, pushScope(image), name === undefined ? {} : { name });
  if (response.status !== 200) return String(response.status);
  const { scope } = await response.json<TokenAnswer>();
  return scope.slice(scope.lastIndexOf(":") + 1);
}
