/** Whether the credentials are good, and for what. */
import { counted } from "../../kernel/counted.ts";
import { RegistryRefusal } from "../../client/errors.ts";
import { unwrap } from "../../client/api/client.ts";
import { openApi } from "../api.ts";
import { credentialsSource } from "../credentials/find.ts";
import { signIn } from "../credentials/verify.ts";
import { RegistryClient } from "../../client/registry-client.ts";
import { type Check, type Examination, failed, ok, skipped, warning } from "./examination.ts";
import { reasonOf } from "../explain.ts";

export const credentials: Check = {
  name: "Sign-in",
  run: async (examination) => {
    const { credentials: given, registry } = examination;
    if (given.kind === "anonymous") {
      return skipped("without credentials", `Sign in, to check the rest as well: berth login ${registry.name}`);
    }
    try {
      await tryCredentials(examination);
    } catch (error) {
      if (!(error instanceof RegistryRefusal))
        return failed(`no token comes: ${reasonOf(error)}`, "Look at the registry's log.");
      if (error.status === 429) return failed(error.message, "Wait a minute: 20 attempts a minute are let through.");
      return failed(
        error.message,
        `Sign in again: berth login ${registry.name}. The credentials are ${credentialsSource(registry.name)}.`,
      );
    }
    examination.isSignedIn = true;
    return ok("the credentials are good");
  },
};

async function tryCredentials({ credentials: given, registry, fetch }: Examination): Promise<void> {
  if (given.kind === "password") await signIn(registry, given, fetch);
  else await new RegistryClient({ url: registry.url, credentials: given, fetch, retry: { attempts: 2 } }).check();
}

/** An operator learns when an older secret of the deployment may go. */
export const secrets: Check = {
  name: "Secrets",
  run: async ({ isSignedIn, registry, credentials: given }) => {
    if (isSignedIn !== true) return skipped("needs a sign-in");
    try {
      const { encryptionKeys, tokenSecrets, left, lost, isComplete } = unwrap(
        await (await openApi(registry, given)).GET("/api/secret-rotation"),
      );
      const count = left.accessKeys + left.triggers + left.clusters;
      if (lost > 0) {
        return warning(
          `${counted(lost, "secret")} under an ENCRYPTION_KEY that the registry has not got`,
          "Give it that key as ENCRYPTION_KEY_PREVIOUS (docs/deploy.md, Rotating secrets).",
        );
      }
      if (!isComplete)
        return ok(`${counted(count, "secret")} to be taken over to the current ENCRYPTION_KEY, within hours`);
      if (encryptionKeys > 1) return ok("all is under the current ENCRYPTION_KEY: the other one may be dropped");
      return ok(tokenSecrets > 1 ? "TOKEN_SECRET is being exchanged" : "none is being exchanged");
    } catch (error) {
      if (error instanceof RegistryRefusal) return skipped("for operators of a Berth");
      return failed(reasonOf(error), "Look at the registry's log.");
    }
  },
};

export const management: Check = {
  name: "Management API",
  run: async ({ isSignedIn, registry, credentials: given }) => {
    if (isSignedIn !== true) return skipped("needs a sign-in");
    try {
      const { user } = unwrap(await (await openApi(registry, given)).GET("/api/session"));
      return ok(`you are ${user.name}, ${user.role} of account ${user.account}`);
    } catch (error) {
      if (!(error instanceof RegistryRefusal)) return failed(reasonOf(error), "Look at the registry's log.");
      if (error.status === 401 || error.status === 403) {
        return warning(
          "these credentials push and pull, and manage nothing",
          "Sign in with a password for the management commands.",
        );
      }
      return warning(
        `it is no Berth: /api/session answers ${error.status}`,
        "The management commands will not work with it.",
      );
    }
  },
};
