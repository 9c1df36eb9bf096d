import { statfsSync } from "node:fs";
import { HttpRefusal, type RequestHead } from "./request-reader.ts";

/** What is kept free for the databases: they have to grow for a login too, and for every deletion that makes room. */
const RESERVE_BYTES = 64 * 1024 * 1024;
/** Of a small disk it is this part. */
const RESERVE_PART = 1 / 20;
/** For how long an answer of the system counts, in milliseconds. */
const FRESH_MS = 250;

const MIB = 1024 * 1024;

/** The room on the disk of a state folder. */
export class DiskSpace {
  readonly #path: string;
  readonly #log: (line: string) => void;
  #measuredAt = -Infinity;
  #free = Infinity;
  #reserve = 0;
  #isShort = false;

  /** @param log is told when room runs short, and when there is some again. */
  constructor(path: string, log: (line: string) => void) {
    this.#path = path;
    this.#log = log;
  }

  /**
   * Refuses what would fill the disk to its end: pushes. The rest goes on, pulls and deletions above all.
   *
   * @throws HttpRefusal 507
   */
  requireRoom({ method, target }: RequestHead): void {
    if (!isPush(method, target)) return;
    this.#measure();
    if (!this.#isShort) return;
    const message =
      `no space left on the registry's disk (${formatMib(this.#free)} are free): its operator has to make room; ` +
      "nothing that is stored is lost, and the push may be repeated then";
    throw new HttpRefusal(507, "UNAVAILABLE", message);
  }

  #measure(): void {
    const now = performance.now();
    if (now - this.#measuredAt < FRESH_MS) return;
    this.#measuredAt = now;
    const { bsize, blocks, bfree, bavail } = statfsSync(this.#path);
    // Only root may use the blocks that a file system keeps back.
    this.#free = bsize * (process.getuid?.() === 0 ? bfree : bavail);
    this.#reserve = Math.min(RESERVE_BYTES, bsize * blocks * RESERVE_PART);
    const isShort = this.#free < this.#reserve;
    if (isShort === this.#isShort) return;
    this.#isShort = isShort;
    const free = `the disk of ${this.#path} has ${formatMib(this.#free)} free`;
    this.#log(
      isShort
        ? `No space left: ${free}. Pushes are refused (507) until there are ${formatMib(this.#reserve)}.`
        : `There is room again: ${free}. Pushes go on.`,
    );
  }
}

/** Whether a request brings bytes of images: everything that writes to the registry API. */
function isPush(method: string, target: string): boolean {
  return ["POST", "PUT", "PATCH"].includes(method) && target.startsWith("/v2/") && !target.startsWith("/v2/manage/");
}

function formatMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
