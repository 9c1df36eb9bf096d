import { it } from "vitest";
import { parseRetryAfter } from "./retry-after.ts";

const NOW = new Date("2026-11-24T12:00:00Z");

it.for([
  [null, undefined],
  ["0", 0],
  ["120", 120_000],
  ["999999999", 999_999_999_000],
  ["1234567890", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["1e3", undefined],
  ["", undefined],
  ["soon", undefined],
  ["2026", 2_026_000],
  ["2026-11-24", undefined],
  ["Tue, 24 Nov 2026 12:01:30 GMT", 90_000],
  ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["nonsense GMT", undefined],
] as const)("Retry-After %j waits %j ms", ([header, expected], { expect }) => {
  expect(parseRetryAfter(header, NOW)).toBe(expected);
});
