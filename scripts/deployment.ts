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
import { DeploymentFailed, type DeploymentPlan, type RollbackPlan } from "./deployment-plan.ts";
import { generateSecrets } from "./local/secrets.ts";
import type { RunWrangler } from "./wrangler.ts";

/**
 * Deploys Berth to the account that wrangler is logged in to, and makes the administrator if there is none.
 *
 * The first deployment creates the database, so migrations come after it. Later they come before it: new code never
 * runs on an old schema.
 *
 * @param plan of this deployment, from {@link planDeployment}.
 * @param chosenPassword replaces the administrator's password; otherwise a new administrator gets a random one.
 * @param chosenSecrets values of the operator's own, also those that are being exchanged (`model/secrets.ts`).
 * @returns the random password if one was given out.
 * @throws ConfigurationError before anything is done when one of them is too weak. DeploymentFailed at the first step that fails, or
 * when the name of the administrator is another account's. Running it again goes on from there.
 */
export async function deploy(
  wrangler: RunWrangler,
  { isThere, mark, newSecrets }: Pick<DeploymentPlan, "isThere" | "mark" | "newSecrets">,
  chosenPassword?: string,
  chosenSecrets: SecretValues = {},
): Promise<string | undefined> {
  checkSecrets(chosenSecrets);
  const migrate = () => run(wrangler, ["d1", "migrations", "apply", "DB", "--remote"]);
  const command = ["deploy", "--tag", mark.tag, "--message", mark.message];
  const secrets = { ...generateSecrets(newSecrets), ...chosenSecrets };
  if (isThere) await migrate();
  if (Object.keys(secrets).length === 0) {
    await run(wrangler, command);
  } else {
    await withFile("secrets.json", JSON.stringify(secrets), (file) =>
      run(wrangler, [...command, "--secrets-file", file]),
    );
  }
  if (!isThere) await migrate();
  return ensureAdministrator(wrangler, chosenPassword);
}

/** Has the Worker be again what it was before the last deployment. */
export async function rollBack(wrangler: RunWrangler, { from, to }: Pick<RollbackPlan, "from" | "to">): Promise<void> {
  const message = `back from ${from.version ?? from.id}`;
  await run(wrangler, ["rollback", to.id, "--message", message, "--yes"]);
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
