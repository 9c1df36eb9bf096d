/** The fields that triggers have in both management APIs. */
import { MAX_CONDITION_LENGTH, MAX_TRIGGER_NAME_LENGTH } from "../model/field-limits.ts";
import { CONDITION_KINDS } from "../model/trigger.ts";
import { z } from "./openapi.ts";

export const TriggerName = z.string().openapi({
  minLength: 1,
  maxLength: MAX_TRIGGER_NAME_LENGTH,
  description:
    `1 to ${MAX_TRIGGER_NAME_LENGTH} letters, digits, \`_\` and \`-\`: the first a letter, and \`_\` and \`-\` only ` +
    "single and not at the end.",
  example: "All_tags",
});

export const ConditionKind = z.enum(CONDITION_KINDS).openapi({
  description: "`all`: every tag. `tag`: those that are named. `regular`: those that match a pattern.",
});

export const CONDITION = {
  maxLength: MAX_CONDITION_LENGTH,
  description:
    "Of no meaning for `all`. For `tag`: tags, separated by `;`. For `regular`: `*` is any characters but `/`, `**` any, " +
    "`?` one but `/`, `{a,b}` one of these, and `\\` takes the next as it is.",
  example: "v*",
} as const;

/** What a target in a cluster takes besides the right to edit the image (ADR 0017). */
export const WHO_MAY_STEER =
  "A Kubernetes target takes the right to edit the organization as well, or a container that runs this image already.";
