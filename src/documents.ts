/**
 * Documents that are in memory whole while they are worked on and sent: manifests, of up to 4 MiB. A client that reads slowly
 * keeps one there, and a hundred clients a hundred, so they take it from a budget that all share.
 */
import { HELD_PER_BYTE, type Lease, MemoryBudget } from "./memory.ts";
import { IDLE, untilTrue, within } from "./streams.ts";

/** What documents may take of an isolate's memory, all together. */
export const DOCUMENT_BUDGET_BYTES = 12 * 1024 * 1024;
/** One of up to this size takes nothing of it: so large is what every request takes anyway. */
export const SMALL_DOCUMENT_BYTES = 64 * 1024;

export const documents = new MemoryBudget(DOCUMENT_BUDGET_BYTES);

/** Bytes that are handed to a client at once, and how long it may take to read them. While memory is scarce it has less time. */
const PIECE_BYTES = 64 * 1024;
const STALL_MS = 60_000;
const HURRIED_STALL_MS = 5000;
const LOOK_MS = 1000;

/** Does something with documents, whose memory is given back afterwards. */
export async function withDocuments<T>(use: (memory: Lease) => Promise<T>): Promise<T> {
  const memory = documents.open();
  try {
    return await use(memory);
  } finally {
    memory.release();
  }
}

/**
 * Takes memory for one more document, before it is read. A request that needs more than the whole budget takes the whole
 * budget.
 *
 * @throws RegistryError OVERLOADED when others have it for too long.
 */
export async function requireDocumentMemory(memory: Lease, bytes: number): Promise<void> {
  if (bytes <= SMALL_DOCUMENT_BYTES) return;
  const wanted = Math.min(memory.bytes + bytes * HELD_PER_BYTE, documents.bytes);
  await untilTrue(() => memory.resize(wanted), "large documents");
}

/**
 * Writes a document as its client reads it, and then gives its memory back. A client that stops reading gets no more.
 *
 * @param memory is this function's from now on.
 * @param options.stallMs how long the client may read nothing.
 */
export async function writeDocument(
  bytes: Uint8Array,
  writable: WritableStream<Uint8Array>,
  memory: Lease,
  { stallMs = STALL_MS } = {},
): Promise<void> {
  const writer = writable.getWriter();
  try {
    // Nothing but these bytes is needed any more.
    memory.resize(bytes.byteLength);
    await writeWhole(writer, bytes, stallMs);
    await requireRead(writer.close(), stallMs);
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  } finally {
    memory.release();
  }
}

/**
 * Writes bytes that are in memory, piece by piece.
 *
 * @throws Error when the client has gone, or has read nothing for too long.
 */
export async function writeWhole(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  bytes: Uint8Array,
  stallMs = STALL_MS,
): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
    await requireRead(writer.write(bytes.subarray(at, at + PIECE_BYTES)), stallMs);
  }
}

async function requireRead(write: Promise<void>, stallMs: number): Promise<void> {
  // It ends later than the wait for it, if the client goes on reading nothing.
  write.catch(() => undefined);
  for (let waitedMs = 0; (await within(LOOK_MS, write)) === IDLE;) {
    waitedMs += LOOK_MS;
    const limitMs = documents.used > documents.bytes / 2 ? Math.min(HURRIED_STALL_MS, stallMs) : stallMs;
    if (waitedMs >= limitMs) throw new Error("the client does not read its answer");
  }
}
