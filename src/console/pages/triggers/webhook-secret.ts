/** As many as Standard Webhooks recommends: 24 to 64. */
const SECRET_BYTES = 32;

/** Makes up a secret in the form that every library of Standard Webhooks takes: `whsec_` and base64. */
export function makeWebhookSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
