/** Positions in lists that clients hand back but must not read: a search ends at images that its caller may not know of. */
import { decryptSecret, encryptSecret } from "../model/encryption.ts";
import type { Stores } from "../storage/stores.ts";

const CONTEXT = "cursor";
/** What they begin with; no name of an image does, and no cursor that clients may read. */
const SEALED = "~";

/** Makes a text of letters, digits, `~`, `-` and `_` that only {@link openCursor} reads. */
export async function sealCursor({ secrets }: Stores, position: string): Promise<string> {
  const sealed = await encryptSecret(secrets.encryption, CONTEXT, position);
  return `${SEALED}${Buffer.from(sealed).toString("base64url")}`;
}

/** Whether a text looks like one that {@link sealCursor} has made. */
export function isSealedCursor(text: string): boolean {
  return text.startsWith(SEALED);
}

/** The position of a cursor; undefined when {@link sealCursor} has not made it. */
export async function openCursor({ secrets }: Stores, cursor: string): Promise<string | undefined> {
  try {
    return await decryptSecret(
      secrets.encryption,
      CONTEXT,
      Buffer.from(cursor.slice(SEALED.length), "base64url").toString(),
    );
  } catch {
    return undefined;
  }
}
