import { describe, it } from "vitest";
import { toggleAll, toggleRow } from "./table-selection.ts";

const ORDER = ["a", "b", "c", "d", "e"];
const none = { anchor: undefined, isRange: false };

describe("toggleRow", () => {
  it("adds a row, and takes it away again", ({ expect }) => {
    expect(toggleRow(new Set(["a"]), ORDER, "c", none)).toEqual(new Set(["a", "c"]));
    expect(toggleRow(new Set(["a", "c"]), ORDER, "c", none)).toEqual(new Set(["a"]));
  });

  it("leaves the set that it was given alone", ({ expect }) => {
    const selected = new Set(["a"]);
    toggleRow(selected, ORDER, "c", none);
    expect(selected).toEqual(new Set(["a"]));
  });

  it.for([
    ["b", "d"],
    ["d", "b"],
  ] as const)("adds all rows from %s to %s with Shift", ([anchor, key], { expect }) => {
    expect(toggleRow(new Set([anchor]), ORDER, key, { anchor, isRange: true })).toEqual(new Set(["b", "c", "d"]));
  });

  it("takes all rows in between away with Shift", ({ expect }) => {
    expect(toggleRow(new Set(ORDER), ORDER, "d", { anchor: "b", isRange: true })).toEqual(new Set(["a", "e"]));
  });

  it("takes Shift for nothing when the last row is gone from the screen", ({ expect }) => {
    expect(toggleRow(new Set(), ORDER, "d", { anchor: "gone", isRange: true })).toEqual(new Set(["d"]));
    expect(toggleRow(new Set(), ORDER, "d", { anchor: undefined, isRange: true })).toEqual(new Set(["d"]));
  });
});

describe("toggleAll", () => {
  it("selects what is missing, then takes all away", ({ expect }) => {
    expect(toggleAll(new Set(["b"]), ORDER)).toEqual(new Set(ORDER));
    expect(toggleAll(new Set(ORDER), ORDER)).toEqual(new Set());
  });

  it("leaves rows of other pages alone", ({ expect }) => {
    expect(toggleAll(new Set(["z", ...ORDER]), ORDER)).toEqual(new Set(["z"]));
    expect(toggleAll(new Set(["z"]), ORDER)).toEqual(new Set(["z", ...ORDER]));
  });
});
