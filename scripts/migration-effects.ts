/**
 * What a version that still runs, or comes back, cannot do any more after a migration that it does not know. A migration is to leave the
 * version before it as it was (ADR 47); these have not. `test/runtime/upgrades.test.ts` finds them, and docs/upgrading.md has the same
 * sentences.
 */
export const MIGRATION_EFFECTS: ReadonlyMap<string, string> = new Map([
  ["0001", "it takes nobody for the operator, and refuses pushes and deletions."],
  ["0004", "it cannot delete an image that was pushed: the request fails."],
  ["0007", "it counts fewer tags, because signatures and other companions are no longer among them."],
]);

/**
 * The effects of migrations on a version.
 *
 * @param last the number of the version's own last migration, as `0012`.
 * @param migrations file names, or numbers, of those that the database has or will have.
 * @returns sentences about the version, each after the migration's number.
 */
export function effectsOn(last: string, migrations: readonly string[]): string[] {
  return migrations.flatMap((name) => {
    const number = name.slice(0, 4);
    const effect = number > last ? MIGRATION_EFFECTS.get(number) : undefined;
    return effect === undefined ? [] : [`After ${number} ${effect}`];
  });
}
