/**
 * `npm start`: Berth on this machine. Environment: PORT (8787), STATE_DIR (.berth in the checkout), ADMIN_PASSWORD
 * (otherwise the first start makes one up and shows it), and the settings of wrangler.toml by their names.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Miniflare } from "miniflare";
import { readSettings, SETTING_NAMES } from "../src/model/settings.ts";
import {
  ADMINISTRATOR,
  createAdministrator,
  randomPassword,
  setAdministratorPassword,
  type Statement,
} from "./first-administrator.ts";
import { BundleFailed } from "./local/bundle.ts";
import { MigrationFailed } from "./local/migrations.ts";
import { PortUnavailable, startRuntime, WorkerdDied } from "./local/runtime.ts";
import { localSecrets } from "./local/secrets.ts";
import { StateInUse } from "./local/state-lock.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The environment holds something that cannot be used. */
class InvalidSetting extends Error {}

/** Failures whose message says all there is to say. */
const EXPLAINED = [InvalidSetting, BundleFailed, MigrationFailed, PortUnavailable, StateInUse, WorkerdDied];

async function start(): Promise<void> {
  const port = readPort(process.env.PORT);
  const variables = readVariables();
  const stateDir = resolve(process.env.STATE_DIR || join(ROOT, ".berth"));

  if (!existsSync(join(stateDir, "data"))) console.log("Preparing Berth ...");
  const runtime = await startRuntime({
    port,
    stateDir,
    bindings: () => ({ ...localSecrets(join(stateDir, "secrets.json")), ...variables }),
  });
  const stopRequested = untilStopRequested();
  try {
    const password = await ensureAdministrator(runtime.miniflare, process.env.ADMIN_PASSWORD);
    const address = new URL(runtime.url).host;
    console.log(
      [
        `Berth is ready at ${runtime.url}`,
        "",
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

/** What the environment sets in place of wrangler.toml. */
function readVariables(): Record<string, string> {
  const entries = SETTING_NAMES.map((name) => [name, process.env[name]] as const);
  const variables = Object.fromEntries(entries.filter((entry): entry is [string, string] => Boolean(entry[1])));
  try {
    readSettings(variables);
  } catch (error) {
    throw new InvalidSetting(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return variables;
}

function readPort(text: string | undefined): number {
  if (!text) return 8787;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535)
    throw new InvalidSetting(`PORT must be a number from 0 to 65535, not "${text}".`);
  return port;
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP, or when the process that started this one is gone. */
function untilStopRequested(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // Miniflare's own listeners end the process at once, with requests in flight.
      process.removeAllListeners(signal);
      process.on(signal, () => stop());
    }
    process.once("disconnect", () => stop());
  });
}

try {
  await start();
  process.exit(0);
} catch (error) {
  const isExplained = EXPLAINED.some((type) => error instanceof type);
  console.error(isExplained && error instanceof Error ? error.message : error);
  process.exit(1);
}
