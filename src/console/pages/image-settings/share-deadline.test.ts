import { describe, it } from "vitest";
import { deadlineOf, firstDayFrom, FOREVER, lastDayOf } from "./share-deadline.ts";

describe("days with which shares end", () => {
  it.for(["2026-12-31", "2026-12-31T00:00:00Z", "2027-01-01T07:30:00+08:00", "2026-12-31T23:59:59.999Z"])(
    "reads the day in UTC of %s",
    (deadline, { expect }) => {
      expect(lastDayOf(deadline)).toEqual(new Date(2026, 11, 31));
    },
  );

  it("writes the day that a date field means, and reads the same one back", ({ expect }) => {
    const day = new Date(2030, 0, 2);
    expect(deadlineOf(day)).toBe("2030-01-02");
    expect(lastDayOf(deadlineOf(day))).toEqual(day);
  });

  it("has no day for a share without an end", ({ expect }) => {
    expect(lastDayOf(FOREVER)).toBeUndefined();
  });

  it("begins with today in UTC, wherever the reader is", ({ expect }) => {
    expect(firstDayFrom(new Date("2026-11-26T23:30:00-05:00"))).toEqual(new Date(2026, 10, 27));
  });
});
