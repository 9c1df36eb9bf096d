/** Passwords of remote registries at rest. */
import { decryptSecret, encryptSecret } from "../../model/encryption.ts";
import type { RemoteRecord } from "../../storage/remotes/remotes.ts";
import type { Stores } from "../stores.ts";

/** A password as it is stored: it can be read for a remote registry of the same account and name only. */
export function encryptRemotePassword(
  { secrets }: Stores,
  accountId: number,
  name: string,
  password: string,
): Promise<string> {
  return encryptSecret(secrets.encryption, contextOfRemote(accountId, name), password);
}

/**
 * @returns undefined for a registry where nobody logs in.
 * @throws Error when it cannot be read: the key was replaced, or the row is damaged.
 */
export async function decryptRemotePassword(
  { secrets }: Stores,
  { accountId, name, encryptedPassword }: Pick<RemoteRecord, "accountId" | "name" | "encryptedPassword">,
): Promise<string | undefined> {
  if (encryptedPassword === null) return undefined;
  return decryptSecret(secrets.encryption, contextOfRemote(accountId, name), encryptedPassword);
}

export function contextOfRemote(accountId: number, name: string): string {
  return `remote ${accountId} ${name}`;
}
