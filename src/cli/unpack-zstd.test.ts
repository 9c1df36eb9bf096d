/** What `src/client` unpacks without the platform, packed by Node's own zstd. */
import { constants, zstdCompressSync } from "node:zlib";
import { describe, it } from "vitest";
import { unpack } from "../client/archive/compression.ts";
import { concatenate } from "../kernel/bytes.ts";
import type { Bytes } from "../client/bytes.ts";
import { digestOf } from "../client/hash.ts";
import { contentsOf, largeLayer, streamOfBytes } from "../client/testing/images.ts";
import { bytesOf } from "../client/testing/tar.ts";

const PLAIN = largeLayer(300_000);

const unzstd = (bytes: Bytes, size?: number) => contentsOf(unpack(streamOfBytes(bytes, size), "zstd"));
const zstd = (bytes: Bytes, level: number) => {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: level % 2 };
  return new Uint8Array(zstdCompressSync(bytes, { params }));
};

describe("zstd", () => {
  const TEXT = bytesOf("All work and no play makes Jack a dull boy. ".repeat(20_000));

  it.for([1, 2, 3, 9, 19, 22])("is unpacked, packed at level %d", async (level, { expect }) => {
    for (const plain of [PLAIN, TEXT, new Uint8Array(0), bytesOf("x"), new Uint8Array(400_000)]) {
      const whole = zstd(plain, level);
      for (const size of [777, 64 * 1024]) expect(digestOf(await unzstd(whole, size))).toBe(digestOf(plain));
    }
  });

  it("of several frames, also ones that are to be skipped, is unpacked whole", async ({ expect }) => {
    const skipped = concatenate([new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), bytesOf("toc")]);
    const frames = Array.from({ length: 3000 }, (_, at) => zstd(PLAIN.slice(at * 100, at * 100 + 100), 1 + (at % 2)));
    const all = concatenate([skipped, ...frames, zstd(PLAIN.slice(300_000), 3), skipped]);
    for (const size of [11, 1_000_000]) expect(digestOf(await unzstd(all, size))).toBe(digestOf(PLAIN));
  });

  it("tells an end that is missing, and bytes that are wrong", async ({ expect }) => {
    const all = zstd(TEXT, 3);
    for (const end of [6, 40, all.byteLength - 6]) {
      await expect(unzstd(all.slice(0, end)), `after ${end} bytes`).rejects.toMatchObject({ code: "cut-short" });
    }
    for (const start of [
      [0x28, 0xb5, 0x2f, 0xfe],
      [0x28, 0xb5, 0x2f, 0xfd, 0x08],
      [0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 7, 0, 0],
    ]) {
      const wrong = concatenate([new Uint8Array(start), all.slice(start.length)]);
      await expect(unzstd(wrong)).rejects.toMatchObject({ code: "damaged" });
    }
  });
});
