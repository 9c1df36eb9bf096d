/** What the header knows of uploads before their code is loaded: whether there are any, and whose they would be. */
import { storedKeys } from "../browser-storage.ts";

/** Begins the key of what is remembered of each upload. */
export const RECORD_PREFIX = "berth.upload.";

let hasUploads = storedKeys("local", RECORD_PREFIX).length > 0;
let owner: string | undefined;
const presenceListeners = new Set<() => void>();
const ownerListeners = new Set<() => void>();

/** For `useSyncExternalStore`, with {@link areUploadsKnown}. */
export function subscribeToPresence(listener: () => void): () => void {
  presenceListeners.add(listener);
  return () => {
    presenceListeners.delete(listener);
  };
}

/** Whether something was uploaded in this window, or interrupted in another one. */
export function areUploadsKnown(): boolean {
  return hasUploads;
}

/** Says that there are uploads from now on. */
export function announceUploads(): void {
  if (hasUploads) return;
  hasUploads = true;
  for (const listener of presenceListeners) listener();
}

/** Says who is signed in. @param user the id of the user; undefined: nobody. */
export function setUploadOwner(user: string | undefined): void {
  if (user === owner) return;
  owner = user;
  for (const listener of ownerListeners) listener();
}

/** Tells who is signed in, now and whenever that changes. */
export function onUploadOwner(listener: (user: string | undefined) => void): void {
  const tell = () => listener(owner);
  ownerListeners.add(tell);
  tell();
}
