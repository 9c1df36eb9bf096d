/**
 * What this isolate has seen of repositories a moment ago, so that a push asks the database about few of its layers: blobs that its
 * user has pushed, and blobs beside one that was found. It is about existence alone. Whether the user may pull is checked before,
 * whether the bytes are there is asked of R2 afterwards, and the batch that stores the manifest looks for each blob again.
 */
import { BoundedMemory } from "../../model/bounded-memory.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { Call } from "../call.ts";

/** For how long it is believed: as long as a push takes from one layer to the next. */
const BELIEVED_MS = 60_000;
/** Estimates of what an entry takes, beside its key. */
const BLOB_BYTES = 250;
const REPOSITORY_BYTES = 50;

export interface NotedBlob {
  digest: Digest;
  objectKey: string;
  /** Bytes. */
  size: number;
}

const blobs = new BoundedMemory<{ blob: NotedBlob; until: number }>(96 * 1024);
const repositories = new BoundedMemory<number>(16 * 1024);

/**
 * Notes that a user could push to a repository, which is there therefore.
 *
 * @param isImage whether it has a manifest, too.
 */
export function noteRepository(call: Call, repository: RepositoryName, isImage: boolean): void {
  const until = Date.now() + BELIEVED_MS;
  for (const key of [keyOf(call, repository), ...(isImage ? [imageKeyOf(call, repository)] : [])]) {
    repositories.set(key, until, REPOSITORY_BYTES);
  }
}

/**
 * Whether a repository was there for the caller a moment ago.
 *
 * @param isImage and had a manifest.
 */
export function isNotedRepository(call: Call, repository: RepositoryName, isImage: boolean): boolean {
  const key = isImage ? imageKeyOf(call, repository) : keyOf(call, repository);
  return (repositories.get(key) ?? 0) > Date.now();
}

/** Notes blobs that a caller may pull from a repository. */
export function noteBlobs(call: Call, repository: RepositoryName, found: readonly NotedBlob[]): void {
  const until = Date.now() + BELIEVED_MS;
  for (const { digest, objectKey, size } of found) {
    blobs.set(`${keyOf(call, repository)} ${digest}`, { blob: { digest, objectKey, size }, until }, BLOB_BYTES);
  }
}

/** A blob that was noted for this very caller, and not long ago. */
export function findNotedBlob(call: Call, repository: RepositoryName, digest: Digest): NotedBlob | undefined {
  const noted = blobs.get(`${keyOf(call, repository)} ${digest}`);
  return noted && noted.until > Date.now() ? noted.blob : undefined;
}

/** Forgets all, because something was removed. */
export function forgetNoted(): void {
  blobs.clear();
  repositories.clear();
}

/** Of what is noted of an image. No name has a space. */
function imageKeyOf(call: Call, repository: RepositoryName): string {
  return `${keyOf(call, repository)} image`;
}

/** Nobody is told what another one has seen: a name may be somebody else's by now. */
function keyOf({ caller }: Call, repository: RepositoryName): string {
  return `${caller.user?.id ?? "-"} ${repository}`;
}
