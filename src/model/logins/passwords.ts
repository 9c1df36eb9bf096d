import { randomBytes, randomInt, scryptSync, timingSafeEqual } from "node:crypto";

/**
 * OWASP's scrypt setting for 16 MiB of memory: an isolate has 128 MB for all its requests, so the larger settings
 * would let a handful of simultaneous logins end it.
 */
const COST = { logN: 14, r: 8, p: 5 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

function derive(password: string, salt: Uint8Array, cost: { logN: number; r: number; p: number }): Uint8Array {
  return scryptSync(password.normalize("NFKC"), salt, KEY_BYTES, {
    N: 2 ** cost.logN,
    r: cost.r,
    p: cost.p,
    maxmem: 64 * 1024 * 1024,
  });
}

/** Hashes a password for storage, as `$scrypt$ln=14,r=8,p=5$<salt>$<key>` (PHC string format, base64). */
export function hashPassword(password: string): string {
  const salt = randomBytes(SALT_BYTES);
  return format(salt, Buffer.from(derive(password, salt, COST)));
}

function format(salt: Buffer, key: Buffer): string {
  return `$scrypt$ln=${COST.logN},r=${COST.r},p=${COST.p}$${salt.toString("base64")}$${key.toString("base64")}`;
}

/**
 * Whether a password is the one behind a stored hash, in a time that does not depend on the answer.
 *
 * @throws Error when the stored text is not a hash that {@link hashPassword} made: that is damage, not a wrong password.
 */
export function verifyPassword(password: string, stored: string): boolean {
  const parts = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored);
  if (!parts) throw new Error("stored password hash is not in a known format");
  const [, logN = "", r = "", p = "", salt = "", key = ""] = parts;
  const derived = derive(password, Buffer.from(salt, "base64"), { logN: Number(logN), r: Number(r), p: Number(p) });
  return timingSafeEqual(derived, Buffer.from(key, "base64"));
}

let nobodys: string | undefined;

/**
 * A hash that no password has, with the normal cost. Passwords of users who do not exist are checked against it, so
 * that the answer takes as long.
 */
export function hashOfNobody(): string {
  nobodys ??= format(randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));
  return nobodys;
}

/** A password of 24 characters (118 bits) that is easy to read and to type: no letters that look like another. */
export function randomPassword(): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  const group = () => Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return [group(), group(), group(), group()].join("-");
}
