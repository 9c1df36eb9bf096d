import { unwrap } from "../../client/api/client.ts";
import { defined } from "../defined.ts";
import { parseImageName, parseTagName, withImage, withTag } from "../image-name.ts";
import { group, operation, readPages, withLimit, withYes } from "../manage.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { formatTime, printFields, printLine, printTable, shortDigest } from "../output.ts";
import { confirm } from "../prompt.ts";
import { deletedTags, restoreTag } from "./deleted-tags.ts";
import { tagHistory } from "./history.ts";
import { protect, protections, unprotect } from "./immutable-rules.ts";

const TAGS = "/api/organizations/{organization}/images/{image}/tags";

interface Platform {
  os: string | null;
  architecture: string | null;
  variant: string | null;
}

function platformName({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== null).join("/");
}

const list = operation({
  command: ["list <image>", "ls"],
  describe: "List an image's tags",
  options: (yargs) =>
    withLimit(withImage(yargs))
      .option("search", { alias: "q", type: "string", requiresArg: true, describe: "Only names with this text" })
      .option("sort", {
        choices: ["name", "updated"] as const,
        default: "updated" as const,
        describe: "What to sort by",
      })
      .option("order", { choices: ["asc", "desc"] as const, describe: "Which end comes first" }),
  ask: (api, { image, search: q, sort, order, limit }) =>
    readPages("tags", limit, async (page) => {
      const query = { sort, ...page, ...defined({ q, order }) };
      const params = { path: parseImageName(image), query };
      return unwrap(await api.GET(TAGS, { params }));
    }),
  show: ({ tags }) =>
    printTable(
      [
        { heading: "TAG", value: (tag) => tag.name },
        { heading: "DIGEST", value: (tag) => shortDigest(tag.digest) },
        { heading: "SIZE", value: (tag) => formatBytes(tag.size), align: "end" },
        { heading: "PUSHED", value: (tag) => formatTime(tag.pushed) },
        { heading: "BY", value: (tag) => tag.pushedBy },
        { heading: "PLATFORMS", value: (tag) => tag.platforms.map(platformName).join(", ") },
        { heading: "COMPANIONS", value: (tag) => [...new Set(tag.companions.map(({ type }) => type))].join(", ") },
      ],
      tags,
      "There are no tags.",
    ),
});

const show = operation({
  command: "show <tag>",
  describe: "Show what a tag points to",
  options: (yargs) => withTag(yargs),
  ask: async (api, { tag: name }) => {
    const { tag: reference, ...image } = parseTagName(name);
    const params = { path: { ...image, reference } };
    return unwrap(await api.GET("/api/organizations/{organization}/images/{image}/manifests/{reference}", { params }));
  },
  show: (manifest) => {
    const { config } = manifest;
    printFields({
      Digest: manifest.digest,
      "Media type": manifest.mediaType,
      "Artifact type": manifest.artifactType,
      Size: formatBytes(manifest.imageSize),
      Platform: config ? platformName(config) : undefined,
      Layers: manifest.layers?.length,
      Images: manifest.children?.length,
      Referrers: manifest.referrers,
      Companions: manifest.companions.map(({ type, name }) => `${type} ${name}`).join(", "),
      "Other tags": manifest.tags.length > 1 ? manifest.tags.join(", ") : undefined,
      Created: formatTime(manifest.created),
      "Last pulled": formatTime(manifest.lastPulled),
      Entrypoint: config?.entrypoint?.join(" "),
      Command: config?.cmd?.join(" "),
      Pull: manifest.pullCommand,
    });
  },
});

const add = operation({
  command: "add <tag> <name>",
  describe: "Give what a tag points to another tag",
  options: (yargs) =>
    withTag(yargs)
      .positional("name", { type: "string", demandOption: true, describe: "The new tag, without the image" })
      .option("override", { type: "boolean", default: false, describe: "Move the tag if it is there already" }),
  ask: async (api, { tag: source, name, override }) => {
    const { tag, ...path } = parseTagName(source);
    return unwrap(await api.POST(TAGS, { params: { path }, body: { name, source: tag, override } }));
  },
  show: (_, { tag, name }) => printLine(`${name} points to what ${tag} points to.`),
});

const remove = operation({
  command: "delete <tag>",
  describe: "Delete a tag, with the image's last tag its companions too; restorable for the grace period",
  options: (yargs) => withYes(withTag(yargs)),
  before: ({ tag, yes }) => confirm(`Delete ${tag}?`, yes),
  ask: async (api, { tag: name }) =>
    unwrap(await api.DELETE(`${TAGS}/{tag}`, { params: { path: parseTagName(name) } })),
  show: (_, { tag }) => printLine(`Deleted ${tag}.`),
});

/** `berth tag`: tags, their history, what was deleted, and what keeps them. */
export const tag = group("tag", "Tags: list, show, add, delete, restore, history, protect", [
  list,
  show,
  add,
  remove,
  tagHistory,
  deletedTags,
  restoreTag,
  protections,
  protect,
  unprotect,
]);
