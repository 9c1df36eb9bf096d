/**
 * `npm run deploy`: Berth on Cloudflare (docs/deploy.md). It says what it is going to do, and asks if a terminal is there to answer;
 * `--yes` does not ask. `--rollback` goes back to the version before (docs/upgrading.md), `--dry-run` only builds what would be
 * uploaded. Environment: ADMIN_PASSWORD replaces the administrator's password; a secret's name, such as ENCRYPTION_KEY_NEXT, sets that
 * secret. With CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID it also switches the database's read replication on.
 */
import { dirname } from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ConfigurationError } from "../src/kernel/errors.ts";
import { ALL_SECRET_NAMES, checkSecrets, type SecretValues } from "../src/model/secrets.ts";
import { deploy, rollBack } from "./deployment.ts";
import {
  DeploymentFailed,
  describeDeployment,
  describeRollback,
  planDeployment,
  planRollback,
  readCheckout,
} from "./deployment-plan.ts";
import { ADMINISTRATOR } from "./first-administrator.ts";
import { buildConsole, ConsoleFailed } from "./local/console.ts";
import { switchReplicationOn } from "./replication.ts";
import { runWrangler } from "./wrangler.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const USAGE = "Usage: npm run deploy [-- [--yes] [--rollback] | -- --dry-run]";

process.chdir(ROOT);
try {
  const options = readOptions();
  if (options === undefined) {
    console.error(USAGE);
    process.exitCode = 64;
  } else if (options["dry-run"]) {
    await buildConsole({ force: true });
    process.exitCode = (await runWrangler(["deploy", "--dry-run"])).exitCode;
  } else if (options.rollback) {
    await goBack(options.yes);
  } else {
    await deployAndTell(options.yes);
  }
} catch (error) {
  if (!(error instanceof DeploymentFailed || error instanceof ConsoleFailed || error instanceof ConfigurationError))
    throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** What the command line says; undefined when it cannot be meant. */
function readOptions() {
  const option = { type: "boolean", default: false } as const;
  try {
    const { values } = parseArgs({ options: { yes: option, rollback: option, "dry-run": option } });
    return values["dry-run"] && (values.yes || values.rollback) ? undefined : values;
  } catch {
    return undefined;
  }
}

async function deployAndTell(isSure: boolean): Promise<void> {
  const given = ALL_SECRET_NAMES.map((name) => [name, process.env[name]] as const).filter(([, value]) => value);
  const secrets = Object.fromEntries(given) as SecretValues;
  checkSecrets(secrets);
  const plan = await planDeployment(runWrangler, await readCheckout(ROOT), Object.keys(secrets));
  console.log(describeDeployment(plan));
  if (!(await confirmed("Deploy?", isSure))) return;
  await buildConsole({ force: true });
  const password = await deploy(runWrangler, plan, process.env.ADMIN_PASSWORD || undefined, secrets);
  const left = await switchReplicationOn(runWrangler, process.env);
  if (left !== undefined) console.log(`\n${left}`);
  if (password !== undefined) {
    console.log(`\nAdministrator  ${ADMINISTRATOR}\nPassword       ${password}  (shown only now)`);
  }
}

async function goBack(isSure: boolean): Promise<void> {
  const plan = await planRollback(runWrangler, await readCheckout(ROOT));
  console.log(describeRollback(plan));
  if (await confirmed("Go back?", isSure)) await rollBack(runWrangler, plan);
}

/** Whether to go on. Where nobody can answer, as in CI, who started the command has decided. */
async function confirmed(question: string, isSure: boolean): Promise<boolean> {
  if (isSure || !process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`\n${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
