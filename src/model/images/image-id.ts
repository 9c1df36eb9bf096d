import { type Digest, hexOf, isDigest } from "../../kernel/digest.ts";
import { z } from "zod";

const Configured = z.object({ config: z.object({ digest: z.string().refine(isDigest) }) });

/**
 * What docker calls an image's id: its configuration's digest without the algorithm. What has no configuration, such as
 * an index, goes by its own.
 *
 * @param text the manifest; undefined when it was not read.
 */
export function imageIdOf(digest: Digest, text: string | undefined): string {
  const parsed = Configured.safeParse(text === undefined ? undefined : JSON.parse(text));
  return hexOf(parsed.success ? parsed.data.config.digest : digest);
}
