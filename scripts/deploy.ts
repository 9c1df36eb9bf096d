/**
 * `npm run deploy`: Berth on Cloudflare (docs/deploy.md). `--dry-run` only builds what would be uploaded. Environment:
 * ADMIN_PASSWORD replaces the administrator's password; a secret's name, such as ENCRYPTION_KEY_NEXT, sets that secret. With
 * CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID it also switches the database's read replication on.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "../src/kernel/errors.ts";
import { ALL_SECRET_NAMES, type SecretValues } from "../src/model/secrets.ts";
import { deploy, DeploymentFailed } from "./deployment.ts";
import { ADMINISTRATOR } from "./first-administrator.ts";
import { buildConsole, ConsoleFailed } from "./local/console.ts";
import { switchReplicationOn } from "./replication.ts";
import { runWrangler } from "./wrangler.ts";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const args = process.argv.slice(2);
const unknown = args.filter((arg) => arg !== "--dry-run");
if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown.join(" ")}. The only one is --dry-run.`);
  process.exitCode = 64;
} else {
  try {
    await buildConsole({ force: true });
    if (args.length > 0) process.exitCode = (await runWrangler(["deploy", "--dry-run"])).exitCode;
    else await deployAndTell();
  } catch (error) {
    if (!(error instanceof DeploymentFailed || error instanceof ConsoleFailed || error instanceof ConfigurationError))
      throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function deployAndTell(): Promise<void> {
  const given = ALL_SECRET_NAMES.map((name) => [name, process.env[name]] as const).filter(([, value]) => value);
  const secrets = Object.fromEntries(given) as SecretValues;
  const password = await deploy(runWrangler, process.env.ADMIN_PASSWORD || undefined, secrets);
  const left = await switchReplicationOn(runWrangler, process.env);
  if (left !== undefined) console.log(`\n${left}`);
  if (password !== undefined) {
    console.log(`\nAdministrator  ${ADMINISTRATOR}\nPassword       ${password}  (shown only now)`);
  }
}
