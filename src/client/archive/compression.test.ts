import { describe, it } from "vitest";
import { concatenate } from "../bytes.ts";
import { contentsOf, largeLayer, packed, streamOfBytes } from "../testing/images.ts";
import { compressionOf, gunzip, gzip } from "./compression.ts";

const PLAIN = largeLayer(300_000);

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
