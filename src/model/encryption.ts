/**
 * Secrets that must be read again, at rest: AES-256-GCM under a key that only the Worker has. The text says which key it is
 * under, so that keys can be exchanged while the old one is still in use (ADR 13).
 */
import { BoundedMemory } from "./bounded-memory.ts";
import { KEY_ID_LENGTH, KEY_MARK_LENGTH, keyMark } from "./key-marks.ts";
import { ENCRYPTION_KEY_BYTES, type KeyRing } from "./secrets.ts";

const IV_BYTES = 12;
/**
 * Encrypts a secret under the current key, as `<key id>.<iv>.<ciphertext>`, the latter two base64.
 *
 * @param context what the secret belongs to: it can be decrypted only with the same, so that no row can stand in for
 * another.
 */
export async function encryptSecret([key]: KeyRing, context: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const encrypted = await crypto.subtle.encrypt(algorithm(iv, context), await importKey(key), utf8(secret));
  return `${keyMark(key)}${Buffer.from(iv).toString("base64")}.${Buffer.from(encrypted).toString("base64")}`;
}

/**
 * The secret behind a text that {@link encryptSecret} made, under any of the keys.
 *
 * @throws Error when the text, all keys or the context are others: that is damage or a lost key, never a wrong password.
 */
export async function decryptSecret(keys: KeyRing, context: string, encrypted: string): Promise<string> {
  const isMarked = encrypted.charAt(KEY_ID_LENGTH) === ".";
  const mark = encrypted.slice(0, KEY_MARK_LENGTH);
  const candidates = isMarked ? keys.filter((key) => keyMark(key) === mark) : keys;
  const [ivText = "", cipherText = ""] = encrypted.slice(isMarked ? KEY_MARK_LENGTH : 0).split(".");
  const iv = Buffer.from(ivText, "base64");
  const text = Buffer.from(cipherText, "base64");
  let cause: unknown;
  for (const key of candidates) {
    try {
      const secret = await crypto.subtle.decrypt(algorithm(iv, context), await importKey(key), text);
      return new TextDecoder().decode(secret);
    } catch (error) {
      cause = error;
    }
  }
  const why =
    candidates.length === 0
      ? `it is under another key (${mark.slice(0, -1)}) than ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS and ENCRYPTION_KEY_NEXT`
      : "was ENCRYPTION_KEY replaced, and the old one is not ENCRYPTION_KEY_PREVIOUS?";
  throw new Error(`the secret of ${context} cannot be decrypted: ${why}`, { cause });
}

function algorithm(iv: Uint8Array, context: string) {
  return { name: "AES-GCM", iv, additionalData: utf8(context) };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An isolate has the few keys of one deployment. Keys are kept, not promises: a promise belongs to the request that made it. */
const imported = new BoundedMemory<CryptoKey>(16 * 1024);
const IMPORTED_BYTES = 500;

async function importKey(text: string): Promise<CryptoKey> {
  const known = imported.get(text);
  if (known) return known;
  const bytes = Buffer.from(text, "base64");
  if (bytes.byteLength !== ENCRYPTION_KEY_BYTES) throw new Error("an encryption key must be 32 bytes in base64");
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  imported.set(text, key, IMPORTED_BYTES);
  return key;
}
