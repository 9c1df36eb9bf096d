/**
 * The thread of `hashing.ts`. `POST /?MD5,SHA-256` with the paths of files, one a line as soon as each is complete, answers
 * the checksums of all their bytes together, as hexadecimal and in the order that was asked for, between commas. Only
 * files of R2's simulator have a checksum here, whose names nobody can guess.
 */
import { createHash, type Hash } from "node:crypto";
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { parentPort } from "node:worker_threads";

const BLOB = /[\\/]blobs[\\/][0-9a-f]{80}$/;
const ALGORITHMS = /^\/\?((?:MD5|SHA-1|SHA-256|SHA-384|SHA-512)(?:,|$))+$/;
const STEP_BYTES = 1024 * 1024;

/** Used for one read at a time: requests take turns between two reads. */
async function hashFile(path: string, hashes: readonly Hash[], buffer: Buffer): Promise<void> {
  if (!BLOB.test(path)) throw new Error("this is no file of R2's simulator");
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, null);
      if (bytesRead === 0) return;
      for (const hash of hashes) hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function checksums(request: IncomingMessage): Promise<string> {
  const { url = "" } = request;
  if (!ALGORITHMS.test(url)) throw new Error("no such checksums");
  const hashes = url
    .slice("/?".length)
    .split(",")
    .map((algorithm) => createHash(algorithm.replace("-", "")));
  const buffer = Buffer.allocUnsafeSlow(STEP_BYTES);
  for await (const path of createInterface({ input: request })) await hashFile(path, hashes, buffer);
  return hashes.map((hash) => hash.digest("hex")).join(",");
}

const server = createServer((request, response) => {
  checksums(request).then(
    (text) => response.end(text),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
// A request takes as long as the value that it is about.
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port, []));
