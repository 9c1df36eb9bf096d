import { describe, it } from "vitest";
import { ByteWindow } from "./byte-window.ts";

function windowOf(capacity: number, ...pieces: number[][]): ByteWindow {
  const window = new ByteWindow();
  for (const piece of pieces) window.push(new Uint8Array(piece), capacity);
  return window;
}

describe("a window", () => {
  it("gives what it has from a position on, piece by piece", ({ expect }) => {
    const window = windowOf(100, [0, 1, 2], [3, 4]);
    expect(window.read(0, 5)).toEqual(new Uint8Array([0, 1, 2]));
    expect(window.read(1, 2)).toEqual(new Uint8Array([1]));
    expect(window.read(3, 5)).toEqual(new Uint8Array([3, 4]));
    expect(window.read(4, 100)).toEqual(new Uint8Array([4]));
  });

  it("has nothing beyond its end, or the end of what is wanted", ({ expect }) => {
    const window = windowOf(100, [0, 1, 2]);
    expect(window.read(3, 10)).toBeUndefined();
    expect(window.read(1, 1)).toBeUndefined();
  });

  it("forgets what it may not keep, but never the last piece", ({ expect }) => {
    const window = windowOf(4, [0, 1, 2], [3, 4], [5, 6]);
    expect([window.start, window.end]).toEqual([3, 7]);
    expect(window.read(2, 7)).toBeUndefined();
    expect(window.read(3, 7)).toEqual(new Uint8Array([3, 4]));
    window.push(new Uint8Array(10), 4);
    expect([window.start, window.end]).toEqual([7, 17]);
  });

  it("has nothing once it was cleared, and still knows how much came", ({ expect }) => {
    const window = windowOf(100, [0, 1, 2]);
    window.clear();
    expect([window.start, window.end, window.read(0, 3)]).toEqual([3, 3, undefined]);
  });
});
