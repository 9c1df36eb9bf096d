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
  readonly #share: number;
  readonly #taken = new Map<string, { group: string; seenAt: number }>();
  #wantedAt = 0;

  /**
   * @param count how many there are in all.
   * @param share how many of them the holders of one group may have.
   */
  constructor(count: number, share = count) {
    this.#count = count;
    this.#share = share;
  }

  /** How many are taken, by holders that may have fallen silent. */
  get taken(): number {
    return this.#taken.size;
  }

  /** Whether others wait for places, or were refused one just now: those who hold one and do not use it should leave. */
  get isWanted(): boolean {
    return Date.now() - this.#wantedAt < WANTED_MS;
  }

  /**
   * @param group whose share it is of.
   * @returns whether there was one, or the holder has one already.
   */
  tryTake(holder: string, group = ""): boolean {
    const now = Date.now();
    if (!this.#taken.has(holder) && !this.#hasRoom(group)) {
      for (const [other, { seenAt }] of this.#taken) if (seenAt < now - SILENCE_MS) this.#taken.delete(other);
      if (!this.#hasRoom(group)) {
        this.#wantedAt = now;
        return false;
      }
    }
    this.#taken.set(holder, { group, seenAt: now });
    return true;
  }

  #hasRoom(group: string): boolean {
    if (this.#taken.size >= this.#count) return false;
    if (this.#taken.size < this.#share) return true;
    let ofGroup = 0;
    for (const place of this.#taken.values()) if (place.group === group) ofGroup += 1;
    return ofGroup < this.#share;
  }

  /**
   * Waits for a place.
   *
   * @returns false when there was none for so long.
   */
  async take(holder: string, milliseconds: number, group = ""): Promise<boolean> {
    const end = Date.now() + milliseconds;
    // Less often the longer it takes: thousands may be waiting.
    for (let pause = FIRST_PAUSE_MS; !this.tryTake(holder, group); pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      if (Date.now() > end) return false;
      await new Promise((done) => setTimeout(done, pause));
    }
    return true;
  }

  /** Says that the holder is still there, until the function that comes back is called. */
  keep(holder: string, group = ""): () => void {
    const timer = setInterval(() => this.#taken.set(holder, { group, seenAt: Date.now() }), BEAT_MS);
    return () => clearInterval(timer);
  }

  /** The same, and the function gives the place to others as well. It may be called more than once. */
  hold(holder: string, group = ""): () => void {
    const stop = this.keep(holder, group);
    return () => {
      stop();
      this.leave(holder);
    };
  }

  /** Gives the place to others at once. A holder that only falls silent leaves it some seconds later. */
  leave(holder: string): void {
    this.#taken.delete(holder);
  }
}
