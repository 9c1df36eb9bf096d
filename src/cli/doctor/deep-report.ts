/** What `berth doctor --deep` is asked for, and what it prints. */
import { counted } from "../../kernel/counted.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { unwrap } from "../../client/api/client.ts";
import { apiThrough } from "../api.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { openRegistry } from "../open-registry.ts";
import { printable, printJson, printLine, printNotice } from "../output.ts";
import { startStatusLine } from "../progress.ts";
import type { RegistryAddress } from "../registry-address.ts";
import { interruptible } from "../stop.ts";
import {
  type Counts,
  DeepExamination,
  type Fault,
  type ImageReport,
  listImages,
  nameOf,
  type Omission,
} from "./deep.ts";

export const SCOPES = ["own", "shared", "public", "all"] as const;

export interface DeepRequest {
  registry: RegistryAddress;
  /** The images that are meant; none: all of the scope. */
  images: readonly ImageName[];
  scope: (typeof SCOPES)[number];
  organization: string | undefined;
  jobs: number;
  readsBytes: boolean;
  quiet: boolean;
  json: boolean;
}

/** What is printed with `--json`. */
interface DeepResult extends Counts {
  /** Whether all was read. */
  complete: boolean;
  faults: Fault[];
  omissions: Omission[];
}

/** How many tags of a fault a line names. */
const NAMED_TAGS = 3;

/**
 * Reads images, prints what is wrong with each, and in the end how much was read, also when it does not come to the end.
 *
 * @throws Failure (failed) when something is wrong; what else keeps it from reading all.
 */
export function examineDeep(request: DeepRequest): Promise<void> {
  return interruptible((signal) => examine(request, signal));
}

async function examine(request: DeepRequest, signal: AbortSignal): Promise<void> {
  const { registry, scope, organization, jobs, readsBytes, quiet, json } = request;
  const client = await openRegistry(registry);
  const api = apiThrough(client, signal);
  // A name that is misspelt shows before hours of reading.
  for (const path of request.images) {
    unwrap(await api.GET("/api/organizations/{organization}/images/{image}", { params: { path } }));
  }
  const images = request.images.length > 0 ? request.images : await listImages(api, scope, organization);

  const status = startStatusLine(quiet || json);
  const result: Pick<DeepResult, "faults" | "omissions"> = { faults: [], omissions: [] };
  let current = "";
  const onProgress = (counts: Counts) => {
    status.show(`${counts.images} of ${counted(images.length, "image")}, ${sumOf(counts)}: ${current}`);
  };
  const examination = new DeepExamination({ client, api, jobs, readsBytes, signal, onProgress });
  const finish = (complete: boolean) => {
    status.clear();
    const { counts } = examination;
    if (json) printJson({ complete, ...counts, ...result } satisfies DeepResult);
    else if (complete) printLine(`Read ${counted(counts.images, "image")}: ${sumOf(counts)}.`);
    else printNotice(`Read ${counts.images} of ${counted(images.length, "image")} so far: ${sumOf(counts)}.`);
  };
  try {
    for (const name of images) {
      current = nameOf(name);
      const report = await examination.image(name);
      status.clear();
      if (!report) continue;
      result.faults.push(...report.faults);
      result.omissions.push(...report.omissions);
      if (!json) print(report);
    }
  } catch (error) {
    finish(false);
    throw error;
  }
  finish(true);
  const { faults } = result;
  if (faults.length === 0) return;
  const faulty = new Set(faults.map(({ image }) => image)).size;
  throw new Failure(
    EXIT.failed,
    `${counted(faults.length, "fault")} in ${faulty} of ${counted(images.length, "image")}`,
  );
}

function sumOf({ tags, manifests, blobs, bytes }: Counts): string {
  const numbers = [counted(tags, "tag"), counted(manifests, "manifest"), counted(blobs, "blob")];
  return `${numbers.join(", ")}, ${formatBytes(bytes)}`;
}

function print({ image, faults, omissions }: ImageReport): void {
  if (faults.length === 0) printLine(`ok      ${printable(image)}`);
  for (const { tags, detail, mend } of faults) {
    printLine(`FAILED  ${printable(`${image}${nameTags(tags)}: ${detail}`)}\n        ${mend}`);
  }
  for (const { tags, detail } of omissions) printLine(`-       ${printable(`${image}${nameTags(tags)}: ${detail}`)}`);
}

function nameTags(tags: readonly string[]): string {
  if (tags.length === 0) return " (without a tag)";
  const others = tags.length - NAMED_TAGS;
  return `:${tags.slice(0, NAMED_TAGS).join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}
