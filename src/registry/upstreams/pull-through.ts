/**
 * Pulls from an organization that stands for a registry elsewhere (docs/pull-through.md). The caller's right to pull
 * was checked before. Content that is stored here is served like that of any image. A Durable Object fetches the rest from upstream.
 */
import type { Lease } from "../../memory.ts";
import { requireDocumentMemory } from "../../documents.ts";
import type { ByteRange } from "../../kernel/byte-range.ts";
import { type Digest, isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { Reference, Tag } from "../../kernel/reference.ts";
import type { RegistryCaller } from "../../model/rights/access.ts";
import { readManifest, type ReadManifest, type StoredManifest } from "../../storage/content/find-manifest.ts";
import { findNamedBlob, findTagCheck } from "../../storage/upstreams/cached-content.ts";
import type { Call } from "../call.ts";
import type { UpstreamAccess } from "../rights/access.ts";
import { readBlobAnswer, requestBlob } from "./blob-answer.ts";
import {
  blobOwner,
  type ManifestAnswer,
  manifestOwner,
  type ReferrerDescription,
  type UpstreamAsk,
  type UpstreamRefusal,
} from "./upstream-contract.ts";

/** RFC 7234, section 5.5; RFC 9111 no longer has the header, which clients print or ignore. */
const STALE_WARNING = '110 - "Response is Stale", 111 - "Revalidation Failed"';

/** A manifest of an image that comes from elsewhere. */
export interface ThroughManifest extends StoredManifest {
  /** Exactly as upstream has it. */
  text: string;
  /** What is here of it; undefined when there is no room for it. */
  stored: ReadManifest | undefined;
  /** What the answer says when upstream could not be asked whether it is still the newest. */
  warning: string | undefined;
}

/**
 * Finds a manifest of an image that comes from elsewhere. A tag that was asked for upstream long ago is asked for again; a digest never
 * is.
 *
 * @param memory of documents: what it takes is the caller's to give back.
 * @throws RegistryError in upstream's words when neither here nor there is one.
 */
export async function pullThrough(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  reference: Reference,
  memory: Lease,
): Promise<ThroughManifest> {
  const found = await resolve(call, access, { reference, isPull: true }, memory);
  if ("text" in found) return found;
  throw new TypeError("a pull is not answered with a description");
}

/** The same for who only wants to know what it is: upstream is asked for no more than that. */
export function describeThrough(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  reference: Reference,
  memory: Lease,
): Promise<StoredManifest & { warning?: string | undefined }> {
  return resolve(call, access, { reference, isPull: false }, memory);
}

async function resolve(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  { reference, isPull }: { reference: Reference; isPull: boolean },
  memory: Lease,
): Promise<ThroughManifest | StoredManifest> {
  const { db } = call.stores;
  const [found, check] = await Promise.all([
    findHere(call, access, reference, memory),
    isDigest(reference) ? undefined : findTagCheck(db, imageOf(access), reference),
  ]);
  const isFresh = isDigest(reference) || (check && Date.now() < check.checkedAt.getTime() + check.tagLifetime * 1000);
  if (found && isFresh) return asThrough(found);
  const answer = await askForManifest(call, access, { reference, known: found?.digest, isPull });
  switch (answer.outcome) {
    case "current":
      if (found) return asThrough(found);
      break;
    case "described":
      return answer;
    case "passed-on":
      await requireDocumentMemory(memory, answer.size);
      return { ...answer, stored: undefined, warning: undefined };
    case "kept": {
      const kept = await findHere(call, access, answer.digest, memory);
      if (kept) return asThrough(kept);
      break;
    }
    case "refused":
      if (found && !answer.isGone) return asThrough(found, STALE_WARNING);
      throw refusalOf(answer);
    default:
      return answer satisfies never;
  }
  throw new RegistryError("UPSTREAM_FAILED", `${reference} came, and was deleted at the same time: pull it again`);
}

function asThrough(stored: ReadManifest, warning?: string): ThroughManifest {
  const { digest, mediaType, size, text } = stored;
  return { digest, mediaType, size, text, stored, warning };
}

/** What is here under a reference, from upstream or not. */
async function findHere(
  { stores }: Call<RegistryCaller>,
  access: UpstreamAccess,
  reference: Reference,
  memory: Lease,
): Promise<ReadManifest | undefined> {
  const search = await readManifest(stores.db, access.repository, reference, memory);
  if (search.outcome === "repository-unknown") return undefined;
  await access.confirm(search.repository);
  return search.outcome === "found" ? search.manifest : undefined;
}

async function askForManifest(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  wanted: { reference: Tag | Digest; known: Digest | undefined; isPull: boolean },
): Promise<ManifestAnswer> {
  const ask = askAbout(call, access);
  const { user, address } = call.caller;
  const asking = user ? { id: user.id, name: user.name, accountId: user.accountId, address } : null;
  return ownerOf(call, manifestOwner(ask)).manifest({ ...ask, ...wanted, user: asking });
}

/**
 * What refers to a manifest upstream.
 *
 * @returns undefined when upstream does not say: then what is here is all that is known.
 */
export async function listThrough(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  subject: Digest,
): Promise<ReferrerDescription[] | undefined> {
  const ask = { ...askAbout(call, access), subject };
  const answer = await ownerOf(call, manifestOwner(ask)).referrers(ask);
  return answer.outcome === "listed" ? answer.descriptors : undefined;
}

/**
 * The size of a blob that is not here: as a manifest says that is here, or else as upstream does.
 *
 * @throws RegistryError in upstream's words.
 */
export async function statThrough(call: Call<RegistryCaller>, access: UpstreamAccess, digest: Digest): Promise<number> {
  const size = await findNamedBlob(call.stores.db, access.repository, digest);
  if (size !== undefined) return size;
  const ask = { ...askAbout(call, access), digest, size };
  const answer = await ownerOf(call, blobOwner(ask)).blob(ask);
  if (answer.outcome === "refused") throw refusalOf(answer);
  return answer.size;
}

/**
 * Opens a blob that is not here, or a range of it.
 *
 * @param size as {@link statThrough} says.
 * @throws RegistryError in upstream's words. What goes wrong later breaks the bytes off.
 */
export async function openThrough(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  { digest, size }: { digest: Digest; size: number },
  range: ByteRange | undefined,
): Promise<ReadableStream> {
  const ask = { ...askAbout(call, access), digest, size, range };
  const body = await readBlobAnswer(await ownerOf(call, blobOwner(ask)).fetch(requestBlob(ask)));
  if (body instanceof ReadableStream) return body;
  throw refusalOf(body);
}

function askAbout(call: Call<RegistryCaller>, access: UpstreamAccess): UpstreamAsk {
  return { ...imageOf(access), registry: call.registry };
}

function imageOf({ repository, upstream }: UpstreamAccess) {
  return { organizationId: upstream, repository };
}

function ownerOf({ stores }: Call<RegistryCaller>, name: string) {
  return stores.upstreams.get(stores.upstreams.idFromName(name));
}

function refusalOf({ refusal }: UpstreamRefusal): RegistryError {
  return new RegistryError(refusal.code, refusal.problems);
}
