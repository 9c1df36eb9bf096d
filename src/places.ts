/**
 * A limit on how much goes on at once in an isolate, for what takes memory by itself, however few bytes come. Holders say from
 * time to time that they are still there: the platform may end a request at any `await`, and its `finally` never comes.
 */

/** How often a holder says so, and after how long a silent one has lost its place. */
const BEAT_MS = 3000;
const SILENCE_MS = 10_000;
/** For how long after a refusal its place counts as wanted. */
const WANTED_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

export class Places {
  readonly #count: number;
  /** By holder: when it was seen last. */
  readonly #taken = new Map<string, number>();
  #wantedAt = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** How many are taken, by holders that may have fallen silent. */
  get taken(): number {
    return this.#taken.size;
  }

  /** Whether others wait for places, or were refused one just now: whoever holds one and does not use it should leave. */
  get isWanted(): boolean {
    return Date.now() - this.#wantedAt < WANTED_MS;
  }

  /** @returns whether there was one, or the holder has one already. */
  tryTake(holder: string): boolean {
    const now = Date.now();
    if (!this.#taken.has(holder) && this.#taken.size >= this.#count) {
      for (const [other, seenAt] of this.#taken) if (seenAt < now - SILENCE_MS) this.#taken.delete(other);
      if (this.#taken.size >= this.#count) {
        this.#wantedAt = now;
        return false;
      }
    }
    this.#taken.set(holder, now);
    return true;
  }

  /**
   * Waits for a place.
   *
   * @returns false when there was none for so long.
   */
  async take(holder: string, milliseconds: number): Promise<boolean> {
    const end = Date.now() + milliseconds;
    // Less often the longer it takes: thousands may be waiting.
    for (let pause = FIRST_PAUSE_MS; !this.tryTake(holder); pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      if (Date.now() > end) return false;
      await new Promise((done) => setTimeout(done, pause));
    }
    return true;
  }

  /** Says that the holder is still there, until the function that comes back is called. */
  keep(holder: string): () => void {
    const timer = setInterval(() => this.#taken.set(holder, Date.now()), BEAT_MS);
    return () => clearInterval(timer);
  }

  /** Gives the place to others at once. A holder that only falls silent leaves it some seconds later. */
  leave(holder: string): void {
    this.#taken.delete(holder);
  }
}
