/** The properties that users with the right to edit an image can set. */
import { isLongerThan } from "../../kernel/characters.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_DESCRIPTION_LENGTH } from "../../kernel/field-limits.ts";
import { CATEGORIES, type Category, type NO_CATEGORY } from "../../kernel/image-categories.ts";

export interface ImageProperties {
  isPublic: boolean;
  category: Category | typeof NO_CATEGORY;
  description: string;
}

/** Reads a category. SWR's documents say `arm`, its SDKs `arms`: both are `arm`. */
export function parseCategory(text: string): Category {
  const known = CATEGORIES.find((category) => category === (text === "arms" ? "arm" : text));
  if (known) return known;
  throw new RegistryError(
    "CATEGORY_INVALID",
    `category must be one of ${CATEGORIES.join(", ")}, not "${shorten(text)}"`,
  );
}

export function parseDescription(text: string): string {
  if (!isLongerThan(text, MAX_DESCRIPTION_LENGTH)) return text;
  throw new RegistryError(
    "DESCRIPTION_TOO_LONG",
    `the description of an image may have at most ${MAX_DESCRIPTION_LENGTH} characters`,
  );
}
