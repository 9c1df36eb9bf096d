/**
 * Reading request bodies: in large steps where bytes come fast, since a plain reader gets them in pieces of 4 KiB at a tenth
 * of the speed; in small ones where they do not, since a read holds its whole buffer until it is full. What a client does to
 * its body, from breaking it off to sending nothing more, becomes a refusal here and nowhere else.
 */
import { free, HELD_PER_BYTE, type Lease, MemoryBudget } from "./memory.ts";
import { RegistryError } from "./kernel/errors.ts";
import { Places } from "./places.ts";

type ByteStream = ReadableStream<Uint8Array>;
type Bytes = Uint8Array<ArrayBuffer>;

/** Sizes of a read: each time one was filled quickly the next size follows. */
const STEPS = [4, 16, 64, 256].map((kib) => kib * 1024);
/** How many times a step must have come already. */
const GENEROSITY = 4;
/** The largest of them while memory is scarce. */
const SCARCE_STEP = 1;
export const SCARCE_STEP_BYTES = STEPS[SCARCE_STEP] ?? 0;
/** A step that takes longer is followed by the smallest. */
const QUICK_MS = 2000;
/** After how long without a step {@link BodyReader.read} says so. */
const IDLE_MS = 1000;
/** For how long a client may take to fill a step, as long as nobody waits for what it holds. */
const STALL_MS = 60_000;
/**
 * When others wait, a client has to send this many bytes in this time. Only time that the registry spends waiting for it
 * counts.
 */
const HURRIED_BYTES = 32 * 1024;
const HURRIED_MS = 10_000;

/** How long a refused body is read all the same, in order to be heard, and for how long it may pause meanwhile. */
const DISCARD_MS = 30_000;
const DISCARD_PAUSE_MS = 1000;
const PEEK_MS = 100;
const DISCARD_BYTES = 4 * 1024;
const DISCARD_BYTES_IN_HASTE = 16 * 1024;

/** What small bodies may take of an isolate's memory, all together, until they are answered. */
export const BODY_BUDGET_BYTES = 16 * 1024 * 1024;
/** For how long a small body may come in, all in all, and how long it waits for memory. */
export const BODY_MS = 120_000;
const MEMORY_PATIENCE_MS = 5000;
const MEMORY_POLL_MS = 50;

export const bodies = new MemoryBudget(BODY_BUDGET_BYTES);

/** How many requests with bodies an isolate deals with at once, and of one network. Each takes 50 to 200 KB by itself. */
export const MAX_BODIES = 80;
export const MAX_BODIES_OF_NETWORK = 48;
export const bodyPlaces = new Places(MAX_BODIES, MAX_BODIES_OF_NETWORK);

/** What a request with a body has, from its beginning to its answer. */
export interface Visit {
  /** Where it has its place. */
  places: Places;
  /** For how long its body may come in, if it is a small one. */
  bodyMs: () => number;
  /** What to do once nothing more has to be found out about it: what is asked of the database until then takes memory. */
  onAdmission: () => void;
}

const visits = new WeakMap<ByteStream, Visit & { leases: Lease[] }>();

/**
 * Makes a visit known to what reads its body.
 *
 * @returns what gives the body's memory back: to be called when the request has been answered.
 */
export function beginVisit(body: ByteStream, visit: Visit): () => void {
  const leases: Lease[] = [];
  visits.set(body, { ...visit, leases });
  return () => {
    for (const lease of leases) lease.release();
  };
}

/** Says that a body is about to be read, or waits for its turn. */
export function admit(body: ByteStream | null): void {
  if (body) visits.get(body)?.onAdmission();
}

/** What {@link BodyReader.read} answers when no bytes have come for a second. */
export const IDLE = Symbol("idle");

/** Reads one body to its end, step by step. */
export class BodyReader {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #isHurried: () => boolean;
  #step = 0;
  #startedAt = 0;
  #received = 0;
  /** Since when, and what has come, while others wait: {@link HURRIED_MS}. */
  #hurried = { waitedMs: 0, bytes: 0 };
  #pending: Promise<ReadableStreamReadResult<Bytes>> | undefined;
  #spare: ArrayBuffer | undefined;

  /** @param isHurried whether others wait for what this body's client keeps. */
  constructor(body: ByteStream, isHurried: () => boolean = () => false) {
    this.#reader = body.getReader({ mode: "byob" });
    this.#isHurried = isHurried;
  }

  /**
   * Reads some bytes. They are the caller's until the next call.
   *
   * @param max how many at most: until a call after {@link IDLE} has answered them, the same as before.
   * @returns undefined at the end of the body, and {@link IDLE} when none came for a while: call it again.
   * @throws RegistryError BODY_INCOMPLETE when the client broke off, BODY_STALLED when it sends too slowly, OVERLOADED
   * when it does so while others wait.
   */
  async read(max: number): Promise<Bytes | typeof IDLE | undefined> {
    if (!this.#pending) {
      const size = Math.min(STEPS[this.#step] ?? max, max);
      this.#startedAt = Date.now();
      this.#pending = this.#reader.readAtLeast(size, new Uint8Array(this.#takeBuffer(size), 0, size));
    }
    const calledAt = Date.now();
    const result = await within(IDLE_MS, this.#pending).catch((cause: unknown) => {
      throw new RegistryError("BODY_INCOMPLETE", "the request's body broke off, or is not framed as HTTP asks", {
        cause,
      });
    });
    const now = Date.now();
    const duration = now - this.#startedAt;
    this.#refuseSlow(now - calledAt, result === IDLE ? 0 : (result.value?.byteLength ?? 0));
    if (result === IDLE) {
      if (duration < STALL_MS) return IDLE;
      throw new RegistryError("BODY_STALLED", "the request's body came too slowly: repeat the request");
    }
    this.#pending = undefined;
    const { value } = result;
    if (!value || value.byteLength === 0) return undefined;
    this.#spare = value.buffer;
    this.#received += value.byteLength;
    this.#step = duration < QUICK_MS ? this.#nextStep() : 0;
    return value;
  }

  /** @throws RegistryError OVERLOADED when others wait, and the client has long been sending next to nothing. */
  #refuseSlow(waitedMs: number, bytes: number): void {
    const hurried = this.#hurried;
    hurried.waitedMs += waitedMs;
    hurried.bytes += bytes;
    if (hurried.waitedMs < HURRIED_MS) return;
    if (hurried.bytes < HURRIED_BYTES && this.#isHurried()) throw overloaded("uploads");
    this.#hurried = { waitedMs: 0, bytes: 0 };
  }

  /** The one that was read into last, unless it is too small, or larger than a step may be at present. */
  #takeBuffer(size: number): ArrayBuffer {
    const last = this.#spare;
    this.#spare = undefined;
    const largest = Math.max(size, STEPS[this.#largestStep] ?? 0);
    if (last && last.byteLength >= size && last.byteLength <= largest) return last;
    if (last) free(last);
    return new ArrayBuffer(size);
  }

  get #largestStep(): number {
    return this.#isHurried() ? SCARCE_STEP : STEPS.length - 1;
  }

  /** A larger one, which is no more than what has come already. */
  #nextStep(): number {
    const next = Math.min(this.#step + 1, this.#largestStep);
    return (STEPS[next] ?? 0) * GENEROSITY <= this.#received ? next : Math.min(this.#step, this.#largestStep);
  }

  /** Ends reading. A body that is not at its end can be read on, unless a read is still under way: it is given up then. */
  async release(): Promise<void> {
    if (this.#spare) free(this.#spare);
    this.#spare = undefined;
    if (this.#pending) await this.#reader.cancel().catch(() => undefined);
    this.#pending = undefined;
    this.#reader.releaseLock();
  }
}

/** Waits for something for a time. @returns {@link IDLE} when it has not come by then. */
export async function within<T>(milliseconds: number, read: Promise<T>): Promise<T | typeof IDLE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const idle = new Promise<typeof IDLE>((done) => {
    timer = setTimeout(() => done(IDLE), milliseconds);
  });
  try {
    return await Promise.race([read, idle]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads a whole body that has to be small. It takes memory as its bytes come, of what all such bodies share, and keeps it until
 * its request is answered.
 *
 * @param max bytes; one more is refused without reading on.
 * @throws what `tooLarge` makes; RegistryError BODY_INCOMPLETE, BODY_STALLED, or OVERLOADED when others take all the memory.
 */
export async function readSmallBody(body: ByteStream | null, max: number, tooLarge: () => Error): Promise<Bytes> {
  if (!body) return new Uint8Array(0);
  admit(body);
  const visit = visits.get(body);
  const places = visit?.places ?? bodyPlaces;
  const lease = bodies.open();
  const startedAt = Date.now();
  const reader = new BodyReader(body, () => bodies.used > bodies.bytes / 2 || places.isWanted);
  const pieces: Bytes[] = [];
  let length = 0;
  let isWhole = false;
  try {
    for (;;) {
      // One byte more than allowed, so that a body of just the limit is told from a longer one.
      const piece = await reader.read(max + 1 - length);
      if (piece === undefined) {
        isWhole = true;
        return join(pieces, length);
      }
      const limitMs = visit?.bodyMs() ?? BODY_MS;
      if (Date.now() > startedAt + limitMs) {
        throw new RegistryError("BODY_STALLED", `the body took more than ${limitMs / 1000} s`);
      }
      if (piece === IDLE) continue;
      length += piece.byteLength;
      if (length > max) throw tooLarge();
      await untilTrue(() => lease.resize(length * HELD_PER_BYTE));
      pieces.push(piece.slice());
    }
  } finally {
    await reader.release();
    if (visit && isWhole) visit.leases.push(lease);
    else lease.release();
  }
}

function join(pieces: readonly Bytes[], length: number): Bytes {
  const [first] = pieces;
  if (first?.byteLength === length) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
    free(piece.buffer);
  }
  return whole;
}

/**
 * Waits for memory.
 *
 * @param take tries to take it.
 * @param what needs it.
 * @throws RegistryError OVERLOADED when there is none for too long.
 */
export async function untilTrue(take: () => boolean, what: Crowding = "uploads"): Promise<void> {
  for (const end = Date.now() + MEMORY_PATIENCE_MS; !take();) {
    if (Date.now() > end) throw overloaded(what);
    await new Promise((done) => setTimeout(done, MEMORY_POLL_MS));
  }
}

/** What there may be too much of. */
type Crowding = "uploads" | "large documents";

export function overloaded(what: Crowding): RegistryError {
  return new RegistryError("OVERLOADED", `too many ${what} are under way: repeat the request in a few seconds`);
}

/** Whether more of a body is there, or about to be. If not, it is not to be read any more. */
export async function isComingFast(body: ByteStream): Promise<boolean> {
  if (body.locked) return false;
  const reader = body.getReader({ mode: "byob" });
  try {
    const result = await within(PEEK_MS, reader.readAtLeast(DISCARD_BYTES, new Uint8Array(DISCARD_BYTES)));
    if (result === IDLE || result.done || result.value.byteLength < DISCARD_BYTES) return false;
    reader.releaseLock();
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads what is left of a body that was refused, for a while, or until its client pauses: a client that is still sending when
 * the connection closes gets a reset in place of the answer, and never learns why it was refused.
 */
export async function discardRest(body: ByteStream | null): Promise<void> {
  if (!body || !(await isComingFast(body))) return;
  const end = Date.now() + DISCARD_MS;
  const reader = body.getReader({ mode: "byob" });
  let view: Bytes = new Uint8Array(DISCARD_BYTES);
  try {
    while (Date.now() < end) {
      const result = await within(DISCARD_PAUSE_MS, reader.read(view));
      if (result === IDLE || result.done) break;
      const { buffer, byteLength } = result.value;
      const isInHaste = byteLength === DISCARD_BYTES && buffer.byteLength === DISCARD_BYTES;
      view = isInHaste ? new Uint8Array(DISCARD_BYTES_IN_HASTE) : new Uint8Array(buffer);
    }
    await reader.cancel();
  } catch {
    // The client has gone, and nobody is left to read the answer.
  }
}
