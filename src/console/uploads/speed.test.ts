import { expect, it } from "vitest";
import { Speed } from "./speed.ts";

it("is known from the second moment on, and follows the last ten seconds", () => {
  const speed = new Speed();
  expect(speed.add(0, 0)).toBeUndefined();
  expect(speed.add(0, 10)).toBeUndefined();
  expect(speed.add(1000, 1_000_000)).toBe(1_000_000);
  for (let second = 2; second <= 30; second += 1) speed.add(second * 1000, 1_000_000);
  expect(speed.add(31_000, 1_000_000)).toBe(0);
});
