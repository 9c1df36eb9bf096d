/** What the proxy prints: the beginning, progress and end of each upload, but never a header or a query. */
import { formatBytes } from "../../kernel/byte-units.ts";

/** Milliseconds between two lines about one upload. */
const INTERVAL_MS = 5000;

export type WriteLine = (line: string) => void;

/** One body on its way. */
export class UploadReport {
  readonly #write: WriteLine;
  readonly #label: string;
  readonly #total: number | undefined;
  readonly #start = performance.now();
  #lastLine = this.#start;
  #bytes = 0;

  /**
   * @param label names the upload.
   * @param total bytes that will come, when known.
   */
  constructor(write: WriteLine, label: string, total: number | undefined) {
    this.#write = write;
    this.#label = label;
    this.#total = total;
  }

  /** So many bytes of the body have left for the registry. */
  sent(bytes: number): void {
    this.#bytes = bytes;
    const now = performance.now();
    if (now - this.#lastLine < INTERVAL_MS) return;
    this.#lastLine = now;
    const of = this.#total === undefined ? "" : ` of ${formatBytes(this.#total)}`;
    this.#write(`${this.#label}: ${formatBytes(bytes)}${of}, ${this.#rate()}`);
  }

  /** Something failed that is tried again. */
  trouble(reason: string): void {
    this.#write(`${this.#label}: ${reason}; going on from what the registry has`);
  }

  /** The registry has all bytes. */
  done(): void {
    const seconds = (performance.now() - this.#start) / 1000;
    this.#write(`${this.#label}: all ${formatBytes(this.#bytes)} in ${seconds.toFixed(1)} s, ${this.#rate()}`);
  }

  /** The upload ended without all its bytes. */
  failed(reason: string): void {
    this.#write(`${this.#label}: failed after ${formatBytes(this.#bytes)}: ${reason}`);
  }

  #rate(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    return `${formatBytes(this.#bytes / Math.max(seconds, 0.001))}/s`;
  }
}
