import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { pullArchive } from "../../client/pull-archive.ts";
import type { Descriptor } from "../../client/descriptor.ts";
import { DASH } from "../dash.ts";
import { usageFailure } from "../failure.ts";
import { formatReference, parseImageReference, targetOf } from "../image-reference.ts";
import { command } from "../manage.ts";
import { openRegistry } from "../open-registry.ts";
import { printJson, printLine, printNotice } from "../output.ts";
import { startProgress } from "../progress.ts";
import { interruptible } from "../stop.ts";
import { platformOf, withPlatform } from "../transfer-options.ts";

const WRITE_BUFFER_BYTES = 4 * 1024 * 1024;

/** `berth pull`: an image as an archive, without docker. */
export const pull = command({
  command: "pull <reference> <archive>",
  describe: "Pull an image into an archive, which docker load takes",
  options: (yargs) =>
    withPlatform(yargs, "Of an image for several platforms only this one, as linux/arm64")
      .positional("reference", { type: "string", demandOption: true, describe: "registry/organization/image:tag" })
      .positional("archive", {
        type: "string",
        demandOption: true,
        describe: "The file to write, or - for standard output",
      })
      .option("quiet", { alias: "q", type: "boolean", default: false, describe: "Show no progress" }),
  run: ({ reference: text, archive, platform: platformText, quiet, json }) =>
    interruptible(async (signal) => {
      const reference = parseImageReference(text);
      const wanted = targetOf(reference);
      const platform = platformOf(platformText);
      if (archive === DASH && process.stdout.isTTY)
        throw usageFailure("an archive is nothing for a terminal: name a file");
      const client = await openRegistry(reference.registry);
      const progress = startProgress(quiet || json);
      const name = formatReference(reference, wanted);
      // An archive has no place for an image's digest.
      const names = reference.digest === undefined ? [name] : [];
      let size = 0;
      let digest = "";
      const onProgress = (done: number) => progress.update(digest, { state: "sending", size, done });
      const options = { signal, names, onProgress, platform };
      const pulled = await pullArchive({ client, repository: reference.repository }, wanted, options);
      ({ size, digest } = pulled);
      warnOfMissingLayers(pulled.missingLayers);
      progress.update(digest, { state: "waiting", size, done: 0 });
      try {
        await write(Readable.fromWeb(pulled.stream as NodeReadableStream), archive);
        progress.update(digest, { state: "sent", size, done: size });
      } finally {
        progress.stop();
      }
      if (archive === DASH) printNotice(`${name}  ${digest}`);
      else if (json) printJson({ reference: name, digest, archive });
      else printLine(`${name}  ${digest}`);
    }),
});

/** Before the bytes, which docker would take minutes to read before it says that a file is not there. */
function warnOfMissingLayers([first, ...others]: readonly Descriptor[]): void {
  if (!first) return;
  const which = `${first.digest}${others.length > 0 ? ` and ${others.length} more` : ""}`;
  printNotice(
    `The registry does not have the layer ${which}, which may not be distributed: \`docker load\` cannot load this ` +
      "archive. `berth push` and skopeo take it; `docker pull` fetches the layer from where the manifest says.",
  );
}

/** Writes a file whole or not at all. */
async function write(stream: Readable, path: string): Promise<void> {
  if (path === DASH) {
    await pipeline(stream, process.stdout, { end: false });
    return;
  }
  const unfinished = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await pipeline(stream, createWriteStream(unfinished, { flags: "wx", highWaterMark: WRITE_BUFFER_BYTES }));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
