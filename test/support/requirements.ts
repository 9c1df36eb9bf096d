/**
 * What a test file needs besides Node. Without it the tests are skipped, which is printed. Where CI is "true" they fail,
 * unless what is missing is optional: then they are skipped and tell why there too.
 */
import { beforeAll, beforeEach } from "vitest";
import { findProgram } from "./commands.ts";

/** In CI nothing may be missing but what is optional. */
const IS_CI = process.env.CI === "true";

/** Programs that `.ci/run` installs are required where CI is "true"; optional ones take too long to build. */
export type Need = "required in CI" | "optional";

/**
 * Skips all tests of a file unless these programs are installed.
 *
 * @param tests what they are, to be told when they are skipped.
 * @returns whether the tests run.
 */
export function requirePrograms(tests: string, programs: readonly string[], need: Need = "required in CI"): boolean {
  const missing = missingOf(programs);
  if (missing === undefined) return true;
  skipAll(tests, missing, need);
  return false;
}

/** Skips all tests of a file for this reason. */
export function skipAll(tests: string, reason: string, need: Need = "required in CI"): void {
  const fails = IS_CI && need === "required in CI";
  beforeAll(() => {
    if (!fails) console.warn(`Skipping ${tests}: ${reason}.`);
  });
  beforeEach((context) => {
    if (fails) throw new Error(reason);
    context.skip(reason);
  });
}

/**
 * For files of which only some tests need these programs: `test.skipIf(lacks(…))`.
 *
 * @param tests what they are, to be told when they are skipped.
 * @returns whether they are to be skipped.
 */
export function lacks(tests: string, programs: readonly string[]): boolean {
  const missing = missingOf(programs);
  if (missing === undefined || IS_CI) return false;
  console.warn(`Skipping ${tests}: ${missing}.`);
  return true;
}

/** What is not installed, as a sentence; undefined when everything is. */
function missingOf(programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  return missing.length > 0 ? `${missing.join(" and ")} not installed` : undefined;
}
