/** Entries of SWR's lists of images, the caller's own and shared ones alike. */
import type { Context } from "hono";
import { RegistryError } from "../../kernel/errors.ts";
import { imageOf, organizationOf } from "../../kernel/reference.ts";
import {
  type ListedRepository,
  MAX_LISTED_DESCRIPTIONS_LENGTH,
  MAX_LISTED_TAGS,
} from "../../registry/images/images.ts";
import { z } from "../openapi.ts";
import { formatTime, Time, withSlashes } from "./params.ts";
import { registryHost } from "../public-address.ts";

/** What each list tells of an image. */
export const ITEM_FIELDS = {
  name: z.string(),
  category: z.string().openapi({ description: "Empty when none was ever set." }),
  description: z.string().openapi({
    description:
      `Cut off where the descriptions of a page could have more than ${MAX_LISTED_DESCRIPTIONS_LENGTH} characters ` +
      "together, that is after 300 at a limit of 1000; whole up to a limit of 10.",
  }),
  size: z.int().openapi({ description: "Bytes of its blobs, each counted once." }),
  is_public: z.boolean(),
  num_images: z.int().openapi({ description: "Tags." }),
  num_download: z.int().openapi({ description: "Pulls." }),
  created_at: Time,
  updated_at: Time,
  domain_name: z.string().openapi({ description: "The account that it belongs to." }),
  status: z.boolean().openapi({ description: "Whether it is shared at the moment; false in lists of own images." }),
};

export const RepositoryItem = z
  .object({
    ...ITEM_FIELDS,
    logo: z.string(),
    url: z.string(),
    path: z.string().openapi({ description: "What to pull it by.", example: "registry.example.com/acme/shop/web" }),
    internal_path: z.string(),
    namespace: z.string(),
    tags: z
      .array(z.string())
      .openapi({ description: `The newest ${MAX_LISTED_TAGS} tags; fewer beyond a limit of 100.` }),
    total_range: z.int().openapi({ description: "How many images the whole list has." }),
  })
  .openapi("RepositoryItem");
export const RepositoryItems = z.array(RepositoryItem).openapi("RepositoryItems");

export function writeItem(
  c: Context,
  repository: ListedRepository,
  { status, total }: { status: boolean; total: number },
): z.infer<typeof RepositoryItem> {
  const path = `${registryHost(c)}/${repository.name}`;
  return {
    ...writeFields(repository, status),
    logo: "",
    url: "",
    path,
    internal_path: path,
    namespace: organizationOf(repository.name),
    tags: repository.tags,
    total_range: total,
  };
}

/** Writes {@link ITEM_FIELDS}. */
export function writeFields(repository: Omit<ListedRepository, "tags">, status: boolean) {
  return {
    name: imageOf(repository.name),
    category: repository.category,
    description: repository.description,
    size: repository.storedBytes,
    is_public: repository.isPublic,
    num_images: repository.tagCount,
    num_download: repository.pullCount,
    created_at: formatTime(repository.createdAt),
    updated_at: formatTime(repository.updatedAt),
    domain_name: repository.accountName,
    status,
  };
}

/** What names a list asks for; those of images are in lower case. An empty text asks for nothing. */
export function readNames({ namespace, name }: { namespace?: string | undefined; name?: string | undefined }) {
  return { organization: namespace || undefined, text: name ? withSlashes(name).toLowerCase() : undefined };
}

/**
 * A yes or no in a query: `true` or `false`, or as Python's SDK writes it, `True` or `False`.
 *
 * @throws RegistryError PARAMETER_INVALID for anything else, where given.
 */
export function readFlag(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^[Tt]rue$/.test(text)) return true;
  if (/^[Ff]alse$/.test(text)) return false;
  throw new RegistryError("PARAMETER_INVALID", `${name} must be true or false, not "${text.slice(0, 50)}"`);
}
