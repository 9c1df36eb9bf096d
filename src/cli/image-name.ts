/** Images as the management commands name them: without a host, for `--registry` says which registry is meant. */
import type { Argv } from "yargs";
import type { ImageName } from "../kernel/reference.ts";
import { usageFailure } from "./failure.ts";

export interface TagName extends ImageName {
  tag: string;
}

/** @throws Failure (usage) for what is not `organization/image`. */
export function parseImageName(text: string): ImageName {
  const [, organization, image] = /^([^/:@]+)\/([^:@]+)$/.exec(text) ?? [];
  if (organization === undefined || image === undefined) {
    throw usageFailure(`"${text}" is no image`, "Images are named organization/image: acme/web.");
  }
  return { organization, image };
}

/** @throws Failure (usage) for what is not `organization/image:tag`. */
export function parseTagName(text: string): TagName {
  const [, name, tag] = /^(.+):([^:/@]+)$/.exec(text) ?? [];
  if (name === undefined || tag === undefined) {
    throw usageFailure(`"${text}" names no tag`, "Tags are named organization/image:tag: acme/web:1.0.");
  }
  return { ...parseImageName(name), tag };
}

/** Adds the argument `image`. */
export function withImage<T>(yargs: Argv<T>): Argv<T & { image: string }> {
  return yargs.positional("image", { type: "string", demandOption: true, describe: "organization/image" });
}

/** Adds the argument `tag`. */
export function withTag<T>(yargs: Argv<T>): Argv<T & { tag: string }> {
  return yargs.positional("tag", { type: "string", demandOption: true, describe: "organization/image:tag" });
}
