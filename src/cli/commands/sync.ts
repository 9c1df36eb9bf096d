import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { usageFailure } from "../failure.ts";
import { group, operation, withYes } from "../manage.ts";
import { printLine, printTable } from "../output.ts";
import { confirm } from "../prompt.ts";
import { cancel, job, jobs, now, resend } from "./sync-jobs.ts";
import { parsePlace, parseTarget, targetOf, withPlace, withTarget } from "./sync-place.ts";

const OF_IMAGE = "/api/organizations/{organization}/images/{image}/sync-rules";
const OF_ORGANIZATION = "/api/organizations/{organization}/sync-rules";

function withRule<T>(yargs: Argv<T>): Argv<T & { place: string } & { rule: number }> {
  return withPlace(yargs).positional("rule", { type: "number", demandOption: true, describe: "The rule's number" });
}

/** Adds what a rule can be told; what is not given stays as it is. */
function withSettings<T>(yargs: Argv<T>) {
  return yargs
    .option("tags", { type: "string", requiresArg: true, describe: "A glob for tags; default: ** (all)" })
    .option("images", {
      type: "string",
      requiresArg: true,
      describe: "A glob for images of the organization; default: ** (all)",
    })
    .option("override", { type: "boolean", describe: "Move tags that are there with another digest" })
    .option("referrers", { type: "boolean", describe: "With signatures, SBOMs and whatever refers to the image" })
    .option("automatic", { type: "boolean", describe: "Whether pushes set it off; default: yes" })
    .option("deletions", { type: "boolean", describe: "Delete there what is deleted here" });
}

interface Settings {
  tags?: string | undefined;
  images?: string | undefined;
  override?: boolean | undefined;
  referrers?: boolean | undefined;
  automatic?: boolean | undefined;
  deletions?: boolean | undefined;
}

/** The glob that everything matches. */
const EVERYTHING = "**";
const DEFAULTS = { tags: EVERYTHING, override: false, referrers: false, automatic: true, deletions: false };

/** What of the settings was given. */
function settingsOf({ tags, override, referrers, automatic, deletions }: Settings) {
  return {
    ...(tags !== undefined && { tags }),
    ...(override !== undefined && { override }),
    ...(referrers !== undefined && { referrers }),
    ...(automatic !== undefined && { automatic }),
    ...(deletions !== undefined && { deletions }),
  };
}

function refuseImages({ images }: Settings): void {
  if (images !== undefined) throw usageFailure("--images is for rules of an organization");
}

interface Rule {
  id: number;
  remote: string;
  remoteOrganization: string;
  images?: string;
  tags: string;
  override: boolean;
  referrers: boolean;
  automatic: boolean;
  deletions: boolean;
}

const yes = (value: boolean) => (value ? "yes" : "no");

const list = operation({
  command: ["rules <place>", "list", "ls"],
  describe: "List the rules of an image, or of an organization",
  options: (yargs) => withPlace(yargs),
  ask: async (api, { place }): Promise<{ rules: Rule[] }> => {
    const meant = parsePlace(place);
    return meant.kind === "image"
      ? unwrap(await api.GET(OF_IMAGE, { params: { path: meant.path } }))
      : unwrap(await api.GET(OF_ORGANIZATION, { params: { path: meant.path } }));
  },
  show: ({ rules }) =>
    printTable(
      [
        { heading: "ID", value: (each) => each.id, align: "end" },
        { heading: "TO", value: targetOf },
        { heading: "IMAGES", value: (each) => each.images ?? "(this one)" },
        { heading: "TAGS", value: (each) => each.tags },
        { heading: "AUTOMATIC", value: (each) => yes(each.automatic) },
        { heading: "OVERRIDES", value: (each) => yes(each.override) },
        { heading: "REFERRERS", value: (each) => yes(each.referrers) },
        { heading: "DELETIONS", value: (each) => yes(each.deletions) },
      ],
      rules,
      "There are no rules.",
    ),
});

const add = operation({
  command: "add <place> <target>",
  describe: "Let tags be copied to a remote registry",
  options: (yargs) => withSettings(withTarget(withPlace(yargs))),
  ask: async (api, argv): Promise<Rule> => {
    const meant = parsePlace(argv.place);
    const body = { ...DEFAULTS, ...parseTarget(argv.target), ...settingsOf(argv) };
    if (meant.kind === "image") {
      refuseImages(argv);
      return unwrap(await api.POST(OF_IMAGE, { params: { path: meant.path }, body }));
    }
    const { images } = argv;
    const whole = { ...body, images: images ?? EVERYTHING };
    return unwrap(await api.POST(OF_ORGANIZATION, { params: { path: meant.path }, body: whole }));
  },
  show: (made, { place }) =>
    printLine(`Added rule ${made.id} to ${targetOf(made)}. What is there already: berth sync run ${place} ${made.id}`),
});

const change = operation({
  command: "change <place> <rule>",
  describe: "Change a rule",
  options: (yargs) => withSettings(withRule(yargs)),
  ask: async (api, argv): Promise<Rule> => {
    const meant = parsePlace(argv.place);
    const { rule, images } = argv;
    const body = settingsOf(argv);
    if (images === undefined && Object.keys(body).length === 0) {
      throw usageFailure("say what to change", "berth sync change --help lists what a rule says.");
    }
    if (meant.kind === "image") {
      refuseImages(argv);
      return unwrap(await api.PATCH(`${OF_IMAGE}/{rule}`, { params: { path: { ...meant.path, rule } }, body }));
    }
    const whole = { ...body, ...(images !== undefined && { images }) };
    const params = { path: { ...meant.path, rule } };
    return unwrap(await api.PATCH(`${OF_ORGANIZATION}/{rule}`, { params, body: whole }));
  },
  show: ({ id }) => printLine(`Rule ${id} is changed.`),
});

const remove = operation({
  command: "delete <place> <rule>",
  describe: "Delete a rule; what was copied stays there",
  options: (yargs) => withYes(withRule(yargs)),
  before: ({ place, rule, yes: isSure }) => confirm(`Delete rule ${rule} of ${place}?`, isSure),
  ask: async (api, { place, rule }) => {
    const meant = parsePlace(place);
    return meant.kind === "image"
      ? unwrap(await api.DELETE(`${OF_IMAGE}/{rule}`, { params: { path: { ...meant.path, rule } } }))
      : unwrap(await api.DELETE(`${OF_ORGANIZATION}/{rule}`, { params: { path: { ...meant.path, rule } } }));
  },
  show: (_, { place, rule }) => printLine(`Deleted rule ${rule} of ${place}.`),
});

const run = operation({
  command: "run <place> <rule>",
  describe: "Copy all that a rule is for now",
  options: (yargs) => withRule(yargs),
  ask: async (api, { place, rule }) => {
    const meant = parsePlace(place);
    let made = 0;
    for (let cursor: string | null = null; ;) {
      const body = cursor === null ? {} : { cursor };
      const page: { jobs: number; next: string | null } =
        meant.kind === "image"
          ? unwrap(await api.POST(`${OF_IMAGE}/{rule}/run`, { params: { path: { ...meant.path, rule } }, body }))
          : unwrap(
              await api.POST(`${OF_ORGANIZATION}/{rule}/run`, { params: { path: { ...meant.path, rule } }, body }),
            );
      made += page.jobs;
      if (page.next === null) return { jobs: made };
      cursor = page.next;
    }
  },
  show: ({ jobs: made }, { place }) =>
    printLine(`${made} ${made === 1 ? "job is" : "jobs are"} made. What becomes of them: berth sync jobs ${place}`),
});

/** `berth sync`: copying to other registries (docs/synchronization.md). */
export const sync = group(
  "sync",
  "Copies to other registries: rules, add, change, delete, run, now, jobs, job, cancel, resend",
  [list, add, change, remove, run, now, jobs, job, cancel, resend],
);
