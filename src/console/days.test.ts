import { it } from "vitest";
import { dayHere, endOf, parseDay, startOf } from "./days.ts";

it.for(["2026-11-24", "2028-02-29", "1999-12-31"])(
  "reads %s as the day that it is, and finds its midnight",
  (text, { expect }) => {
    expect(parseDay(text)).toBe(text);
    expect(dayHere(startOf(text))).toBe(text);
    expect(startOf(text).getHours()).toBe(0);
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
] as const)("ends %s with the beginning of %s", ([day, next], { expect }) => {
  expect(endOf(day)).toEqual(startOf(next));
});
