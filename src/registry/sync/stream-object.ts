/** Bytes that are in memory of each blob that is sent. */
const PIECE_BYTES = 64 * 1024;

/**
 * Opens a range of an object of R2 as the body of a request, which says how long it is.
 *
 * @param range bytes `from` to `to`, the latter excluded.
 * @param onBytes is told how many bytes have left in all.
 * @returns undefined when the object is gone.
 */
export async function streamObject(
  bucket: R2Bucket,
  key: string,
  { from, to }: { from: number; to: number },
  onBytes: (sent: number) => void,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const length = to - from;
  const { readable, writable } = new FixedLengthStream(length);
  // R2 has no range of nothing.
  if (length === 0) {
    void writable.close().catch(() => undefined);
    return readable;
  }
  const object = await bucket.get(key, { range: { offset: from, length } });
  if (!object) return undefined;
  // Whatever breaks it breaks the request, which is where it is noticed.
  void pump(object.body, writable, onBytes).catch(() => undefined);
  return readable;
}

async function pump(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  onBytes: (sent: number) => void,
): Promise<void> {
  const reader = body.getReader({ mode: "byob" });
  const writer = writable.getWriter();
  let buffer = new ArrayBuffer(PIECE_BYTES);
  let sent = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || !value) break;
      await writer.write(value);
      sent += value.byteLength;
      onBytes(sent);
      buffer = value.buffer.byteLength === PIECE_BYTES ? value.buffer : new ArrayBuffer(PIECE_BYTES);
    }
    await writer.close();
  } catch (error) {
    await Promise.allSettled([writer.abort(error), reader.cancel(error)]);
    throw error;
  }
}
