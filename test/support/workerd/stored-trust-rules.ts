/** Trust rules as rows, and an issuer that answers what it is asked. */
import { env } from "cloudflare:workers";
import { newName } from "./managing-clients.ts";

/** Gives the account of a user an organization and a trust rule; answers their names. */
export async function newTrustRule(user: string): Promise<{ organization: string; name: string }> {
  const [organization, name] = [newName("org"), newName("rule")];
  const account = "(SELECT account_id FROM users WHERE name = ?)";
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO organizations (account_id, name, created_at) SELECT account_id, ?, 0 FROM users WHERE name = ?`,
    ).bind(organization, user),
    env.DB.prepare(
      `INSERT INTO users (account_id, name, role, password_hash, created_at, kind)
       SELECT account_id, 'oidc:' || ?, 'member', '', 0, 'rule' FROM users WHERE name = ?`,
    ).bind(name, user),
    env.DB.prepare(
      `INSERT INTO trust_rules (user_id, account_id, name, issuer, audience, conditions, lifetime, created_at, updated_at)
       SELECT id, account_id, ?, ?, 'registry.test', '[{"claim":"sub","value":"job"}]', 3600, 0, 0
       FROM users WHERE name = 'oidc:' || ? AND account_id = ${account}`,
    ).bind(name, ISSUER, name, user),
    env.DB.prepare("DELETE FROM trust_rules WHERE name <> ? AND account_id = " + account).bind(name, user),
  ]);
  return { organization, name };
}

/** An issuer that {@link answerAsIssuer} speaks for. */
export const ISSUER = "https://issuer.example.com";

/** What that issuer answers to a request of the registry's; undefined where the request is another's. */
export function answerAsIssuer(input: RequestInfo | URL): Response | undefined {
  const { href } = new URL(input instanceof Request ? input.url : input);
  if (href === `${ISSUER}/.well-known/openid-configuration`) {
    return Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });
  }
  if (href !== `${ISSUER}/keys`) return undefined;
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  return Response.json({ keys: [{ kty: "OKP", crv: "Ed25519", x, kid: "1", use: "sig" }] });
}
