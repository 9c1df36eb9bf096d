/** Access keys (AK/SK, guide 4.2): for permanent login commands and for signing requests. */
import type { Manager, User } from "../../model/rights/access.ts";
import { decryptSecret, encryptSecret } from "../../model/encryption.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { earlyRefusal } from "../../kernel/early-reasons.ts";
import { reason } from "../../kernel/reasons.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { MAX_ACCESS_KEYS } from "../../kernel/field-limits.ts";
import { newAccessKey } from "../../model/logins/login-commands.ts";
import {
  type AccessKeyRecord,
  deleteAccessKey,
  findAccessKey,
  insertAccessKey,
  listAccessKeys as listKeys,
  type ListedAccessKey,
  recordKeyUse,
} from "../../storage/logins/access-keys.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, type Call, type Incoming } from "../call.ts";
import { requireChangeableUser, requireManagedUser } from "../accounts/users.ts";

export type { ListedAccessKey };

const USE_RECORDED_MS = 60_000;

export interface NewAccessKey {
  access: string;
  /** Shown this once. */
  secret: string;
  createdAt: Date;
  /** From when on it is refused; null: never. */
  endsAt: Date | null;
}

/**
 * Makes a key for the caller, or for a robot of the account that the caller administers. A robot makes none for itself: its keys
 * are to end when the administrator has said.
 *
 * @param endsAt from when on the key is refused everywhere; null: never.
 * @throws RegistryError PARAMETER_INVALID for a time that has passed, DENIED for a robot, and for another user who is none.
 */
export async function createAccessKey(
  call: Call<Manager>,
  { endsAt, userName }: { endsAt: Date | null; userName?: string | undefined },
): Promise<NewAccessKey> {
  const owner = userName === undefined ? call.caller.user : await requireChangeableUser(call, userName);
  if (owner.kind !== "robot" && userName !== undefined && owner.id !== call.caller.user.id) {
    throw earlyRefusal("DENIED", reason("KEYS_ARE_OWN", { user: owner.name }));
  }
  if (owner.kind === "robot" && userName === undefined) {
    throw earlyRefusal("DENIED", reason("KEYS_OF_ROBOTS"));
  }
  if (endsAt && endsAt.getTime() <= Date.now()) {
    const field = "ends";
    throw earlyRefusal("PARAMETER_INVALID", reason("KEY_ENDS_BEFORE_NOW"), { field, detail: { field } });
  }
  const { access, secret } = newAccessKey();
  const encryptedSecret = await encryptSecret(call.stores.secrets.encryption, access, secret);
  const createdAt = new Date();
  const key = { access, encryptedSecret, createdAt, endsAt };
  const isMade = await insertAccessKey(call.stores.db, actorOf(call), owner, key, MAX_ACCESS_KEYS);
  if (isMade) return { access, secret, createdAt, endsAt };
  throw new RegistryError("ACCESS_KEY_LIMIT", `a user has at most ${MAX_ACCESS_KEYS} access keys: delete one first`);
}

/** The keys of the caller, or of a user of the account that the caller administers. */
export async function listAccessKeys(call: Call<Manager>, userName?: string): Promise<ListedAccessKey[]> {
  const owner = userName === undefined ? call.caller.user : await requireManagedUser(call, userName);
  return listKeys(call.stores.db, owner.id);
}

/** Deletes such a key, and with it the permanent login of its command. An operator's is for operators to delete. */
export async function removeAccessKey(call: Call<Manager>, access: string, userName?: string): Promise<void> {
  const owner: User = userName === undefined ? call.caller.user : await requireChangeableUser(call, userName);
  if (await deleteAccessKey(call.stores.db, actorOf(call), owner, access)) return;
  throw new RegistryError("ACCESS_KEY_UNKNOWN", `${owner.name} has no such access key`);
}

/** Under the key that was the current one then. */
let nobodysSecret: { key: string; encrypted: string } | undefined;

/**
 * Finds a key that has not ended, and its secret. A key that does not exist has a secret that nobody knows, so that checking
 * costs the same.
 *
 * @param asked repositories whose facts the key's record is to have.
 */
export async function readAccessKey(
  stores: Stores,
  access: string,
  asked: readonly RepositoryName[] = [],
): Promise<{ key: AccessKeyRecord | undefined; secret: string }> {
  const key = await findAccessKey(stores.db, access, asked);
  const { encryption } = stores.secrets;
  if (nobodysSecret?.key !== encryption[0]) {
    nobodysSecret = { key: encryption[0], encrypted: await encryptSecret(encryption, "nobody", newAccessKey().secret) };
  }
  const { encrypted } = nobodysSecret;
  const secret = await decryptSecret(encryption, key?.access ?? "nobody", key?.encryptedSecret ?? encrypted);
  const hasEnded = key?.endsAt && key.endsAt.getTime() <= Date.now();
  return { key: hasEnded ? undefined : key, secret };
}

/** Records after the answer that a key is used, to within a minute: a pull must not cost a write. */
export function recordUse({ stores, after }: Incoming, { id, lastUsedAt }: AccessKeyRecord): void {
  const now = new Date();
  const due = new Date(now.getTime() - USE_RECORDED_MS);
  if (lastUsedAt === null || lastUsedAt < due) after(() => recordKeyUse(stores.db, id, now, due));
}
