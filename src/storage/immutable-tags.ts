/** Tags that a rule keeps where they are: `model/tag-pattern.ts`. */
import { sql } from "drizzle-orm";
import { RegistryError } from "../model/errors.ts";
import type { Tag } from "../model/reference.ts";
import { immutableTagRules, tags } from "./schema.ts";

/** Whether a row of `tags` is one that a rule of its repository keeps, as a condition. */
export const isImmutable = sql`EXISTS (
  SELECT 1 FROM ${immutableTagRules}
  WHERE ${immutableTagRules.repositoryId} = ${tags.repositoryId} AND ${tags.name} GLOB ${immutableTagRules.pattern})`;

export function immutableTag(names: readonly Tag[], cause?: unknown): RegistryError {
  const problems = names.map((tag) => ({
    message: `tag ${tag} is immutable: a rule of the image keeps it from being overwritten or deleted`,
    detail: { tag },
  }));
  const lifted = { message: "an immutable tag was in the way, whose rule is gone: repeat the request" };
  return new RegistryError("TAG_IMMUTABLE", problems.length > 0 ? problems : lifted, { cause });
}
