/** The upper end of a value axis and the lines to draw, from 0 upwards. */
export interface ValueScale {
  max: number;
  ticks: number[];
}

/** About how many lines a scale has, not counting 0. */
const STEPS = 3;

/**
 * A scale of round steps that holds the largest value. Round is 1, 2 or 5 times a power of ten; for bytes, which are
 * counted by 1024, a power of two.
 * @param largest largest value; 0 or less gives a scale of one step
 */
export function valueScale(largest: number, unit: "number" | "bytes" = "number"): ValueScale {
  if (!(largest > 0)) return { max: 1, ticks: [0, 1] };
  const rough = largest / STEPS;
  const step = unit === "bytes" ? 2 ** Math.max(0, Math.ceil(Math.log2(rough))) : roundStep(rough);
  const count = Math.ceil(largest / step);
  // Multiplied anew each time: adding up 0.1 drifts.
  const ticks = Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
  return { max: ticks.at(-1) ?? 1, ticks };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

/** Left edge and width of a bar, in the unit of `width`. */
export interface Slot {
  x: number;
  width: number;
}

/** Bars of narrower slots touch: a gap of less than a pixel would be stripes. */
const NARROW_SLOT = 3;

/**
 * Where the bars stand: in equal slots, with a gap of a quarter slot that is at most 8 wide, and never wider than 48. There is no
 * gap where there is no room for one, and no bar is so narrow (1) that it might fall between two pixels.
 * @param count number of bars
 * @param width width of the whole chart
 */
export function barSlots(count: number, width: number): Slot[] {
  if (count === 0) return [];
  const slot = width / count;
  const bar = slot < NARROW_SLOT ? Math.max(1, slot) : Math.min(48, slot - Math.min(8, slot / 4));
  return Array.from({ length: count }, (_, index) => ({ x: index * slot + (slot - bar) / 2, width: bar }));
}

/** A text under the bars: of which bar, and where its middle is. */
export interface PlacedLabel {
  index: number;
  x: number;
}

/**
 * Places labels at equal distances: every one, or every second, third and so on, as there is room, counted from the last, which is
 * the newest. None leaves the chart, none touches the next.
 * @param middles where the bars have their middles
 * @param widths how wide the labels are
 * @param range from where to where labels may stand
 * @param gap least distance of two labels
 */
export function placeLabels(
  middles: readonly number[],
  widths: readonly number[],
  range: readonly [number, number],
  gap: number,
): PlacedLabel[] {
  for (let stride = 1; stride < middles.length; stride += 1) {
    const placed = placeEvery(stride, middles, widths, range, gap);
    if (placed) return placed;
  }
  return placeEvery(Math.max(1, middles.length), middles, widths, range, gap) ?? [];
}

/** Undefined when two of them would touch. */
function placeEvery(
  stride: number,
  middles: readonly number[],
  widths: readonly number[],
  [start, end]: readonly [number, number],
  gap: number,
): PlacedLabel[] | undefined {
  const placed: PlacedLabel[] = [];
  let free = end;
  for (let index = middles.length - 1; index >= 0; index -= stride) {
    const half = (widths[index] ?? 0) / 2;
    const x = Math.max(start + half, Math.min(middles[index] ?? 0, end - half));
    if (x + half > free) return undefined;
    placed.push({ index, x });
    free = x - half - gap;
  }
  return placed;
}

/** Widths at 11 px: Latin letters and digits on average, and the full width of Chinese characters. */
const NARROW_PX = 6.6;
const WIDE_PX = 11;
const FIRST_WIDE = 0x2e80;

/** About how wide a text of the chart is, in CSS pixels; a little more rather than less. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) >= FIRST_WIDE ? WIDE_PX : NARROW_PX;
  return Math.ceil(width);
}
