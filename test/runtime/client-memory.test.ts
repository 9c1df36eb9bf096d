/** How much memory the client takes to push an archive: the same, however large that is. */
import type { AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MIB } from "../support/image-layouts.ts";
import { run } from "./programs.ts";

const ARCHIVE_MIB = 500;
/** Two chunks of 10 MiB for each of three layers, what is on its way, and what the garbage collector has not looked at yet. */
const MAX_GROWTH_BYTES = 250 * MIB;
const TIMEOUT_MS = 300_000;

/** A registry that takes everything and keeps nothing. */
async function startSink() {
  const offsets = new Map<string, number>();
  let received = 0;
  let largest = 0;
  const server = createHttpServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    let size = 0;
    request.on("data", (chunk: Buffer) => (size += chunk.byteLength));
    request.on("end", () => {
      received += size;
      largest = Math.max(largest, size);
      if (request.method === "POST") {
        const location = `/v2/acme/large/blobs/uploads/${offsets.size}`;
        offsets.set(location, 0);
        response.writeHead(202, { Location: location, "OCI-Chunk-Min-Length": String(5 * MIB) }).end();
      } else if (request.method === "PATCH") {
        const offset = (offsets.get(path) ?? 0) + size;
        offsets.set(path, offset);
        response.writeHead(202, { Location: path, Range: `0-${offset - 1}` }).end();
      } else {
        response.writeHead(request.method === "PUT" ? 201 : 404).end();
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received: () => received, largest: () => largest };
}

test("an archive is pushed in a fraction of the memory that it has bytes", { timeout: TIMEOUT_MS }, async () => {
  const sink = await startSink();
  const program = run([join(import.meta.dirname, "client-memory-fixture.ts"), sink.url, String(ARCHIVE_MIB)]);
  expect(await program.ended).toBe(0);
  const growth = Number(/grew by (\d+) bytes/.exec(program.output())?.[1]);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  expect(sink.received()).toBeGreaterThan(5 * MIB);
  expect(sink.largest()).toBeLessThanOrEqual(10 * MIB);
});
