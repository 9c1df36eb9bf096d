/** Random choices that a seed repeats. */

export interface Random {
  /** A whole number from 0 up to `end`, without it. */
  below: (end: number) => number;
  /** @throws Error when there is nothing to pick from. */
  pick: <T>(choices: readonly T[]) => T;
  /** Picks by weight: `{ push: 3, delete: 1 }` is a push three times of four. */
  weighted: <K extends string>(weights: Readonly<Record<K, number>>) => K;
}

/** A generator of the same choices for the same seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  const pick = <T>(choices: readonly T[]): T => {
    const chosen = choices[below(choices.length)];
    if (chosen === undefined) throw new Error("there is nothing to pick from");
    return chosen;
  };
  const weighted = <K extends string>(weights: Readonly<Record<K, number>>): K => {
    const names = Object.keys(weights) as K[];
    return pick(names.flatMap((name) => Array.from({ length: weights[name] }, () => name)));
  };
  return { below, pick, weighted };
}
