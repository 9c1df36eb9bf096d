import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { group, operation, readPages, withYes } from "../manage.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { printFields, printLine, printTable } from "../output.ts";
import { confirm } from "../prompt.ts";
import { changeOrGrant, printRights, withRight, withUser } from "../rights.ts";

const ORGANIZATION = "/api/organizations/{organization}";
const PERMISSIONS = `${ORGANIZATION}/permissions` as const;

function withOrganization<T>(yargs: Argv<T>): Argv<T & { organization: string }> {
  return yargs.positional("organization", { type: "string", demandOption: true, describe: "Its name" });
}

const list = operation({
  command: ["list", "ls"],
  describe: "List organizations",
  options: (yargs) =>
    yargs.option("visible", {
      type: "boolean",
      default: false,
      describe: "Also those where one may use single images only",
    }),
  ask: (api, { visible }) =>
    readPages("organizations", undefined, async (page) => {
      const query = { ...page, ...(!visible && { level: "read" as const }) };
      return unwrap(await api.GET("/api/organizations", { params: { query } }));
    }),
  show: ({ organizations }) =>
    printTable(
      [
        { heading: "ORGANIZATION", value: (each) => each.name },
        { heading: "RIGHT", value: (each) => each.level ?? "read" },
        { heading: "IMAGES", value: (each) => each.images, align: "end" },
        { heading: "USERS", value: (each) => each.users, align: "end" },
        { heading: "CREATED BY", value: (each) => each.createdBy ?? "" },
      ],
      organizations,
      "There are no organizations.",
    ),
});

const create = operation({
  command: "create <organization>",
  describe: "Create an organization",
  options: (yargs) => withOrganization(yargs),
  ask: async (api, { organization }) => unwrap(await api.POST("/api/organizations", { body: { name: organization } })),
  show: (_, { organization }) => printLine(`Created organization ${organization}.`),
});

const show = operation({
  command: "show <organization>",
  describe: "Show an organization and what it takes up",
  options: (yargs) => withOrganization(yargs),
  ask: async (api, { organization }) => {
    const path = { organization };
    const properties = unwrap(await api.GET(ORGANIZATION, { params: { path } }));
    const usage = unwrap(await api.GET(`${ORGANIZATION}/usage`, { params: { path } }));
    return { ...properties, usage };
  },
  show: ({ name, level, createdBy, users, usage }) =>
    printFields({
      Organization: name,
      "Your right": level,
      "Created by": createdBy,
      Users: users,
      Images: usage.images,
      Tags: usage.tags,
      "Size of images": formatBytes(usage.imageBytes),
      Stored: formatBytes(usage.storedBytes),
    }),
});

const remove = operation({
  command: "delete <organization>",
  describe: "Delete an organization that has no images",
  options: (yargs) => withYes(withOrganization(yargs)),
  before: ({ organization, yes }) => confirm(`Delete organization ${organization}?`, yes),
  ask: async (api, { organization }) => unwrap(await api.DELETE(ORGANIZATION, { params: { path: { organization } } })),
  show: (_, { organization }) => printLine(`Deleted organization ${organization}.`),
});

const rights = operation({
  command: "rights <organization>",
  describe: "List who may do what with all of its images",
  options: (yargs) => withOrganization(yargs),
  ask: async (api, { organization }) => unwrap(await api.GET(PERMISSIONS, { params: { path: { organization } } })),
  show: printRights,
});

const grant = operation({
  command: "grant <organization> <user> <right>",
  describe: "Give a user a right, in place of the one that they may have",
  options: (yargs) => withRight(withUser(withOrganization(yargs))),
  ask: async (api, { organization, user, right: level }) => {
    const change = { params: { path: { organization, user } }, body: { level } };
    const grantNew = { params: { path: { organization } }, body: { permissions: [{ user, level }] } };
    return changeOrGrant<unknown>(
      async () => unwrap(await api.PATCH(`${PERMISSIONS}/{user}`, change)),
      async () => unwrap(await api.POST(PERMISSIONS, grantNew)),
    );
  },
  show: (_, { organization, user, right }) => printLine(`${user} may now ${right} in organization ${organization}.`),
});

const revoke = operation({
  command: "revoke <organization> <user>",
  describe: "Take a user's right away",
  options: (yargs) => withUser(withOrganization(yargs)),
  ask: async (api, { organization, user }) =>
    unwrap(await api.DELETE(`${PERMISSIONS}/{user}`, { params: { path: { organization, user } } })),
  show: (_, { organization, user }) => printLine(`${user} has no right in organization ${organization} any more.`),
});

/** `berth org`: organizations, and who may do what with all of their images. */
export const org = group("org", "Organizations: list, create, show, delete, rights", [
  list,
  create,
  show,
  remove,
  rights,
  grant,
  revoke,
]);
