import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PRICES, TEAMS, usageOf } from "../support/cost.ts";
import { LIMITS_DOCUMENT, rendered } from "../support/limits-document.ts";

test("docs/limits-and-cost.md has the limits of the code, and the cost of what is counted (npm run docs:limits)", async () => {
  const text = readFileSync(LIMITS_DOCUMENT, "utf8");
  expect(text.match(/<!-- computed: \w+ -->/g)).toHaveLength(8);
  expect(text).toBe(await rendered(text));
});

test("what a plan includes costs nothing more, and each pull of a larger team counts", () => {
  const [small, , large] = TEAMS.map(usageOf);
  if (!small || !large) throw new TypeError("three teams are compared");
  expect(small.requests).toBeLessThan(PRICES.requests.included);
  expect(large.requests).toBeGreaterThan(PRICES.requests.included);
  const [team] = TEAMS.slice(-1);
  if (!team) throw new TypeError("three teams are compared");
  expect(usageOf({ ...team, pullsPerDay: team.pullsPerDay + 1 }).requests).toBeGreaterThan(large.requests);
});
