import { it } from "vitest";
import { csvLine, quoteCsv } from "./csv.ts";

it.for([
  ["=1+1", "'=1+1"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", `"'\t=1"`],
  ["\r=1", `"'\r=1"`],
  ["\n=1", `"'\n=1"`],
  ["＝1", "'＝1"],
  // Where a comma is the decimal point, cells end at a semicolon.
  ["a;=1+1", `"a;'=1+1"`],
  ['=HYPERLINK("https://evil.example","x")', `"'=HYPERLINK(""https://evil.example"",""x"")"`],
] as const)("a text that a spreadsheet would run is only a text: %j", ([text, written], { expect }) => {
  expect(csvLine([text])).toBe(`${written}\r\n`);
});

it.for([
  ["plain", "plain"],
  ["a=b", "a=b"],
  ["v1.0-rc+2", "v1.0-rc+2"],
  ["a,b", '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ["two\nlines", '"two\nlines"'],
  ["镜像", "镜像"],
  [-12.5, "-12.5"],
  [1234567, "1234567"],
  [true, "true"],
  [null, ""],
  [undefined, ""],
  [new Date("2026-12-01T08:09:10.123Z"), "2026-12-01T08:09:10.123Z"],
  [new Date(Number.NaN), ""],
] as const)("%j is written as %j", ([value, written], { expect }) => {
  expect(csvLine([value])).toBe(`${written}\r\n`);
});

it("a line has a comma between its values", ({ expect }) => {
  expect(csvLine(["a", 1, null, "b"])).toBe("a,1,,b\r\n");
});

it("a value that must stay as it is, is only quoted", ({ expect }) => {
  expect(quoteCsv("=secret,")).toBe('"=secret,"');
});
