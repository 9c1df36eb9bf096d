/** What lists and pages tell of every image, and what they are searched by. */
import { type Level, LEVELS } from "../../../model/rights/access.ts";
import { CATEGORIES, shownCategory } from "../../../kernel/image-categories.ts";
import { organizationOf, type RepositoryName } from "../../../kernel/reference.ts";
import { z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";

/** An organization and an image in one name. */
const MAX_TEXT_LENGTH = 193;

/** The parameter of lists that are searched by the names of images, which have no capitals. */
export const IMAGE_TEXT = z
  .string()
  .min(1)
  .max(MAX_TEXT_LENGTH)
  .transform((text) => text.toLowerCase())
  .optional()
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: MAX_TEXT_LENGTH,
    description: "Images whose name, `organization/image`, has this in it.",
  });

export const IMAGE_FIELDS = {
  organization: z.string(),
  image: z.string().openapi({ description: "Without its organization.", example: "shop/web" }),
  account: z.string().openapi({ description: "Whose image it is." }),
  public: z.boolean(),
  category: z.string().openapi({ enum: [...CATEGORIES], description: "`other` also where none was ever set." }),
  architectures: z
    .array(z.string())
    .openapi({ description: "What its tags are for, as far as that is known.", example: ["amd64", "arm64"] }),
  level: z.enum(LEVELS).openapi({ description: "What the caller may do with it." }),
  tags: z.int().openapi({ description: "How many tags it has, without signatures and the like." }),
  size: z.int().openapi({ description: "Bytes of all its blobs, each counted once." }),
  pulls: z.int().openapi({ description: "How often it was pulled." }),
  created: Time,
  updated: Time.openapi({ description: "Last push, deletion or change of a property." }),
};

interface ShownImage {
  accountName: string;
  isPublic: boolean;
  category: string;
  architectures: string[];
  level: Level;
  tagCount: number;
  storedBytes: number;
  pullCount: number;
  createdAt: Date;
  updatedAt: Date;
}

export function describeImageFields(name: RepositoryName, image: ShownImage) {
  const organization = organizationOf(name);
  return {
    organization,
    image: name.slice(organization.length + 1),
    account: image.accountName,
    public: image.isPublic,
    category: shownCategory(image.category),
    architectures: image.architectures,
    level: image.level,
    tags: image.tagCount,
    size: image.storedBytes,
    pulls: image.pullCount,
    created: formatTime(image.createdAt),
    updated: formatTime(image.updatedAt),
  };
}
