/** Tokens of service accounts at rest. */
import { decryptSecret, encryptSecret } from "../../model/encryption.ts";
import type { ClusterRecord } from "../../storage/triggers/clusters.ts";
import type { Stores } from "../stores.ts";

/** A cluster's token as it is stored: it can be read for a cluster of the same organization and name only. */
export function encryptClusterToken(
  { secrets }: Stores,
  organizationId: number,
  name: string,
  token: string,
): Promise<string> {
  return encryptSecret(secrets.encryption, contextOfCluster(organizationId, name), token);
}

/** @throws Error when it cannot be read: the key was replaced, or the row is damaged. */
export function decryptClusterToken(
  { secrets }: Stores,
  { organizationId, name, encryptedToken }: Pick<ClusterRecord, "organizationId" | "name" | "encryptedToken">,
): Promise<string> {
  return decryptSecret(secrets.encryption, contextOfCluster(organizationId, name), encryptedToken);
}

export function contextOfCluster(organizationId: number, name: string): string {
  return `cluster ${organizationId} ${name}`;
}
