/**
 * What an access token says. The registry has signed it itself, so the checks are for its form alone: another version may have
 * made it. They are plain, because every isolate reads a token before anything else, and a library for schemas would be most of
 * its start.
 */
import {
  type Credentials,
  type Grant,
  type RepositoryPlace,
  ROLES,
  type User,
  USER_KINDS,
} from "../../model/rights/access.ts";

export interface AccessClaims {
  /** Absent: anonymous. */
  user?: User | undefined;
  reach: Credentials["reach"];
  /** Absent where the token does not end with the password. */
  passwordChanges?: number;
  /** The access key that the token was made with. The token writes nothing after the key is deleted. */
  accessKey?: string;
  /** Of a token that was made with a login that lasts: once that is ended, it manages nothing any more. */
  session?: string;
  /** For whom a trust rule's user acts. */
  subject?: string;
  access: Grant[];
}

/** @returns undefined when it is not in the form that this version makes. */
export function readAccessClaims(payload: Readonly<Record<string, unknown>>): AccessClaims | undefined {
  const { user, reach, passwordChanges, accessKey, session, subject, access } = payload;
  if (user !== undefined && !isUser(user)) return undefined;
  if (reach !== "account" && reach !== "registry") return undefined;
  if (passwordChanges !== undefined && !isInteger(passwordChanges)) return undefined;
  if (accessKey !== undefined && typeof accessKey !== "string") return undefined;
  if (session !== undefined && typeof session !== "string") return undefined;
  if (subject !== undefined && typeof subject !== "string") return undefined;
  if (!Array.isArray(access) || !access.every(isGrant)) return undefined;
  return {
    user,
    reach,
    ...(passwordChanges !== undefined && { passwordChanges }),
    ...(accessKey !== undefined && { accessKey }),
    ...(session !== undefined && { session }),
    ...(subject !== undefined && { subject }),
    access: access.map((grant) => ({ ...grant, refused: grant.refused ?? [] })),
  };
}

function isUser(value: unknown): value is User {
  if (!isObject(value)) return false;
  const { id, name, accountId, accountName, role, kind = "person" } = value;
  const isNamed = typeof name === "string" && typeof accountName === "string";
  const isKnown = ROLES.some((each) => each === role) && USER_KINDS.some((each) => each === kind);
  return isInteger(id) && isInteger(accountId) && isNamed && isKnown;
}

/** What an older version has granted does not say what it has refused. */
function isGrant(value: unknown): value is Omit<Grant, "refused"> & Partial<Grant> {
  if (!isObject(value)) return false;
  const { type, name, actions, refused = [], isProspective = false, place, upstream } = value;
  if (typeof type !== "string" || typeof name !== "string" || typeof isProspective !== "boolean") return false;
  if (upstream !== undefined && !isInteger(upstream)) return false;
  return isTexts(actions) && isTexts(refused) && (place === undefined || isPlace(place));
}

/** Absent where there was no repository yet, and in tokens of versions that did not know it. */
function isPlace(value: unknown): value is RepositoryPlace {
  if (!isObject(value)) return false;
  return isInteger(value["id"]) && isInteger(value["accountId"]) && isInteger(value["generation"]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
