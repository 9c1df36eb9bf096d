/** The trust rules of an account, which its administrators make. What they let in: `job-logins.ts`. */
import type { Versions } from "../../kernel/precondition.ts";
import { unlessChanged } from "../versions.ts";
import type { Manager } from "../../model/rights/access.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import { MAX_TRUST_GRANTS, MAX_TRUST_RULES } from "../../kernel/field-limits.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import { invalid, parseIssuer, parseRuleName, parseTerms, type TrustTerms } from "../../model/trust/trust-rules.ts";
import {
  deleteTrustRule,
  findForeignTargets,
  insertTrustRule,
  listTrustRules,
  type TrustGrant,
  type TrustRule,
  updateTrustRule,
} from "../../storage/trust/trust-rules.ts";
import { deletedAccount } from "../accounts/accounts.ts";
import { actorOf, type Call, hostOf } from "../call.ts";
import { cleanSoon } from "../deletion/cleanups.ts";
import { requireAdministrator } from "../rights/management.ts";
import { tryIssuer } from "./issuer-keys.ts";

export type { TrustGrant, TrustRule };

/** What somebody fills in. */
export interface WantedTrustRule extends Omit<TrustTerms, "audience"> {
  /** Undefined: the registry's own host. */
  audience?: string | undefined;
  grants: readonly TrustGrant[];
}

/** All rules of the caller's account. */
export async function listRules(call: Call<Manager>): Promise<TrustRule[]> {
  return listTrustRules(call.stores.db, administered(call));
}

export async function getRule(call: Call<Manager>, name: string): Promise<TrustRule> {
  const [rule] = await listTrustRules(call.stores.db, administered(call), name);
  if (rule) return rule;
  throw unknownRule(name);
}

/** Makes a rule. The issuer is asked for its keys first, so that a wrong address shows now and not in a job. */
export async function addRule(call: Call<Manager>, wanted: WantedTrustRule & { name: string }): Promise<TrustRule> {
  const accountId = administered(call);
  const name = parseRuleName(wanted.name);
  const rule = await readRule(call, accountId, wanted);
  await tryIssuer(call, { accountId }, rule.issuer);
  const { outcome } = await insertTrustRule(call.stores.db, actorOf(call), { ...rule, name });
  switch (outcome) {
    case "created":
      return getRule(call, name);
    case "name-taken":
      throw refusal("TRUST_RULE_EXISTS", reason("TRUST_RULE_EXISTS", { name }), { field: "name", detail: { name } });
    case "too-many":
      throw new RegistryError("TRUST_RULE_LIMIT", `an account has at most ${MAX_TRUST_RULES} trust rules`);
    case "account-gone":
      throw deletedAccount();
    default:
      return outcome satisfies never;
  }
}

/** Gives a rule other terms and grants. What jobs have got by the old ones writes nothing any more. */
export async function replaceRule(
  call: Call<Manager>,
  name: string,
  { versions, ...wanted }: WantedTrustRule & { versions?: Versions | undefined },
): Promise<TrustRule> {
  const accountId = administered(call);
  const old = await getRule(call, name);
  const rule = await readRule(call, accountId, wanted);
  if (rule.issuer !== old.issuer) await tryIssuer(call, { accountId }, rule.issuer);
  const updating = updateTrustRule(call.stores.db, actorOf(call), old, { ...rule, name }, versions);
  if (!(await unlessChanged(`rule ${name}`, updating))) throw unknownRule(name);
  return getRule(call, name);
}

/** Deletes a rule: its jobs are let in no longer, and write nothing any more. */
export async function removeRule(call: Call<Manager>, name: string): Promise<void> {
  administered(call);
  const userId = await deleteTrustRule(call.stores.db, actorOf(call), name);
  if (userId === undefined) throw unknownRule(name);
  await cleanSoon({ kind: "user", targetId: userId }, call.stores);
}

function administered(call: Call<Manager>): number {
  return requireAdministrator(call, call.caller.user.accountId).accountId;
}

async function readRule(
  call: Call<Manager>,
  accountId: number,
  { audience = hostOf(call), ...wanted }: WantedTrustRule,
): Promise<TrustTerms & { grants: TrustGrant[] }> {
  const terms = parseTerms({ ...wanted, audience });
  checkTarget(parseIssuer(terms.issuer), call.stores.settings, call, "ISSUER_INVALID");
  const grants = readGrants(wanted.grants);
  const foreign = await findForeignTargets(call.stores.db, accountId, grants.map(targetOf));
  const [first] = foreign;
  if (first === undefined) return { ...terms, grants };
  const at = wanted.grants.findIndex((grant) => targetOf(grant) === first);
  const absent = kindOf(first) === "image" ? "TRUST_NO_IMAGE" : "TRUST_NO_ORGANIZATION";
  throw invalid(fieldOf(wanted.grants, at), reason(absent, { name: shorten(first) }));
}

/** Each target once, organizations first, in the order of names: as they are read again. */
function readGrants(wanted: readonly TrustGrant[]): TrustGrant[] {
  if (wanted.length === 0 || wanted.length > MAX_TRUST_GRANTS) {
    throw invalid("grants", reason("TRUST_CONDITIONS", { max: MAX_TRUST_GRANTS }));
  }
  const byTarget = new Map<string, TrustGrant>();
  for (const [at, grant] of wanted.entries()) {
    const name = targetOf(grant);
    if (byTarget.has(name)) throw invalid(fieldOf(wanted, at), reason("TRUST_TARGET_TWICE", { name }));
    const { level } = grant;
    byTarget.set(name, "image" in grant ? { image: grant.image, level } : { organization: grant.organization, level });
  }
  const all = [...byTarget].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, grant]) => grant);
  return [...all.filter((grant) => "organization" in grant), ...all.filter((grant) => "image" in grant)];
}

/** Which grant a refusal is about, as conditions are named. */
function fieldOf(grants: readonly TrustGrant[], at: number): string {
  const grant = grants[at];
  return grant ? `grants.${at}.${kindOf(targetOf(grant))}` : "grants";
}

function kindOf(target: string): "image" | "organization" {
  return target.includes("/") ? "image" : "organization";
}

function targetOf(grant: TrustGrant): string {
  return "image" in grant ? grant.image : grant.organization;
}

function unknownRule(name: string): RegistryError {
  const known = shorten(name);
  return new RegistryError("TRUST_RULE_UNKNOWN", {
    message: `your account has no trust rule ${known}`,
    detail: { name: known },
  });
}
