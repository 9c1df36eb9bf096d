/** Secrets that must be read again, at rest: AES-256-GCM under a key that only the Worker has. */

const IV_BYTES = 12;

/**
 * Encrypts a secret, as `<iv>.<ciphertext>`, both base64.
 *
 * @param key 32 bytes, base64.
 * @param context what the secret belongs to: it can be decrypted only with the same, so that no row can stand in for
 * another.
 */
export async function encryptSecret(key: string, context: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const encrypted = await crypto.subtle.encrypt(algorithm(iv, context), await keyOf(key), utf8(secret));
  return `${Buffer.from(iv).toString("base64")}.${Buffer.from(encrypted).toString("base64")}`;
}

/**
 * The secret behind a text that {@link encryptSecret} made.
 *
 * @throws Error when the text, the key or the context is another: that is damage or a lost key, never a wrong password.
 */
export async function decryptSecret(key: string, context: string, encrypted: string): Promise<string> {
  const [ivText = "", cipherText = ""] = encrypted.split(".");
  const iv = Buffer.from(ivText, "base64");
  const text = Buffer.from(cipherText, "base64");
  const parameters = algorithm(iv, context);
  try {
    const secret = await crypto.subtle.decrypt(parameters, await keyOf(key), text);
    return new TextDecoder().decode(secret);
  } catch (cause) {
    throw new Error(`the secret of ${context} cannot be decrypted: was ENCRYPTION_KEY replaced?`, { cause });
  }
}

function algorithm(iv: Uint8Array, context: string) {
  return { name: "AES-GCM", iv, additionalData: utf8(context) };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

let imported: { text: string; key: Promise<CryptoKey> } | undefined;

/** There is one key for all requests of an isolate. */
function keyOf(text: string): Promise<CryptoKey> {
  if (imported?.text !== text) {
    const bytes = Buffer.from(text, "base64");
    if (bytes.byteLength !== 32) throw new Error("ENCRYPTION_KEY must be 32 bytes in base64");
    const usage = ["encrypt", "decrypt"];
    imported = { text, key: crypto.subtle.importKey("raw", bytes, "AES-GCM", false, usage) };
  }
  return imported.key;
}
