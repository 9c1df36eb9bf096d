/**
 * `npm start`: Berth on this machine. Environment: PORT (8787), STATE_DIR (.berth in the checkout), ADMIN_PASSWORD
 * (otherwise the first start makes one up and shows it), TRUSTED_PROXIES (none), and the settings of wrangler.toml by
 * their names.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import {
  ADMINISTRATOR,
  createAdministrator,
  randomPassword,
  setAdministratorPassword,
  type Statement,
} from "./first-administrator.ts";
import { readEnvironment, runProgram, untilStopRequested } from "./local/program.ts";
import { startRuntime } from "./local/runtime.ts";

async function start(): Promise<number> {
  const { port, stateDir, password: chosen, trustedProxies, bindings } = readEnvironment();

  if (!existsSync(join(stateDir, "data"))) console.log("Preparing Berth ...");
  const runtime = await startRuntime({ port, stateDir, trustedProxies, bindings });
  const stopRequested = untilStopRequested();
  try {
    const password = await ensureAdministrator(runtime.miniflare, chosen);
    const address = new URL(runtime.url).host;
    console.log(
      [
        `Berth is ready at ${runtime.url}`,
        "",
        `  Console        ${runtime.url}/`,
        `  Administrator  ${ADMINISTRATOR}`,
        ...(password === undefined ? [] : [`  Password       ${password}  (shown only now)`]),
        "",
        `  docker login ${address} -u ${ADMINISTRATOR}`,
        `  docker tag nginx ${address}/demo/nginx:1`,
        `  docker push ${address}/demo/nginx:1`,
        "",
        "Ctrl-C stops it; the data stays.",
      ].join("\n"),
    );
    await Promise.race([stopRequested, runtime.failed]);
    console.log("Stopping ...");
  } finally {
    await runtime.stop();
  }
  return 0;
}

/** Makes the administrator. Returns the password when it was made up just now. */
async function ensureAdministrator(miniflare: Miniflare, chosen: string | undefined): Promise<string | undefined> {
  const database = await miniflare.getD1Database("DB");
  const run = async (statements: readonly Statement[]) => {
    const results = await database.batch(statements.map(({ sql, values }) => database.prepare(sql).bind(...values)));
    return results.at(-1)?.meta.changes ?? 0;
  };
  if (chosen) {
    await run(setAdministratorPassword(chosen, Date.now()));
    return undefined;
  }
  const password = randomPassword();
  return (await run(createAdministrator(password, Date.now()))) > 0 ? password : undefined;
}

await runProgram(start);
