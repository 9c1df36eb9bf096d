/** Who may do what with one image. */
import { unwrap } from "../api.ts";
import { parseImageName, swrPath, withImage } from "../image-name.ts";
import { operation } from "../manage.ts";
import { printLine } from "../output.ts";
import { findUser, numberOf, printRights, withRight, withUser } from "../rights.ts";

const PATH = "/v2/manage/namespaces/{namespace}/repos/{repository}/access";

export const rightsOnImage = operation({
  command: "rights <image>",
  describe: "List who may do what with it",
  options: (yargs) => withImage(yargs),
  ask: async (api, { image }) => unwrap(await api.GET(PATH, { params: { path: swrPath(parseImageName(image)) } })),
  show: printRights,
});

export const grantOnImage = operation({
  command: "grant <image> <user> <right>",
  describe: "Give a user a right on it, in place of the one that they may have",
  options: (yargs) => withRight(withUser(withImage(yargs))),
  ask: async (api, { image, user: name, right }) => {
    const params = { path: swrPath(parseImageName(image)) };
    const user = await findUser(api, name);
    const { others_auths: others } = unwrap(await api.GET(PATH, { params }));
    const hasOne = others.some((other) => other.user_id === user.id);
    const body = [{ user_id: user.id, user_name: user.name, auth: numberOf(right) }];
    return hasOne ? unwrap(await api.PATCH(PATH, { params, body })) : unwrap(await api.POST(PATH, { params, body }));
  },
  show: (_, { image, user, right }) => printLine(`${user} may now ${right} image ${image}.`),
});

export const revokeOnImage = operation({
  command: "revoke <image> <user>",
  describe: "Take a user's right on it away",
  options: (yargs) => withUser(withImage(yargs)),
  ask: async (api, { image, user: name }) => {
    const user = await findUser(api, name);
    const params = { path: swrPath(parseImageName(image)) };
    return unwrap(await api.DELETE(PATH, { params, body: [user.id] }));
  },
  show: (_, { image, user }) => printLine(`${user} has no right of their own on image ${image} any more.`),
});
