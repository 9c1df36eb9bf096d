/** Temporary login commands (guide 4.1): they work for 24 hours, on any number of machines, and need no row. */
import type { Manager } from "../../model/rights/access.ts";
import {
  formatTemporaryKey,
  LOGIN_COMMAND_MS,
  parseProject,
  temporaryPassword,
} from "../../model/logins/login-commands.ts";
import { earlyRefusal } from "../../kernel/early-reasons.ts";
import { reason } from "../../kernel/reasons.ts";
import { insertAudit } from "../../storage/audit/audit.ts";
import { actorOf, type Call, hostOf } from "../call.ts";
import { findCurrentIdentity } from "./credentials.ts";

export interface LoginCommand {
  command: string;
  /** `<project>@<temporary access key>`. */
  user: string;
  password: string;
  /** The registry's host. */
  registry: string;
  expiresAt: Date;
}

/**
 * Makes a login command for the caller, which pushes and pulls what the caller may.
 *
 * @param project undefined or empty: the deployment's.
 */
export async function createLoginCommand(call: Call<Manager>, project: string | undefined): Promise<LoginCommand> {
  const { user, credentialVersion } = await findCurrentIdentity(call.stores, call.caller);
  // It would outlive a key that ends.
  if (user.kind === "robot") throw earlyRefusal("DENIED", reason("ROBOT_WITHOUT_COMMANDS"));
  const expiresAt = new Date(Math.floor((Date.now() + LOGIN_COMMAND_MS) / 1000) * 1000);
  const name = {
    project: project ? parseProject(project) : call.stores.settings.project,
    key: formatTemporaryKey({ userId: user.id, expiresAt }),
  };
  const userName = `${name.project}@${name.key}`;
  const password = temporaryPassword(call.stores.secrets.token[0], name, credentialVersion);
  await insertAudit(call.stores.db, actorOf(call), {
    action: "login-command.create",
    resource: userName,
    detail: { expires: expiresAt.toISOString() },
  });
  const registry = hostOf(call);
  const command = `docker login -u ${userName} -p ${password} ${registry}`;
  return { command, user: userName, password, registry, expiresAt };
}
