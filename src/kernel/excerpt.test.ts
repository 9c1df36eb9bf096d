import { describe, it } from "vitest";
import { Excerpt, jsonBytes } from "./excerpt.ts";

describe("an excerpt", () => {
  it("leaves what is short as it is", ({ expect }) => {
    const excerpt = new Excerpt<"a" | "b">(1000, 100);
    expect(excerpt.text("a", "text")).toBe("text");
    expect(excerpt.maybe("a", null)).toBeNull();
    expect(excerpt.list("b", [1, 2], 2, 10, (number) => number)).toEqual([1, 2]);
    expect(excerpt.record("a", { one: "1", two: "2" }, 2)).toEqual({ one: "1", two: "2" });
    expect(excerpt.cut).toEqual([]);
  });

  it("cuts texts, lists and records at their own limits, and says which", ({ expect }) => {
    const excerpt = new Excerpt<"text" | "list" | "record" | "name">(10_000, 10);
    expect(excerpt.text("text", "x".repeat(11))).toBe("x".repeat(10));
    expect(excerpt.list("list", [1, 2, 3], 2, 1, (number) => number)).toEqual([1, 2]);
    expect(excerpt.record("record", { one: "1", two: "2" }, 1)).toEqual({ one: "1" });
    // A name that was cut would be another one.
    expect(excerpt.record("name", { ["x".repeat(11)]: "1", two: "2" }, 5)).toEqual({ two: "2" });
    expect(excerpt.cut).toEqual(["text", "list", "record", "name"]);
  });

  it.for(["x", "\u0001", "é", "漢", "🚢", '"', "\ud800"])(
    "has no more bytes of JSON than it may, whatever it is made of: %j",
    (character, { expect }) => {
      const excerpt = new Excerpt<"all">(5000, 400);
      const entries = Array.from({ length: 1000 }, (_, at) => [`${at}`, character.repeat(500)] as const);
      const taken = excerpt.record("all", Object.fromEntries(entries), 1000);
      expect(jsonBytes(taken)).toBeLessThan(5000 + 1000);
      expect(Object.keys(taken).length).toBeGreaterThan(0);
      expect(excerpt.cut).toEqual(["all"]);
      expect(excerpt.text("all", character.repeat(500))).toBe("");
    },
  );
});
