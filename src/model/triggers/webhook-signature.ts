/** How the receiver of a webhook knows that it is Berth's: Standard Webhooks, and the plain HMAC that Flux reads. */
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import type { WebhookSecrets } from "./trigger-targets.ts";

/** What a secret may begin with, as the spec of Standard Webhooks has it ("Symmetric"). */
const PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_SECRET_LENGTH = 256;
/** Room for a token that is a JWT. */
const MAX_AUTHORIZATION_LENGTH = 4096;

/**
 * Makes sure that a request can be signed with a secret, and carry the authorization.
 *
 * @throws RegistryError TRIGGER_INVALID, which quotes neither.
 */
export function checkWebhookSecrets({ secret, authorization }: WebhookSecrets): void {
  if (secret !== undefined) {
    if (secret === "" || secret.length > MAX_SECRET_LENGTH) {
      throw refusal("TRIGGER_INVALID", reason("SECRET_LENGTH", { max: MAX_SECRET_LENGTH }), { field: "secret" });
    }
    if (secret.startsWith(PREFIX) && !isBase64(secret.slice(PREFIX.length))) {
      throw refusal("TRIGGER_INVALID", reason("SECRET_NOT_BASE64", { prefix: PREFIX }), { field: "secret" });
    }
  }
  if (authorization === undefined) return;
  if (authorization === "" || authorization.length > MAX_AUTHORIZATION_LENGTH) {
    throw refusal("TRIGGER_INVALID", reason("AUTHORIZATION_LENGTH", { max: MAX_AUTHORIZATION_LENGTH }), {
      field: "authorization",
    });
  }
  if (!/^[\x20-\x7e]+$/.test(authorization) || authorization.trim() !== authorization) {
    throw refusal("TRIGGER_INVALID", reason("AUTHORIZATION_FORM"), { field: "authorization" });
  }
}

/**
 * Signs a request.
 *
 * @param id the same each time that the same event is sent.
 * @param timestamp when it is sent, in seconds since 1970.
 * @returns headers.
 */
export async function signWebhook(
  secret: string,
  id: string,
  timestamp: number,
  body: string,
): Promise<Record<string, string>> {
  const standard = await hmac(standardKey(secret), `${id}.${timestamp}.${body}`);
  const plain = await hmac(Buffer.from(secret), body);
  return {
    "Webhook-Signature": `v1,${standard.toString("base64")}`,
    "X-Signature": `sha256=${plain.toString("hex")}`,
  };
}

/** The key that libraries of Standard Webhooks make of the same text; of one that they cannot read, the text itself. */
function standardKey(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  return isBase64(text) ? Buffer.from(text, "base64") : Buffer.from(text);
}

function isBase64(text: string): boolean {
  return text !== "" && BASE64.test(text);
}

async function hmac(key: Buffer, message: string): Promise<Buffer> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return Buffer.from(await crypto.subtle.sign("HMAC", imported, Buffer.from(message)));
}
