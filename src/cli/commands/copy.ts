import { type CopyEvent, copyImage } from "../../client/copy-image.ts";
import { formatReference, parseImageReference, targetOf } from "../image-reference.ts";
import { command } from "../manage.ts";
import { openRegistry } from "../open-registry.ts";
import { printJson, printLine, shortDigest } from "../output.ts";
import { type Progress, startProgress } from "../progress.ts";
import { interruptible } from "../stop.ts";
import { limitsOf, platformOf, withPlatform, withTransferOptions } from "../transfer-options.ts";

/** `berth copy`: images from registry to registry. */
export const copy = command({
  command: ["copy <source> <target>", "cp"],
  describe: "Copy an image between registries, byte for byte",
  options: (yargs) =>
    withPlatform(withTransferOptions(yargs), "Of an image for several platforms only this one, as linux/arm64")
      .positional("source", { type: "string", demandOption: true, describe: "registry/organization/image:tag" })
      .positional("target", { type: "string", demandOption: true, describe: "The same; without a tag, the source's" })
      .option("referrers", {
        alias: "r",
        type: "boolean",
        default: false,
        describe: "Also signatures, SBOMs and what else refers to the image",
      }),
  run: ({ source, target, platform: platformText, referrers: hasReferrers, jobs, chunkSize, quiet, json }) =>
    interruptible(async (signal) => {
      const [from, to] = [parseImageReference(source), parseImageReference(target)];
      const [platform, limits] = [platformOf(platformText), limitsOf(chunkSize)];
      const isOneRegistry = from.registry.url.href === to.registry.url.href;
      const fromClient = await openRegistry(from.registry, isOneRegistry);
      const toClient = isOneRegistry ? fromClient : await openRegistry(to.registry, false);
      const progress = startProgress(quiet || json);
      // By a digest alone the image gets no tag there either.
      const tag = to.tag ?? (to.digest === undefined && from.digest === undefined ? targetOf(from) : from.tag);
      try {
        const digest = await copyImage(
          { client: fromClient, repository: from.repository },
          targetOf(from),
          { client: toClient, repository: to.repository, tags: tag === undefined ? [] : [tag] },
          { platform, hasReferrers, jobs, limits, signal, onEvent: (event) => show(progress, event) },
        );
        progress.stop();
        const name = formatReference(to, tag ?? digest);
        if (json) printJson({ reference: name, digest });
        else printLine(`${name}  ${digest}`);
      } finally {
        progress.stop();
      }
    }),
});

function show(progress: Progress, event: CopyEvent): void {
  if (event.kind === "blob") {
    progress.update(event.blob.digest, { state: event.state, size: event.blob.size, done: event.done });
  } else if (event.isReferrer) {
    progress.say(`Copied ${shortDigest(event.digest)}, which refers to the image`);
  }
}
