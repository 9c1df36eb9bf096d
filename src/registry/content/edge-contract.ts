/**
 * What those who ask for content and the entrypoint that gives it say to each other, with Cloudflare's cache between them: paths,
 * headers, and what may be kept. No client sees any of it.
 */
import { type Digest, isDigest } from "../../kernel/digest.ts";
import type { Removal } from "../../storage/content/removals.ts";

/** A repository as caches know it. */
interface EdgePlace {
  id: number;
  generation: number;
}

const KINDS = ["manifests", "blobs"] as const;
type Kind = (typeof KINDS)[number];

/** Headers that describe what an answer holds. */
export const EDGE_HEADERS = {
  /** Bytes. */
  size: "Berth-Size",
  manifestId: "Berth-Manifest-Id",
  mediaType: "Berth-Media-Type",
  /** Since when nothing has needed the manifest; absent while something does. */
  unreferencedSince: "Berth-Unreferenced-Since",
  /** When the entrypoint made the answer, in milliseconds since 1970: one that is older than the question comes from the cache. */
  madeAt: "Berth-Made-At",
  /** "absent" when no cache is in front of the entrypoint. */
  cache: "Berth-Cache",
} as const;

/**
 * For a year. `s-maxage` also keeps the cache from giving what is older than that when the Worker fails, which it would do for
 * ever otherwise.
 */
export const KEEP = "public, max-age=31536000, s-maxage=31536000, immutable";
/** Without a directive the cache would keep an answer all the same: a 404 for three minutes, others for two hours. */
export const DO_NOT_KEEP = "no-store";

/** The largest body that the cache keeps: 512 MB, on every plan. */
export const MAX_KEPT_BYTES = 512 * 1000 * 1000;

/** The path of content. The form of answers is part of it, since answers outlive deployments: another form takes another path. */
export function edgePath({ id, generation }: EdgePlace, kind: Kind, digest: Digest): string {
  return `/1/repositories/${id}/${generation}/${kind}/${digest}`;
}

const PATH = /^\/1\/repositories\/(\d+)\/(\d+)\/(\w+)\/([^/]+)$/;

/** @returns undefined for any other path. */
export function parseEdgePath(path: string): { place: EdgePlace; kind: Kind; digest: Digest } | undefined {
  const [, id, generation, kind, digest] = PATH.exec(path) ?? [];
  const known = KINDS.find((name) => name === kind);
  if (!known || digest === undefined || !isDigest(digest)) return undefined;
  return { place: { id: Number(id), generation: Number(generation) }, kind: known, digest };
}

/** The tag of all that caches have of a repository. */
export function edgeTag({ repositoryId }: Pick<Removal, "repositoryId">): string {
  return `repository-${repositoryId}`;
}

/** Whether the cache keeps an answer: then the isolate may as well. */
export function isKept(answer: Response): boolean {
  return answer.headers.get("Cache-Control") === KEEP;
}
