import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { usageFailure } from "../failure.ts";
import { group, operation } from "../manage.ts";
import { formatTime, printLine, printTable } from "../output.ts";

const OWN = "/api/logins";
const OF_USER = "/api/users/{name}/logins";

const KINDS = { browser: "browser", "iam-token": "X-Auth-Token", "refresh-token": "container tool" } as const;

function withUser<T>(yargs: Argv<T>): Argv<T & { user: string | undefined }> {
  return yargs.option("user", {
    type: "string",
    requiresArg: true,
    describe: "Of this user of one's account (administrators); default: one's own",
  });
}

const list = operation({
  command: ["list", "ls"],
  describe: "List where a user is logged in, what was used last first",
  options: (yargs) => withUser(yargs),
  ask: async (api, { user }) =>
    unwrap(user === undefined ? await api.GET(OWN) : await api.GET(OF_USER, { params: { path: { name: user } } })),
  show: ({ logins }) =>
    printTable(
      [
        { heading: "ID", value: (login) => login.id },
        { heading: "KIND", value: (login) => KINDS[login.kind] },
        { heading: "CLIENT", value: (login) => login.client?.split(" ", 1)[0] },
        { heading: "ADDRESS", value: (login) => login.lastAddress ?? login.address },
        { heading: "CREATED", value: (login) => formatTime(login.created) },
        { heading: "LAST USED", value: (login) => formatTime(login.lastUsed) },
        { heading: "ENDS", value: (login) => formatTime(login.expires) },
      ],
      logins,
      "Nothing is logged in.",
    ),
});

const end = operation({
  command: "end [id]",
  describe: "End a login, or with --all every one but that of this command",
  options: (yargs) =>
    withUser(yargs)
      .positional("id", { type: "string", describe: "The login, as the list names it" })
      .option("all", { type: "boolean", default: false, describe: "All of them" })
      .check(({ id, all }) => {
        if ((id === undefined) === all) return true;
        throw usageFailure("name a login, or say --all");
      }),
  ask: async (api, { id, user }) => {
    if (id === undefined) {
      return unwrap(
        user === undefined ? await api.DELETE(OWN) : await api.DELETE(OF_USER, { params: { path: { name: user } } }),
      );
    }
    unwrap(
      user === undefined
        ? await api.DELETE(`${OWN}/{id}`, { params: { path: { id } } })
        : await api.DELETE(`${OF_USER}/{id}`, { params: { path: { name: user, id } } }),
    );
    return { ended: 1 };
  },
  show: ({ ended }) => printLine(ended === 1 ? "1 login has ended." : `${ended} logins have ended.`),
});

/** `berth logins`: browsers, tokens and container tools that are logged in. */
export const logins = group("logins", "Where one is logged in: list, end", [list, end]);
