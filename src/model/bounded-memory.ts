/** What an entry costs besides its value and the characters of its key: the object, and its place in the map. */
const ENTRY_BYTES = 200;
/** A character takes one byte or two. */
const CHARACTER_BYTES = 2;

/**
 * A cache in the memory of an isolate, whose 128 MB all of its requests share. It has a maximum size in bytes: to
 * make room it forgets what was used longest ago.
 */
export class BoundedMemory<T> {
  readonly #entries = new Map<string, { value: T; bytes: number }>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What all entries take, by the estimates that they came with. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** @param valueBytes an estimate of what the value takes. What is larger than the whole memory is not remembered. */
  set(key: string, value: T, valueBytes: number): void {
    this.delete(key);
    const bytes = ENTRY_BYTES + CHARACTER_BYTES * key.length + valueBytes;
    if (bytes > this.#maxBytes) return;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
