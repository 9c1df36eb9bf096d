/**
 * Jobs that come with a token of their own in place of a password (ADR 0032). What is asked of the database and of the issuer
 * is in this order, so that somebody without a token costs little: the token's length, whether the client has failed too
 * often, whether a trust rule names the issuer and the audience, the signature, and then what the rules say of the claims.
 */
import { createHash } from "node:crypto";
import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import type { FactsByName, Scope } from "../../model/rights/access.ts";
import { BoundedMemory } from "../../model/bounded-memory.ts";
import type { JobIdentity, ProvenJob } from "../../model/trust/job-logins.ts";
import { type Announced, MAX_JOB_TOKEN_LENGTH, readAnnounced } from "../../model/trust/job-tokens.ts";
import { meets, toldClaims } from "../../model/trust/trust-rules.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import {
  type CandidateRule,
  findCandidateRules,
  findFactsOfUsers,
  MAX_CANDIDATES,
  type RuleOwners,
} from "../../storage/trust/trust-rules.ts";
import { recordJobLogin } from "../audit/audit.ts";
import type { Incoming } from "../call.ts";
import { type Identity, noteFailedLogin } from "../logins/credentials.ts";
import { countAttempt, countFailure, type Login, refuseBlocked } from "../logins/login-limits.ts";
import { isJobLogin, issueJobLogin, readJobLogin } from "../logins/tokens.ts";
import { grantOf, repositoriesOf } from "../rights/access.ts";
import { findIssuerKey } from "./issuer-keys.ts";

/** How far the issuer's clock may be off. */
const CLOCK_TOLERANCE_S = 30;
const MAX_SUBJECT_LENGTH = 255;
/** Characters of the claims of a login: it has to fit into a header. */
const MAX_LOGIN_CLAIMS_LENGTH = 6 * 1024;

/** A job's token, as the password of a login. */
export interface JobAttempt extends Login {
  /** Undefined: whichever account has the organizations that are asked for. */
  account: string | undefined;
}

/**
 * Checks a job's token, or a login that one was exchanged for, and finds the rule by which the job may do most of what is asked
 * for.
 *
 * @param scopes what is asked for; the identity has the facts of their repositories.
 * @throws RegistryError UNAUTHORIZED when the token or the rules do not do, with the reason once the signature is right.
 * TOO_MANY_REQUESTS after too many failures.
 */
export async function authenticateJob(
  call: Incoming,
  attempt: JobAttempt,
  scopes: readonly Scope[],
): Promise<Identity> {
  const { stores } = call;
  try {
    const { password: token, account } = attempt;
    if (token.length > MAX_JOB_TOKEN_LENGTH) throw refusal("the token is too long");
    const use = { token, address: attempt.address, scopes };
    if (isJobLogin(token)) {
      const job = await readLogin(call, token, account);
      return await letIn(call, { job, isLogin: true, rules: await findRules(call, job, scopes) }, use);
    }
    const announced = readAnnounced(token);
    if (!announced) throw refusal("it is no token that can be checked");
    if (Date.now() < (proven.get(keyOf(token)) ?? 0)) {
      const job = jobOf(announced, decodeJwt(token), account);
      return await letIn(call, { job, isLogin: false, rules: await findRules(call, job, scopes) }, use);
    }
    await refuseBlocked(attempt);
    const rules = await findRules(call, { ...announced, account }, scopes);
    return await letIn(
      call,
      { job: await prove(call, { ...announced, account, token }, rules), isLogin: false, rules },
      use,
    );
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== "UNAUTHORIZED") throw error;
    await countAttempt(stores, attempt);
    await countFailure(stores, attempt);
    await noteFailedLogin(stores, attempt.name, attempt.address);
    throw error;
  }
}

/**
 * Makes what a job may keep in place of its own token, which usually ends after minutes: it lasts as the rules say that let
 * the job in.
 *
 * @returns undefined for a token that says too much to be kept.
 */
export async function exchangeJobToken(
  { stores }: Incoming,
  { proven: job, lifetime }: JobIdentity,
): Promise<{ token: string; lifetime: number } | undefined> {
  const left = Math.ceil((job.provenAt.getTime() - Date.now()) / 1000) + lifetime;
  if (left <= 0 || JSON.stringify(job.claims).length > MAX_LOGIN_CLAIMS_LENGTH) return undefined;
  return { token: await issueJobLogin(stores, job, left), lifetime: left };
}

interface Proven {
  job: ProvenJob;
  /** Whether it came with what its token was exchanged for, in place of the token itself. */
  isLogin: boolean;
  rules: FoundRules;
}

/** The rules for a token's issuer and audience, whether or not their conditions hold. */
interface FoundRules {
  /** Of the account that the job names, or of those that have the organizations that it asks for. */
  meant: CandidateRule[];
  /** Of any account, where the job names none and those have no rule for it. */
  others: CandidateRule[];
}

/** What is done with a token. */
interface TokenUse {
  token: string;
  address: string | undefined;
  scopes: readonly Scope[];
}

/** The account that a login was made with stays: another name names no other one. */
async function readLogin(call: Incoming, token: string, account: string | undefined): Promise<ProvenJob> {
  const job = await readJobLogin(call.stores, token);
  if (account !== undefined && job.account !== undefined && account !== job.account) {
    throw refusal(`the login is for account ${shorten(job.account)}`);
  }
  return { ...job, account: job.account ?? account };
}

/** Until when this isolate believes tokens that it has checked: container tools send the same one with every request. */
const proven = new BoundedMemory<number>(64 * 1024);
const PROVEN_BYTES = 8;
/** The issuer may give up a key. */
const REMEMBERED_MS = 5 * 60_000;

function keyOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/**
 * Checks a token, as OpenID Connect Core 3.1.3.7 and RFC 8725 say.
 *
 * @param rules for its issuer and audience: without one, the issuer is not asked for anything.
 */
async function prove(
  call: Incoming,
  { token, account, ...announced }: Announced & { token: string; account: string | undefined },
  { meant, others }: FoundRules,
): Promise<ProvenJob> {
  const [trusting] = [...meant, ...others];
  if (!trusting) throw refusal("no account trusts its issuer for its audience");
  const claims = await verify(call, trusting, announced, token);
  const { exp = 0 } = claims;
  const endsAt = Math.min((exp + CLOCK_TOLERANCE_S) * 1000, Date.now() + REMEMBERED_MS);
  proven.set(keyOf(token), endsAt, PROVEN_BYTES);
  return jobOf(announced, claims, account);
}

/** A job by the claims of a token whose signature was checked. */
function jobOf({ issuer, audiences }: Announced, claims: JWTPayload, account: string | undefined): ProvenJob {
  const said = Object.fromEntries(Object.entries(claims).filter(([name]) => !CHECKED_CLAIMS.has(name)));
  return { issuer, audiences, claims: said, account, provenAt: new Date() };
}

/** What no condition is about. */
const CHECKED_CLAIMS: ReadonlySet<string> = new Set(["iss", "aud", "exp", "nbf", "iat"]);

async function verify(
  call: Incoming,
  { user: { accountId } }: CandidateRule,
  announced: Announced,
  token: string,
): Promise<JWTPayload> {
  const { issuer, audiences, algorithm } = announced;
  const key = await keyOfIssuer(call, accountId, announced);
  if (!key) throw refusal("its issuer has no such key");
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, key, {
      issuer,
      audience: audiences,
      // The key decides, and not the token: what it names was looked up among those that the key fits.
      algorithms: [algorithm],
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ["sub", "exp", "iat"],
    }));
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw refusal(whyNot(error), error);
  }
  const { iat = 0 } = payload;
  if (iat > Date.now() / 1000 + CLOCK_TOLERANCE_S) throw refusal("it is not valid yet (iat)");
  if (typeof payload.sub !== "string") throw refusal("it says nobody's name (sub)");
  return payload;
}

/** Why an issuer cannot be asked concerns those who run the registry, and those who trust it. */
async function keyOfIssuer(call: Incoming, accountId: number, announced: Announced) {
  try {
    return await findIssuerKey(call, { accountId }, announced);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== "ISSUER_INVALID") throw error;
    console.warn(error.message);
    throw new RegistryError("UNAUTHORIZED", "the token cannot be checked: its issuer's keys cannot be had at present", {
      cause: error,
    });
  }
}

function whyNot(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === "nbf" ? "it is not valid yet (nbf)" : `its ${error.claim} is missing or wrong`;
  }
  return "its signature is wrong";
}

async function findRules(
  { stores }: Incoming,
  { issuer, audiences, account }: Pick<ProvenJob, "issuer" | "audiences" | "account">,
  scopes: readonly Scope[],
): Promise<FoundRules> {
  const find = (owners: RuleOwners) => findCandidateRules(stores.db, { issuer, audiences }, owners);
  if (account !== undefined) return { meant: await find({ account }), others: [] };
  const organizations = [...new Set(repositoriesOf(scopes).map(organizationOf))];
  const meant = organizations.length > 0 ? await find({ organizations }) : [];
  return { meant, others: meant.length > 0 ? [] : await find("anybody") };
}

/** Finds by which rule a job is let in, and records it. */
async function letIn(
  call: Incoming,
  { job, isLogin, rules }: Proven,
  { token, address, scopes }: TokenUse,
): Promise<Identity> {
  const isMet = ({ conditions, lifetime }: CandidateRule) =>
    meets(conditions, job.claims) && (!isLogin || Date.now() < job.provenAt.getTime() + lifetime * 1000);
  const met = rules.meant.filter(isMet);
  const others = met.length > 0 ? [] : await othersFor(call, job, rules);
  // A rule of an account that was not asked for grants nothing here: its job is let in to what is public.
  const usable = met.length > 0 ? met : others.filter(isMet).slice(0, 1);
  const [first] = usable;
  if (!first) throw refusal(whyNone(job, isLogin, others));
  const repositories = repositoriesOf(scopes);
  const ids = usable.map(({ user }) => user.id);
  const facts = await factsOf(call, ids, repositories);
  const { rule, granted } = bestOf(call, [first, ...usable.slice(1)], scopes, facts);
  const subject = textOf(job.claims["sub"]).slice(0, MAX_SUBJECT_LENGTH);
  const lifetime = Math.max(...usable.map((each) => each.lifetime));
  if (met.length > 0) {
    const claims = toldClaims(rule.conditions, job.claims);
    const use = { rule: rule.name, token: keyOf(token), granted };
    recordJobLogin(call, { user: rule.user, address }, use, { issuer: job.issuer, claims });
  }
  return {
    user: rule.user,
    reach: "registry",
    credentialVersion: "",
    passwordChanges: rule.passwordChanges,
    facts: facts.get(rule.user.id) ?? new Map(),
    job: { proven: job, subject, lifetime, isLogin },
  };
}

/** Those of any account, which were not looked for while one that was asked for had some. */
async function othersFor(
  { stores }: Incoming,
  job: ProvenJob,
  { meant, others }: FoundRules,
): Promise<CandidateRule[]> {
  if (job.account !== undefined || meant.length === 0) return others;
  return findCandidateRules(stores.db, job, "anybody");
}

async function factsOf(
  { stores }: Incoming,
  userIds: readonly number[],
  repositories: readonly RepositoryName[],
): Promise<ReadonlyMap<number, FactsByName>> {
  return repositories.length > 0 ? findFactsOfUsers(stores.db, userIds, repositories) : new Map();
}

interface Choice {
  rule: CandidateRule;
  /** What of the scopes the rule grants, as the audit tells it. */
  granted: string[];
}

/**
 * The rule that grants most of what is asked for; of equal ones the oldest. A token is one user's, so what two rules grant only
 * together takes two tokens, as container tools ask for them: one for each image.
 */
function bestOf(
  { stores }: Incoming,
  rules: readonly [CandidateRule, ...CandidateRule[]],
  scopes: readonly Scope[],
  facts: ReadonlyMap<number, FactsByName>,
): Choice {
  const choices = rules.map((rule) => {
    const own = facts.get(rule.user.id);
    const grants = own ? scopes.map((scope) => grantOf(stores, rule.user, scope, own)) : [];
    const some = grants.filter(({ actions }) => actions.length > 0);
    const granted = some.map(({ name, actions }) => `${name}:${actions.join(",")}`);
    return { rule, granted, count: grants.reduce((sum, { actions }) => sum + actions.length, 0) };
  });
  return choices.reduce((best, choice) => (choice.count > best.count ? choice : best));
}

function whyNone({ claims }: ProvenJob, isLogin: boolean, others: readonly CandidateRule[]): string {
  if (others.length === MAX_CANDIDATES) {
    return "too many accounts trust its issuer: name yours, as in docker login -u oidc/<account>";
  }
  if (isLogin) return "no trust rule is for it any more";
  return `no trust rule is for sub ${shorten(textOf(claims["sub"]))}`;
}

function textOf(claim: unknown): string {
  return typeof claim === "string" ? claim : "";
}

function refusal(why: string, cause?: unknown): RegistryError {
  const message = `authentication required: the job's token was not accepted, because ${why}`;
  return new RegistryError("UNAUTHORIZED", message, { cause });
}
