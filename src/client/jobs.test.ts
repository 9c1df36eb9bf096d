import { it } from "vitest";
import { runAll } from "./jobs.ts";
import { sleep } from "./retry.ts";

it("does everything, so many at once", async ({ expect }) => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await runAll([1, 2, 3, 4, 5, 6, 7], { jobs: 3 }, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await sleep(2);
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it("stops the others at the first failure, waits for them, and throws that failure", async ({ expect }) => {
  const ended: string[] = [];
  const work = runAll(["fails", "hangs", "never begins"], { jobs: 2 }, async (item, signal) => {
    if (item === "fails") throw new Error("the first failure");
    try {
      await sleep(10_000, signal);
    } finally {
      ended.push(item);
    }
  });
  await expect(work).rejects.toThrow("the first failure");
  expect(ended).toEqual(["hangs"]);
});

it("throws the reason when it is stopped from outside", async ({ expect }) => {
  const stop = new AbortController();
  const work = runAll([1, 2], { jobs: 1, signal: stop.signal }, (_, signal) => sleep(10_000, signal));
  stop.abort(new Error("enough"));
  await expect(work).rejects.toThrow("enough");
});
