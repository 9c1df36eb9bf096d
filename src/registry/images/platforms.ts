/** What images run on: guide 7.1.2. */
import type { Digest } from "../../kernel/digest.ts";
import { type ImageConfig, parseImageConfig, platformOf } from "../../model/images/image-config.ts";
import type { Platform } from "../../kernel/platform.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { findUnreadConfig, insertPlatforms } from "../../storage/images/platforms.ts";
import type { Stores } from "../../storage/stores.ts";
import { openObject } from "../content/blobs.ts";

/**
 * Configurations have some KiB, and those with the longest labels some hundred. What is read of a larger one would take
 * twenty times its size in memory, and an isolate has 128 MB.
 */
export const MAX_CONFIG_BYTES = 1024 * 1024;

export const CONFIG_PROBLEMS = ["too large", "not JSON", "not available"] as const;
/** Why a configuration is not shown. */
export type ConfigProblem = (typeof CONFIG_PROBLEMS)[number];

/** Reads an image's configuration from R2. That it cannot be read, for whatever reason, is no failure. */
export async function readImageConfig(
  stores: Stores,
  blob: { objectKey: string; size: number },
): Promise<ImageConfig | ConfigProblem> {
  const read = await readConfigText(stores, blob);
  return "problem" in read ? read.problem : (parseImageConfig(read.text) ?? "not JSON");
}

/** The same as it was pushed. */
export async function readConfigText(
  stores: Stores,
  { objectKey, size }: { objectKey: string; size: number },
): Promise<{ text: string } | { problem: ConfigProblem }> {
  if (size > MAX_CONFIG_BYTES) return { problem: "too large" };
  try {
    const object = await openObject(stores, objectKey);
    return object ? { text: await object.text() } : { problem: "not available" };
  } catch (error) {
    console.warn(`reading the configuration ${objectKey}:`, error);
    return { problem: "not available" };
  }
}

/**
 * Records the platform of an image after its push. Nobody waits for this, and a failure does no harm. What is missed
 * is made up for when somebody looks at the image.
 *
 * @param config undefined: the manifest is none of a single image.
 */
export async function recordPlatform(
  stores: Stores,
  repository: RepositoryName,
  manifest: Digest,
  config: Digest | undefined,
): Promise<void> {
  if (!config) return;
  try {
    const unread = await findUnreadConfig(stores.db, repository, manifest, config);
    if (unread) await savePlatform(stores, unread.repositoryId, manifest, await readImageConfig(stores, unread));
  } catch (error) {
    console.warn(`noting what ${repository}@${manifest} runs on:`, error);
  }
}

/** Notes what a configuration says that a manifest runs on, if it says so. */
export async function savePlatform(
  stores: Stores,
  repositoryId: number,
  manifest: Digest,
  config: Pick<ImageConfig, keyof Platform> | ConfigProblem,
): Promise<void> {
  const platform = typeof config === "string" ? undefined : platformOf(config);
  if (platform) await insertPlatforms(stores.db, repositoryId, manifest, [platform]);
}
