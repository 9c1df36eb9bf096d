/**
 * What all requests of an isolate share: 128 MB (Cloudflare's limit), and in the local runtime the whole process. Whatever
 * grows with the bytes that clients send is taken from a budget first, so that a client can only slow down others.
 */

/** For how long a lease counts whose holder gives no sign of life: the platform may end a request at any `await`. */
const SILENCE_MS = 15_000;

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

/** What one holder has of a budget. It renews it at least every few seconds, and releases it when it is done. */
export class Lease {
  readonly #leases: Set<Lease>;
  readonly #budget: MemoryBudget;
  #bytes = 0;
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
    this.renew();
    const limit = this.#budget.bytes - (urgent ? 0 : this.#budget.reserved);
    if (bytes > this.#bytes && this.#budget.used - this.#bytes + bytes > limit) return false;
    this.#bytes = bytes;
    if (bytes > 0) this.#leases.add(this);
    else this.#leases.delete(this);
    return true;
  }

  /** Says that the holder is still there. */
  renew(): void {
    this.seenAt = Date.now();
  }

  release(): void {
    this.resize(0);
  }
}

/** Gives the bytes of a buffer back at once: the garbage collector may take its time, and does not know how large they are. */
export function free(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transfer(0);
}
