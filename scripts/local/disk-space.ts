import { statfsSync } from "node:fs";
import { type BodyWatch, HttpRefusal, type RequestHead } from "./request-reader.ts";

const MIB = 1024 * 1024;

/** What is kept free for the databases: they have to grow for a login too, and for every deletion that makes room. */
const RESERVE_BYTES = 64 * MIB;
/** Of a small disk it is this part, and at least this much. */
const RESERVE_PART = 1 / 20;
const MIN_RESERVE_BYTES = 16 * MIB;
/** For how long an answer of the system counts, in milliseconds, and for how many bytes of pushes. */
const FRESH_MS = 250;
const FRESH_BYTES = 2 * MIB;
/** For how long bytes of pushes may be in memory before they are on the disk, in milliseconds, and how many they are at most. */
const UNWRITTEN_MS = 1000;
const MAX_UNWRITTEN_BYTES = 256 * MIB;

/** The room on the disk of a state folder. */
export class DiskSpace {
  readonly #path: string;
  readonly #log: (line: string) => void;
  #measuredAt = -Infinity;
  #bytesSince = 0;
  #free = Infinity;
  #reserve = 0;
  #isShort = false;
  /** Bytes of pushes that came since `#countedFrom`, and in the interval before. */
  #coming = { before: 0, now: 0 };
  #countedFrom = 0;

  /** @param log is told when room runs short, and when there is some again. */
  constructor(path: string, log: (line: string) => void) {
    this.#path = path;
    this.#log = log;
  }

  /**
   * Refuses what would fill the disk to its end: pushes, at their beginning or in the middle of their bodies. The rest goes
   * on, pulls and deletions above all.
   *
   * @returns a function that watches the body of a push; undefined for other requests.
   * @throws HttpRefusal 507
   */
  requireRoom({ method, target, bodyBytes = 0 }: RequestHead): BodyWatch | undefined {
    if (!isPush(method, target)) return undefined;
    if (this.#room() < bodyBytes) throw this.#noRoom();
    return (bytes) => this.#take(bytes);
  }

  #take(bytes: number): void {
    this.#bytesSince += bytes;
    this.#unwritten(bytes);
    if (this.#room() < 0) throw this.#noRoom();
  }

  #noRoom(): HttpRefusal {
    const message =
      `no space left on the registry's disk (${formatMib(this.#free)} are free): its operator has to make room; ` +
      "nothing that is stored is lost, and the push may be repeated then";
    return new HttpRefusal(507, "UNAVAILABLE", message);
  }

  /** Counts bytes of a push that have just come, and answers how many bytes of pushes may not be on the disk yet. */
  #unwritten(arrived = 0): number {
    const intervals = Math.floor((performance.now() - this.#countedFrom) / UNWRITTEN_MS);
    if (intervals > 0) {
      this.#coming = { before: intervals === 1 ? this.#coming.now : 0, now: 0 };
      this.#countedFrom += intervals * UNWRITTEN_MS;
    }
    this.#coming.now += arrived;
    return Math.min(this.#coming.before + this.#coming.now, MAX_UNWRITTEN_BYTES);
  }

  /** How many bytes of pushes the disk has room for; negative when some of the reserve is used already. */
  #room(): number {
    const now = performance.now();
    if (now - this.#measuredAt >= FRESH_MS || this.#bytesSince >= FRESH_BYTES) this.#measure(now);
    const room = this.#free - this.#unwritten() - this.#reserve;
    const isShort = room < 0;
    if (isShort === this.#isShort) return room;
    this.#isShort = isShort;
    const free = `the disk of ${this.#path} has ${formatMib(this.#free)} free`;
    this.#log(
      isShort
        ? `No space left: ${free}. Pushes are refused (507) until there are ${formatMib(this.#reserve)}.`
        : `There is room again: ${free}. Pushes go on.`,
    );
    return room;
  }

  #measure(now: number): void {
    this.#measuredAt = now;
    this.#bytesSince = 0;
    const { bsize, blocks, bfree, bavail } = statfsSync(this.#path);
    // Only root may use the blocks that a file system keeps back.
    this.#free = bsize * (process.getuid?.() === 0 ? bfree : bavail);
    this.#reserve = Math.min(RESERVE_BYTES, Math.max(MIN_RESERVE_BYTES, bsize * blocks * RESERVE_PART));
  }
}

/** Whether a request brings bytes of images: everything that writes to the registry API, however its path is written. */
function isPush(method: string, target: string): boolean {
  if (!["POST", "PUT", "PATCH"].includes(method)) return false;
  const path = decoded(URL.parse(target, "http://localhost")?.pathname ?? "");
  return path === undefined || (path.startsWith("/v2/") && !path.startsWith("/v2/manage/"));
}

/** A path without percent signs; undefined if it cannot be read. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function formatMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
