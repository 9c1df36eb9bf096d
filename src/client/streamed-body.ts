/** Reads bytes `from` to `to`, the latter excluded, from where they are kept. */
export type ReadRange = (from: number, to: number) => Promise<ReadableStream<Uint8Array>>;

/** A body that is kept elsewhere and is read anew for each try, so that it is never in memory whole. Browsers send none. */
export class StreamedBody {
  readonly size: number;
  readonly #read: ReadRange;
  readonly #from: number;

  private constructor(read: ReadRange, from: number, to: number) {
    this.#read = read;
    this.#from = from;
    this.size = to - from;
  }

  /** @param size bytes of the whole. */
  static of(read: ReadRange, size: number): StreamedBody {
    return new StreamedBody(read, 0, size);
  }

  slice(from: number, to: number): StreamedBody {
    return new StreamedBody(this.#read, this.#from + from, this.#from + to);
  }

  open(): Promise<ReadableStream<Uint8Array>> {
    return this.#read(this.#from, this.#from + this.size);
  }
}
