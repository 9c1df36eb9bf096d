import type { Argv } from "yargs";
import { unwrap } from "../api.ts";
import { group, operation, withYes } from "../manage.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { printFields, printLine, printTable } from "../output.ts";
import { confirm } from "../prompt.ts";
import { findUser, numberOf, printRights, rightOf, withRight, withUser } from "../rights.ts";

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
  ask: async (api, { visible }) => {
    const query = visible ? { filter: "mode::visible" } : {};
    return unwrap(await api.GET("/v2/manage/namespaces", { params: { query } }));
  },
  show: ({ namespaces }) =>
    printTable(
      [
        { heading: "ORGANIZATION", value: (each) => each.name },
        { heading: "RIGHT", value: (each) => rightOf(each.auth) },
        { heading: "IMAGES", value: (each) => each.repo_count, align: "end" },
        { heading: "USERS", value: (each) => each.access_user_count, align: "end" },
        { heading: "CREATED BY", value: (each) => each.creator_name },
      ],
      namespaces,
      "There are no organizations.",
    ),
});

const create = operation({
  command: "create <organization>",
  describe: "Create an organization",
  options: (yargs) => withOrganization(yargs),
  ask: async (api, { organization }) =>
    unwrap(await api.POST("/v2/manage/namespaces", { body: { namespace: organization } })),
  show: (_, { organization }) => printLine(`Created organization ${organization}.`),
});

const show = operation({
  command: "show <organization>",
  describe: "Show an organization and what it takes up",
  options: (yargs) => withOrganization(yargs),
  ask: async (api, { organization }) => {
    const path = { namespace: organization, organization };
    const properties = unwrap(await api.GET("/v2/manage/namespaces/{namespace}", { params: { path } }));
    const usage = unwrap(await api.GET("/api/organizations/{organization}/usage", { params: { path } }));
    return { ...properties, usage };
  },
  show: ({ name, auth, creator_name: creator, access_user_count: users, usage }) =>
    printFields({
      Organization: name,
      "Your right": rightOf(auth),
      "Created by": creator,
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
  ask: async (api, { organization }) => {
    const path = { namespace: organization };
    return unwrap(await api.DELETE("/v2/manage/namespaces/{namespace}", { params: { path } }));
  },
  show: (_, { organization }) => printLine(`Deleted organization ${organization}.`),
});

const rights = operation({
  command: "rights <organization>",
  describe: "List who may do what with all of its images",
  options: (yargs) => withOrganization(yargs),
  ask: async (api, { organization }) => {
    const path = { namespace: organization };
    return unwrap(await api.GET("/v2/manage/namespaces/{namespace}/access", { params: { path } }));
  },
  show: printRights,
});

const grant = operation({
  command: "grant <organization> <user> <right>",
  describe: "Give a user a right, in place of the one that they may have",
  options: (yargs) => withRight(withUser(withOrganization(yargs))),
  ask: async (api, { organization, user: name, right }) => {
    const params = { path: { namespace: organization } };
    const user = await findUser(api, name);
    const { others_auths: others } = unwrap(await api.GET("/v2/manage/namespaces/{namespace}/access", { params }));
    const hasOne = others.some((other) => other.user_id === user.id);
    const body = [{ user_id: user.id, user_name: user.name, auth: numberOf(right) }];
    return hasOne
      ? unwrap(await api.PATCH("/v2/manage/namespaces/{namespace}/access", { params, body }))
      : unwrap(await api.POST("/v2/manage/namespaces/{namespace}/access", { params, body }));
  },
  show: (_, { organization, user, right }) => printLine(`${user} may now ${right} in organization ${organization}.`),
});

const revoke = operation({
  command: "revoke <organization> <user>",
  describe: "Take a user's right away",
  options: (yargs) => withUser(withOrganization(yargs)),
  ask: async (api, { organization, user: name }) => {
    const user = await findUser(api, name);
    const params = { path: { namespace: organization } };
    return unwrap(await api.DELETE("/v2/manage/namespaces/{namespace}/access", { params, body: [user.id] }));
  },
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
