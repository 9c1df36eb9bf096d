import { describe, it } from "vitest";
import { parseDeadline, parseNote } from "./shares.ts";

const NOW = new Date("2026-11-24T12:00:00Z");

describe("a deadline", () => {
  it.for([
    ["forever", null],
    ["2026-11-24", "2026-11-25T00:00:00.000Z"],
    ["2026-11-24T00:00:00Z", "2026-11-25T00:00:00.000Z"],
    ["2026-11-24T23:59:59.999Z", "2026-11-25T00:00:00.000Z"],
    ["2026-12-31T00:00:00Z", "2027-01-01T00:00:00.000Z"],
    ["2028-02-29", "2028-03-01T00:00:00.000Z"],
    ["2026-11-24T01:00:00+02:00", undefined],
    ["2026-11-25T01:00:00+02:00", "2026-11-25T00:00:00.000Z"],
    ["2026-11-24T23:00:00-02:00", "2026-11-26T00:00:00.000Z"],
    ["2026-11-30T10:00:00.123456789Z", "2026-12-01T00:00:00.000Z"],
  ] as const)("%s ends at %s", ([text, end], { expect }) => {
    if (end === undefined) {
      expect(() => parseDeadline(text, NOW)).toThrow("is in the past");
      return;
    }
    const deadline = parseDeadline(text, NOW);
    expect(deadline.text).toBe(text);
    expect(deadline.endsAt?.toISOString() ?? null).toBe(end);
  });

  it.for(["2026-11-23", "2026-11-23T23:59:59Z", "1970-01-01T00:00:00Z"])("%s is in the past", (text, { expect }) => {
    expect(() => parseDeadline(text, NOW)).toThrow("is in the past");
  });

  it.for([
    "",
    "Forever",
    "never",
    "2026-02-30",
    "2026-13-01",
    "2027-02-29T00:00:00Z",
    "2026-12-31T25:00:00Z",
    "2026-12-31T00:00:00",
    "2026-12-31 00:00:00",
    "31.12.2026",
    "1798675200",
    "2026-12-31T00:00:00Zjunk",
    "12026-12-31",
  ])("is refused as %j", (text, { expect }) => {
    expect(() => parseDeadline(text, NOW)).toThrow('is neither "forever" nor a date');
  });
});

describe("a note", () => {
  it("has up to 1000 characters, of whatever kind", ({ expect }) => {
    for (const character of ["x", "é", "🚢"]) {
      for (const length of [0, 999, 1000])
        expect(parseNote(character.repeat(length))).toHaveLength(character.length * length);
      expect(() => parseNote(character.repeat(1001))).toThrow("at most 1000 characters");
    }
  });
});
