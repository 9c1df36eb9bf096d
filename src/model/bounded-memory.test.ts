import { expect, it } from "vitest";
import { BoundedMemory } from "./bounded-memory.ts";

it("holds at most its bytes, however large the entries are, and forgets what was used longest ago", () => {
  const memory = new BoundedMemory<number>(10_000);
  for (let round = 0; round < 1000; round += 1) {
    memory.set(`key ${round}`, round, (round * 37) % 3000);
    memory.get("key 0");
    expect(memory.bytes).toBeLessThanOrEqual(10_000);
  }
  expect(memory.get("key 0")).toBe(0);
  expect(memory.get("key 999")).toBe(999);
  expect(memory.get("key 500")).toBe(undefined);
});

it("counts the characters of keys", () => {
  const memory = new BoundedMemory<true>(10_000);
  memory.set("x".repeat(4000), true, 0);
  memory.set("y".repeat(4000), true, 0);
  expect(memory.get("x".repeat(4000))).toBe(undefined);
  expect(memory.get("y".repeat(4000))).toBe(true);
});

it("does not remember what is larger than itself, and keeps the rest", () => {
  const memory = new BoundedMemory<string>(1000);
  memory.set("small", "a", 1);
  memory.set("large", "b", 1001);
  memory.set("small", "c", 2);
  expect([memory.get("small"), memory.get("large")]).toEqual(["c", undefined]);
  memory.delete("small");
  expect(memory.bytes).toBe(0);
});
