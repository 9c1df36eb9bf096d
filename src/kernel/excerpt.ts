/**
 * How much an answer shows of what anybody wrote. Anybody may push anything as a manifest or configuration, and an answer
 * repeats it, sometimes twice, with names of fields around it: so every answer has a bound of its own, whatever was pushed.
 */

/** Bytes of JSON that no answer exceeds. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Bytes of the entries on one page of a list, as they are stored; the page ends earlier rather than exceed it. */
export const MAX_PAGE_BYTES = 1.5 * 1024 * 1024;

/** Bytes that a character takes in JSON at most: as `\u0000`. */
const MAX_CHARACTER_BYTES = 6;

const utf8 = new TextEncoder();

/** Bytes of a value as JSON. */
export function jsonBytes(value: unknown): number {
  return utf8.encode(JSON.stringify(value) ?? "").byteLength;
}

/** A part of something long: what is taken has a bound together, and what was left out is known. */
export class Excerpt<F extends string> {
  #bytes: number;
  readonly #maxText: number;
  readonly #cut = new Set<F>();

  /**
   * @param bytes of JSON that all of it has at most.
   * @param maxText characters of one text.
   */
  constructor(bytes: number, maxText: number) {
    this.#bytes = bytes;
    this.#maxText = maxText;
  }

  /** The fields that are shown in part, in the order in which that happened. */
  get cut(): F[] {
    return [...this.#cut];
  }

  /** As much of a text as there is room for. */
  text(field: F, text: string): string {
    // Measured only once it is short.
    let taken = text.slice(0, this.#maxText);
    if (jsonBytes(taken) > this.#bytes)
      taken = taken.slice(0, Math.max(Math.floor(this.#bytes / MAX_CHARACTER_BYTES), 0));
    if (taken.length < text.length) this.#cut.add(field);
    this.#bytes -= jsonBytes(taken);
    return taken;
  }

  /** The same for what may be absent. */
  maybe(field: F, text: string | null): string | null {
    return text === null ? null : this.text(field, text);
  }

  /**
   * The first entries of a list, as far as there is room.
   *
   * @param limit how many at most.
   * @param take takes one entry, by the other methods.
   * @param own bytes of JSON that an entry has beside what is taken of it.
   */
  list<T, R>(field: F, entries: readonly T[], limit: number, own: number, take: (entry: T, at: number) => R): R[] {
    const taken: R[] = [];
    for (const entry of entries) {
      if (taken.length >= limit || this.#bytes < own) {
        this.#cut.add(field);
        break;
      }
      this.#bytes -= own;
      taken.push(take(entry, taken.length));
    }
    return taken;
  }

  /** The first entries of a record of texts, as far as there is room. An entry is never under a name that was cut. */
  record(field: F, record: Readonly<Record<string, string>>, limit: number): Record<string, string> {
    const short = Object.entries(record).filter(([name]) => name.length <= this.#maxText);
    if (short.length < Object.keys(record).length) this.#cut.add(field);
    const taken = this.list(field, short, limit, 1, ([name, value]) => {
      const shown = this.text(field, name);
      return shown === name ? [[name, this.text(field, value)] as const] : [];
    });
    return Object.fromEntries(taken.flat());
  }
}
