/**
 * Targets that what the platform's own calls cost may be in the way of. The floor (`floor/index.ts`) makes only these calls, and is
 * measured by turns with all others. Where it is not as fast as what is wanted, no registry on the platform can be, and the
 * target is a share of the floor in its place (docs/performance.md).
 */
import { atLeast, median, type Target } from "./table.ts";

/** What accounts, rights, quotas, refusals and collection may cost. */
export const OF_FLOOR = 0.8;

/** How fast each did one thing, in whatever per second, by round. */
export interface Speeds {
  berth: number[];
  floor: number[];
}

/** Others to be compared with, and how many times as fast as these is wanted. */
export interface Compared {
  name: string;
  speeds: readonly number[];
  wanted: number;
}

/** The target of a row beside others: what is wanted, or the share of the floor where that is below it. */
export function targetOf(row: string, { berth, floor }: Speeds, { name, speeds, wanted }: Compared): Target {
  const reached = speedRatio(berth, speeds);
  const reachable = speedRatio(floor, speeds);
  if (reachable >= wanted || reached >= wanted) return atLeast(`${row}, of ${name}`, reached, wanted);
  const target = atLeast(`${row}, of the floor`, speedRatio(berth, floor), OF_FLOOR);
  return {
    ...target,
    detail: `${target.detail} (${reached.toFixed(2)} of ${name}, where the floor is at ${reachable.toFixed(2)} and ${wanted} is wanted)`,
  };
}

/** The median of the rounds' ratios: what slows a whole round down slows both. */
export function speedRatio(speeds: readonly number[], others: readonly number[]): number {
  return median(speeds.map((speed, round) => speed / (others[round] ?? Number.NaN)));
}

/** Times as speeds. */
export function speedsOf(seconds: readonly number[]): number[] {
  return seconds.map((time) => 1 / time);
}
