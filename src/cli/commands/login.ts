import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { forgetCredentials, keepCredentials } from "../credentials/keep.ts";
import { signIn } from "../credentials/verify.ts";
import { usageFailure } from "../failure.ts";
import { command, operation } from "../manage.ts";
import { nodeFetch, openConnections } from "../node-fetch.ts";
import { printFields, printJson, printLine } from "../output.ts";
import { askFor, askForSecret, readSecretFromInput } from "../prompt.ts";
import { chooseRegistry, forgetRegistry, rememberRegistry } from "../settings.ts";

function withHost<T>(yargs: Argv<T>): Argv<T & { host: string | undefined }> {
  return yargs.positional("host", { type: "string", describe: "The registry: a host, or a URL" });
}

/** `berth login`: signs in, and keeps the credentials where docker keeps its own. */
export const login = command({
  command: "login [host]",
  describe: "Sign in to a registry; docker and others are signed in as well",
  options: (yargs) =>
    withHost(yargs)
      .option("username", { alias: "u", type: "string", requiresArg: true, describe: "Who you are" })
      .option("password-stdin", { type: "boolean", default: false, describe: "Read the password from standard input" }),
  run: async ({ host, registry: option, username, passwordStdin, json }) => {
    const registry = chooseRegistry(host ?? option);
    if (passwordStdin && username === undefined) throw usageFailure("--password-stdin needs --username");
    const name = username ?? (process.env["BERTH_USERNAME"] || (await askFor("Username")));
    const given = passwordStdin ? await readSecretFromInput() : process.env["BERTH_PASSWORD"];
    const password = given || (await askForSecret("Password"));
    if (name === "" || password === "") throw usageFailure("name and password must not be empty");

    const kept = await signIn(registry, { kind: "password", name, password }, nodeFetch(openConnections()));
    const place = await keepCredentials(registry.name, kept, name);
    rememberRegistry(registry);
    if (json) printJson({ registry: registry.name, user: name, keptIn: place });
    else printLine(`Signed in to ${registry.name} as ${name}. The credentials are in ${place}.`);
  },
});

/** `berth logout`. */
export const logout = command({
  command: "logout [host]",
  describe: "Forget the credentials for a registry",
  options: (yargs) => withHost(yargs),
  run: async ({ host, registry: option, json }) => {
    const registry = chooseRegistry(host ?? option);
    await forgetCredentials(registry.name);
    forgetRegistry(registry);
    if (json) printJson({ registry: registry.name });
    else printLine(`Signed out of ${registry.name}.`);
  },
});

/** `berth whoami`. */
export const whoami = operation({
  command: "whoami",
  describe: "Who one is to the registry",
  ask: async (api) => unwrap(await api.GET("/api/session")),
  show: ({ user }) => printFields({ User: user.name, Account: user.account, Role: user.role }),
});
