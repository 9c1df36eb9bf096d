/** What happened when a tag was pushed: what every trigger is told, whatever form it wants it in. */
import type { Digest } from "./digest.ts";
import type { RepositoryName, Tag } from "./reference.ts";

export interface PushEvent {
  repository: RepositoryName;
  tag: Tag;
  digest: Digest;
  mediaType: string;
  /** Bytes of the manifest. */
  size: number;
  /** Who pushed. */
  user: string;
  /** When, ISO 8601. */
  at: string;
  /** The registry's address as the pusher used it, `https://host[:port]`. */
  registry: string;
  /** Made by hand to try a trigger out. */
  isTest?: boolean;
}

/** `host/organization/image`, as image names begin. */
export function imageOf({ registry, repository }: PushEvent): string {
  return `${new URL(registry).host}/${repository}`;
}
