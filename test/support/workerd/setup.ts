import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach } from "vitest";
import { ADMINISTRATOR, addUser } from "./registry-requests.ts";
import { enforceLimits, LimitExceeded, tablesWithLongRows } from "./platform-limits.ts";

await applyD1Migrations(env.DB, env.MIGRATIONS);
enforceLimits();
await addUser(ADMINISTRATOR.name, ADMINISTRATOR.password, { role: "operator" });

// Tests send one request after the other, to one host: only outbound-paces.test.ts is about how fast that may be.
afterEach(async () => {
  await env.DB.exec("DELETE FROM outbound_paces");
});

// A row is made of what was there as well, so that no statement tells how long it gets.
afterAll(async () => {
  const long = await tablesWithLongRows();
  if (long.length > 0) throw new LimitExceeded(`rows of more than 2 MB in ${long.join(", ")}`);
});
