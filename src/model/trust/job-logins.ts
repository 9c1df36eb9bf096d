/** Logins of jobs, as their parts of a request look (ADR 0032). Plain functions: every isolate that pushes and pulls has them. */
import type { Claims } from "./trust-rules.ts";

/** What a job is called where a user name is asked for. */
export const JOB_NAME = "oidc";

/**
 * Reads the user name of a job: `oidc`, or `oidc/<account>`, which names the account whose rules are meant.
 *
 * @returns undefined for the name of somebody else.
 */
export function parseJobName(name: string): { account: string | undefined } | undefined {
  if (name === JOB_NAME) return { account: undefined };
  return name.startsWith(`${JOB_NAME}/`) ? { account: name.slice(JOB_NAME.length + 1) } : undefined;
}

/** Whether a text can be a signed token at all: three parts, of which the first begins as a JSON object does. */
export function looksLikeToken(text: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text);
}

/** A job whose token was checked. */
export interface ProvenJob {
  issuer: string;
  audiences: readonly string[];
  claims: Claims;
  /** The account that the job has named, if it has named one. */
  account: string | undefined;
  /** When the token was checked first: logins that it was exchanged for last from then on. */
  provenAt: Date;
}

/** A job as it is let in. */
export interface JobIdentity {
  proven: ProvenJob;
  /** Its `sub`, cut to a length. */
  subject: string;
  /** Seconds that a login may last, at most, by the rules that let it in. */
  lifetime: number;
  /** Whether it came with what such a login is. */
  isLogin: boolean;
}

/** Reads what the registry itself has signed: another version of it may have. */
export function readProvenJob(value: unknown): ProvenJob | undefined {
  if (!isObject(value)) return undefined;
  const { issuer, audiences, claims, account, provenAt } = value;
  if (typeof issuer !== "string" || typeof provenAt !== "number" || !isObject(claims)) return undefined;
  if (account !== undefined && typeof account !== "string") return undefined;
  if (!Array.isArray(audiences) || !audiences.every((each) => typeof each === "string")) return undefined;
  return { issuer, audiences, claims, account, provenAt: new Date(provenAt) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
