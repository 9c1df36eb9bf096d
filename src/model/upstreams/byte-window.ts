/**
 * The last bytes of something that comes in, for those who read along. It keeps as many as it may, and at least the last piece:
 * who is further behind has to read elsewhere.
 */
export class ByteWindow {
  readonly #pieces: { at: number; bytes: Uint8Array }[] = [];
  #held = 0;
  #end = 0;

  /** How many bytes have come in all. */
  get end(): number {
    return this.#end;
  }

  /** The first position that it still has. */
  get start(): number {
    return this.#end - this.#held;
  }

  /**
   * Takes the next piece, which nobody may change afterwards.
   *
   * @param capacity bytes that it may keep.
   */
  push(bytes: Uint8Array, capacity: number): void {
    this.#pieces.push({ at: this.#end, bytes });
    this.#held += bytes.byteLength;
    this.#end += bytes.byteLength;
    while (this.#held > capacity && this.#pieces.length > 1) {
      this.#held -= this.#pieces.shift()?.bytes.byteLength ?? 0;
    }
  }

  /**
   * What it has from a position on, of one piece and up to another position.
   *
   * @returns undefined where it has nothing there: not any more, or not yet.
   */
  read(at: number, upTo: number): Uint8Array | undefined {
    if (at < this.start || at >= Math.min(upTo, this.#end)) return undefined;
    const piece = this.#pieces.findLast((each) => each.at <= at);
    return piece?.bytes.subarray(at - piece.at, upTo - piece.at);
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#held = 0;
  }
}
