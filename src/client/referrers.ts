/** What refers to a manifest: signatures, SBOMs and the like (OCI distribution-spec, "Listing Referrers"). */
import { OCI_INDEX } from "../kernel/media-types.ts";
import { encodeText, readLimited } from "./bytes.ts";
import {
  type Descriptor,
  isJsonObject,
  parseJsonObject,
  readAnnotations,
  readDescriptors,
  readManifest,
} from "./descriptor.ts";
import { ProtocolViolation } from "./errors.ts";
import { algorithmOf, hexOf } from "../kernel/digest.ts";
import {
  type CallOptions,
  MAX_MANIFEST_BYTES,
  nextPage,
  pullScope,
  type RegistryClient,
  type RegistryRequest,
  type StoredManifest,
} from "./registry-client.ts";

/** The tag under which registries without the referrers API keep the list (spec, "Referrers Tag Schema"). */
export function referrersTag(digest: string): string {
  return `${algorithmOf(digest)}-${hexOf(digest).slice(0, 64)}`;
}

/**
 * Lists what refers to a manifest, by the API or, where there is none, by the tag.
 *
 * @throws RegistryRefusal, NetworkLost, the signal's reason.
 */
export async function listReferrers(
  client: RegistryClient,
  repository: string,
  digest: string,
  options: CallOptions = {},
): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  let url: string | URL | undefined = `/v2/${repository}/referrers/${digest}`;
  while (url !== undefined) {
    const page: Page | undefined = await readPage(client, repository, url, options);
    if (!page) return listByTag(client, repository, digest, options);
    found.push(...page.descriptors);
    url = page.next;
  }
  return found;
}

interface Page {
  descriptors: Descriptor[];
  next: URL | undefined;
}

/** @returns undefined when the registry knows no referrers. */
function readPage(
  client: RegistryClient,
  repository: string,
  url: string | URL,
  { signal }: CallOptions,
): Promise<Page | undefined> {
  const request: RegistryRequest = {
    method: "GET",
    url,
    headers: { Accept: OCI_INDEX },
    scopes: [pullScope(repository)],
    signal,
    expected: [400, 404, 405],
  };
  return client.send(request, async (response) => {
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const bytes = await readLimited(response.body, MAX_MANIFEST_BYTES, () => {
      return new ProtocolViolation(`the list of referrers has more than ${MAX_MANIFEST_BYTES} bytes`);
    });
    const descriptors = readDescriptors(parseJsonObject(bytes)?.["manifests"]);
    return descriptors && { descriptors, next: nextPage(response.headers, new URL(url, client.url)) };
  });
}

async function listByTag(
  client: RegistryClient,
  repository: string,
  digest: string,
  options: CallOptions,
): Promise<Descriptor[]> {
  const stored = await client.findManifest(repository, referrersTag(digest), options);
  const index = stored && readManifest(stored.bytes, stored.mediaType);
  return index?.kind === "index" ? index.manifests : [];
}

/** How a list of referrers describes a manifest (spec, "Listing Referrers"). */
export function describeReferrer({ mediaType, digest, bytes }: StoredManifest): Descriptor {
  const json = parseJsonObject(bytes) ?? {};
  const config = isJsonObject(json["config"]) ? json["config"]["mediaType"] : undefined;
  const artifactType = json["artifactType"] ?? config;
  const annotations = readAnnotations(json["annotations"]);
  return {
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(typeof artifactType === "string" && { artifactType }),
    ...(annotations && { annotations }),
  };
}

/**
 * Adds a manifest to the list that a registry without the referrers API keeps by tag, as the spec asks clients to do.
 *
 * @param referrer as the list is to have it.
 */
export async function addReferrerByTag(
  client: RegistryClient,
  repository: string,
  subject: string,
  referrer: Descriptor,
  options: CallOptions = {},
): Promise<void> {
  const listed = await listByTag(client, repository, subject, options);
  if (listed.some(({ digest }) => digest === referrer.digest)) return;
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...listed, referrer] };
  const bytes = encodeText(JSON.stringify(index));
  await client.putManifest(repository, referrersTag(subject), { mediaType: OCI_INDEX, bytes }, options);
}
