import { it } from "vitest";
import { downloadBlob, readSmallBlob } from "./blob-download.ts";
import type { Bytes } from "./bytes.ts";
import { digestOf } from "./hash.ts";
import type { Fetch } from "./http.ts";
import { RegistryClient } from "./registry-client.ts";
import { contentsOf, largeLayer } from "./testing/images.ts";
import { IMPATIENT, refusal } from "./testing/registry.ts";

const BLOB = largeLayer(100_000);
const DIGEST = digestOf(BLOB);

/** Serves a blob over connections that break off after so many bytes. */
function breaking(blob: Bytes, after: number, { hasRanges = true } = {}) {
  const ranges: (string | null)[] = [];
  const fetch: Fetch = async (_, { headers }) => {
    const range = headers.get("Range");
    ranges.push(range);
    const from = hasRanges ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
    // Without ranges every answer has to come further than the last one did.
    const end = hasRanges ? from + after : after * ranges.length;
    let at = from;
    const body = new ReadableStream({
      pull(controller) {
        if (at >= blob.byteLength) controller.close();
        else if (at >= end) controller.error(new TypeError("terminated"));
        else controller.enqueue(blob.slice(at, (at += 5000)));
      },
    });
    return new Response(body, { status: from > 0 ? 206 : 200 });
  };
  return { ranges, client: new RegistryClient({ url: "https://registry.example.com", fetch, retry: IMPATIENT }) };
}

it("goes on where a connection broke off", async ({ expect }) => {
  const { client, ranges } = breaking(BLOB, 30_000);
  expect(await contentsOf(downloadBlob(client, "a/b", { digest: DIGEST, size: BLOB.byteLength }))).toEqual(BLOB);
  expect(ranges).toEqual([null, "bytes=30000-", "bytes=60000-", "bytes=90000-"]);
});

it("skips what it has when the server knows no ranges", async ({ expect }) => {
  const { client, ranges } = breaking(BLOB, 40_000, { hasRanges: false });
  expect(await contentsOf(downloadBlob(client, "a/b", { digest: DIGEST }))).toEqual(BLOB);
  expect(ranges).toHaveLength(3);
});

it("gives up when nothing more comes", async ({ expect }) => {
  const { client, ranges } = breaking(BLOB, 0);
  await expect(contentsOf(downloadBlob(client, "a/b", { digest: DIGEST }))).rejects.toMatchObject({
    name: "NetworkLost",
  });
  expect(ranges).toHaveLength(IMPATIENT.attempts);
});

it.for([
  [{ digest: `sha256:${"0".repeat(64)}` }, "the digest is"],
  [{ digest: DIGEST, size: BLOB.byteLength + 1 }, "bytes came in place of"],
  [{ digest: DIGEST, size: 10 }, "more than 10 bytes came"],
] as const)("fails at the end of bytes that are not %j", async ([blob, message], { expect }) => {
  const { client } = breaking(BLOB, Infinity);
  await expect(contentsOf(downloadBlob(client, "a/b", blob))).rejects.toThrow(message);
});

const withoutBlobs: Fetch = async () => refusal(404, "BLOB_UNKNOWN");

it("says that there is no such blob", async ({ expect }) => {
  const client = new RegistryClient({ url: "https://registry.example.com", fetch: withoutBlobs });
  await expect(contentsOf(downloadBlob(client, "a/b", { digest: DIGEST }))).rejects.toMatchObject({
    status: 404,
    code: "BLOB_UNKNOWN",
  });
});

it("reads no more of a small blob than is allowed", async ({ expect }) => {
  const { client } = breaking(BLOB, Infinity);
  await expect(readSmallBlob(client, "a/b", { digest: DIGEST }, 50_000)).rejects.toThrow("more than 50000 bytes");
});

it("stops when it is told to", async ({ expect }) => {
  const { client } = breaking(BLOB, 30_000);
  const stop = new AbortController();
  const reader = downloadBlob(client, "a/b", { digest: DIGEST }, { signal: stop.signal }).getReader();
  await reader.read();
  stop.abort(new Error("enough"));
  const rest = (async () => {
    while (!(await reader.read()).done) continue;
  })();
  await expect(rest).rejects.toThrow("enough");
});
