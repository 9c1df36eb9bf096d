import { it } from "vitest";
import { dayAfter, formatDay, parseDay } from "./days.ts";

it.for(["2026-11-24", "2028-02-29", "1999-12-31"])(
  "reads %s as the day that it is, and writes it so",
  (text, { expect }) => {
    const day = parseDay(text);
    expect(day && formatDay(day)).toBe(text);
    expect(day?.getHours()).toBe(0);
  },
);

it.for([undefined, "", "2026-02-30", "2027-02-29", "2026-13-01", "2026-1-1", "yesterday", "2026-11-24T00:00:00Z"])(
  "takes %j for no day",
  (text, { expect }) => {
    expect(parseDay(text)).toBeUndefined();
  },
);

it.for([
  ["2026-11-30", "2026-12-01"],
  ["2026-12-31", "2027-01-01"],
  ["2028-02-28", "2028-02-29"],
] as const)("goes on from %s with %s", ([day, next], { expect }) => {
  const date = parseDay(day);
  expect(date && formatDay(dayAfter(date))).toBe(next);
});
