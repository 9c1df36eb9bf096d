import { Transform, type TransformCallback } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Passes an export on, but for the last line of one that has not all: where the next one goes on. */
export class EventLines extends Transform {
  /** Undefined when there is no more. */
  next: string | undefined;
  /** A line that may be that one. */
  #held = "";
  readonly #decoder = new StringDecoder();

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const text = this.#held + this.#decoder.write(chunk);
    // All but the last line, whether it has ended or not.
    const start = text.lastIndexOf("\n", text.length - 2) + 1;
    this.#held = text.slice(start);
    done(null, text.slice(0, start));
  }

  override _flush(done: TransformCallback): void {
    const last = this.#held === "" ? {} : (JSON.parse(this.#held) as { next?: string });
    this.next = last.next;
    done(null, last.next === undefined ? this.#held : "");
  }
}
