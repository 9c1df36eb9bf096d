import { describe, it } from "vitest";
import { dayOf, daysBefore, fillDays, lastDays } from "./day.ts";

describe("days", () => {
  it("are those of UTC, whatever the hour", ({ expect }) => {
    expect(dayOf(new Date("2026-11-24T00:00:00.000Z"))).toBe("2026-11-24");
    expect(dayOf(new Date("2026-11-24T23:59:59.999Z"))).toBe("2026-11-24");
  });

  it("count back over the ends of months and years", ({ expect }) => {
    expect(lastDays(new Date("2024-03-01T12:00:00Z"), 3)).toEqual(["2024-02-28", "2024-02-29", "2024-03-01"]);
    expect(lastDays(new Date("2027-01-01T00:00:00Z"), 2)).toEqual(["2026-12-31", "2027-01-01"]);
    expect(lastDays(new Date(), 30)).toHaveLength(30);
  });
});

describe("days without a value", () => {
  const days = ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"];
  const known = [
    { day: "2026-11-03", value: 7 },
    { day: "2026-10-20", value: 5 },
    { day: "2026-10-02", value: 3 },
  ];

  it("have the last one known, where values stay", ({ expect }) => {
    expect(fillDays(days, known, true).map(({ value }) => value)).toEqual([5, 5, 7, 7]);
  });

  it("have nothing, where they do not", ({ expect }) => {
    expect(fillDays(days, known, false).map(({ value }) => value)).toEqual([0, 0, 7, 0]);
  });

  it("have nothing before the first one known", ({ expect }) => {
    expect(fillDays(["2026-10-01"], known, true)).toEqual([{ day: "2026-10-01", value: 0 }]);
  });
});

describe("days before a change", () => {
  const days = ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"];

  it("have what was there until the change, and the days behind the last one what is there now", ({ expect }) => {
    const known = [
      { day: "2026-11-01", value: 3 },
      { day: "2026-11-03", value: 7 },
    ];
    expect(daysBefore(days, known, 9)).toEqual([
      { day: "2026-11-01", value: 3 },
      { day: "2026-11-02", value: 7 },
      { day: "2026-11-03", value: 7 },
      { day: "2026-11-04", value: 9 },
    ]);
  });

  it("have what is there now, where nothing changed", ({ expect }) => {
    expect(daysBefore(days, [], 9).map(({ value }) => value)).toEqual([9, 9, 9, 9]);
  });

  it("do not have what was there before the first of them", ({ expect }) => {
    const known = [
      { day: "2026-10-20", value: 1 },
      { day: "2026-10-31", value: 2 },
      { day: "2026-11-02", value: 3 },
    ];
    expect(daysBefore(days, known, 9).map(({ value }) => value)).toEqual([3, 3, 9, 9]);
  });
});
