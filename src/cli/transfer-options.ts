/** Options of what moves images. */
import { tmpdir } from "node:os";
import type { Argv } from "yargs";
import type { UploadLimits } from "../client/chunked-upload.ts";
import type { DescribedPlatform } from "../client/descriptor.ts";
import { parsePlatform } from "../client/remote-image.ts";
import { parseByteSize } from "./byte-size.ts";
import { usageFailure } from "./failure.ts";

const DEFAULT_JOBS = 4;
const MAX_JOBS = 64;

/** Adds `--jobs`, `--chunk-size` and `--quiet`. */
export function withTransferOptions<T>(yargs: Argv<T>) {
  return withJobs(yargs, "Layers that are on their way at once").option("chunk-size", {
    type: "string",
    requiresArg: true,
    default: "80MiB",
    describe: "The largest request to a registry",
  });
}

/** Adds `--jobs` and `--quiet`. */
export function withJobs<T>(yargs: Argv<T>, describe: string) {
  return yargs
    .option("jobs", { alias: "j", type: "number", requiresArg: true, default: DEFAULT_JOBS, describe })
    .option("quiet", { alias: "q", type: "boolean", default: false, describe: "Show no progress" })
    .check(({ jobs }) => {
      if (Number.isSafeInteger(jobs) && jobs >= 1 && jobs <= MAX_JOBS) return true;
      throw usageFailure(`--jobs must be a number from 1 to ${MAX_JOBS}`);
    });
}

/** Adds `--platform`. */
export function withPlatform<T>(yargs: Argv<T>, describe: string) {
  return yargs.option("platform", { type: "string", requiresArg: true, describe });
}

/** Adds `--spool-dir`. */
export function withSpoolDirectory<T>(yargs: Argv<T>, describe: string) {
  return yargs.option("spool-dir", {
    type: "string",
    requiresArg: true,
    default: tmpdir(),
    defaultDescription: "the system's folder for temporary files",
    describe,
  });
}

/** @throws Failure (usage). */
export function limitsOf(chunkSize: string): UploadLimits {
  return { maxRequestBytes: parseByteSize(chunkSize, "--chunk-size") };
}

/** @throws Failure (usage) for what is no platform. */
export function platformOf(text: string | undefined): DescribedPlatform | undefined {
  if (text === undefined) return undefined;
  const platform = parsePlatform(text);
  if (!platform) throw usageFailure(`"${text}" is no platform`, "For example: linux/amd64, linux/arm64/v8");
  return platform;
}
