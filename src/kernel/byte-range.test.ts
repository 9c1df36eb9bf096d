import { it } from "vitest";
import { parseContentRange } from "./byte-range.ts";

it.for([
  ["0-0", { offset: 0, length: 1 }],
  ["10-19", { offset: 10, length: 10 }],
  ["bytes 10-19/20", { offset: 10, length: 10 }],
  ["bytes 10-19/*", { offset: 10, length: 10 }],
  ["1-0", undefined],
  ["bytes=1-2", undefined],
  ["", undefined],
] as const)("reads the Content-Range %s", ([text, range], { expect }) => {
  expect(parseContentRange(text)).toEqual(range);
});
