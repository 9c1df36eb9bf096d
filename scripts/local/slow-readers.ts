/** Ends connections of clients that do not read what they asked for. Each of them keeps about a megabyte here and in workerd. */
import type { Socket } from "node:net";

/** A client makes progress with each so many bytes. */
const READ_BYTES = 32 * 1024;
const LOOK_MS = 1000;

export interface ReaderLimits {
  /** For how long a client may read nothing. */
  patienceMs: number;
  /** How many may do so at once. Beyond that, those that have read nothing for longest have to go. */
  maxSlow: number;
  /** How long every client may read nothing, however many others do so. */
  leastMs: number;
}

export const READER_LIMITS: ReaderLimits = { patienceMs: 60_000, maxSlow: 64, leastMs: 5000 };

/**
 * Looks at all clients once a second, and ends the connections of those that are over the limits.
 *
 * @returns a function that stops the looking.
 */
export function watchReaders(
  clients: () => Iterable<Socket>,
  { patienceMs, maxSlow, leastMs }: ReaderLimits,
): () => void {
  /** Of each client that has something to read: how much it had read, and when it last made progress. */
  let known = new Map<Socket, { read: number; since: number }>();
  const look = () => {
    const now = performance.now();
    const waiting = new Map<Socket, { read: number; since: number }>();
    for (const client of clients()) {
      if (client.writableLength === 0) continue;
      const read = client.bytesWritten - client.writableLength;
      const last = known.get(client);
      waiting.set(client, last && read - last.read < READ_BYTES ? last : { read, since: now });
    }
    known = waiting;
    const longestFirst = [...waiting].sort(([, one], [, other]) => one.since - other.since);
    const tooMany = longestFirst.length - maxSlow;
    for (const [at, [client, { since }]] of longestFirst.entries()) {
      if (now - since > (at < tooMany ? leastMs : patienceMs)) client.destroy();
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return () => clearInterval(timer);
}
