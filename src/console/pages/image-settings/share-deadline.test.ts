import { afterEach, describe, it, vi } from "vitest";
import { formatDay } from "../../ui/format.ts";
import { FOREVER, lastDayBefore, lastDayOf } from "./share-deadline.ts";

describe("days with which shares end", () => {
  it.for(["2026-12-31", "2026-12-31T00:00:00Z", "2027-01-01T07:30:00+08:00", "2026-12-31T23:59:59.999Z"])(
    "reads the day in UTC of %s",
    (deadline, { expect }) => {
      expect(lastDayOf(deadline)).toBe("2026-12-31");
    },
  );

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.for(["Pacific/Auckland", "Asia/Shanghai", "UTC", "America/Los_Angeles"])(
    "is one day in %s, whether a share says its last day or when it is over",
    (name, { expect }) => {
      vi.stubEnv("TZ", name);
      for (const day of [lastDayOf("2026-12-31"), lastDayBefore("2027-01-01T00:00:00Z")]) {
        expect(day && formatDay(day, "medium", "en-US")).toBe("Dec 31, 2026");
      }
    },
  );

  it("has no day for a share without an end", ({ expect }) => {
    expect(lastDayOf(FOREVER)).toBeUndefined();
    expect(lastDayBefore(null)).toBeUndefined();
  });
});
