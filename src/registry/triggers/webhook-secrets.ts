/** The secrets of webhooks at rest. They can be read only as those of the same trigger of the same image. */
import { decryptSecret, encryptSecret } from "../../model/encryption.ts";
import type { WebhookSecrets } from "../../model/triggers/trigger-targets.ts";
import { checkWebhookSecrets } from "../../model/triggers/webhook-signature.ts";
import type { Stores } from "../../storage/stores.ts";

/**
 * Encrypts what a trigger's webhook is sent with, for its row.
 *
 * @returns null when there is nothing to encrypt.
 * @throws RegistryError TRIGGER_INVALID when no request could be sent with it.
 */
export async function encryptWebhookSecrets(
  { secrets }: Pick<Stores, "secrets">,
  repositoryId: number,
  name: string,
  { secret, authorization }: WebhookSecrets,
): Promise<string | null> {
  checkWebhookSecrets({ secret, authorization });
  if (secret === undefined && authorization === undefined) return null;
  return encryptSecret(
    secrets.encryption,
    contextOfTrigger(repositoryId, name),
    JSON.stringify({ secret, authorization }),
  );
}

/** What {@link encryptWebhookSecrets} encrypted; nothing when a trigger has none. */
export async function decryptWebhookSecrets(
  { secrets }: Pick<Stores, "secrets">,
  repositoryId: number,
  name: string,
  encrypted: string | null,
): Promise<WebhookSecrets> {
  if (encrypted === null) return {};
  // Only this module writes it.
  return JSON.parse(
    await decryptSecret(secrets.encryption, contextOfTrigger(repositoryId, name), encrypted),
  ) as WebhookSecrets;
}

/** Known before the trigger has a row. */
export function contextOfTrigger(repositoryId: number, name: string): string {
  return `trigger ${repositoryId}/${name}`;
}
