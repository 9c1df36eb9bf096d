import { createMiddleware } from "hono/factory";
import { Places } from "../places.ts";
import { discardRest, isComingFast } from "../streams.ts";
import type { AppEnv } from "./context.ts";

/** What the runtime reads of a body by itself after the answer, within a second, before it closes the connection. */
const RUNTIME_READS_BYTES = 64 * 1024;

/** How many answers at a time wait for that: each takes about 100 KB. In a crowd of refused clients some may not hear why. */
const lingering = new Places(100);

/**
 * Lets a client hear a refusal that comes before it has sent its whole body. Without that the connection closes under a
 * client that is still sending, which gets a reset in place of the answer: measured, about half of them, with clients in Go,
 * in Node and with curl. The answer goes out in full as soon as it is clear whether the client is still sending, a tenth of a
 * second at most. Its end waits, for a bounded time, while the rest of the body is read and thrown away. A client that sends
 * little, or slowly, costs none of that: the runtime waits long enough.
 */
export const answerEarly = createMiddleware<AppEnv>(async function answerEarly(c, next) {
  const { body } = c.req.raw;
  if (!body) return next();
  const length = Number(c.req.header("Content-Length") ?? Infinity);
  await next();
  if (length <= RUNTIME_READS_BYTES || c.res.status < 400 || !c.res.body || c.req.method === "HEAD") return;
  const holder = crypto.randomUUID();
  if (!lingering.tryTake(holder)) return;
  if (!(await isComingFast(body))) {
    lingering.leave(holder);
    return;
  }
  const leave = lingering.hold(holder);
  const text = await c.res.arrayBuffer();
  const { readable, writable } = new FixedLengthStream(text.byteLength);
  const answering = async () => {
    try {
      const writer = writable.getWriter();
      await writer.write(new Uint8Array(text));
      await discardRest(body);
      await writer.close();
    } catch {
      // The client has gone, and with it the wish for an answer.
    } finally {
      leave();
    }
  };
  c.executionCtx.waitUntil(answering());
  c.res = new Response(readable, c.res);
});
