import { describe, it } from "vitest";
import { createPortableHash, digestOf } from "../hash.ts";
import { layerOf, packed } from "../testing/images.ts";
import type { ArchiveFile } from "./archive-files.ts";
import { LayerChecker, UnpackedBudget } from "./layer-check.ts";

type Look = Parameters<ArchiveFile["scan"]>[0];

/** A packed layer, and how often its contents were asked for in either way. */
async function packedLayer() {
  const bytes = await packed(layerOf("a layer"));
  const asked = { open: 0, scan: 0 };
  const file: ArchiveFile = {
    path: "layer",
    size: bytes.byteLength,
    position: 0,
    open: () => {
      asked.open += 1;
      return new Blob([bytes]).stream();
    },
    scan: async (look) => {
      asked.scan += 1;
      look(bytes);
    },
  };
  return { file, digest: digestOf(bytes), asked };
}

const checkerOf = (limit: number) => new LayerChecker(new UnpackedBudget(limit), { createHash: createPortableHash });

it("is known by its digest where zstd has too large a window, and says so", async ({ expect }) => {
  const bytes = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0, ...Array<number>(20).fill(0)]);
  const { file } = await packedLayer();
  const large = { ...file, open: () => new Blob([bytes]).stream(), scan: async (look: Look) => look(bytes) };
  expect(await checkerOf(10_000).check(large)).toEqual({
    digest: digestOf(bytes),
    compression: "zstd (window > 64 MiB)",
    diffId: undefined,
  });
});

describe("a layer that needs only its digest", () => {
  it("is not unpacked where nothing limits what is inside", async ({ expect }) => {
    const { file, digest, asked } = await packedLayer();
    expect(await checkerOf(Infinity).hash(file, digest)).toBe(digest);
    expect(asked).toEqual({ open: 0, scan: 1 });
  });

  it("is unpacked where there is a limit", async ({ expect }) => {
    const { file, digest } = await packedLayer();
    expect(await checkerOf(10_000).hash(file, digest)).toBe(digest);
    await expect(checkerOf(1000).hash(file, digest)).rejects.toMatchObject({ code: "too-large" });
  });

  it("is not read again once it is checked", async ({ expect }) => {
    const { file, digest, asked } = await packedLayer();
    const checker = checkerOf(Infinity);
    expect(await checker.check(file, digest)).toMatchObject({ digest, diffId: digestOf(layerOf("a layer")) });
    const before = { ...asked };
    expect(await checker.hash(file, digest)).toBe(digest);
    expect(asked).toEqual(before);
  });
});
