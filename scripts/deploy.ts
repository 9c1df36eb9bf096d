/**
 * `npm run deploy`: Berth on Cloudflare (docs/deploy.md). `--dry-run` only builds what would be uploaded. Environment:
 * ADMIN_PASSWORD replaces the administrator's password.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { deploy, DeploymentFailed } from "./deployment.ts";
import { ADMINISTRATOR } from "./first-administrator.ts";
import { buildConsole, ConsoleFailed } from "./local/console.ts";
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
    if (!(error instanceof DeploymentFailed || error instanceof ConsoleFailed)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function deployAndTell(): Promise<void> {
  const password = await deploy(runWrangler, process.env.ADMIN_PASSWORD || undefined);
  if (password !== undefined) {
    console.log(`\nAdministrator  ${ADMINISTRATOR}\nPassword       ${password}  (shown only now)`);
  }
}
