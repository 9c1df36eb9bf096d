import { it } from "vitest";
import { ChunkSizes, MAX_REQUEST_BYTES } from "./chunk-sizes.ts";

const MIB = 1024 * 1024;

it("begins with 5 MiB, and takes twice as much for as long as the line is fast", ({ expect }) => {
  const sizes = new ChunkSizes(MAX_REQUEST_BYTES, 5 * MIB);
  const seen = [sizes.next];
  for (let at = 0; at < 6; at += 1) {
    sizes.took(sizes.next, 100);
    seen.push(sizes.next);
  }
  expect(seen.map((bytes) => bytes / MIB)).toEqual([5, 10, 20, 40, 80, 90, 90]);
});

it("takes less when a chunk is long on its way, but not less than the registry asks for", ({ expect }) => {
  const sizes = new ChunkSizes(MAX_REQUEST_BYTES, 5 * MIB);
  for (let at = 0; at < 3; at += 1) sizes.took(sizes.next, 100);
  const seen = [sizes.next];
  for (let at = 0; at < 4; at += 1) {
    sizes.took(sizes.next, 60_000);
    seen.push(sizes.next);
  }
  expect(seen.map((bytes) => bytes / MIB)).toEqual([40, 20, 10, 5, 5]);
});

it("learns nothing from a last chunk that is small", ({ expect }) => {
  const sizes = new ChunkSizes(MAX_REQUEST_BYTES, 5 * MIB);
  sizes.took(1000, 1);
  expect(sizes.next).toBe(5 * MIB);
});

it.for([
  [10 * MIB, 4 * MIB, [4, 8, 8]],
  [3 * MIB, 5 * MIB, [3, 3, 3]],
] as const)("keeps below %i bytes, in multiples of %i where that is possible", ([max, min, expected], { expect }) => {
  const sizes = new ChunkSizes(max, min);
  const seen = [sizes.next];
  for (let at = 0; at < 2; at += 1) {
    sizes.took(sizes.next, 1);
    seen.push(sizes.next);
  }
  expect(seen.map((bytes) => bytes / MIB)).toEqual(expected);
});
