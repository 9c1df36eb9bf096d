/** How fast bytes arrive, over the last moments: long enough to be calm, short enough to notice a change. */
const WINDOW_MS = 10_000;

export class Speed {
  readonly #samples: { at: number; bytes: number }[] = [];

  /**
   * @param at milliseconds.
   * @param bytes how many have arrived by then, all in all.
   * @returns bytes per second; undefined until there is something to compare with.
   */
  add(at: number, bytes: number): number | undefined {
    this.#samples.push({ at, bytes });
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    if (!first || at <= first.at) return undefined;
    return ((bytes - first.bytes) * 1000) / (at - first.at);
  }
}
