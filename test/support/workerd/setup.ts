import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, expect } from "vitest";
import { enforceLimits, tablesWithLongRows } from "./platform-limits.ts";

await applyD1Migrations(env.DB, env.MIGRATIONS);
enforceLimits();

// A row is made of what was there as well, so that no statement tells how long it gets.
afterAll(async () => {
  expect(await tablesWithLongRows()).toEqual([]);
});
