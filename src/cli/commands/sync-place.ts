/** What rules of synchronization are of, and where they lead, as the commands name it. */
import type { Argv } from "yargs";
import type { ImageName } from "../../kernel/reference.ts";
import { usageFailure } from "../failure.ts";
import { parseImageName } from "../image-name.ts";

/** An image, or all images of an organization. */
export type SyncPlace = { kind: "image"; path: ImageName } | { kind: "organization"; path: { organization: string } };

/** @throws Failure (usage) for what is neither `organization` nor `organization/image`. */
export function parsePlace(text: string): SyncPlace {
  if (text.includes("/")) return { kind: "image", path: parseImageName(text) };
  if (/^[^:@]+$/.test(text)) return { kind: "organization", path: { organization: text } };
  throw usageFailure(`"${text}" is neither an organization nor an image`, "Name acme, or acme/web.");
}

/** Adds the argument `place`. */
export function withPlace<T>(yargs: Argv<T>): Argv<T & { place: string }> {
  return yargs.positional("place", {
    type: "string",
    demandOption: true,
    describe: "organization/image, or an organization for all of its images",
  });
}

/** Reads `remote` or `remote/organization`. @throws Failure (usage). */
export function parseTarget(text: string): { remote: string; remoteOrganization: string } {
  const [, remote, remoteOrganization = ""] = /^([^/]+)(?:\/(.+))?$/.exec(text) ?? [];
  if (remote === undefined) {
    throw usageFailure(`"${text}" is no target`, "Name a remote registry and an organization there: tokyo/team.");
  }
  return { remote, remoteOrganization };
}

/** Adds the argument `target`. */
export function withTarget<T>(yargs: Argv<T>): Argv<T & { target: string }> {
  return yargs.positional("target", {
    type: "string",
    demandOption: true,
    describe: "A remote registry of the account, and the organization there: tokyo/team",
  });
}

/** `tokyo/team`. */
export function targetOf({ remote, remoteOrganization }: { remote: string; remoteOrganization: string }): string {
  return remoteOrganization === "" ? remote : `${remote}/${remoteOrganization}`;
}
