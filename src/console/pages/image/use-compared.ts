import { type Manifest, useManifest } from "../../api/image-manifests.ts";
import type { ImageName } from "../../api/image-name.ts";
import { choosePlatform, type PlatformChoice, platformChoices } from "./platforms.ts";

/** One of two tags that are compared. */
export interface ComparedTag {
  /** What the tag points to; undefined while it is on its way. */
  tag: Manifest | undefined;
  /** That itself or, of an index, its part for the platform; null when it has none for it. */
  part: Manifest | null | undefined;
  error: unknown;
  retry: () => unknown;
}

export interface Compared {
  from: ComparedTag;
  to: ComparedTag;
  /** The platforms that one of them has, as far as they are indexes. */
  platforms: PlatformChoice[];
  /** The one that is looked at. */
  platform: PlatformChoice | undefined;
}

/**
 * Fetches two tags to compare, of indexes the parts for one platform.
 *
 * @param platformKey which platform; where none of them has it, the one that most people would get.
 */
export function useCompared(
  name: ImageName,
  from: string | undefined,
  to: string | undefined,
  platformKey: string | undefined,
): Compared {
  const first = useManifest(name, from);
  const second = useManifest(name, to);
  const choices = [first, second].map(({ data }) => platformChoices(data?.children ?? []));
  const platforms = distinct(choices.flat());
  const platform = choosePlatform(platforms, platformKey);
  return {
    from: usePart(name, first, platform),
    to: usePart(name, second, platform),
    platforms,
    platform,
  };
}

function distinct(choices: readonly PlatformChoice[]): PlatformChoice[] {
  const byKey = new Map<string, PlatformChoice>();
  for (const choice of choices) if (!byKey.has(choice.key)) byKey.set(choice.key, choice);
  return [...byKey.values()];
}

function usePart(
  name: ImageName,
  { data: tag, error, refetch }: ReturnType<typeof useManifest>,
  platform: PlatformChoice | undefined,
): ComparedTag {
  const choice = platformChoices(tag?.children ?? []).find(({ key }) => key === platform?.key);
  const part = useManifest(name, choice?.child.digest);
  const isIndex = tag !== undefined && tag.children !== null;
  return {
    tag,
    part: isIndex ? (choice === undefined ? null : part.data) : tag,
    error: error ?? part.error,
    retry: error ? refetch : part.refetch,
  };
}
