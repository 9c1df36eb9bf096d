/**
 * Migrations that a version which still runs, or comes back, cannot go on after: a migration is to leave the version before it working
 * (ADR 47), and these do not. `test/runtime/upgrades.test.ts` finds them; docs/upgrading.md names them.
 */
export const BREAKING_MIGRATIONS: readonly string[] = [];

/**
 * Those that keep a version from working.
 *
 * @param last the number of the version's own last migration, as `0012`.
 * @param applied file names of the migrations that the database has, or will have.
 */
export function breaking(last: string, applied: readonly string[]): string[] {
  return applied.filter((file) => file.slice(0, 4) > last && BREAKING_MIGRATIONS.includes(file.slice(0, 4)));
}
