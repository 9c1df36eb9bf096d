/**
 * The least that a Worker can do with R2 when it checks what it is given: keys are digests. What it reaches in the local
 * runtime, no registry can exceed.
 */
import { createHash } from "node:crypto";

interface Env {
  BUCKET: R2Bucket;
}

/** Of the parts of a body without a length, for which R2 has nothing but multipart uploads. */
const PART_BYTES = 5 * 1024 * 1024;

export default {
  async fetch(request, { BUCKET }) {
    const key = new URL(request.url).pathname.slice(1);
    if (key === "") return new Response("{}", { headers: { "Content-Type": "application/octet-stream" } });
    switch (request.method) {
      case "PUT":
        if (request.headers.has("Content-Length")) await BUCKET.put(key, request.body, sha256Of(key));
        else if (request.body) await putInParts(BUCKET, key, request.body);
        return new Response(null, { status: 201 });
      case "HEAD":
      case "GET": {
        const opened = request.method === "GET" ? await BUCKET.get(key) : undefined;
        const object = opened ?? (await BUCKET.head(key));
        if (!object) return new Response(null, { status: 404 });
        const headers = { "Content-Type": "application/octet-stream", "Content-Length": String(object.size) };
        return new Response(opened?.body, { headers });
      }
      default:
        return new Response(null, { status: 405 });
    }
  },
} satisfies ExportedHandler<Env>;

async function putInParts(bucket: R2Bucket, key: string, body: ReadableStream<Uint8Array>): Promise<void> {
  const upload = await bucket.createMultipartUpload(key);
  const reader = body.getReader({ mode: "byob" });
  const parts: R2UploadedPart[] = [];
  const hash = createHash("sha256");
  let buffer = new ArrayBuffer(PART_BYTES);
  for (;;) {
    const { value, done } = await reader.readAtLeast(PART_BYTES, new Uint8Array(buffer));
    if (value && value.byteLength > 0) {
      hash.update(value);
      parts.push(await upload.uploadPart(parts.length + 1, value));
    }
    if (done || value.byteLength < PART_BYTES) break;
    buffer = value.buffer;
  }
  if (`sha256:${hash.digest("hex")}` !== key) throw new Error("these bytes have another digest");
  await upload.complete(parts);
}

/** What R2 is to compare a value with: parts of an upload it compares with nothing. */
function sha256Of(key: string): R2PutOptions {
  return { sha256: key.slice("sha256:".length) };
}
