import { describe, it } from "vitest";
import { RegistryError } from "../../src/kernel/errors.ts";
import { Lane } from "../../src/registry/logins/lane.ts";

/** Holds the thread, as a hash does. */
function work(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

function refusalOf(take: () => unknown): RegistryError | undefined {
  try {
    take();
    return undefined;
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
}

describe("a lane", () => {
  it("does one piece of work after the other, with pauses that keep to its share", async ({ expect }) => {
    const lane = new Lane(0.25, 5000);
    const spans: { start: number; end: number }[] = [];
    const run = async (key: string) =>
      lane.run(lane.take(key, 16), () => {
        const start = performance.now();
        work(40);
        spans.push({ start, end: performance.now() });
      });
    await Promise.all(Array.from({ length: 6 }, (_, index) => run(String(index))));
    expect(spans).toHaveLength(6);
    const [first, last] = [spans[0], spans.at(-1)];
    const busy = spans.reduce((sum, { start, end }) => sum + end - start, 0);
    const whole = (last?.start ?? 0) - (first?.start ?? 0);
    expect(busy - 40).toBeLessThan(0.3 * whole);
  });

  it("begins at once when nobody is before", async ({ expect }) => {
    const lane = new Lane(0.25, 5000);
    const start = performance.now();
    expect(await lane.run(lane.take("a", 1), () => performance.now() - start)).toBeLessThan(50);
  });

  it("refuses before any work when the wait would be long, with the seconds to wait", ({ expect }) => {
    const lane = new Lane(0.25, 5000);
    let taken = 0;
    let refusal: RegistryError | undefined;
    while (!refusal) {
      refusal = refusalOf(() => lane.take(String(taken), 16));
      taken += 1;
    }
    expect(taken).toBeLessThan(20);
    expect(refusal.code).toBe("TOO_MANY_REQUESTS");
    expect(refusal.is("TOO_MANY_REQUESTS") && refusal.detail?.retryAfter).toBeGreaterThan(0);
  });

  it("refuses nobody because one piece of work took long once, while the machine was busy", async ({ expect }) => {
    const lane = new Lane(0.25, 5000);
    for (const milliseconds of [5, 5, 5, 400, 400]) {
      await lane.run(lane.take("a", 16), () => work(milliseconds));
    }
    for (let place = 0; place < 6; place += 1) {
      expect(refusalOf(() => lane.take("a", 16))).toBe(undefined);
    }
  });

  it("leaves places to others when one holds all that it may", ({ expect }) => {
    const lane = new Lane(0.25, 5000);
    for (let place = 0; place < 4; place += 1) lane.take("greedy", 3); // the first starts at once, and waits for nothing
    expect(refusalOf(() => lane.take("greedy", 3))?.code).toBe("TOO_MANY_REQUESTS");
    expect(refusalOf(() => lane.take("other", 3))).toBe(undefined);
  });

  it("goes on when somebody who waited has vanished", async ({ expect }) => {
    const lane = new Lane(0.25, 5000);
    lane.take("vanished", 1);
    lane.take("vanished", 1);
    expect(await lane.run(lane.take("a", 1), () => "done")).toBe("done");
  });

  it("goes on after work that failed", async ({ expect }) => {
    const lane = new Lane(0.25, 5000);
    const failing = lane.run(lane.take("a", 16), () => {
      throw new Error("damaged");
    });
    await expect(failing).rejects.toThrow("damaged");
    expect(await lane.run(lane.take("a", 16), () => "done")).toBe("done");
  });
});
