/** What an image runs on (OCI image-spec, "Image Index", `platform`). */
import { z } from "zod";

export interface Platform {
  os: string;
  architecture: string;
  /** Of the architecture, such as `v8`; empty when there is none. */
  variant: string;
}

/** No real name is longer, and none gets into an index that is. */
const MAX_NAME_LENGTH = 64;
/** An index may name its children by the thousand; a search needs no more than this of one. */
const MAX_PLATFORMS = 100;
/** What BuildKit calls the platform of an attestation. */
const UNKNOWN = "unknown";

/** The platform in a descriptor or configuration. Values of a wrong type count as absent, because anybody may push anything. */
export const DescribedPlatform = z
  .object({
    os: z.string().min(1),
    architecture: z.string().min(1),
    variant: z.string().min(1).nullable().catch(null),
    "os.version": z.string().min(1).nullable().catch(null),
  })
  .nullable()
  .catch(null);

/** What {@link DescribedPlatform} reads. */
export type NamedPlatform = NonNullable<z.infer<typeof DescribedPlatform>>;

/** The platforms that can be searched for, each once: only such as something could run on. */
export function platformsOf(
  described: readonly ({ os: string; architecture: string; variant: string | null } | null)[],
): Platform[] {
  const platforms = new Map<string, Platform>();
  for (const entry of described) {
    if (!entry || entry.os === UNKNOWN || entry.architecture === UNKNOWN) continue;
    const platform = { os: entry.os, architecture: entry.architecture, variant: entry.variant ?? "" };
    if (Object.values(platform).some((name) => name.length > MAX_NAME_LENGTH)) continue;
    platforms.set(JSON.stringify(platform), platform);
    if (platforms.size >= MAX_PLATFORMS) break;
  }
  return [...platforms.values()];
}
