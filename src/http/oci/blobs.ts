import { type Context, Hono } from "hono";
import { type ByteRange, MAX_RANGES, parseByteRanges } from "../../kernel/byte-range.ts";
import { parseDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { requireAccess } from "../../registry/rights/access.ts";
import { deleteBlob, getBlob, type OpenRange, type ReadableBlob, statBlob } from "../../registry/content/blobs.ts";
import { registryCall } from "../call.ts";
import { type AppEnv, repositoryParam } from "../context.ts";
import { etagOf, isNotModified, setContentHeaders } from "./caching.ts";

const BLOB_TYPE = "application/octet-stream";

/** OCI distribution-spec, "Pulling blobs" and "Deleting Blobs". */
export const blobs = new Hono<AppEnv>()
  .get("/:name{.+}/blobs/:digest", async (c) => {
    const call = registryCall(c);
    const access = await requireAccess(call, "pull", repositoryParam(c));
    const digest = parseDigest(c.req.param("digest"));
    const isHead = c.req.method === "HEAD";
    const blob = isHead
      ? { ...(await statBlob(call, access, digest)), open: undefined }
      : await getBlob(call, access, digest, !isPartial(c));

    if (isNotModified(c, digest)) {
      setContentHeaders(c, digest, true);
      return c.body(null, 304);
    }
    const setHeaders = () => {
      setContentHeaders(c, digest, true);
      // Also keeps proxies and the local runtime from compressing it.
      c.header("Content-Type", BLOB_TYPE);
      c.header("Accept-Ranges", "bytes");
    };
    if (!blob.open) {
      setHeaders();
      c.header("Content-Length", String(blob.size));
      return c.body(null);
    }
    const ifRange = c.req.header("If-Range");
    const wanted = ifRange === undefined || ifRange === etagOf(digest) ? c.req.header("Range") : undefined;
    const ranges = parseByteRanges(wanted, blob.size);
    if (ranges === "unsatisfiable") {
      throw new RegistryError("BLOB_RANGE_INVALID", {
        message: `the range ${wanted} is outside of the blob, which has ${blob.size} bytes`,
        detail: { size: blob.size },
      });
    }
    if (ranges === "too many") {
      throw new RegistryError("TOO_MANY_RANGES", `a request may ask for at most ${MAX_RANGES} ranges: ask for fewer`);
    }
    // Before any header is set: an object that is lost is answered without them.
    const answer = await openRanges(blob, ranges);
    setHeaders();
    for (const [name, value] of Object.entries(answer.headers)) c.header(name, value);
    return c.body(answer.body, ranges ? 206 : 200);
  })
  .delete("/:name{.+}/blobs/:digest", async (c) => {
    const call = registryCall(c);
    const access = await requireAccess(call, "delete", repositoryParam(c));
    await deleteBlob(call, access, parseDigest(c.req.param("digest")));
    return c.body(null, 202);
  });

/** Whether a client may not want the whole of a blob: it asks for ranges of it, or has it. */
function isPartial(c: Context): boolean {
  return c.req.header("Range") !== undefined || c.req.header("If-None-Match") !== undefined;
}

/**
 * The body and headers of an answer with a blob, or with ranges of it: one as it is, several as `multipart/byteranges` (RFC
 * 9110, section 14.6), a part for each, as clients count them.
 */
async function openRanges({ open, size }: Omit<ReadableBlob, "digest">, ranges: readonly ByteRange[] | undefined) {
  const [first, ...others] = ranges ?? [];
  const { body, openNext } = await open(ranges);
  if (first === undefined || others.length === 0) {
    const bytes = first?.length ?? size;
    const range = first && { "Content-Range": contentRange(first, size) };
    return { body, headers: { "Content-Length": String(bytes), ...range } };
  }
  const boundary = crypto.randomUUID();
  const encoder = new TextEncoder();
  const parts = [first, ...others].map((range) => ({
    range,
    head: encoder.encode(
      `\r\n--${boundary}\r\nContent-Type: ${BLOB_TYPE}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
    ),
  }));
  const end = encoder.encode(`\r\n--${boundary}--\r\n`);
  const length = parts.reduce((sum, { head, range }) => sum + head.byteLength + range.length, end.byteLength);
  const headers = {
    "Content-Length": String(length),
    "Content-Type": `multipart/byteranges; boundary=${boundary}`,
  };
  return { body: joinParts(openNext, parts, { first: body, end, length }), headers };
}

/** One part after the other: the next is opened when the client has read the one before. */
function joinParts(
  open: OpenRange,
  parts: readonly { range: ByteRange; head: Uint8Array }[],
  { first, end, length }: { first: ReadableStream; end: Uint8Array; length: number },
): ReadableStream {
  const { readable, writable } = new FixedLengthStream(length);
  const write = async (bytes: Uint8Array) => {
    const writer = writable.getWriter();
    await writer.write(bytes);
    writer.releaseLock();
  };
  const writeAll = async () => {
    let opened: ReadableStream | undefined = first;
    for (const { range, head } of parts) {
      await write(head);
      await (opened ?? (await open(range))).pipeTo(writable, { preventClose: true });
      opened = undefined;
    }
    await write(end);
    await writable.close();
  };
  // A client that has gone ends it, and one whose part cannot be read sees the answer break off.
  writeAll().catch((error: unknown) => writable.abort(error).catch(() => undefined));
  return readable;
}

function contentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}
