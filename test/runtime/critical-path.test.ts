/** What the benchmark of distance counts: `npm run bench -- --only=distance`. */
import { it } from "vitest";
import { criticalPath } from "../bench/critical-path.ts";

/** Requests and their trips from a drawing: one line a request, `[` and `]` its ends, `<` and `>` those of a trip. */
function read(...lines: string[]) {
  const span = (line: string, from: string, to: string) => {
    const starts = [...line.matchAll(from === "[" ? /\[/g : /</g)].map(({ index }) => index);
    return starts.map((start) => ({ start, end: line.indexOf(to, start) }));
  };
  const requests = lines.flatMap((line) => span(line, "[", "]"));
  const trips = lines.flatMap((line, request) => span(line, "<", ">").map((trip) => ({ ...trip, request })));
  return criticalPath(requests, trips);
}

it.for([
  ["nothing that was asked", 0, ["[    ]"]],
  ["trips one after the other", 2, ["[ <> <> ]"]],
  ["requests one after the other", 3, ["[ <> ]", "       [ <> <> ]"]],
  ["requests at the same time", 2, ["[ <> <> ]", "[  <> <> ]"]],
  ["the way that ends last, though another one has more trips", 1, ["[ <> <> <> ]", "[ <         > ]"]],
  ["what came before both of two ways", 4, ["[ <> ]", "       [ <> <> <> ]", "       [ <> ]"]],
  // The second request cannot have waited for the first, whose answer came later.
  ["trips that end before another request's begin", 1, ["[ <>      ]", " [     <> ]"]],
  // docker's lanes: what comes next waits for the lane that was free first.
  ["two lanes", 3, ["[ <> ]", "[ <>  ]", "       [ <> ]", "        [ <> ]", "               [ <> ]"]],
] as const)("counts %s as %d", ([, length, lines], { expect }) => {
  expect(read(...lines)).toBe(length);
});

it("counts trips of a request that overlap once", ({ expect }) => {
  const requests = [{ start: 1, end: 20 }];
  const trip = (start: number, end: number) => ({ request: 0, start, end });
  expect(criticalPath(requests, [trip(2, 5), trip(3, 6)])).toBe(1);
  // A long one beside three short ones.
  expect(criticalPath(requests, [trip(2, 12), trip(3, 4), trip(5, 6), trip(7, 8), trip(13, 14)])).toBe(4);
});

it("counts nothing that is left for after the answer", ({ expect }) => {
  expect(read("[ <> ] <>", "           [ <> ]")).toBe(2);
  expect(read("[ <   ]  >", "           [ <> ]")).toBe(1);
});

it("counts nothing that has not ended", ({ expect }) => {
  expect(
    criticalPath(
      [{ start: 1, end: 9 }, { start: 2 }],
      [
        { start: 2, request: 0 },
        { start: 3, end: 4, request: 1 },
      ],
    ),
  ).toBe(0);
});
