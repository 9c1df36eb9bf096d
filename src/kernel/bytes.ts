/** Copies pieces into one array. */
export function concatenate(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Bytes that come in pieces and are taken from the front. However small the pieces are, each byte is copied only a few times:
 * to put pieces together one by one would copy all that is there for each.
 */
export class ByteQueue {
  #store = new Uint8Array(256);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (this.#end + bytes.byteLength > this.#store.byteLength) this.#makeRoom(bytes.byteLength);
    this.#store.set(bytes, this.#end);
    this.#end += bytes.byteLength;
  }

  /** All that is there, not copied: it is valid until the next call of another method. */
  peek(): Uint8Array<ArrayBuffer> {
    return this.#store.subarray(this.#start, this.#end);
  }

  /** Takes out at most `length` bytes from the front. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const taken = this.peek().slice(0, length);
    this.#start += taken.byteLength;
    return taken;
  }

  #makeRoom(more: number): void {
    const kept = this.peek();
    const length = kept.byteLength + more;
    // It moves only as many bytes as were taken since the last time, or doubles.
    if (2 * length > this.#store.byteLength) this.#store = new Uint8Array(2 * length);
    this.#store.set(kept);
    this.#start = 0;
    this.#end = kept.byteLength;
  }
}
