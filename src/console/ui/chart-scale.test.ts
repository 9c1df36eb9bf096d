import { it } from "vitest";
import { barSlots, placeLabels, textWidth, valueScale } from "./chart-scale.ts";

it.for([
  [1, [0, 0.5, 1]],
  [3, [0, 1, 2, 3]],
  [7, [0, 5, 10]],
  [10, [0, 5, 10]],
  [61, [0, 50, 100]],
  [0.3, [0, 0.1, 0.2, 0.3]],
  [1_234_567_890, [0, 500_000_000, 1_000_000_000, 1_500_000_000]],
] as const)("divides 0 to %s into round steps", ([largest, ticks], { expect }) => {
  expect(valueScale(largest)).toEqual({ max: ticks.at(-1), ticks });
});

it.for([
  [1, [0, 1]],
  [100, [0, 64, 128]],
  [1000 * 1024, [0, 512 * 1024, 1024 * 1024]],
  [1024 ** 3, [0, 512 * 1024 ** 2, 1024 ** 3]],
] as const)("divides 0 to %s bytes into steps that are round in KiB, MiB, GiB", ([largest, ticks], { expect }) => {
  expect(valueScale(largest, "bytes")).toEqual({ max: ticks.at(-1), ticks });
});

it("holds the largest value, whatever it is", ({ expect }) => {
  for (let largest = 0.001; largest < 1e15; largest *= 1.37) {
    for (const unit of ["number", "bytes"] as const) {
      const { max, ticks } = valueScale(largest, unit);
      expect(max).toBeGreaterThanOrEqual(largest);
      expect(ticks.length).toBeLessThanOrEqual(5);
    }
  }
});

it.for([0, -5, Number.NaN])("has a scale although the largest value is %s", (largest, { expect }) => {
  expect(valueScale(largest)).toEqual({ max: 1, ticks: [0, 1] });
});

it("spreads bars over the whole width, with room between them", ({ expect }) => {
  const slots = barSlots(30, 600);
  expect(slots).toHaveLength(30);
  expect(slots[0]).toEqual({ x: 2.5, width: 15 });
  expect(slots[29]).toEqual({ x: 582.5, width: 15 });
});

it("lets very many bars touch", ({ expect }) => {
  const [first, second] = barSlots(365, 730);
  expect([first, second]).toEqual([
    { x: 0, width: 2 },
    { x: 2, width: 2 },
  ]);
  expect(barSlots(400, 200)[1]).toEqual({ x: 0.25, width: 1 });
});

it("does not make few bars clumsy", ({ expect }) => {
  expect(barSlots(2, 600)).toEqual([
    { x: 126, width: 48 },
    { x: 426, width: 48 },
  ]);
  expect(barSlots(0, 600)).toEqual([]);
});

it("writes every label where there is room for it", ({ expect }) => {
  expect(placeLabels([50, 150], [40, 40], [0, 200], 8)).toEqual([
    { index: 1, x: 150 },
    { index: 0, x: 50 },
  ]);
});

it("leaves labels out rather than letting them touch, and keeps the newest", ({ expect }) => {
  const middles = [10, 30, 50, 70, 90];
  expect(placeLabels(middles, [30, 30, 30, 30, 30], [0, 100], 4).map(({ index }) => index)).toEqual([4, 2, 0]);
});

it("keeps equal distances, though the labels are not equally wide", ({ expect }) => {
  const days = Array.from({ length: 30 }, (_, at) => `11月${at + 1}日`);
  const middles = days.map((_, at) => at * 12 + 6);
  const indices = placeLabels(middles, days.map(textWidth), [0, 360], 8).map(({ index }) => index);
  expect(indices.length).toBeGreaterThan(4);
  expect(new Set(indices.slice(1).map((index, at) => (indices[at] ?? 0) - index)).size).toBe(1);
});

it("shows at least the newest label", ({ expect }) => {
  expect(placeLabels([5, 6, 7], [50, 50, 50], [0, 60], 8)).toEqual([{ index: 2, x: 25 }]);
  expect(placeLabels([], [], [0, 60], 8)).toEqual([]);
});

it("moves a label into the chart that would stick out of it", ({ expect }) => {
  expect(placeLabels([5, 195], [40, 40], [0, 200], 8)).toEqual([
    { index: 1, x: 180 },
    { index: 0, x: 20 },
  ]);
});

it("knows that Chinese characters are wider than Latin ones", ({ expect }) => {
  expect(textWidth("11月26日")).toBeGreaterThan(textWidth("11/26/"));
  expect(textWidth("")).toBe(0);
});
