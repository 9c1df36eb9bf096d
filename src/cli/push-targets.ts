/** What the images of an archive will be called. */
import type { ArchiveImage } from "../client/archive/archive-image.ts";
import { findSharedName, type ImageTarget } from "../client/push-archive.ts";
import { formatPlatform } from "../client/remote-image.ts";
import { isRegistryHost } from "../kernel/reference.ts";
import { type Failure, usageFailure } from "./failure.ts";
import { parseImageReference, splitRegistry, targetOf } from "./image-reference.ts";
import type { RegistryAddress } from "./registry-address.ts";

export interface PushTargets {
  registry: RegistryAddress;
  targets: ImageTarget[];
}

/**
 * Decides where each image goes.
 *
 * @param reference a name for the only image; `registry/organization/` for all of them, by the archive's own names;
 * nothing when these names begin with a registry.
 * @throws Failure (usage) when that leaves an image without a name, or gives two images one.
 */
export function choosePushTargets(images: readonly ArchiveImage[], reference: string | undefined): PushTargets {
  const chosen = chooseTargets(images, reference);
  const shared = findSharedName(chosen.targets);
  if (shared === undefined) return chosen;
  const rivals = chosen.targets.filter(({ repository, tags }) => tags.some((tag) => `${repository}:${tag}` === shared));
  throw usageFailure(
    `the archive has ${rivals.length} images that would all be ${shared}, and only the last would stay: ` +
      rivals.map(({ image }) => describe(image)).join(", "),
    "Save them again, each under a name of its own.",
  );
}

function chooseTargets(images: readonly ArchiveImage[], reference: string | undefined): PushTargets {
  if (reference === undefined) return byOwnNames(images);
  if (reference.endsWith("/")) return intoOrganization(images, reference);
  const [image, ...others] = images;
  if (!image || others.length > 0) {
    throw usageFailure(
      `the archive has ${images.length} images, and one name is not enough for them: ${images.map(nameOf).join(", ")}`,
      "Name an organization, with a slash at the end: registry.example.com/acme/",
    );
  }
  const parsed = parseImageReference(reference);
  if (parsed.digest !== undefined) throw byDigest();
  return { registry: parsed.registry, targets: [{ image, repository: parsed.repository, tags: [targetOf(parsed)] }] };
}

/** @throws Failure (usage) for what {@link choosePushTargets} would refuse whatever the archive holds. */
export function checkPushReference(reference: string): void {
  if (reference.endsWith("/")) splitRegistry(reference);
  else if (parseImageReference(reference).digest !== undefined) throw byDigest();
}

function byDigest(): Failure {
  return usageFailure("an image is pushed to a tag: its digest is what it is");
}

function byOwnNames(images: readonly ArchiveImage[]): PushTargets {
  const named = images.map((image) => ({
    image,
    names: image.names.filter(({ reference }) => isRegistryHost(reference.split("/")[0] ?? "")),
  }));
  const nameless = named.find(({ names }) => names.length === 0);
  if (nameless || named.length === 0) {
    throw usageFailure(
      `the archive does not say where ${nameless ? nameOf(nameless.image) : "it"} goes`,
      "Name the image after the archive: berth push image.tar registry.example.com/acme/web:1.0",
    );
  }
  const references = named.flatMap(({ image, names }) => {
    return names.map(({ reference }) => ({ image, parsed: parseImageReference(reference) }));
  });
  const registries = new Map(references.map(({ parsed }) => [parsed.registry.url.href, parsed.registry]));
  const [registry, ...others] = registries.values();
  if (!registry || others.length > 0) {
    throw usageFailure(`the archive names images of several registries: ${[...registries.keys()].join(", ")}`);
  }
  return {
    registry,
    targets: merge(
      references.map(({ image, parsed }) => ({ image, repository: parsed.repository, tag: targetOf(parsed) })),
    ),
  };
}

function intoOrganization(images: readonly ArchiveImage[], reference: string): PushTargets {
  const { registry, rest } = splitRegistry(reference);
  const wanted = images.flatMap((image) => {
    const names = image.names.filter(({ name }) => name !== "");
    if (names.length === 0)
      throw usageFailure(`the archive has no name for ${nameOf(image)}: push it alone, by a name of its own`);
    return names.map(({ name, tag }) => ({ image, repository: `${rest}${name}`, tag }));
  });
  return { registry, targets: merge(wanted) };
}

/** An image that has several tags in a repository is pushed there once. */
function merge(wanted: readonly { image: ArchiveImage; repository: string; tag: string }[]): ImageTarget[] {
  const targets: (ImageTarget & { tags: string[] })[] = [];
  for (const { image, repository, tag } of wanted) {
    const known = targets.find((target) => target.image === image && target.repository === repository);
    if (known?.tags.includes(tag)) continue;
    if (known) known.tags.push(tag);
    else targets.push({ image, repository, tags: [tag] });
  }
  return targets;
}

/** Tells images of one name apart. */
function describe({ id, platforms }: ArchiveImage): string {
  return [id.slice(0, 19), ...platforms.map(formatPlatform)].join(" ");
}

function nameOf({ names, id }: ArchiveImage): string {
  return names[0]?.reference ?? id.slice(0, 19);
}
