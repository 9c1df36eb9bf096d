/** Who may do what with one image. */
import { unwrap } from "../../client/api/client.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { operation } from "../manage.ts";
import { printLine } from "../output.ts";
import { changeOrGrant, printRights, withRight, withUser } from "../rights.ts";

const PATH = "/api/organizations/{organization}/images/{image}/permissions";

export const rightsOnImage = operation({
  command: "rights <image>",
  describe: "List who may do what with it",
  options: (yargs) => withImage(yargs),
  ask: async (api, { image }) => unwrap(await api.GET(PATH, { params: { path: parseImageName(image) } })),
  show: printRights,
});

export const grantOnImage = operation({
  command: "grant <image> <user> <right>",
  describe: "Give a user a right on it, in place of the one that they may have",
  options: (yargs) => withRight(withUser(withImage(yargs))),
  ask: async (api, { image, user, right: level }) => {
    const path = parseImageName(image);
    const change = { params: { path: { ...path, user } }, body: { level } };
    const grant = { params: { path }, body: { permissions: [{ user, level }] } };
    return changeOrGrant<unknown>(
      async () => unwrap(await api.PATCH(`${PATH}/{user}`, change)),
      async () => unwrap(await api.POST(PATH, grant)),
    );
  },
  show: (_, { image, user, right }) => printLine(`${user} may now ${right} image ${image}.`),
});

export const revokeOnImage = operation({
  command: "revoke <image> <user>",
  describe: "Take a user's right on it away",
  options: (yargs) => withUser(withImage(yargs)),
  ask: async (api, { image, user }) =>
    unwrap(await api.DELETE(`${PATH}/{user}`, { params: { path: { ...parseImageName(image), user } } })),
  show: (_, { image, user }) => printLine(`${user} has no right of their own on image ${image} any more.`),
});
