/**
 * Trust rules: which jobs of other services an account lets in without a password, by the tokens that the services' issuers sign
 * (OpenID Connect), and for how long (ADR 0032).
 */
import {
  MAX_AUDIENCE_LENGTH,
  MAX_CLAIM_NAME_LENGTH,
  MAX_CLAIM_PATTERN_LENGTH,
  MAX_ISSUER_LENGTH,
  MAX_TRUST_CONDITIONS,
  MAX_TRUST_LIFETIME_S,
  MAX_TRUST_RULE_NAME_LENGTH,
  MIN_TRUST_LIFETIME_S,
} from "../../kernel/field-limits.ts";
import { shorten } from "../../kernel/digest.ts";
import type { RegistryError } from "../../kernel/errors.ts";
import { describeReason, refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { literalPrefix, matchesGlob } from "./claim-patterns.ts";

/** What a claim has to be: exactly `value`, or what matches `glob`. */
export type TrustCondition = { claim: string; value: string } | { claim: string; glob: string };

/** Which tokens a rule is for, and how long what they are exchanged for lasts. */
export interface TrustTerms {
  /** What `iss` is, character by character. */
  issuer: string;
  /** What `aud` is, or has among others. */
  audience: string;
  /** All of them have to hold. */
  conditions: readonly TrustCondition[];
  /** Seconds. */
  lifetime: number;
}

/** What a token says, besides what its signature needs. */
export type Claims = Readonly<Record<string, unknown>>;

/** A longer claim matches nothing. */
const MAX_CLAIM_LENGTH = 1024;
/** The name of a claim may be an address, as OpenID Connect suggests for those that are a service's own. */
const CLAIM_NAME = new RegExp(`^[A-Za-z_][A-Za-z0-9_.:/-]{0,${MAX_CLAIM_NAME_LENGTH - 1}}$`);
const RULE_NAME = new RegExp(`^[A-Za-z][A-Za-z0-9_.-]{0,${MAX_TRUST_RULE_NAME_LENGTH - 1}}$`);
/** What the checks of a token are about anyway. */
const OWN_CLAIMS: ReadonlySet<string> = new Set(["iss", "aud", "exp", "nbf", "iat", "jti"]);

/**
 * Issuers that sign for everybody: whose jobs a rule lets in has to be said by one of these claims, beginning so. A rule
 * without that lets in the jobs of all of the service's users.
 */
const SHARED_ISSUERS: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  "https://token.actions.githubusercontent.com": {
    sub: /^repo:[^/]+\//,
    repository: /^[^/]+\//,
    repository_owner: /^.+$/,
    repository_id: /^\d+$/,
    repository_owner_id: /^\d+$/,
  },
  "https://gitlab.com": {
    sub: /^project_path:[^/]+\//,
    project_path: /^[^/]+\//,
    namespace_path: /^.+$/,
    project_id: /^\d+$/,
    namespace_id: /^\d+$/,
  },
};
/** Claims of these that say whose the job is only when they are compared as a whole. */
const WHOLE_CLAIMS = /_id$|^repository_owner$/;

/** What a rule acts as; no user whom people make can have this name. */
export function principalName(account: string, rule: string): string {
  return `oidc:${account}:${rule}`;
}

/** @throws RegistryError TRUST_RULE_INVALID. */
export function parseRuleName(name: string): string {
  if (RULE_NAME.test(name)) return name;
  throw invalid("name", reason("TRUST_NAME_FORM", { max: MAX_TRUST_RULE_NAME_LENGTH }));
}

/**
 * Checks what somebody has filled in. Whether the issuer may be asked for its keys is another matter.
 *
 * @throws RegistryError TRUST_RULE_INVALID or ISSUER_INVALID, naming the field.
 */
export function parseTerms({ issuer, audience, conditions, lifetime }: TrustTerms): TrustTerms {
  parseIssuer(issuer);
  if (audience.length === 0 || audience.length > MAX_AUDIENCE_LENGTH) {
    throw invalid("audience", reason("TRUST_LENGTH", { max: MAX_AUDIENCE_LENGTH }));
  }
  if (!Number.isInteger(lifetime) || lifetime < MIN_TRUST_LIFETIME_S || lifetime > MAX_TRUST_LIFETIME_S) {
    throw invalid("lifetime", reason("TRUST_LIFETIME", { min: MIN_TRUST_LIFETIME_S, max: MAX_TRUST_LIFETIME_S }));
  }
  if (conditions.length === 0 || conditions.length > MAX_TRUST_CONDITIONS) {
    throw invalid("conditions", reason("TRUST_CONDITIONS", { max: MAX_TRUST_CONDITIONS }));
  }
  conditions.forEach((condition, at) => checkCondition(condition, `conditions.${at}`));
  if (!conditions.some((condition) => saysWhose(issuer, condition))) {
    const known = SHARED_ISSUERS[issuer];
    throw invalid(
      "conditions",
      known
        ? reason("TRUST_SHARED_ISSUER", { issuer, claims: Object.keys(known).join(", "), example: exampleFor(issuer) })
        : reason("TRUST_WILDCARDS_ONLY"),
    );
  }
  return { issuer, audience, conditions, lifetime };
}

function exampleFor(issuer: string): string {
  return issuer.includes("github") ? "sub like repo:acme/*:ref:refs/heads/main" : "project_path like acme/*";
}

/**
 * The address of an issuer as its tokens have it: they are compared character by character, so it is not tidied up here.
 *
 * @throws RegistryError ISSUER_INVALID.
 */
export function parseIssuer(issuer: string): URL {
  if (issuer.length > MAX_ISSUER_LENGTH) throw invalidIssuer(reason("TOO_LONG", { max: MAX_ISSUER_LENGTH }));
  if (!URL.canParse(issuer)) throw invalidIssuer(reason("ISSUER_FORM"));
  const url = new URL(issuer);
  if (url.search !== "" || url.hash !== "" || issuer.includes("?") || issuer.includes("#")) {
    throw invalidIssuer(reason("ISSUER_WITH_QUERY"));
  }
  if (url.href !== issuer && url.href !== `${issuer}/`) {
    throw invalidIssuer(reason("ISSUER_WRITTEN", { address: shorten(url.href) }));
  }
  return url;
}

function checkCondition(condition: TrustCondition, field: string): void {
  const { claim } = condition;
  if (!CLAIM_NAME.test(claim)) throw invalid(`${field}.claim`, reason("TRUST_NO_CLAIM", { claim: shorten(claim) }));
  if (OWN_CLAIMS.has(claim)) throw invalid(`${field}.claim`, reason("TRUST_CLAIM_CHECKED", { claim }));
  const [kind, pattern] = "glob" in condition ? ["glob", condition.glob] : ["value", condition.value];
  if (pattern.length === 0 || pattern.length > MAX_CLAIM_PATTERN_LENGTH) {
    throw invalid(`${field}.${kind}`, reason("TRUST_LENGTH", { max: MAX_CLAIM_PATTERN_LENGTH }));
  }
}

/** Whether a condition alone keeps out the jobs of strangers. */
function saysWhose(issuer: string, condition: TrustCondition): boolean {
  const { claim } = condition;
  const isExact = "value" in condition;
  const prefix = isExact ? condition.value : literalPrefix(condition.glob);
  const shared = SHARED_ISSUERS[issuer];
  if (!shared) return isExact || /[^*?/:]/.test(condition.glob);
  const beginning = Object.hasOwn(shared, claim) ? shared[claim] : undefined;
  if (!beginning || (WHOLE_CLAIMS.test(claim) && !isExact)) return false;
  // A glob for a path says whose it is with all of the first name, and not only with its beginning.
  if (claim === "namespace_path" && !isExact) return prefix.includes("/");
  return beginning.test(prefix);
}

/** Whether a token's claims meet all conditions. */
export function meets(conditions: readonly TrustCondition[], claims: Claims): boolean {
  return conditions.length > 0 && conditions.every((condition) => holds(condition, claims));
}

function holds(condition: TrustCondition, claims: Claims): boolean {
  return textsOf(claims, condition.claim).some((text) =>
    "glob" in condition ? matchesGlob(condition.glob, text) : text === condition.value,
  );
}

/** A claim as texts: one, or those of a list; none when it is not there, or is something else. */
function textsOf(claims: Claims, name: string): string[] {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.flatMap((value) => {
    const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    return typeof text === "string" && text.length <= MAX_CLAIM_LENGTH ? [text] : [];
  });
}

/** What the audit keeps of a job: where it comes from, as the services that sign such tokens call it. */
const TOLD_CLAIMS = [
  "sub",
  "jti",
  "repository",
  "ref",
  "environment",
  "workflow_ref",
  "job_workflow_ref",
  "run_id",
  "run_attempt",
  "actor",
  "project_path",
  "pipeline_id",
  "job_id",
  "user_login",
];
const MAX_TOLD_LENGTH = 255;

/** The claims that let a job in, and those that tell which it was: some texts, each cut to a length. */
export function toldClaims(conditions: readonly TrustCondition[], claims: Claims): Record<string, string> {
  const names = new Set([...conditions.map(({ claim }) => claim), ...TOLD_CLAIMS]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const texts = textsOf(claims, name);
      return texts.length === 0 ? [] : [[name, texts.join(" ").slice(0, MAX_TOLD_LENGTH)]];
    }),
  );
}

export function invalid(field: string, why: Reason): RegistryError {
  return refusal("TRUST_RULE_INVALID", reason("FIELD_WRONG", { field, why }), { field, detail: { field } });
}

function invalidIssuer(why: Reason): RegistryError {
  const field = "issuer";
  const detail = { field, why: describeReason(why) };
  return refusal("ISSUER_INVALID", reason("FIELD_WRONG", { field, why }), { field, detail });
}
