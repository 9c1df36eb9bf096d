/** Immutable-tag rules: tags that nobody overwrites or deletes. */
import { unwrap } from "../../client/api/client.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { operation } from "../manage.ts";
import { formatTime, printLine, printTable } from "../output.ts";

const PATH = "/api/organizations/{organization}/images/{image}/immutable-tag-rules";

export const protections = operation({
  command: "protections <image>",
  describe: "List the rules that keep tags from being overwritten and deleted",
  options: (yargs) => withImage(yargs),
  ask: async (api, { image }) => unwrap(await api.GET(PATH, { params: { path: parseImageName(image) } })),
  show: ({ rules }) =>
    printTable(
      [
        { heading: "ID", value: (rule) => rule.id, align: "end" },
        { heading: "TAGS", value: (rule) => rule.pattern },
        { heading: "CREATED", value: (rule) => formatTime(rule.created) },
        { heading: "BY", value: (rule) => rule.createdBy },
      ],
      rules,
      "No tag is kept from being overwritten or deleted.",
    ),
});

export const protect = operation({
  command: "protect <image> <pattern>",
  describe: "Keep tags from being overwritten and deleted",
  options: (yargs) =>
    withImage(yargs).positional("pattern", { type: "string", demandOption: true, describe: "Tags, such as v[0-9]*" }),
  ask: async (api, { image, pattern }) =>
    unwrap(await api.POST(PATH, { params: { path: parseImageName(image) }, body: { pattern } })),
  show: ({ id }, { image, pattern }) =>
    printLine(`Nobody overwrites or deletes tags ${pattern} of ${image}, until: berth tag unprotect ${image} ${id}`),
});

export const unprotect = operation({
  command: "unprotect <image> <id>",
  describe: "Lift a rule of `berth tag protections`",
  options: (yargs) =>
    withImage(yargs).positional("id", { type: "number", demandOption: true, describe: "The rule's number" }),
  ask: async (api, { image, id }) => {
    const params = { path: { ...parseImageName(image), id } };
    return unwrap(await api.DELETE(`${PATH}/{id}`, { params }));
  },
  show: (_, { image, id }) => printLine(`Lifted rule ${id} of ${image}.`),
});
