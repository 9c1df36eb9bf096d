/**
 * What is remembered of uploads beyond the window, so that they can go on after a reload: in `localStorage`, a record each.
 * The bytes themselves cannot be kept there, so the file has to be chosen again.
 */
import { readStored, storedKeys, writeStored } from "../browser-storage.ts";
import { RECORD_PREFIX } from "./presence.ts";
import type { Arrived } from "./worker-protocol.ts";

/** An upload that was begun and has not ended. */
export interface UploadRecord extends Arrived {
  /** Among all records of this browser. */
  id: string;
  /** Whose upload it is: the id of a user. */
  user: string;
  /** Of the file. */
  name: string;
  /** Bytes. */
  size: number;
  /** Tells the file from others. */
  fingerprint: string;
  /** Where the images go. */
  organization: string;
  /** What the images are called, by what is in them. */
  names: readonly { content: string; name: string; tag: string; isWanted: boolean }[];
  /** Bytes of the images that are to be sent, and that have left. */
  progress: { total: number; done: number };
}

/** Where a queue writes down what is under way. */
export interface UploadJournal {
  write: (record: Omit<UploadRecord, "user">) => void;
  remove: (id: string) => void;
}

/** The records of one user. A lock that its window holds tells which of them are under way, and in no other window. */
export class UploadRecords implements UploadJournal {
  readonly #user: string;
  readonly #closed = new AbortController();
  readonly #held = new Map<string, () => void>();

  /** @param user the id of the user whose uploads these are. */
  constructor(user: string) {
    this.#user = user;
  }

  /** Hands out what was interrupted: at once, or when the window ends that it is under way in. */
  open(onInterrupted: (record: UploadRecord) => void): void {
    for (const key of storedKeys("local", RECORD_PREFIX)) {
      const id = key.slice(RECORD_PREFIX.length);
      if (readRecord(id)?.user !== this.#user) continue;
      void this.#hold(id).then((isHeld) => {
        const record = isHeld ? readRecord(id) : undefined;
        if (record) onInterrupted(record);
        else this.#release(id);
      });
    }
  }

  /** Lets go of all records, for the tab that opens them next. */
  close(): void {
    this.#closed.abort();
    for (const id of this.#held.keys()) this.#release(id);
  }

  write(record: Omit<UploadRecord, "user">): void {
    if (this.#closed.signal.aborted) return;
    if (!this.#held.has(record.id)) void this.#hold(record.id);
    writeStored("local", `${RECORD_PREFIX}${record.id}`, JSON.stringify({ ...record, user: this.#user }));
  }

  remove(id: string): void {
    if (this.#closed.signal.aborted) return;
    writeStored("local", `${RECORD_PREFIX}${id}`, undefined);
    this.#release(id);
  }

  /**
   * Waits until no other window has an upload under way. Pages without TLS have no locks: there an upload of another
   * window looks interrupted.
   *
   * @returns false when the records were closed meanwhile.
   */
  async #hold(id: string): Promise<boolean> {
    const { signal } = this.#closed;
    // So that it can be released before the lock is there.
    this.#held.set(id, () => undefined);
    if (!("locks" in navigator)) return !signal.aborted;
    return new Promise((held) => {
      const holding = navigator.locks.request(`${RECORD_PREFIX}${id}`, { signal }, () => {
        held(!signal.aborted);
        // Released before it was there.
        if (!this.#held.has(id)) return undefined;
        return new Promise<void>((release) => this.#held.set(id, release));
      });
      holding.catch(() => held(false));
    });
  }

  #release(id: string): void {
    this.#held.get(id)?.();
    this.#held.delete(id);
  }
}

function readRecord(id: string): UploadRecord | undefined {
  try {
    const record = JSON.parse(readStored("local", `${RECORD_PREFIX}${id}`) ?? "null") as UploadRecord | null;
    // Of another version of the console it may lack something.
    return record?.id === id && typeof record.fingerprint === "string" && Array.isArray(record.names)
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}
