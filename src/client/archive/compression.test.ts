import { describe, it, vi } from "vitest";
import { concatenate } from "../../kernel/bytes.ts";
import type { Bytes } from "../bytes.ts";
import { contentsOf, largeLayer, packed, streamOfBytes, zstdOf } from "../testing/images.ts";
import { bytesOf } from "../testing/tar.ts";
import { compressionOf, gzip, unpack } from "./compression.ts";

const PLAIN = largeLayer(300_000);
const gunzip = (packedBytes: ReadableStream<Bytes>) => unpack(packedBytes, "gzip");

it("packs the same bytes into the same, in whatever pieces they come", async ({ expect }) => {
  const whole = await contentsOf(gzip(streamOfBytes(PLAIN, PLAIN.byteLength)));
  for (const pieceBytes of [777, 64 * 1024, 100_000]) {
    expect(await contentsOf(gzip(streamOfBytes(PLAIN, pieceBytes)))).toEqual(whole);
  }
  expect(compressionOf(whole)).toBe("gzip");
  expect(await contentsOf(gunzip(streamOfBytes(whole)))).toEqual(PLAIN);
});

it("packs nothing as well", async ({ expect }) => {
  const empty = await contentsOf(gzip(streamOfBytes(new Uint8Array(0))));
  expect(await contentsOf(gunzip(streamOfBytes(empty)))).toEqual(new Uint8Array(0));
});

describe("unpacking", () => {
  it("tells an end that is missing", async ({ expect }) => {
    const whole = await packed(PLAIN);
    for (const end of [5, 1000, whole.byteLength - 1]) {
      const cut = gunzip(streamOfBytes(whole.slice(0, end)));
      await expect(contentsOf(cut), `after ${end} bytes`).rejects.toMatchObject({ code: "cut-short" });
    }
  });

  it("tells bytes that are wrong", async ({ expect }) => {
    const whole = await packed(PLAIN);
    for (const at of [0, whole.byteLength - 6]) {
      const wrong = whole.slice();
      wrong[at] = (wrong[at] ?? 0) ^ 0xff;
      await expect(contentsOf(gunzip(streamOfBytes(wrong))), `at ${at}`).rejects.toMatchObject({ code: "damaged" });
    }
  });

  it("passes on what fails at the source", async ({ expect }) => {
    const broken = new ReadableStream({ pull: () => Promise.reject(new Error("the disk is gone")) });
    await expect(contentsOf(gunzip(broken))).rejects.toThrow("the disk is gone");
    await expect(
      contentsOf(gzip(new ReadableStream({ pull: () => Promise.reject(new Error("so is this")) }))),
    ).rejects.toThrow("so is this");
  });

  it.for([
    ["unpacked", gunzip],
    ["packed", gzip],
  ] as const)("lets go of a source that is not %s to its end", async ([, transform], { expect }) => {
    const whole = await packed(largeLayer(2_000_000));
    let isReleased = false;
    let at = 0;
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue(whole.slice(at, (at += 10_000))),
      cancel: () => {
        isReleased = true;
      },
    });
    const reader = transform(source).getReader();
    await reader.read();
    await reader.cancel();
    expect(isReleased).toBe(true);
  });
});

/** A member with everything that a header may have (RFC 1952, 2.3.1). */
const decorated = async (bytes: Bytes) => {
  const [header, body] = [(await packed(bytes)).slice(0, 10), (await packed(bytes)).slice(10)];
  header[3] = 0x04 | 0x08 | 0x10;
  const extra = new Uint8Array([6, 0, 66, 67, 2, 0, 1, 2]);
  return concatenate([header, extra, new TextEncoder().encode("a name\0a comment\0"), body]);
};

const members = async () => {
  const parts = [0, 50_000, 50_001, 180_000, PLAIN.byteLength];
  const whole = parts.slice(1).map((end, at) => PLAIN.slice(parts[at], end));
  const empty = new Uint8Array(0);
  return Promise.all([...whole, empty].map((part, at) => (at % 2 === 0 ? packed(part) : decorated(part))));
};

describe("gzip of several members", () => {
  it.for([50, 1000, 64 * 1024, 10_000_000])("is unpacked whole, in pieces of %d bytes", async (size, { expect }) => {
    const all = concatenate(await members());
    expect(await contentsOf(gunzip(streamOfBytes(all, size)))).toEqual(PLAIN);
  });

  it("is unpacked whole where each member comes by itself", async ({ expect }) => {
    const parts = await members();
    const source = new ReadableStream<Bytes>({
      pull: (controller) => {
        const part = parts.shift();
        if (part) controller.enqueue(part);
        else controller.close();
      },
    });
    expect(await contentsOf(gunzip(source))).toEqual(PLAIN);
  });

  it("may end with zeros, as on a tape, and with nothing else", async ({ expect }) => {
    const zeros = new Uint8Array(70_000);
    const all = concatenate(await members());
    expect(await contentsOf(gunzip(streamOfBytes(concatenate([all, zeros]))))).toEqual(PLAIN);
    for (const junk of [concatenate([zeros, all]), bytesOf("junk"), concatenate([zeros, bytesOf("junk")])]) {
      const broken = gunzip(streamOfBytes(concatenate([all, junk])));
      await expect(contentsOf(broken)).rejects.toMatchObject({ code: "damaged" });
    }
  });

  it("tells where a member is cut short or wrong", async ({ expect }) => {
    const parts = await members();
    const all = concatenate(parts);
    const second = parts[0]?.byteLength ?? 0;
    for (const end of [second + 1, second + 12, all.byteLength - 1]) {
      const cut = gunzip(streamOfBytes(all.slice(0, end), 999));
      await expect(contentsOf(cut), `after ${end} bytes`).rejects.toMatchObject({ code: "cut-short" });
    }
    const wrong = all.slice();
    wrong[second - 5] = (wrong[second - 5] ?? 0) ^ 1;
    await expect(contentsOf(gunzip(streamOfBytes(wrong)))).rejects.toMatchObject({ code: "damaged" });
  });
});

const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** The header of a frame with a window of 2 MiB, without a checksum and without its contents' size. */
const FRAME = [...ZSTD_MAGIC, 0, 11 << 3];
const BLOCK_BYTES = 128 * 1024;
const blockHeader = (type: number, size: number, isLast: boolean) => {
  const word = (size << 3) | (type << 1) | Number(isLast);
  return [word & 255, (word >> 8) & 255, word >> 16];
};
/** A block of one byte many times. */
const repeated = (size: number, isLast = false) => [...blockHeader(1, size, isLast), 7];
const stored = (text: string, isLast = false) => [...blockHeader(0, text.length, isLast), ...bytesOf(text)];
const skippable = (size: number) => [0x53, 0x2a, 0x4d, 0x18, size, 0, 0, 0, ...Array<number>(size).fill(9)];
const unzstd = (bytes: readonly number[] | Bytes, pieceBytes?: number) =>
  unpack(streamOfBytes(new Uint8Array(bytes), pieceBytes), "zstd");

describe("zstd", () => {
  it("is unpacked no further than it is read, however small it is packed", async ({ expect }) => {
    const bomb = [...FRAME, ...Array.from({ length: 4000 }, () => repeated(BLOCK_BYTES)).flat()];
    const fill = vi.spyOn(Uint8Array.prototype, "fill");
    const reader = unzstd(bomb).getReader();
    const { value } = await reader.read();
    const filled = (fill.mock.contexts as Uint8Array[]).reduce((sum, { byteLength }) => sum + byteLength, 0);
    fill.mockRestore();
    await reader.cancel();
    expect(value?.byteLength).toBe(BLOCK_BYTES);
    // The library waits for 18 bytes before it looks at a frame: its header and three such blocks.
    expect(filled).toBeLessThanOrEqual(3 * BLOCK_BYTES);
  });

  it("reads no more of its source than it takes for the next piece", async ({ expect }) => {
    const bytes = new Uint8Array([...FRAME, ...Array.from({ length: 4000 }, () => repeated(BLOCK_BYTES)).flat()]);
    let read = 0;
    const source = new ReadableStream<Bytes>(
      { pull: (controller) => controller.enqueue(bytes.slice(read, (read += 100))) },
      { highWaterMark: 0 },
    );
    const reader = unpack(source, "zstd").getReader();
    for (let at = 0; at < 10; at += 1) await reader.read();
    await reader.cancel();
    expect(read).toBeLessThanOrEqual(200);
  });

  it.for([
    ["repeated", repeated(BLOCK_BYTES + 1, true)],
    ["stored", [...blockHeader(0, BLOCK_BYTES + 1, true), ...Array<number>(BLOCK_BYTES + 1).fill(1)]],
  ] as const)("is damaged where a %s block is larger than any may be", async ([, block], { expect }) => {
    await expect(contentsOf(unzstd([...FRAME, ...block]))).rejects.toMatchObject({ code: "damaged" });
  });

  it.for([
    ["by its window", [...ZSTD_MAGIC, 0, (16 << 3) | 1]],
    ["by its size, in one segment", [...ZSTD_MAGIC, 0xa0, 1, 0, 0, 4]],
    ["by its size in eight bytes", [...ZSTD_MAGIC, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0]],
  ] as const)("is not read where a match may be further back than 64 MiB: %s", async ([, header], { expect }) => {
    const later = [...FRAME, ...stored("first", true), ...header, ...stored("second", true)];
    for (const bytes of [[...header, ...stored("whatever it is", true)], later]) {
      await expect(contentsOf(unzstd(bytes, 3))).rejects.toMatchObject({
        code: "unsupported-compression",
        particulars: { name: "zstd (window > 64 MiB)" },
      });
    }
    const largest = [...ZSTD_MAGIC, 0, 16 << 3, ...stored("just so", true)];
    expect(new TextDecoder().decode(await contentsOf(unzstd(largest)))).toBe("just so");
  });

  it.for([1, 2, 7, 100, 100_000])(
    "of any frames and blocks is unpacked in pieces of %d bytes",
    async (size, { expect }) => {
      const frames = [
        [...FRAME, ...stored("one "), ...stored(""), ...stored("two ", true)],
        skippable(0),
        skippable(20),
        // With a checksum, and a dictionary's number in two bytes.
        [...ZSTD_MAGIC, 0x06, 11 << 3, 1, 0, ...repeated(30), ...stored("", true), 1, 2, 3, 4],
        [...zstdOf(bytesOf(" three"))],
        [...FRAME, ...repeated(0, true)],
        [...ZSTD_MAGIC, 0x60, 0, 0, ...stored(" four", true)],
        skippable(3),
      ].flat();
      const text = new TextDecoder().decode(await contentsOf(unzstd(frames, size)));
      expect(text).toBe(`one two ${"\u0007".repeat(30)} three four`);
      await expect(contentsOf(unzstd([...frames, ...ZSTD_MAGIC], size))).rejects.toMatchObject({ code: "cut-short" });
      await expect(contentsOf(unzstd([...frames, 1, 2, 3, 4, 5], size))).rejects.toMatchObject({ code: "damaged" });
    },
  );
});

it.for([
  ["gzip", [0x1f, 0x8b, 8, 0]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ["bzip2", [0x42, 0x5a, 0x68, 0x39]],
  ["zip", [0x50, 0x4b, 3, 4]],
  ["7-Zip", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ["lz4", [4, 0x22, 0x4d, 0x18]],
  [undefined, [0x1f]],
  [undefined, []],
] as const)("knows %s by its first bytes", ([name, bytes], { expect }) => {
  expect(compressionOf(concatenate([new Uint8Array(bytes)]))).toBe(name);
});
