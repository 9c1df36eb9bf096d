/** Patterns that claims of a token are compared with. */

/**
 * Whether a text matches a pattern as a whole: `*` is any characters but `/`, `**` any, `?` one character but `/`; every other
 * character is itself, and upper and lower case differ. So `repo:acme/*` is not for `repo:acme-evil/x`, nor for `repo:acme/x/y`.
 *
 * It looks at each character of the text once, with all places of the pattern that have been reached: no pattern makes it slow.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = pattern.match(/\*{2,}|[^]/g) ?? [];
  const isStar = (at: number) => parts[at]?.startsWith("*") === true;
  /** Adds a place, and those behind stars, which may stand for nothing. */
  const reach = (places: Set<number>, from: number) => {
    let at = from;
    places.add(at);
    while (isStar(at)) places.add((at += 1));
  };
  let reached = new Set<number>();
  reach(reached, 0);
  for (const character of text.match(/[^]/g) ?? []) {
    const next = new Set<number>();
    for (const at of reached) {
      const part = parts[at];
      if (part === undefined) continue;
      if (isStar(at)) {
        if (part.length > 1 || character !== "/") reach(next, at);
      } else if (part === character || (part === "?" && character !== "/")) {
        reach(next, at + 1);
      }
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(parts.length);
}

/** What every text that matches a pattern begins with. */
export function literalPrefix(pattern: string): string {
  return /^[^*?]*/.exec(pattern)?.[0] ?? "";
}
