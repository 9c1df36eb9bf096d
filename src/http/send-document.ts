import type { Context } from "hono";
import { writeDocument } from "../documents.ts";
import type { Lease } from "../memory.ts";
import { type AppEnv, continueAfterAnswer } from "./context.ts";

/**
 * Answers with a document. A large one keeps the memory that was taken for it until its client has read it.
 *
 * @param memory what {@link withDocuments} gave for reading it.
 */
export function sendDocument(c: Context<AppEnv>, text: string, memory: Lease) {
  c.set("isBounded", true);
  if (memory.bytes === 0) return c.body(text, 200);
  const bytes = new TextEncoder().encode(text);
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  continueAfterAnswer(c, writeDocument(bytes, writable, memory.handOver()));
  return c.body(readable, 200);
}
