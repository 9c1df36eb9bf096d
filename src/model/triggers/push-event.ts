/** What happened when a tag was pushed: what every trigger is told, whatever form it wants it in. */
import type { Digest } from "../../kernel/digest.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";

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
  /** The registry's own address, `https://host[:port]`. */
  registry: string;
  /** Made by hand to try a trigger out. */
  isTest?: boolean;
}

/**
 * Reads an event as it is stored, which this Worker alone writes.
 *
 * @param settings say where the registry is by now, whatever the event was written with.
 */
export function readEvent(text: string, { publicUrls }: { publicUrls: readonly string[] }): PushEvent {
  const event = JSON.parse(text) as PushEvent;
  return { ...event, registry: publicUrls[0] ?? event.registry };
}

/** `host/organization/image`, as image names begin. */
export function imageOf({ registry, repository }: Pick<PushEvent, "registry" | "repository">): string {
  return `${new URL(registry).host}/${repository}`;
}

/** The same at each address of the registry, the canonical one first: by any of them it may have been pulled. */
export function imagesOf(
  { registry, repository }: Pick<PushEvent, "registry" | "repository">,
  { publicUrls }: { publicUrls: readonly string[] },
): string[] {
  return [registry, ...publicUrls].map((address) => imageOf({ registry: address, repository }));
}
