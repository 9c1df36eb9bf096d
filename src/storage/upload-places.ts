import { overloaded } from "../streams.ts";

/**
 * How many uploads are in memory at once. Only where Durable Objects share a process with the Worker, as in the local
 * runtime, does that need a limit: each keeps a database open, about 250 KB, until it has been idle for ten seconds.
 */

/** For how long an object stays in memory after its last request. */
const LINGER_MS = 10_000;
/** How often a request says that it is still there; one that says nothing for as long as an object lingers has died. */
const BEAT_MS = 3000;
/** A share of the places: for those that receive bytes at present, which take more memory. */
const RECEIVING_SHARE = 1 / 4;
/** For how long an upload waits for a place, and how often it looks: less often the longer it waits. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/** By session: when it was last known to be in use. */
const inMemory = new Map<string, number>();
const receiving = new Map<string, number>();
let waiting = 0;

/** Whether an upload waits for a place of another one. */
export function isPlaceWanted(): boolean {
  return waiting > 0;
}

/**
 * Does something with an upload as soon as there is a place for it.
 *
 * @param places how many there are; undefined for any number.
 * @param receives whether bytes of a client come in meanwhile.
 * @throws RegistryError OVERLOADED when there is none for too long.
 */
export async function inPlace<T>(
  places: number | undefined,
  { session, receives }: { session: string; receives: boolean },
  work: () => Promise<T>,
): Promise<T> {
  if (places === undefined) return work();
  const request = receives ? crypto.randomUUID() : undefined;
  const tryEnter = () => {
    if (request !== undefined && !tryTake(receiving, request, Math.ceil(places * RECEIVING_SHARE))) return false;
    if (tryTake(inMemory, session, places)) return true;
    if (request !== undefined) receiving.delete(request);
    return false;
  };
  await untilEntered(tryEnter);
  const beat = () => {
    const now = Date.now();
    inMemory.set(session, now);
    if (request !== undefined) receiving.set(request, now);
  };
  const timer = setInterval(beat, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    inMemory.set(session, Date.now());
    if (request !== undefined) receiving.delete(request);
  }
}

function tryTake(taken: Map<string, number>, key: string, places: number): boolean {
  const now = Date.now();
  if (!taken.has(key) && taken.size >= places) {
    for (const [other, seenAt] of taken) if (seenAt < now - LINGER_MS) taken.delete(other);
    if (taken.size >= places) return false;
  }
  taken.set(key, now);
  return true;
}

async function untilEntered(tryEnter: () => boolean): Promise<void> {
  if (tryEnter()) return;
  waiting += 1;
  try {
    const end = Date.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; !tryEnter(); pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      if (Date.now() > end) throw overloaded();
      await new Promise((done) => setTimeout(done, pause));
    }
  } finally {
    waiting -= 1;
  }
}
