import { afterEach, describe, it, vi } from "vitest";
import { deadlineOf, firstDayFrom, FOREVER, lastDayBefore, lastDayOf } from "./share-deadline.ts";

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

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.for(["Pacific/Auckland", "Asia/Shanghai", "UTC", "America/Los_Angeles"])(
    "is one day in %s, whether a share says its last day or when it is over",
    (name, { expect }) => {
      vi.stubEnv("TZ", name);
      for (const day of [lastDayOf("2026-12-31"), lastDayBefore("2027-01-01T00:00:00Z")]) {
        expect(day?.toLocaleDateString("en-US")).toBe("12/31/2026");
      }
    },
  );

  it("has no day for a share without an end", ({ expect }) => {
    expect(lastDayOf(FOREVER)).toBeUndefined();
    expect(lastDayBefore(null)).toBeUndefined();
  });

  it("begins with today in UTC, wherever the reader is", ({ expect }) => {
    expect(firstDayFrom(new Date("2026-11-26T23:30:00-05:00"))).toEqual(new Date(2026, 10, 27));
  });
});
