/** The properties that users with the right to edit an image can set. */
import { isLongerThan } from "../../kernel/characters.ts";
import { shorten } from "../../kernel/digest.ts";
import { MAX_DESCRIPTION_LENGTH } from "../../kernel/field-limits.ts";
import { CATEGORIES, type Category, type NO_CATEGORY } from "../../kernel/image-categories.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";

export interface ImageProperties {
  isPublic: boolean;
  category: Category | typeof NO_CATEGORY;
  description: string;
}

/** Reads a category. SWR's documents say `arm`, its SDKs `arms`: both are `arm`. */
export function parseCategory(text: string): Category {
  const known = CATEGORIES.find((category) => category === (text === "arms" ? "arm" : text));
  if (known) return known;
  const values = { categories: CATEGORIES.join(", "), category: shorten(text) };
  throw refusal("CATEGORY_INVALID", reason("CATEGORY_UNKNOWN", values), { field: "category" });
}

export function parseDescription(text: string): string {
  if (!isLongerThan(text, MAX_DESCRIPTION_LENGTH)) return text;
  const why = reason("DESCRIPTION_TOO_LONG", { max: MAX_DESCRIPTION_LENGTH });
  throw refusal("DESCRIPTION_TOO_LONG", why, { field: "description" });
}
