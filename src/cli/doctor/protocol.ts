/** Whether there is a registry, and what its answer tells. */
import { parseChallenges } from "../../kernel/challenge.ts";
import { reasonOf } from "../explain.ts";
import { nodeFetch, openConnections } from "../node-fetch.ts";
import { type Check, failed, ok, skipped, warning } from "./examination.ts";

const ANSWER_MS = 20_000;
/** `Date` has no fractions of a second, and the answer takes its way. */
const CLOCK_NOISE_MS = 2000;
/** A request's signature may be 15 minutes off, and a token is good for five. */
const CLOCK_WARNING_MS = 60_000;
const CLOCK_FAILURE_MS = 5 * 60_000;

export const api: Check = {
  name: "Registry API",
  isEssential: true,
  run: async (examination) => {
    const { registry } = examination;
    // A redirect is an answer of its own here.
    const fetch = nodeFetch(openConnections(), 0);
    const askedAt = Date.now();
    let response: Response;
    try {
      const init = { method: "GET", headers: new Headers(), signal: AbortSignal.timeout(ANSWER_MS) };
      response = await fetch(new URL("/v2/", registry.url).href, init);
    } catch (error) {
      return failed(`GET /v2/ fails: ${reasonOf(error)}`, "Look at the log of the registry, or of what is before it.");
    }
    const { status, headers } = response;
    const text = (await response.text()).slice(0, 2000);
    examination.answer = { status, headers, receivedAt: Date.now(), askedAt };
    if (headers.get("cf-mitigated") === "challenge" || /cloudflareaccess\.com|challenge-platform/.test(text)) {
      return failed(
        "Cloudflare asks for a browser in place of the registry's answer",
        "Keep Access, Bot Fight Mode and challenges away from /v2/ and /token: container tools cannot answer them.",
      );
    }
    if (status === 401 || status === 200) {
      const version = headers.get("Docker-Distribution-Api-Version");
      if (version === null && !headers.has("WWW-Authenticate")) {
        return failed(`it answers ${status}, but not as a registry does`, NO_REGISTRY);
      }
      return ok(`it answers ${status}${headers.has("CF-Ray") ? ", through Cloudflare" : ""}`);
    }
    const location = headers.get("Location");
    return failed(
      `GET /v2/ answers ${status}${location === null ? "" : `, to ${location.slice(0, 100)}`}`,
      NO_REGISTRY,
    );
  },
};

const NO_REGISTRY = "Is this the registry's address? /v2/ must lead to the Worker, whatever else the domain serves.";

export const clock: Check = {
  name: "Clock",
  run: async ({ answer }) => {
    const date = Date.parse(answer?.headers.get("Date") ?? "");
    if (!answer || Number.isNaN(date)) return skipped("the registry does not tell its time");
    const skew = (answer.askedAt + answer.receivedAt) / 2 - date;
    if (Math.abs(skew) <= CLOCK_NOISE_MS + (answer.receivedAt - answer.askedAt)) return ok("as the registry's");
    const detail = `this machine is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "ahead of" : "behind"} the registry`;
    const mend = "Set the clock (timedatectl set-ntp true): tokens, certificates and signatures depend on it.";
    if (Math.abs(skew) > CLOCK_FAILURE_MS) return failed(detail, mend);
    return Math.abs(skew) > CLOCK_WARNING_MS ? warning(detail, mend) : ok(detail);
  },
};

export const challenge: Check = {
  name: "Challenge",
  run: async ({ answer, registry }) => {
    if (answer?.status === 200) return skipped("the registry lets everybody in, and names no token service");
    const challenges = parseChallenges(answer?.headers.get("WWW-Authenticate") ?? null);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (!bearer) {
      if (challenges.some(({ scheme }) => scheme === "basic")) return ok("it takes name and password");
      return failed(
        "it asks for credentials without saying which",
        "Does something before the registry remove WWW-Authenticate?",
      );
    }
    const realm = URL.parse(bearer.parameters["realm"] ?? "");
    if (!realm)
      return failed("it names no usable token service", "Does something before the registry change WWW-Authenticate?");
    if (realm.protocol === "http:" && registry.url.protocol === "https:") {
      return failed(
        `tokens are given over plain HTTP: ${realm.href}`,
        "Clients would send their passwords unencrypted. A proxy before the registry must pass the scheme on.",
      );
    }
    if (realm.host !== registry.url.host) {
      return warning(
        `tokens are given elsewhere: ${realm.href}`,
        `Berth gives them itself. If ${realm.host} is not meant, a proxy before the registry must pass the Host header on.`,
      );
    }
    return ok(`tokens are at ${realm.href}`);
  },
};
