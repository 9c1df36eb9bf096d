import { toHex } from "../../kernel/bytes.ts";

/**
 * The password of a permanent login command (guide 4.2): the HMAC-SHA256 of the access key under its secret, in
 * hexadecimal. It is what `openssl` prints in {@link loginKeyScript}.
 *
 * @returns undefined where the browser offers no cryptography: on a page that came without TLS from another machine.
 */
export async function loginKey(access: string, secret: string): Promise<string | undefined> {
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const signature = await subtle.sign(algorithm.name, key, encoder.encode(access));
  return toHex(new Uint8Array(signature));
}

/** The guide's commands that print the login key; without a secret they ask for it, and show nothing of it. */
export function loginKeyScript(access: string, secret: string | undefined): string {
  return [
    `AK=${access}`,
    secret === undefined ? `read -rsp "SK: " SK; echo` : `SK=${secret}`,
    `printf "$AK" | openssl dgst -binary -sha256 -hmac "$SK" | od -An -vtx1 | sed 's/[ \\n]//g' | sed 'N;s/\\n//'`,
  ].join("\n");
}
