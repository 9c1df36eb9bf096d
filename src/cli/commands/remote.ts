import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure, usageFailure } from "../failure.ts";
import { group, operation, withYes } from "../manage.ts";
import { formatTime, printFields, printLine, printTable } from "../output.ts";
import { askForSecret, confirm, readSecretFromInput } from "../prompt.ts";

const REMOTES = "/api/remotes";
const REMOTE = `${REMOTES}/{remote}` as const;

function withName<T>(yargs: Argv<T>): Argv<T & { name: string }> {
  return yargs.positional("name", { type: "string", demandOption: true, describe: "The account's name for it" });
}

function withCredentials<T>(yargs: Argv<T>) {
  return yargs
    .option("username", { alias: "u", type: "string", requiresArg: true, describe: "Who logs in there" })
    .option("password-stdin", { type: "boolean", default: false, describe: "Read the password from standard input" })
    .option("test", {
      type: "boolean",
      default: true,
      describe: "Save it only if it answers and takes the credentials",
    });
}

/** The password that goes with a user name: from standard input, or asked for. */
async function readPassword(username: string | undefined, isFromInput: boolean): Promise<string | undefined> {
  if (username === undefined) {
    if (isFromInput) throw usageFailure("--password-stdin needs --username");
    return undefined;
  }
  return isFromInput ? readSecretFromInput() : askForSecret("Password there");
}

const list = operation({
  command: ["list", "ls"],
  describe: "List the account's remote registries",
  ask: async (api) => unwrap(await api.GET(REMOTES)),
  show: ({ remotes }) =>
    printTable(
      [
        { heading: "NAME", value: ({ name }) => name },
        { heading: "ADDRESS", value: ({ url }) => url },
        { heading: "USER NAME", value: ({ username }) => username ?? "" },
      ],
      remotes,
      "There are no remote registries.",
    ),
});

const show = operation({
  command: "show <name>",
  describe: "Show a remote registry",
  options: (yargs) => withName(yargs),
  ask: async (api, { name }) => unwrap(await api.GET(REMOTE, { params: { path: { remote: name } } })),
  show: ({ name, url, username, updated }) =>
    printFields({
      Name: name,
      Address: url,
      "User name": username ?? "(nobody logs in)",
      Changed: formatTime(updated),
    }),
});

const add = operation({
  command: "add <name> <address>",
  describe: "Register a registry elsewhere",
  options: (yargs) =>
    withCredentials(
      withName(yargs).positional("address", {
        type: "string",
        demandOption: true,
        describe: "As docker.io or https://…",
      }),
    ),
  ask: async (api, { name, address, username, passwordStdin, test }) => {
    const password = await readPassword(username, passwordStdin);
    const body = { name, url: address, username: username ?? null, password: password ?? null, test };
    return unwrap(await api.POST(REMOTES, { body }));
  },
  show: ({ name, url }) => printLine(`Registered ${name}, which is at ${url}.`),
});

const set = operation({
  command: "set <name>",
  describe: "Change how a remote registry is reached",
  options: (yargs) =>
    withCredentials(withName(yargs))
      .option("address", { type: "string", requiresArg: true, describe: "Its new address; takes the password anew" })
      .option("anonymous", { type: "boolean", default: false, describe: "Forget the user name and the password" })
      .conflicts("anonymous", "username"),
  ask: async (api, { name, address, username, passwordStdin, anonymous, test }) => {
    if (address === undefined && username === undefined && !passwordStdin && !anonymous) {
      throw usageFailure("say what to change: --address, --username or --anonymous");
    }
    const password = await readPassword(username, passwordStdin);
    const body = {
      ...(address !== undefined && { url: address }),
      ...(username !== undefined && password !== undefined && { username, password }),
      ...(anonymous && { username: null, password: null }),
      test,
    };
    return unwrap(await api.PATCH(REMOTE, { params: { path: { remote: name } }, body }));
  },
  show: ({ name, url }) => printLine(`Changed ${name}, which is at ${url}.`),
});

const test = operation({
  command: "test <name>",
  describe: "Try out whether it answers and takes the credentials",
  options: (yargs) => withName(yargs),
  ask: async (api, { name }) => unwrap(await api.POST(`${REMOTE}/test`, { params: { path: { remote: name } } })),
  show: ({ works }) => {
    if (works) printLine("It works.");
  },
  fault: ({ works, detail }, { name }) =>
    works ? undefined : new Failure(EXIT.failed, `${name} does not work: ${detail ?? "no reason was given"}`),
});

const remove = operation({
  command: "delete <name>",
  describe: "Forget a remote registry that nothing uses",
  options: (yargs) => withYes(withName(yargs)),
  before: ({ name, yes }) => confirm(`Forget remote registry ${name}?`, yes),
  ask: async (api, { name }) => unwrap(await api.DELETE(REMOTE, { params: { path: { remote: name } } })),
  show: (_, { name }) => printLine(`Forgot remote registry ${name}.`),
});

/** `berth remote`: registries elsewhere, which images are synchronized to and fetched from. */
export const remote = group("remote", "Registries elsewhere: list, show, add, set, test, delete", [
  list,
  show,
  add,
  set,
  test,
  remove,
]);
