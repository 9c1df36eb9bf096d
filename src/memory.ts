/**
 * What all requests of an isolate share: 128 MB (Cloudflare's limit), and in the local runtime the whole process. Whatever
 * grows with the bytes that clients send is taken from a budget first, so that a client can only slow down others.
 */

/**
 * How often a lease gives a sign of life, and after how long without one it no longer counts: the platform may end a request
 * at any `await`, and with it the timers, but then no `finally` runs.
 */
const BEAT_MS = 3000;
const SILENCE_MS = 15_000;

/** What each byte of a text takes while it is worked on: as it came, as text, and as what is read out of it. */
export const HELD_PER_BYTE = 3;

/** A number of bytes, of which holders take what they need and give it back. */
export class MemoryBudget {
  readonly bytes: number;
  readonly reserved: number;
  readonly #leases = new Set<Lease>();

  /**
   * @param bytes how many there are in all.
   * @param reserved how many of those only {@link Lease.resize} with `urgent` may take: by what ends by itself, without
   * another byte from a client.
   */
  constructor(bytes: number, reserved = 0) {
    this.bytes = bytes;
    this.reserved = reserved;
  }

  /** A lease of no bytes yet. */
  open(): Lease {
    return new Lease(this.#leases, this);
  }

  /** Bytes that are taken. */
  get used(): number {
    let used = 0;
    const oldest = Date.now() - SILENCE_MS;
    for (const lease of this.#leases) {
      if (lease.seenAt < oldest) this.#leases.delete(lease);
      else used += lease.bytes;
    }
    return used;
  }
}

/** What one holder has of a budget, until it releases it. */
export class Lease {
  readonly #leases: Set<Lease>;
  readonly #budget: MemoryBudget;
  #bytes = 0;
  #beat: ReturnType<typeof setInterval> | undefined;
  seenAt = Date.now();

  constructor(leases: Set<Lease>, budget: MemoryBudget) {
    this.#leases = leases;
    this.#budget = budget;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes more, or gives some back.
   *
   * @returns whether there was enough: if not, the lease stays as it was.
   */
  resize(bytes: number, urgent = false): boolean {
    // Before the budget is added up: one that was silent for too long counts again.
    if (this.#bytes > 0) this.#live();
    const limit = this.#budget.bytes - (urgent ? 0 : this.#budget.reserved);
    if (bytes > this.#bytes && this.#budget.used - this.#bytes + bytes > limit) return false;
    this.#bytes = bytes;
    if (bytes > 0) {
      this.#live();
      this.#beat ??= setInterval(() => this.#live(), BEAT_MS);
    } else {
      this.#leases.delete(this);
      clearInterval(this.#beat);
      this.#beat = undefined;
    }
    return true;
  }

  /** @returns another lease with all of its bytes, for a holder that stays longer. This one has none then. */
  handOver(): Lease {
    const other = new Lease(this.#leases, this.#budget);
    const bytes = this.#bytes;
    this.release();
    other.resize(bytes, true);
    return other;
  }

  #live(): void {
    this.seenAt = Date.now();
    this.#leases.add(this);
  }

  release(): void {
    this.resize(0);
  }
}

/** Gives the bytes of a buffer back at once: the garbage collector may take its time, and does not know how large they are. */
export function free(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transfer(0);
}
