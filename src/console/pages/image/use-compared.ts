import { type Manifest, useManifest } from "../../api/image-manifests.ts";
import type { ImageName } from "../../../kernel/reference.ts";
import { dataUnlessGone } from "../../api/missing.ts";
import { choosePlatform, type PlatformChoice, platformChoices } from "./platforms.ts";

/** One of two tags that are compared. */
export interface ComparedTag {
  /** What the tag points to; undefined while it is on its way. */
  tag: Manifest | undefined;
  /** That itself or, of an index, its part for the platform; null when it has none for it. */
  part: Manifest | null | undefined;
  /** Why it, or its part, is not there; undefined unless something failed. */
  error: Error | null | undefined;
  retry: (() => unknown) | undefined;
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
  tagQuery: ReturnType<typeof useManifest>,
  platform: PlatformChoice | undefined,
): ComparedTag {
  const tag = dataUnlessGone(tagQuery);
  const choice = platformChoices(tag?.children ?? []).find(({ key }) => key === platform?.key);
  const partQuery = useManifest(name, choice?.child.digest);
  const failed = [tagQuery, partQuery].find((query) => query.isError && dataUnlessGone(query) === undefined);
  return { tag, part: partOf(tag, choice, dataUnlessGone(partQuery)), error: failed?.error, retry: failed?.refetch };
}

function partOf(tag: Manifest | undefined, choice: PlatformChoice | undefined, part: Manifest | undefined) {
  if (tag === undefined || tag.children === null) return tag;
  return choice === undefined ? null : part;
}
