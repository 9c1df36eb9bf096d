import { Places } from "../../places.ts";
import { overloaded } from "../../streams.ts";

/**
 * How many uploads are in memory at once. Only where Durable Objects share a process with the Worker, as in the local
 * runtime, does that need a limit: each has a database open, about 250 KB, until it has been idle for ten seconds. Uploads
 * that end at once, as a push goes on, are limited by nothing.
 */

/** A share of the places: for those that receive bytes at present, which take more memory. */
const RECEIVING_SHARE = 1 / 2;
/** For how long an upload waits for a place. */
const PATIENCE_MS = 30_000;

let places: { count: number; unfinished: Places; receiving: Places } | undefined;

/** Whether an upload waits for the place of another one. */
export function isUploadPlaceWanted(): boolean {
  return places?.receiving.isWanted === true || places?.unfinished.isWanted === true;
}

/**
 * Does something with an upload as soon as there is a place for it.
 *
 * @param count how many places there are; undefined for any number.
 * @param use.receives whether bytes of a client come in meanwhile.
 * @param use.ends whether the upload is over afterwards, when all goes well.
 * @throws what `overloaded` makes when there is no place for too long.
 */
export async function inPlace<T>(
  count: number | undefined,
  { session, receives, ends }: { session: string; receives: boolean; ends: boolean },
  work: () => Promise<T>,
): Promise<T> {
  if (count === undefined) return work();
  if (places?.count !== count) {
    places = { count, unfinished: new Places(count), receiving: new Places(Math.ceil(count * RECEIVING_SHARE)) };
  }
  const { unfinished, receiving } = places;
  const request = crypto.randomUUID();
  const leave: (() => void)[] = [];
  try {
    if (receives) {
      await enter(receiving, request);
      leave.push(receiving.hold(request));
    }
    await enter(unfinished, session);
    leave.push(unfinished.keep(session));
    const done = await work();
    if (ends) unfinished.leave(session);
    return done;
  } finally {
    for (const end of leave) end();
  }
}

async function enter(room: Places, holder: string): Promise<void> {
  if (!(await room.take(holder, PATIENCE_MS))) throw overloaded("uploads");
}
