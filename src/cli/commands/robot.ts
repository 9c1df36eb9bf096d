import type { Argv } from "yargs";
import { type Api, unwrap } from "../../client/api/client.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure, usageFailure } from "../failure.ts";
import { group, operation, readPages, withYes } from "../manage.ts";
import { formatTime, printFields, printLine, printTable } from "../output.ts";
import { confirm } from "../prompt.ts";

const USERS = "/api/users";
const KEYS = `${USERS}/{name}/access-keys` as const;

function withRobot<T>(yargs: Argv<T>): Argv<T & { robot: string }> {
  return yargs.positional("robot", { type: "string", demandOption: true, describe: "Its name" });
}

/** @throws Failure (usage) for what is no time. */
function readEnd(text: string | undefined): string | null {
  if (text === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw usageFailure(`--ends "${text}" is no time`, "For example: --ends 2027-01-31");
  return new Date(time).toISOString();
}

/** The robots of the account. @param search only those whose names contain it. */
async function listRobots(api: Api, search?: string) {
  const answer = await readPages("users", undefined, async (page) =>
    unwrap(await api.GET(USERS, { params: { query: { ...page, ...(search !== undefined && { search }) } } })),
  );
  return { ...answer, users: answer.users.filter(({ kind }) => kind === "robot") };
}

/** Refuses the name of a person. @throws Failure (not found). */
async function requireRobot(api: Api, name: string): Promise<void> {
  const { users } = await listRobots(api, name);
  if (!users.some((each) => each.name === name)) throw new Failure(EXIT.notFound, `there is no robot ${name}`);
}

const list = operation({
  command: ["list", "ls"],
  describe: "List the robots of one's account",
  ask: (api) => listRobots(api),
  show: ({ users }) =>
    printTable(
      [
        { heading: "ROBOT", value: (robot) => robot.name },
        { heading: "ID", value: (robot) => robot.id },
        { heading: "CREATED", value: (robot) => formatTime(robot.created) },
      ],
      users,
      "There are no robots.",
    ),
});

const create = operation({
  command: "create <robot>",
  describe: "Create a robot: a user without a password, for machines",
  options: (yargs) => withRobot(yargs),
  ask: async (api, { robot: name }) => unwrap(await api.POST(USERS, { body: { name, kind: "robot", role: "member" } })),
  show: (_, { robot }) =>
    printLine(`Created robot ${robot}. It needs an access key (berth robot add-key) and rights (berth org grant).`),
});

const remove = operation({
  command: "delete <robot>",
  describe: "Delete a robot with its access keys and rights",
  options: (yargs) => withYes(withRobot(yargs)),
  before: ({ robot, yes }) => confirm(`Delete robot ${robot}?`, yes),
  ask: async (api, { robot: name }) => {
    await requireRobot(api, name);
    return unwrap(await api.DELETE(`${USERS}/{name}`, { params: { path: { name } } }));
  },
  show: (_, { robot }) => printLine(`Deleted robot ${robot}.`),
});

const keys = operation({
  command: "keys <robot>",
  describe: "List a robot's access keys",
  options: (yargs) => withRobot(yargs),
  ask: async (api, { robot: name }) => {
    await requireRobot(api, name);
    return unwrap(await api.GET(KEYS, { params: { path: { name } } }));
  },
  show: ({ accessKeys }) =>
    printTable(
      [
        { heading: "ACCESS KEY", value: (key) => key.access },
        { heading: "CREATED", value: (key) => formatTime(key.created) },
        { heading: "LAST USED", value: (key) => formatTime(key.lastUsed) },
        { heading: "ENDS", value: (key) => (key.ends === null ? "never" : formatTime(key.ends)) },
      ],
      accessKeys,
      "It has no access keys.",
    ),
});

const addKey = operation({
  command: "add-key <robot>",
  describe: "Make an access key for a robot; its secret is shown this once",
  options: (yargs) =>
    withRobot(yargs).option("ends", {
      type: "string",
      requiresArg: true,
      describe: "When the key ends, such as 2027-01-31; default: never",
    }),
  ask: async (api, { robot: name, ends }) =>
    unwrap(await api.POST(KEYS, { params: { path: { name } }, body: { ends: readEnd(ends) } })),
  show: ({ access, secret, ends }) =>
    printFields({ "Access key": access, "Secret key": secret, Ends: ends === null ? "never" : formatTime(ends) }),
});

const deleteKey = operation({
  command: "delete-key <robot> <access>",
  describe: "Delete an access key of a robot",
  options: (yargs) =>
    withYes(withRobot(yargs)).positional("access", {
      type: "string",
      demandOption: true,
      describe: "The access key (AK)",
    }),
  before: ({ access, yes }) => confirm(`Delete access key ${access}?`, yes),
  ask: async (api, { robot: name, access }) => {
    await requireRobot(api, name);
    return unwrap(await api.DELETE(`${KEYS}/{access}`, { params: { path: { name, access } } }));
  },
  show: (_, { access }) => printLine(`Deleted access key ${access}.`),
});

/** `berth robot`: users without a password, for machines. */
export const robot = group("robot", "Robots and their access keys: list, create, keys, add-key, delete-key, delete", [
  list,
  create,
  keys,
  addKey,
  deleteKey,
  remove,
]);
