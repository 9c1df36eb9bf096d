/** Positions in lists that clients hand back but must not read: a search ends at images that its caller may not know of. */
import { decryptSecret, encryptSecret } from "../model/encryption.ts";
import type { Stores } from "../storage/stores.ts";

const CONTEXT = "cursor";

/** Makes a text of letters, digits, `-` and `_` that only {@link openCursor} reads. */
export async function sealCursor({ secrets }: Stores, position: string): Promise<string> {
  return Buffer.from(await encryptSecret(secrets.encryption, CONTEXT, position)).toString("base64url");
}

/** The position of a cursor; undefined when {@link sealCursor} has not made it. */
export async function openCursor({ secrets }: Stores, cursor: string): Promise<string | undefined> {
  try {
    return await decryptSecret(secrets.encryption, CONTEXT, Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
