/** The fields that rules of synchronization have, of images and of organizations. */
import {
  MAX_REMOTE_NAME_LENGTH,
  MAX_REMOTE_ORGANIZATION_LENGTH,
  MAX_SYNC_GLOB_LENGTH,
} from "../../../kernel/field-limits.ts";
import { EVERYTHING } from "../../../model/sync/sync-rules.ts";
import type { SyncCursor } from "../../../registry/sync/sync-jobs.ts";
import type { SyncRule, SyncRuleChanges, WantedSyncRule } from "../../../registry/sync/sync-rules.ts";
import { z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { formatCursor, readCursor } from "../paging.ts";

export const SYNC_TAGS = ["Synchronization"];

export const ruleId = z.coerce
  .number()
  .int()
  .positive()
  .openapi({ param: { name: "rule", in: "path" }, example: 7 });

const glob = (what: string) =>
  z.string().openapi({
    maxLength: MAX_SYNC_GLOB_LENGTH,
    description:
      `A glob for ${what}: \`*\` is any characters but \`/\`, \`**\` any, \`?\` one but \`/\`, \`{a,b}\` one of these, and ` +
      `\`\\\` takes the next as it is. \`${EVERYTHING}\`: all.`,
    example: "v*",
  });

export const Target = {
  remote: z.string().max(MAX_REMOTE_NAME_LENGTH).openapi({
    description: "The name of a remote registry of the account: `/api/remotes`.",
    example: "tokyo",
  }),
  remoteOrganization: z.string().openapi({
    maxLength: MAX_REMOTE_ORGANIZATION_LENGTH,
    description: "What comes before the image's name there: an organization or a path. Empty: nothing.",
    example: "team",
  }),
};

export const override = z.boolean().openapi({
  description: "Whether a tag that is there with another digest is moved. If not, the job ends as `existed`.",
});
export const referrers = z.boolean().openapi({
  description:
    "Whether signatures, attestations, SBOMs and all else that refers to the image come along, later ones as well.",
});

const tags = glob("tags");
const images = glob("images of the organization, without its name");
const automatic = z.boolean().openapi({ description: "Whether pushes, retags and restored tags set it off." });
const deletions = z.boolean().openapi({ description: "Whether a tag that is deleted here is deleted there." });

const New = {
  ...Target,
  tags: tags.default(EVERYTHING),
  override: override.default(false),
  referrers: referrers.default(false),
  automatic: automatic.default(true),
  deletions: deletions.default(false),
};
export const NewImageRule = z.strictObject(New).openapi("NewSyncRule");
export const NewOrganizationRule = z
  .strictObject({ ...New, images: images.default(EVERYTHING) })
  .openapi("NewOrganizationSyncRule");

const Changes = {
  tags: tags.optional(),
  override: override.optional(),
  referrers: referrers.optional(),
  automatic: automatic.optional(),
  deletions: deletions.optional(),
};
const AS_IT_IS = { description: "What is absent stays as it is. Another target is another rule." };
export const ImageRuleChanges = z.strictObject(Changes).openapi("SyncRuleChanges", AS_IT_IS);
export const OrganizationRuleChanges = z
  .strictObject({ ...Changes, images: images.optional() })
  .openapi("OrganizationSyncRuleChanges", AS_IT_IS);

const Rule = {
  id: z.int(),
  ...Target,
  tags,
  override,
  referrers,
  automatic,
  deletions,
  createdBy: z.string().nullable().openapi({ description: "Null when the user is gone." }),
  created: Time,
  updated: Time,
};
export const ImageRule = z.object(Rule).openapi("SyncRule");
export const OrganizationRule = z.object({ ...Rule, images }).openapi("OrganizationSyncRule");

/** Where asking for jobs of a rule goes on. */
export const RunBody = z
  .strictObject({
    cursor: z
      .string()
      .max(1000)
      .optional()
      .openapi({ description: "The `next` of the request before; absent at first." }),
  })
  .openapi("SyncRun");
export const RunAnswer = z
  .object({
    jobs: z.int().openapi({ description: "How many jobs this request has made." }),
    next: z.string().nullable().openapi({ description: "The `cursor` to go on with; null when all have been made." }),
  })
  .openapi("SyncRunAnswer");

/** What a request says of a rule, in the registry's words. */
export function readRule(body: z.output<typeof NewImageRule>): Omit<WantedSyncRule, "images"> {
  const { override: overrides, referrers: hasReferrers, automatic: isAutomatic, deletions: followsDeletion } = body;
  const { remote, remoteOrganization, tags: tagGlob } = body;
  return { remote, remoteOrganization, tags: tagGlob, overrides, hasReferrers, isAutomatic, followsDeletion };
}

/** The same for what a request changes; what is undefined stays. */
export function readChanges(body: z.output<typeof OrganizationRuleChanges>): SyncRuleChanges {
  const { override: overrides, referrers: hasReferrers, automatic: isAutomatic, deletions: followsDeletion } = body;
  return { images: body.images, tags: body.tags, overrides, hasReferrers, isAutomatic, followsDeletion };
}

export function describeRule(rule: SyncRule): z.infer<typeof ImageRule> {
  return {
    id: rule.id,
    remote: rule.remote,
    remoteOrganization: rule.remoteOrganization,
    tags: rule.tags,
    override: rule.overrides,
    referrers: rule.hasReferrers,
    automatic: rule.isAutomatic,
    deletions: rule.followsDeletion,
    createdBy: rule.creatorName,
    created: formatTime(rule.createdAt),
    updated: formatTime(rule.updatedAt),
  };
}

export function describeOrganizationRule(rule: SyncRule): z.infer<typeof OrganizationRule> {
  return { ...describeRule(rule), images: rule.images };
}

export function readRunCursor(cursor: string | undefined): SyncCursor | undefined {
  const key = readCursor(cursor, z.tuple([z.string(), z.string()]));
  return key && { image: key[0], tag: key[1] };
}

export function describeRun({ jobs, next }: { jobs: number; next: SyncCursor | undefined }): z.infer<typeof RunAnswer> {
  return { jobs, next: next ? formatCursor([next.image, next.tag]) : null };
}
