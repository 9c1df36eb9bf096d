/** Copying tags to other registries now, and what became of it. */
import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { operation, readPages, withLimit } from "../manage.ts";
import { formatTime, printFields, printLine, printTable } from "../output.ts";
import { parsePlace, parseTarget, targetOf, withPlace, withTarget } from "./sync-place.ts";

const IMAGE = "/api/organizations/{organization}/images/{image}";
const PATH = `${IMAGE}/sync-jobs`;

function withJob<T>(yargs: Argv<T>): Argv<T & { image: string } & { id: number }> {
  return withImage(yargs).positional("id", { type: "number", demandOption: true, describe: "The job's number" });
}

function progressOf({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number | null }): string {
  return bytesTotal === null ? formatBytes(bytesDone) : `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`;
}

export const now = operation({
  command: "now <image> <target> [tags..]",
  describe: "Copy tags of an image to another registry now: those that are named, or all",
  options: (yargs) =>
    withTarget(withImage(yargs))
      .positional("tags", { type: "string", array: true, default: [] as string[], describe: "Tags; default: all" })
      .option("override", { type: "boolean", default: false, describe: "Move tags that are there with another digest" })
      .option("referrers", {
        type: "boolean",
        default: false,
        describe: "With signatures, SBOMs and whatever refers to it",
      }),
  ask: async (api, { image, target, tags, override, referrers }) => {
    const params = { path: parseImageName(image) };
    const wanted = { ...parseTarget(target), tags: tags.length > 0 ? tags : null, override, referrers };
    const made = { jobs: [] as { id: number; tag: string }[], unknown: [] as string[] };
    for (let cursor: string | null = null; ;) {
      const body = { ...wanted, ...(cursor !== null && { cursor }) };
      const page: { jobs: { id: number; tag: string }[]; unknown: string[]; next: string | null } = unwrap(
        await api.POST(`${IMAGE}/sync`, { params, body }),
      );
      made.jobs.push(...page.jobs);
      made.unknown.push(...page.unknown);
      if (page.next === null) return made;
      cursor = page.next;
    }
  },
  show: ({ jobs }, { image }) =>
    printLine(
      `${jobs.length} ${jobs.length === 1 ? "job is" : "jobs are"} made. What becomes of them: berth sync jobs ${image}`,
    ),
  fault: ({ unknown }, { image }) =>
    unknown.length > 0 ? new Failure(EXIT.notFound, `${image} has no tag ${unknown.join(", ")}`) : undefined,
});

export const jobs = operation({
  command: "jobs <place>",
  describe: "List what was to be copied, newest first",
  options: (yargs) => withLimit(withPlace(yargs), 20),
  ask: (api, { place, limit }) =>
    readPages("jobs", limit, async (query) => {
      const meant = parsePlace(place);
      return meant.kind === "image"
        ? unwrap(await api.GET(PATH, { params: { path: meant.path, query } }))
        : unwrap(await api.GET("/api/organizations/{organization}/sync-jobs", { params: { path: meant.path, query } }));
    }),
  show: (answer) =>
    printTable(
      [
        { heading: "ID", value: (each) => each.id, align: "end" },
        { heading: "STATUS", value: (each) => each.status },
        { heading: "IMAGE", value: (each) => `${each.image}:${each.tag}` },
        { heading: "TO", value: targetOf },
        { heading: "BYTES", value: (each) => (each.operation === "delete" ? "(delete)" : progressOf(each)) },
        { heading: "CREATED", value: (each) => formatTime(each.created) },
        { heading: "DETAIL", value: (each) => each.detail },
      ],
      answer.jobs,
      "Nothing was to be copied.",
    ),
});

export const job = operation({
  command: "job <image> <id>",
  describe: "Show a job with its tries",
  options: (yargs) => withJob(yargs),
  ask: async (api, { image, id }) => {
    const params = { path: { ...parseImageName(image), id } };
    return unwrap(await api.GET(`${PATH}/{id}`, { params }));
  },
  show: (answer) => {
    printFields({
      Job: answer.id,
      Status: answer.status,
      Does: answer.operation,
      Image: `${answer.image}:${answer.tag}`,
      Digest: answer.digest,
      To: targetOf(answer),
      Bytes: progressOf(answer),
      By: answer.user,
      Created: formatTime(answer.created),
      "Next try": answer.next === null ? null : formatTime(answer.next),
      Finished: answer.finished === null ? null : formatTime(answer.finished),
      Detail: answer.detail,
    });
    printLine("");
    printTable(
      [
        { heading: "TRY", value: (each) => each.number, align: "end" },
        { heading: "STARTED", value: (each) => formatTime(each.started) },
        { heading: "MS", value: (each) => each.duration, align: "end" },
        { heading: "STATUS", value: (each) => each.status, align: "end" },
        { heading: "DETAIL", value: (each) => each.detail },
      ],
      answer.attempts,
      "No try has failed.",
    );
  },
});

export const cancel = operation({
  command: "cancel <image> <id>",
  describe: "Cancel a job",
  options: (yargs) => withJob(yargs),
  ask: async (api, { image, id }) => {
    const params = { path: { ...parseImageName(image), id } };
    return unwrap(await api.POST(`${PATH}/{id}/cancel`, { params }));
  },
  show: ({ id }) => printLine(`Job ${id} is cancelled.`),
});

export const resend = operation({
  command: "resend <image> <id>",
  describe: "Do a job once more, with what the tag points to now",
  options: (yargs) => withJob(yargs),
  ask: async (api, { image, id }) => {
    const params = { path: { ...parseImageName(image), id } };
    return unwrap(await api.POST(`${PATH}/{id}/resend`, { params }));
  },
  show: ({ id }, { image }) => printLine(`Job ${id} does it. What becomes of it: berth sync job ${image} ${id}`),
});
