/** What becomes of tests whose programs are not installed, here and in CI. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { execute } from "../support/commands.ts";
import { makeTemporaryDirectory, removeDirectory, ROOT } from "../support/server.ts";

const directory = makeTemporaryDirectory();
afterAll(() => removeDirectory(directory));

test.each([
  { ci: "", need: "required in CI", program: "no-such-program", outcome: "1 skipped" },
  { ci: "true", need: "required in CI", program: "no-such-program", outcome: "1 failed" },
  { ci: "true", need: "optional", program: "no-such-program", outcome: "1 skipped" },
  { ci: "true", need: "optional", program: "sh", outcome: "1 passed" },
])("CI=$ci, $program is $need: $outcome", async ({ ci, need, program, outcome }) => {
  const support = JSON.stringify(join(ROOT, "test", "support", "requirements.ts"));
  writeFileSync(
    join(directory, "example.test.ts"),
    `import { requirePrograms } from ${support};
     requirePrograms("these tests", ["${program}"], "${need}");
     test("example", () => undefined);`,
  );
  const vitest = join(ROOT, "node_modules", ".bin", "vitest");
  const { exitCode, output } = await execute([vitest, "run", "--globals", "--root", directory], {
    environment: { CI: ci, NO_COLOR: "1", FORCE_COLOR: undefined },
  });

  expect(output).toMatch(new RegExp(`Tests +${outcome}`));
  expect(exitCode).toBe(outcome === "1 failed" ? 1 : 0);
  // The reason is told in any case.
  expect(output.includes(`${program} not installed`)).toBe(outcome !== "1 passed");
});
