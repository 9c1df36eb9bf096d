/** Trying credentials out, and what the registry gives for them. */
import type { Credentials } from "../../client/authorization.ts";
import { type Challenge, parseChallenges } from "../../kernel/challenge.ts";
import { tokenServiceOf } from "../../client/token-service.ts";
import { type Fetch, HttpSender } from "../../client/http.ts";
import { DEFAULT_RETRY_POLICY } from "../../client/retry.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { RegistryAddress } from "../registry-address.ts";

type Password = Extract<Credentials, { kind: "password" }>;

/**
 * Signs in with a name and a password.
 *
 * @returns what is to be kept: a refresh token, where the registry gives one for it, or the password itself.
 * @throws RegistryRefusal when they are wrong; Failure when the address is no registry's; NetworkLost.
 */
export async function signIn(registry: RegistryAddress, password: Password, fetch: Fetch): Promise<Credentials> {
  const sender = new HttpSender(fetch, { ...DEFAULT_RETRY_POLICY, attempts: 2 });
  const challenges = await readChallenges(registry, sender);
  const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters["realm"] !== undefined);
  const headers = { Authorization: `Basic ${Buffer.from(`${password.name}:${password.password}`).toString("base64")}` };
  if (!bearer) {
    await sender.send({ method: "GET", url: new URL("/v2/", registry.url), headers }, (response) =>
      response.body?.cancel(),
    );
    return password;
  }
  const realm = tokenServiceOf(bearer, registry.url);
  const service = bearer.parameters["service"];
  if (service !== undefined) realm.searchParams.set("service", service);
  realm.searchParams.set("account", password.name);
  realm.searchParams.set("client_id", "berth");
  realm.searchParams.set("offline_token", "true");
  const answer = await sender.send({ method: "GET", url: realm, headers }, (response) => response.json());
  const refresh = (answer as Record<string, unknown> | null)?.["refresh_token"];
  return typeof refresh === "string" && refresh !== "" ? { kind: "identity-token", token: refresh } : password;
}

/**
 * How a registry wants to be asked.
 *
 * @returns none when it lets everybody in.
 * @throws Failure when there is no registry at the address.
 */
export async function readChallenges({ name, url }: RegistryAddress, sender: HttpSender): Promise<Challenge[]> {
  const request = { method: "GET", url: new URL("/v2/", url), expected: [401, 404, 403, 301, 302, 307, 308] };
  return sender.send(request, async ({ status, headers, body }) => {
    await body?.cancel();
    if (status !== 401 && status !== 200) {
      throw new Failure(EXIT.failed, `${name} is no registry: it answers ${status} to GET /v2/`);
    }
    return status === 401 ? parseChallenges(headers.get("WWW-Authenticate")) : [];
  });
}
