/** Re-encrypts secrets with the current ENCRYPTION_KEY, so that an older key can be deleted (ADR 13). */
import { counted } from "../../kernel/counted.ts";
import type { Manager } from "../../model/rights/access.ts";
import { decryptSecret, encryptSecret } from "../../model/encryption.ts";
import { keyMark } from "../../model/key-marks.ts";
import { insertAudit } from "../../storage/audit/audit.ts";
import {
  countUnderOtherKeys,
  ENCRYPTED_PLACES,
  type EncryptedPlace,
  type EncryptedRow,
  listUnderOtherKeys,
  replaceEncrypted,
} from "../../storage/housekeeping/secret-rotation.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOperator } from "../rights/management.ts";
import { Budget } from "./budget.ts";
import { contextOfRemote } from "../remotes/remote-secrets.ts";
import { contextOfCluster } from "../triggers/cluster-secrets.ts";
import { contextOfTrigger } from "../triggers/webhook-secrets.ts";

/** Of one run, which takes some thousand secrets along. */
const MAX_QUERIES = 100;
const MAX_MS = 60_000;

/** Which secrets are being exchanged, and how far that is. */
export interface Rotation {
  /** How many values of TOKEN_SECRET and ENCRYPTION_KEY are accepted: 1 each when none is being exchanged. */
  tokenSecrets: number;
  encryptionKeys: number;
  /** Secrets that are not under the current ENCRYPTION_KEY yet. */
  left: Record<EncryptedPlace, number>;
  /** Those of them that are under a key which the Worker has not got. */
  lost: number;
}

export interface Reencryption {
  /** How many secrets are under the current key now that were not. */
  done: number;
  /** How many could not be decrypted, and were left as they are. */
  failed: number;
}

export async function showRotation(call: Call<Manager>): Promise<Rotation> {
  requireOperator(call);
  const { token, encryption } = call.stores.secrets;
  const [current, ...older] = encryption.map(keyMark);
  const counts = await Promise.all(
    ENCRYPTED_PLACES.map((place) => countUnderOtherKeys(call.stores.db, place, current ?? "", older)),
  );
  const leftOf = (place: EncryptedPlace) => counts[ENCRYPTED_PLACES.indexOf(place)]?.left ?? 0;
  return {
    tokenSecrets: token.length,
    encryptionKeys: encryption.length,
    left: {
      accessKeys: leftOf("accessKeys"),
      triggers: leftOf("triggers"),
      clusters: leftOf("clusters"),
      remotes: leftOf("remotes"),
    },
    lost: counts.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** Does at once what is done every hour. */
export async function startReencryption(call: Call<Manager>): Promise<Reencryption> {
  requireOperator(call);
  const result = await reencryptSecrets(call.stores);
  await insertAudit(call.stores.db, actorOf(call), {
    action: "secrets.reencrypt",
    resource: "ENCRYPTION_KEY",
    detail: { ...result },
  });
  return result;
}

/**
 * Re-encrypts secrets that an older key encrypted, as many as one run may. A row is replaced only if nobody has changed
 * it since it was read, so a run that dies, or meets another, has done a part of the work and no harm. What cannot be
 * decrypted stays as it is, and is logged.
 */
export async function reencryptSecrets(
  stores: Stores,
  budget = new Budget(stores.db, MAX_QUERIES, MAX_MS),
): Promise<Reencryption> {
  const total = { done: 0, failed: 0 };
  for (const place of ENCRYPTED_PLACES) {
    for await (const rows of listUnderOtherKeys(stores.db, place, keyMark(stores.secrets.encryption[0]))) {
      const { done, failed } = await reencryptRows(stores, place, rows);
      total.done += done;
      total.failed += failed;
      if (budget.isSpent) return total;
    }
  }
  return total;
}

async function reencryptRows(stores: Stores, place: EncryptedPlace, rows: EncryptedRow[]): Promise<Reencryption> {
  const keys = stores.secrets.encryption;
  const outcomes = await Promise.allSettled(
    rows.map(async (row) => {
      const context = CONTEXTS[place](row);
      const secret = await decryptSecret(keys, context, row.encrypted);
      return { id: row.id, from: row.encrypted, to: await encryptSecret(keys, context, secret) };
    }),
  );
  const replacements = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  if (failures.length > 0) {
    console.error(
      `${counted(failures.length, "secret")} of ${place} could not be encrypted anew, first of all:`,
      failures[0],
    );
  }
  const done = replacements.length > 0 ? await replaceEncrypted(stores.db, place, replacements) : 0;
  return { done, failed: failures.length };
}

/** What the secret of a row belongs to, as it was encrypted with. */
const CONTEXTS: Readonly<Record<EncryptedPlace, (row: EncryptedRow) => string>> = {
  accessKeys: ({ name }) => name,
  triggers: ({ owner, name }) => contextOfTrigger(owner, name),
  clusters: ({ owner, name }) => contextOfCluster(owner, name),
  remotes: ({ owner, name }) => contextOfRemote(owner, name),
};
