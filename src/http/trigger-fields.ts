/** The fields that triggers have in both management APIs. */
import { MAX_CONDITION_LENGTH, MAX_TRIGGER_NAME_LENGTH } from "../kernel/field-limits.ts";
import { CONDITION_KINDS, CONDITION_SYNTAXES } from "../model/triggers/triggers.ts";
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

/** What a `regular` condition is written in; empty for the others. */
export const ConditionSyntaxField = z.enum([...CONDITION_SYNTAXES, ""]).openapi({
  description:
    "How a `regular` condition is read: as a `glob` or as a regular expression (`re2`). Empty for the others.",
});

export const CONDITION = {
  maxLength: MAX_CONDITION_LENGTH,
  description:
    "Of no meaning for `all`. For `tag`: tags, separated by `;`. For `regular` a glob for the whole tag: `*` is any " +
    "characters but `/`, `**` any, `?` one but `/`, `{a,b}` one of these, and `\\` takes the next as it is. Or, where it " +
    "begins with `^` or ends with `$`, a regular expression in RE2's syntax, such as `^v[0-9]+$`, which matches where its " +
    "anchors say.",
  example: "v*",
} as const;

/** The right that a target in a cluster needs in addition to the right to edit the image (ADR 0017). */
export const WHO_MAY_STEER =
  "A Kubernetes target takes the right to edit the organization as well, or a container that runs this image already.";
