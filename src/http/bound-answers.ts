/**
 * Answers that are made in memory whole keep within the memory of documents until their clients have read them. Without that,
 * each client that reads slowly keeps one in memory, of up to 4 MiB.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { documents, SMALL_DOCUMENT_BYTES, writeDocument } from "../documents.ts";
import type { Lease } from "../memory.ts";
import { Places } from "../places.ts";
import { overloaded, untilTrue } from "../streams.ts";
import { continueAfterAnswer } from "./call.ts";
import type { AppEnv } from "./context.ts";

/** Content types of answers that are built in memory. Blobs, archives and exports are streamed. */
const WHOLE_TYPES = /^(?:application\/(?:[\w.-]+\+)?json|text\/html)\b/;

/** How many answers wait for memory at once: they are in memory meanwhile. */
const waiting = new Places(8);

/**
 * Sees to the answers of the routes behind it.
 *
 * @throws RegistryError OVERLOADED when there is no memory for a large one.
 */
export const boundAnswers = createMiddleware<AppEnv>(async function boundAnswers(c, next) {
  await next();
  if (!c.res.body || c.get("isBounded") || c.req.method === "HEAD") return;
  if (!WHOLE_TYPES.test(c.res.headers.get("Content-Type") ?? "")) return;
  const bytes = new Uint8Array(await c.res.arrayBuffer());
  c.set("answerBytes", bytes.byteLength);
  if (bytes.byteLength <= SMALL_DOCUMENT_BYTES) {
    c.res = new Response(bytes, c.res);
    return;
  }
  const memory = documents.open();
  if (!memory.resize(bytes.byteLength)) await waitForMemory(memory, bytes.byteLength);
  c.res = new Response(stream(c, bytes, memory), c.res);
});

/**
 * Answers with a document.
 *
 * @param text or its bytes.
 * @param memory what `withDocuments` gave for reading it.
 */
export function sendDocument(c: Context<AppEnv>, text: string | Uint8Array<ArrayBuffer>, memory: Lease) {
  c.set("isBounded", true);
  if (memory.bytes === 0) return c.body(text, 200);
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return c.body(stream(c, bytes, memory.handOver()), 200);
}

async function waitForMemory(memory: Lease, bytes: number): Promise<void> {
  const holder = crypto.randomUUID();
  if (!waiting.tryTake(holder)) throw overloaded("large documents");
  try {
    await untilTrue(() => memory.resize(bytes), "large documents");
  } finally {
    waiting.leave(holder);
  }
}

/** @param memory is given back once the client has read the bytes, or does not. */
function stream(c: Context<AppEnv>, bytes: Uint8Array, memory: Lease): ReadableStream {
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  continueAfterAnswer(c, () => writeDocument(bytes, writable, memory));
  return readable;
}
