import { describe, it } from "vitest";
import { ByteQueue, concatenate, toHex } from "./bytes.ts";

it("writes bytes as hexadecimal digits", ({ expect }) => {
  expect(toHex(new Uint8Array([0, 9, 16, 255]))).toBe("000910ff");
});

describe("a queue", () => {
  it("gives out what came in, whatever the pieces are", ({ expect }) => {
    const queue = new ByteQueue();
    const taken: Uint8Array[] = [];
    const given: Uint8Array[] = [];
    for (let step = 0; step < 2000; step += 1) {
      const piece = Uint8Array.from({ length: (step * 7) % 50 }, (_, at) => (step + at) % 256);
      given.push(piece);
      queue.push(piece);
      taken.push(queue.take((step * 11) % 47));
    }
    expect(toHex(concatenate([...taken, queue.take(Infinity)]))).toBe(toHex(concatenate(given)));
    expect(queue.length).toBe(0);
  });

  it("takes no longer for bytes that come one by one", ({ expect }) => {
    const queue = new ByteQueue();
    const startedAt = Date.now();
    for (let count = 0; count < 1_000_000; count += 1) queue.push(new Uint8Array(1));
    expect(queue.take(Infinity).byteLength).toBe(1_000_000);
    // Put together one by one they take minutes.
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });
});
