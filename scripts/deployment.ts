import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AdministratorPlan,
  AdministratorRefused,
  type AdministratorState,
  inlined,
  planAdministrator,
  STATE_QUERY,
} from "./first-administrator.ts";
import { checkSecrets, type SecretValues } from "../src/model/secrets.ts";
import { generateSecrets, SECRET_NAMES } from "./local/secrets.ts";
import type { RunWrangler } from "./wrangler.ts";

/** A step of the deployment failed; wrangler has said why. */
export class DeploymentFailed extends Error {}

/**
 * Deploys Berth to the account that wrangler is logged in to, and makes the administrator if there is none.
 *
 * The first deployment creates the database, so migrations come after it. Later they come before it: new code never
 * runs on an old schema.
 *
 * @param chosenPassword replaces the administrator's password; otherwise a new administrator gets a random one.
 * @param chosenSecrets values of the operator's own, also those that are being exchanged (`model/secrets.ts`).
 * @returns the random password if one was given out.
 * @throws ConfigurationError before anything is done when one of them is too weak. DeploymentFailed at the first step that fails, or
 * when the name of the administrator is another account's. Running it again goes on from there.
 */
export async function deploy(
  wrangler: RunWrangler,
  chosenPassword?: string,
  chosenSecrets: SecretValues = {},
): Promise<string | undefined> {
  checkSecrets(chosenSecrets);
  const migrate = () => run(wrangler, ["d1", "migrations", "apply", "DB", "--remote"]);
  const present = await presentSecrets(wrangler);
  const missing = SECRET_NAMES.filter((name) => present?.includes(name) !== true && !(name in chosenSecrets));
  const secrets = { ...generateSecrets(missing), ...chosenSecrets };
  if (present !== undefined) await migrate();
  if (Object.keys(secrets).length === 0) {
    await run(wrangler, ["deploy"]);
  } else {
    await withFile("secrets.json", JSON.stringify(secrets), (file) =>
      run(wrangler, ["deploy", "--secrets-file", file]),
    );
  }
  if (present === undefined) await migrate();
  return ensureAdministrator(wrangler, chosenPassword);
}

/** The names of the secrets that the deployed Worker has; undefined when there is no such Worker yet. */
async function presentSecrets(wrangler: RunWrangler): Promise<string[] | undefined> {
  const { exitCode, stdout, stderr } = await wrangler(["secret", "list", "--format", "json"], { capture: true });
  if (exitCode === 0) return (JSON.parse(stdout) as { name: string }[]).map((secret) => secret.name);
  // wrangler has no exit code of its own for it.
  if (/Worker ".*" not found/.test(stdout + stderr)) return undefined;
  throw new DeploymentFailed(`wrangler secret list failed:\n${(stdout + stderr).trim()}`);
}

async function ensureAdministrator(wrangler: RunWrangler, chosen: string | undefined): Promise<string | undefined> {
  const { statements, password } = plan(await administratorState(wrangler), chosen);
  if (statements.length > 0) {
    // In a file, because other users of this machine can see a command line.
    await withFile("administrator.sql", inlined(statements), (file) =>
      run(wrangler, ["d1", "execute", "DB", "--remote", "--yes", "--file", file], true),
    );
  }
  return password;
}

function plan(state: AdministratorState, chosen: string | undefined): AdministratorPlan {
  try {
    return planAdministrator(state, chosen, Date.now());
  } catch (error) {
    if (error instanceof AdministratorRefused) throw new DeploymentFailed(error.message, { cause: error });
    throw error;
  }
}

async function administratorState(wrangler: RunWrangler): Promise<AdministratorState> {
  const output = await run(wrangler, ["d1", "execute", "DB", "--remote", "--json", "--command", STATE_QUERY], true);
  const answers = JSON.parse(output) as { results: AdministratorState[] }[];
  const [state] = answers[0]?.results ?? [];
  if (!state) throw new DeploymentFailed(`wrangler does not tell who the administrator is:\n${output}`);
  return state;
}

async function run(wrangler: RunWrangler, args: readonly string[], capture = false): Promise<string> {
  const { exitCode, stdout, stderr } = await wrangler(args, { capture });
  if (exitCode === 0) return stdout;
  throw new DeploymentFailed(`wrangler ${args[0]} failed (exit code ${exitCode}).\n${(stdout + stderr).trim()}`.trim());
}

/** Calls `use` with the path of a file that only this user can read, and removes it afterwards. */
async function withFile(name: string, content: string, use: (file: string) => Promise<unknown>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "berth-"));
  try {
    const file = join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    await use(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
