import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { defined } from "../defined.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { group, operation, readPages, withLimit } from "../manage.ts";
import { formatTime, printLine, printTable } from "../output.ts";

const PATH = "/api/organizations/{organization}/images/{image}/shares";
const FOREVER = "forever";

function withAccount<T>(yargs: Argv<T>): Argv<T & { account: string }> {
  return yargs.positional("account", { type: "string", demandOption: true, describe: "The other account's name" });
}

function withDescription<T>(yargs: Argv<T>): Argv<T & { description: string | undefined }> {
  return yargs.option("description", { type: "string", requiresArg: true, describe: "A note for people" });
}

const list = operation({
  command: ["list", "ls"],
  describe: "List images shared with other accounts, or by them",
  options: (yargs) =>
    withLimit(yargs).option("received", {
      type: "boolean",
      default: false,
      describe: "What others share with one's account",
    }),
  ask: (api, { received, limit }) =>
    readPages("shares", limit, async (page) => {
      const query = { direction: received ? ("received" as const) : ("sent" as const), ...page };
      return unwrap(await api.GET("/api/shares", { params: { query } }));
    }),
  show: ({ shares }, { received }) =>
    printTable(
      [
        { heading: "IMAGE", value: (share) => `${share.organization}/${share.image}` },
        { heading: received ? "FROM" : "WITH", value: (share) => share.account },
        { heading: "UNTIL", value: (share) => share.deadline },
        { heading: "VALID", value: (share) => (share.valid ? "yes" : "no") },
        { heading: "SINCE", value: (share) => formatTime(share.created) },
        { heading: "NOTE", value: (share) => share.note },
      ],
      shares,
      received ? "Nothing is shared with your account." : "Your account shares nothing.",
    ),
});

const add = operation({
  command: "add <image> <account>",
  describe: "Share a private image with another account, for pulling",
  options: (yargs) =>
    withDescription(withAccount(withImage(yargs))).option("until", {
      type: "string",
      requiresArg: true,
      default: FOREVER,
      describe: "The last day (UTC), as 2030-12-31, or forever",
    }),
  ask: async (api, { image, account, until, description: note }) => {
    const params = { path: parseImageName(image) };
    const body = { account, deadline: until, ...defined({ note }) };
    return unwrap(await api.POST(PATH, { params, body }));
  },
  show: (_, { image, account, until }) =>
    printLine(`Account ${account} may pull ${image} ${until === FOREVER ? "from now on" : `until ${until}`}.`),
});

const change = operation({
  command: "change <image> <account>",
  describe: "Change until when an image is shared with an account",
  options: (yargs) =>
    withDescription(withAccount(withImage(yargs))).option("until", {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "The last day (UTC), as 2030-12-31, or forever",
    }),
  ask: async (api, { image, account, until, description: note }) => {
    const params = { path: { ...parseImageName(image), account } };
    const body = { deadline: until, ...defined({ note }) };
    return unwrap(await api.PATCH(`${PATH}/{account}`, { params, body }));
  },
  show: (_, { image, account, until }) => printLine(`Account ${account} may pull ${image}: ${until}.`),
});

const remove = operation({
  command: ["remove <image> <account>", "delete"],
  describe: "Stop sharing an image with an account",
  options: (yargs) => withAccount(withImage(yargs)),
  ask: async (api, { image, account }) => {
    const params = { path: { ...parseImageName(image), account } };
    return unwrap(await api.DELETE(`${PATH}/{account}`, { params }));
  },
  show: (_, { image, account }) => printLine(`${image} is not shared with account ${account} any more.`),
});

/** `berth share`: private images that other accounts may pull. */
export const share = group("share", "Sharing with other accounts: list, add, change, remove", [
  list,
  add,
  change,
  remove,
]);
