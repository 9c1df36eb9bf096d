/** `localStorage` and `sessionStorage`, which a browser may forbid: nothing is remembered then, and nothing fails. */

/** What is stored under a key. */
export function readStored(storage: "local" | "session", key: string): string | undefined {
  try {
    return storageOf(storage).getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a text; undefined removes what is there. */
export function writeStored(storage: "local" | "session", key: string, text: string | undefined): void {
  try {
    if (text === undefined) storageOf(storage).removeItem(key);
    else storageOf(storage).setItem(key, text);
  } catch {
    // Forbidden or full: it holds until the page is left.
  }
}

/** The keys under which something is stored that begin with a text. */
export function storedKeys(storage: "local" | "session", prefix: string): string[] {
  try {
    return Object.keys(storageOf(storage)).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

function storageOf(storage: "local" | "session"): Storage {
  return storage === "local" ? localStorage : sessionStorage;
}
