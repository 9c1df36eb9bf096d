import { createMiddleware } from "hono/factory";
import { documents, SMALL_DOCUMENT_BYTES, writeDocument } from "../documents.ts";
import { Places } from "../places.ts";
import { overloaded, untilTrue } from "../streams.ts";
import { type AppEnv, continueAfterAnswer } from "./context.ts";

/** What is made in memory. Blobs, archives and exports stream. */
const WHOLE_TYPES = /^(?:application\/(?:[\w.-]+\+)?json|text\/html)\b/;

/** How many answers wait for memory at once: they are in memory meanwhile. */
const waiting = new Places(8);

/**
 * Keeps large answers within the memory of documents until their clients have read them: without that, each client that reads
 * slowly keeps one in memory, of up to 4 MiB.
 *
 * @throws RegistryError OVERLOADED.
 */
export const boundAnswers = createMiddleware<AppEnv>(async function boundAnswers(c, next) {
  await next();
  if (
    !c.res.body ||
    c.get("isBounded") ||
    c.req.method === "HEAD" ||
    !WHOLE_TYPES.test(c.res.headers.get("Content-Type") ?? "")
  )
    return;
  const bytes = new Uint8Array(await c.res.arrayBuffer());
  if (bytes.byteLength <= SMALL_DOCUMENT_BYTES) {
    c.res = new Response(bytes, c.res);
    return;
  }
  const memory = documents.open();
  if (!memory.resize(bytes.byteLength)) {
    const holder = crypto.randomUUID();
    if (!waiting.tryTake(holder)) throw overloaded("large documents");
    try {
      await untilTrue(() => memory.resize(bytes.byteLength), overloaded("large documents"));
    } finally {
      waiting.leave(holder);
    }
  }
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  continueAfterAnswer(c, writeDocument(bytes, writable, memory));
  c.res = new Response(readable, c.res);
});
