import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ADMINISTRATOR,
  createAdministrator,
  inlined,
  randomPassword,
  setAdministratorPassword,
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
 * @throws ConfigurationError before anything is done when one of them is too weak. DeploymentFailed at the first step that fails. Running it again goes on from there.
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
  const now = Date.now();
  const execute = (sql: string) =>
    // In a file, because other users of this machine can see a command line.
    withFile("administrator.sql", sql, (file) =>
      run(wrangler, ["d1", "execute", "DB", "--remote", "--yes", "--file", file], true),
    );
  if (chosen !== undefined) {
    await execute(inlined(setAdministratorPassword(chosen, now)));
    return undefined;
  }
  if ((await administratorCreatedAt(wrangler)) !== undefined) return undefined;
  const password = randomPassword();
  await execute(inlined(createAdministrator(password, now)));
  // Someone else's deployment may have been faster.
  return (await administratorCreatedAt(wrangler)) === now ? password : undefined;
}

async function administratorCreatedAt(wrangler: RunWrangler): Promise<number | undefined> {
  const query = `SELECT created_at FROM users WHERE name = '${ADMINISTRATOR}'`;
  const output = await run(wrangler, ["d1", "execute", "DB", "--remote", "--json", "--command", query], true);
  const answers = JSON.parse(output) as { results: { created_at: number }[] }[];
  return answers[0]?.results[0]?.created_at;
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
