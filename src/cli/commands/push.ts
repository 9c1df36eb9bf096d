import { type PushEvent, pushArchive } from "../../client/push-archive.ts";
import { openArchive } from "../archive-source.ts";
import { DASH } from "../dash.ts";
import { usageFailure } from "../failure.ts";
import { command } from "../manage.ts";
import { openRegistry } from "../open-registry.ts";
import { formatBytes } from "../../kernel/byte-units.ts";
import { counted } from "../../kernel/counted.ts";
import { printJson, printLine } from "../output.ts";
import { type Progress, startProgress } from "../progress.ts";
import { checkPushReference, choosePushTargets } from "../push-targets.ts";
import { interruptible } from "../stop.ts";
import { limitsOf, withSpoolDirectory, withTransferOptions } from "../transfer-options.ts";

/** `berth push`: images of an archive, without docker. */
export const push = command({
  command: "push <archive> [reference]",
  describe: "Push images of an archive, a layout, or standard input",
  options: (yargs) =>
    withSpoolDirectory(withTransferOptions(yargs), "Where standard input is kept while it is pushed")
      .positional("archive", {
        type: "string",
        demandOption: true,
        describe: "A tar of docker save or of an OCI image, its folder, or - for standard input",
      })
      .positional("reference", {
        type: "string",
        describe: "registry/organization/image:tag, or registry/organization/ for all images by their own names",
      })
      .example("docker save nginx:1 | $0 push - registry.example.com/acme/nginx:1", ""),
  run: ({ archive: path, reference, jobs, chunkSize, spoolDir: spoolDirectory, quiet, json }) =>
    interruptible(async (signal) => {
      const limits = limitsOf(chunkSize);
      if (path === DASH && process.stdin.isTTY)
        throw usageFailure("no archive comes from a terminal: pipe one in, or name a file");
      if (reference !== undefined) checkPushReference(reference);
      const progress = startProgress(quiet || json);
      const { archive, close } = await openArchive(path, { input: process.stdin, spoolDirectory, signal });
      try {
        const { registry, targets } = choosePushTargets(archive.images, reference);
        const client = await openRegistry(registry);
        const onEvent = (event: PushEvent) => show(progress, event);
        const pushed = await pushArchive(client, archive, targets, { jobs, limits, signal, onEvent });
        progress.stop();
        const results = pushed.flatMap(({ target, digest }) =>
          target.tags.map((tag) => ({ reference: `${registry.name}/${target.repository}:${tag}`, digest })),
        );
        if (json) printJson(results);
        else for (const { reference: name, digest } of results) printLine(`${name}  ${digest}`);
      } finally {
        progress.stop();
        await close();
      }
    }),
});

function show(progress: Progress, event: PushEvent): void {
  if (event.kind === "image-started") {
    const { repository, image } = event.target;
    progress.say(`Pushing ${repository}, ${formatBytes(image.size)}`);
    if (image.joinedPlatforms > 0) {
      progress.say(`The archive lists ${counted(image.joinedPlatforms, "platform")} one by one: one index is pushed.`);
    }
    if (image.missingPlatforms > 0) {
      progress.say(`Left out, because the archive does not hold it: ${counted(image.missingPlatforms, "platform")}.`);
    }
    for (const blob of event.blobs) progress.update(blob.digest, blob);
  } else if (event.kind === "blob") {
    progress.update(event.blob.digest, event.blob);
  }
}
