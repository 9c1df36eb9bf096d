/** Numbers that an isolate counts until they are written down, by series. */
import { type CountedName, DURATION_BUCKETS_S, type LabelValues } from "./metrics.ts";

/** Numbers by series: the name of a metric and the values of its labels, separated by `|`. */
export type SeriesCounts = Readonly<Record<string, number>>;

/** More than all metrics and labels make. So it is never reached, whatever clients send. */
const MAX_SERIES = 1000;
/** Of a label. */
const MAX_VALUE_LENGTH = 40;

const HISTOGRAM = "berth_request_duration_seconds";
/** In the place of a bucket's bound, what the sum of all durations is counted as, and those beyond all bounds. */
export const SUM = "sum";
export const BEYOND = "+Inf";

export class Counts {
  readonly #series = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#series.size === 0;
  }

  add<N extends CountedName>(name: N, labels: LabelValues<N>, by = 1): void {
    if (by > 0) this.#add([name, ...labels], by);
  }

  /** Counts a duration in its bucket. */
  addDuration(api: string, milliseconds: number): void {
    const seconds = Math.max(0, milliseconds) / 1000;
    const bucket = DURATION_BUCKETS_S.find((bound) => seconds <= bound);
    this.#add([HISTOGRAM, api, String(bucket ?? BEYOND)], 1);
    this.#add([HISTOGRAM, api, SUM], seconds);
  }

  addAll(counts: SeriesCounts): void {
    for (const [key, value] of Object.entries(counts)) this.#raise(key, value);
  }

  /** All of it, which is nothing from then on. */
  take(): SeriesCounts {
    const taken = Object.fromEntries(this.#series);
    this.#series.clear();
    return taken;
  }

  #add(parts: readonly string[], by: number): void {
    this.#raise(parts.map((part) => part.slice(0, MAX_VALUE_LENGTH).replaceAll("|", "_")).join("|"), by);
  }

  #raise(key: string, by: number): void {
    const known = this.#series.get(key);
    if (known !== undefined || this.#series.size < MAX_SERIES) this.#series.set(key, (known ?? 0) + by);
  }
}

/** Both together. */
export function sumOfCounts(one: SeriesCounts, other: SeriesCounts): SeriesCounts {
  const sum = new Counts();
  sum.addAll(one);
  sum.addAll(other);
  return sum.take();
}
