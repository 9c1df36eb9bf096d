import type { Argv } from "yargs";
import { CATEGORIES } from "../../kernel/image-categories.ts";
import { unwrap } from "../../client/api/client.ts";
import { defined } from "../defined.ts";
import { usageFailure } from "../failure.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { group, operation, readPages, withLimit, withYes } from "../manage.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { formatTime, printable, printFields, printLine, printTable } from "../output.ts";
import { confirm } from "../prompt.ts";
import { imageHistory } from "./history.ts";
import { grantOnImage, revokeOnImage, rightsOnImage } from "./image-rights.ts";

const IMAGE = "/api/organizations/{organization}/images/{image}";

/** Adds what can be set of an image. */
function withProperties<T>(yargs: Argv<T>) {
  return yargs
    .option("public", { type: "boolean", describe: "Let everybody pull it; --no-public for those with a right only" })
    .option("category", { choices: CATEGORIES, describe: "What kind of image it is" })
    .option("description", { type: "string", requiresArg: true, describe: "A text for people" });
}

const list = operation({
  command: ["list [organization]", "ls"],
  describe: "List and search images",
  options: (yargs) =>
    withLimit(yargs)
      .positional("organization", { type: "string", describe: "Only its images" })
      .option("search", { alias: "q", type: "string", requiresArg: true, describe: "Only names with this text" })
      .option("scope", {
        choices: ["own", "shared", "public", "all"] as const,
        default: "own" as const,
        describe: "Those of one's account, shared with it, public ones, or all",
      })
      .option("architecture", { type: "string", requiresArg: true, describe: "Only images for it" }),
  ask: (api, { organization, search: q, scope, architecture, limit }) =>
    readPages("images", limit, async (page) => {
      const query = { scope, ...page, ...defined({ organization, q, architecture }) };
      return unwrap(await api.GET("/api/images", { params: { query } }));
    }),
  show: ({ images }) =>
    printTable(
      [
        { heading: "IMAGE", value: (each) => `${each.organization}/${each.image}` },
        { heading: "TAGS", value: (each) => each.tags, align: "end" },
        { heading: "SIZE", value: (each) => formatBytes(each.size), align: "end" },
        { heading: "PULLS", value: (each) => each.pulls, align: "end" },
        { heading: "PUBLIC", value: (each) => (each.public ? "yes" : "no") },
        { heading: "UPDATED", value: (each) => formatTime(each.updated) },
        { heading: "ARCHITECTURES", value: (each) => each.architectures.join(", ") },
      ],
      images,
      "There are no images.",
    ),
});

const show = operation({
  command: "show <image>",
  describe: "Show an image",
  options: (yargs) => withImage(yargs),
  ask: async (api, { image }) => {
    const path = parseImageName(image);
    return unwrap(await api.GET(IMAGE, { params: { path } }));
  },
  show: (image) => {
    printFields({
      Image: `${image.organization}/${image.image}`,
      Account: image.account,
      "Your right": image.level,
      Public: image.public ? "yes" : "no",
      Category: image.category,
      Architectures: image.architectures.join(", "),
      Tags: image.tags,
      Companions: image.companions,
      Size: formatBytes(image.size),
      Pulls: image.pulls,
      Created: `${formatTime(image.created)}${image.createdBy === null ? "" : ` by ${image.createdBy}`}`,
      Updated: formatTime(image.updated),
      Pull: image.pullCommand,
    });
    if (image.description !== "") printLine(`\n${image.description.split("\n").map(printable).join("\n")}`);
  },
});

const create = operation({
  command: "create <image>",
  describe: "Create an image without tags; a push does that as well",
  options: (yargs) => withProperties(withImage(yargs)),
  ask: async (api, { image, public: isPublic = false, category, description }) => {
    const { organization, image: name } = parseImageName(image);
    const body = { image: name, public: isPublic, ...defined({ category, description }) };
    const params = { path: { organization } };
    return unwrap(await api.POST("/api/organizations/{organization}/images", { params, body }));
  },
  show: (_, { image }) => printLine(`Created image ${image}.`),
});

const set = operation({
  command: "set <image>",
  describe: "Change an image's properties",
  options: (yargs) =>
    withProperties(withImage(yargs)).check((argv) => {
      if (argv.public !== undefined || argv.category !== undefined || argv.description !== undefined) return true;
      throw usageFailure("give at least one of --public, --no-public, --category and --description");
    }),
  ask: async (api, { image, public: isPublic, category, description }) => {
    const body = defined({ public: isPublic, category, description });
    return unwrap(await api.PATCH(IMAGE, { params: { path: parseImageName(image) }, body }));
  },
  show: (_, { image }) => printLine(`Changed image ${image}.`),
});

const remove = operation({
  command: "delete <image>",
  describe: "Delete an image with all of its tags",
  options: (yargs) => withYes(withImage(yargs)),
  before: ({ image, yes }) => confirm(`Delete image ${image} with all of its tags?`, yes),
  ask: async (api, { image }) => unwrap(await api.DELETE(IMAGE, { params: { path: parseImageName(image) } })),
  show: (_, { image }) => printLine(`Deleted image ${image}.`),
});

const keepUntagged = operation({
  command: "keep-untagged <image> <state>",
  describe: "Whether manifests that nothing needs are kept from garbage collection",
  options: (yargs) =>
    withImage(yargs).positional("state", {
      choices: ["on", "off"] as const,
      demandOption: true,
      describe: "Keep them, or not",
    }),
  ask: async (api, { image, state }) => {
    const params = { path: parseImageName(image) };
    return unwrap(await api.PUT(`${IMAGE}/garbage-collection`, { params, body: { keepsUntagged: state === "on" } }));
  },
  show: ({ keepsUntagged }, { image }) =>
    printLine(`Manifests of ${image} that nothing needs ${keepsUntagged ? "are kept" : "go after the grace period"}.`),
});

/** `berth image`: images, their properties, and who may do what with them. */
export const image = group("image", "Images: list, search, create, change, delete, history, rights", [
  list,
  show,
  create,
  set,
  remove,
  imageHistory,
  keepUntagged,
  rightsOnImage,
  grantOnImage,
  revokeOnImage,
]);
