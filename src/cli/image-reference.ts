/** Images of any registry, named as docker names them: `registry.example.com/acme/web:1.0`. */
import { isDigest } from "../kernel/digest.ts";
import { DEFAULT_TAG, isNamePath, isRegistryHost, isTag, splitReference } from "../kernel/reference.ts";
import { usageFailure } from "./failure.ts";
import { parseRegistryAddress, type RegistryAddress } from "./registry-address.ts";
import { chooseRegistry } from "./settings.ts";

export interface ImageReference {
  registry: RegistryAddress;
  /** Without the registry: `acme/web`. */
  repository: string;
  tag?: string | undefined;
  digest?: string | undefined;
}

/** Docker Hub's name, where its API is, and how its images without an owner are called there. */
const DOCKER_HUB = "docker.io";
const DOCKER_HUB_URL = new URL("https://registry-1.docker.io/");

/**
 * Reads a reference. It begins with a registry when its first part has a dot or a port, or is `localhost`, as docker has
 * it, or when it is a URL; otherwise the registry of the last login is meant.
 *
 * @throws Failure (usage) for what is no reference.
 */
export function parseImageReference(text: string): ImageReference {
  const { registry, rest } = splitRegistry(text);
  const { name: repository, tag, digest } = splitReference(rest);
  const isWellFormed =
    isNamePath(repository) && (tag === undefined || isTag(tag)) && (digest === undefined || isDigest(digest));
  if (!isWellFormed) {
    throw usageFailure(`"${text}" is no image`, "For example: registry.example.com/acme/web:1.0, in lower case");
  }
  return {
    registry,
    repository: registry.name === DOCKER_HUB && !repository.includes("/") ? `library/${repository}` : repository,
    tag,
    digest,
  };
}

/** What a reference points to: its digest, its tag, or `latest`. */
export function targetOf({ digest, tag }: ImageReference): string {
  return digest ?? tag ?? DEFAULT_TAG;
}

/** As docker writes it. */
export function formatReference({ registry, repository }: ImageReference, reference: string): string {
  return `${registry.name}/${repository}${isDigest(reference) ? "@" : ":"}${reference}`;
}

/** Splits the registry off. A text that ends with a slash is an organization in it. */
export function splitRegistry(text: string): { registry: RegistryAddress; rest: string } {
  const [, scheme = "", path = ""] = /^(https?:\/\/)?(.*)$/i.exec(text) ?? [];
  const slash = path.indexOf("/");
  const first = slash < 0 ? "" : path.slice(0, slash);
  if (scheme === "" && !isRegistryHost(first)) return { registry: chooseRegistry(undefined), rest: path };
  const registry = parseRegistryAddress(`${scheme}${first}`);
  const isHub = registry.name === DOCKER_HUB || registry.name === "index.docker.io";
  return { registry: isHub ? { name: DOCKER_HUB, url: DOCKER_HUB_URL } : registry, rest: path.slice(slash + 1) };
}
