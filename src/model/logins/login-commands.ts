/**
 * Login commands, `docker login -u <project>@<access key> -p <key> <registry>` (guide 4.1, 4.2), and the access keys
 * behind permanent ones.
 */
import { createHmac, randomBytes, randomInt } from "node:crypto";
import { RegistryError } from "../../kernel/errors.ts";

/** How long a temporary login command works (guide 4.1). */
export const LOGIN_COMMAND_MS = 24 * 3600 * 1000;

// --- Access keys ---

const UPPER_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ACCESS_KEY_LENGTH = 20;
const SECRET_KEY_LENGTH = 40;

/** Makes an access key and its secret key, from 103 and 238 random bits. */
export function newAccessKey(): { access: string; secret: string } {
  return {
    access: randomText(UPPER_AND_DIGITS, ACCESS_KEY_LENGTH),
    secret: randomText(`${UPPER_AND_DIGITS}abcdefghijklmnopqrstuvwxyz`, SECRET_KEY_LENGTH),
  };
}

function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** The password of a permanent login: what the `openssl` line of guide 4.2 prints. */
export function permanentPassword(access: string, secret: string): string {
  return createHmac("sha256", secret).update(access).digest("hex");
}

// --- Names ---

/** The user name of a login command. */
export interface LoginName {
  project: string;
  /** An access key, or what {@link formatTemporaryKey} makes. */
  key: string;
}

/** Takes `<project>@<key>` apart; undefined for the name of a user, which has no `@`, and without a project. */
export function parseLoginName(name: string): LoginName | undefined {
  const at = name.lastIndexOf("@");
  return at > 0 ? { project: name.slice(0, at), key: name.slice(at + 1) } : undefined;
}

const PROJECT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Whether a text may be the project of a login command, which is made to be pasted into a shell. */
export function isProject(text: string): boolean {
  return PROJECT.test(text);
}

/** @throws RegistryError PARAMETER_INVALID unless {@link isProject}. */
export function parseProject(text: string): string {
  if (isProject(text)) return text;
  throw new RegistryError(
    "PARAMETER_INVALID",
    "a project must have 1 to 64 letters, digits, underscores and hyphens, the first a letter or digit",
  );
}

// --- Temporary logins ---

/** What the access key of a temporary login stands for. */
export interface TemporaryKey {
  userId: number;
  /** To the second. */
  expiresAt: Date;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** 40 bits each for the user's id, the time in seconds, and chance, which tells the keys of one second apart. */
const FIELD_BITS = 40n;
/** These 120 bits; longer than an access key, so that the two cannot be confused. */
const KEY_LENGTH = 24;
const TEMPORARY_KEY = /^[A-Z2-7]{24}$/;

/** Writes a temporary access key, which looks like an access key and needs no row: it says itself whose it is. */
export function formatTemporaryKey({ userId, expiresAt }: TemporaryKey): string {
  const fields = [
    BigInt(userId),
    BigInt(Math.floor(expiresAt.getTime() / 1000)),
    BigInt(`0x${randomBytes(5).toString("hex")}`),
  ];
  const value = fields.reduce((sum, field) => (sum << FIELD_BITS) | BigInt.asUintN(Number(FIELD_BITS), field), 0n);
  const digitAt = (place: number) => BASE32[Number((value >> BigInt(5 * (KEY_LENGTH - 1 - place))) & 31n)];
  return Array.from({ length: KEY_LENGTH }, (_, place) => digitAt(place)).join("");
}

/** Reads a temporary access key; undefined when the text is none. Whether it is genuine is told by its password only. */
export function parseTemporaryKey(text: string): TemporaryKey | undefined {
  if (!TEMPORARY_KEY.test(text)) return undefined;
  const value = Array.from(text).reduce((sum, letter) => (sum << 5n) | BigInt(BASE32.indexOf(letter)), 0n);
  const seconds = Number(BigInt.asUintN(Number(FIELD_BITS), value >> FIELD_BITS));
  return { userId: Number(value >> (2n * FIELD_BITS)), expiresAt: new Date(seconds * 1000) };
}

/**
 * The password of a temporary login: 64 lower-case hexadecimal digits.
 *
 * @param tokenSecret the Worker's, of which a key for this purpose only is derived.
 * @param credentialVersion the user's: a changed password ends the login.
 */
export function temporaryPassword(tokenSecret: string, login: LoginName, credentialVersion: string): string {
  const key = createHmac("sha256", tokenSecret).update("berth temporary login").digest();
  return createHmac("sha256", key).update([login.project, login.key, credentialVersion].join("\0")).digest("hex");
}
