/** Changing and deleting several images at once, of any organizations: an answer for each. */
import { MAX_CHANGED_IMAGES } from "../../../kernel/field-limits.ts";
import { RegistryError } from "../../../kernel/errors.ts";
import { parseOrganizationName, parseRepositoryName, type RepositoryName } from "../../../kernel/reference.ts";
import { deleteImages, type ImageOutcome, setVisibility } from "../../../registry/images/images.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { auditRefusal } from "../../refusals.ts";

const TAGS = ["Images"];

const name = {
  organization: z
    .string()
    .transform(parseOrganizationName)
    .openapi({ type: "string", minLength: 1, maxLength: 64, example: "acme" }),
  image: z.string().openapi({
    minLength: 1,
    maxLength: 128,
    description: "Its name without the organization; it may have slashes.",
    example: "shop/web",
  }),
};

const images = z.array(z.strictObject(name)).min(1).max(MAX_CHANGED_IMAGES);

const LEFT = ["unknown", "denied", "postponed"] as const;
const WHY =
  "`unknown`: there is no such image, or none that the caller may know of. `denied`: the caller's right does not reach that far. " +
  "`postponed`: this request has not come to it; send it again.";

const UnwantedImages = z.strictObject({ images }).openapi("UnwantedImages");

const ImageDeletions = z
  .object({
    results: z.array(
      z.object({
        organization: z.string(),
        image: z.string(),
        result: z
          .enum(["deleted", "immutable", ...LEFT])
          .openapi({ description: `\`immutable\`: a rule keeps some of its tags. ${WHY}` }),
        keptTags: z.array(z.string()).openapi({ description: "The first of the tags that a rule keeps." }),
      }),
    ),
  })
  .openapi("ImageDeletions");

const Visibility = z
  .strictObject({ images, public: z.boolean().openapi({ description: "Whether everybody may pull them." }) })
  .openapi("ImagesVisibility");

const VisibilityChanges = z
  .object({
    results: z.array(
      z.object({
        organization: z.string(),
        image: z.string(),
        result: z
          .enum(["changed", "unchanged", ...LEFT])
          .openapi({ description: `\`unchanged\`: it was so already. ${WHY}` }),
      }),
    ),
  })
  .openapi("VisibilityChanges");

const EACH =
  `1 to ${MAX_CHANGED_IMAGES} of them, of any organizations, each by itself: what keeps one keeps none of the others. ` +
  "The same request may be sent again when its answer was lost.";

const deleteMany = createRoute({
  method: "post",
  path: "/images/delete",
  operationId: "deleteImages",
  tags: TAGS,
  summary: "Delete images",
  description: `${EACH} Takes the right to manage each image.`,
  request: jsonBody(UnwantedImages),
  responses: { 200: json(ImageDeletions, "What came of each, in the order of the request, a repeated one once.") },
});

const changeVisibility = createRoute({
  method: "post",
  path: "/images/visibility",
  operationId: "setVisibility",
  tags: TAGS,
  summary: "Make images public or private",
  description: `${EACH} Takes the right to edit each image.`,
  request: jsonBody(Visibility),
  responses: { 200: json(VisibilityChanges, "What came of each, in the order of the request, a repeated one once.") },
});

export const imageBatches = createRouter()
  .openapi(deleteMany, async (c) => {
    const names = c.req.valid("json").images.map(nameOf);
    const outcomes = await deleteImages(managerCall(c), names);
    const results = [...outcomes].map(([whole, outcome]) => {
      const keptTags = outcome instanceof RegistryError ? keptTagsOf(outcome) : undefined;
      const result = keptTags ? ("immutable" as const) : resultOf(outcome);
      return { ...partsOf(whole), result, keptTags: keptTags ?? [] };
    });
    auditAll(c, outcomes);
    return c.json({ results }, 200);
  })
  .openapi(changeVisibility, async (c) => {
    const { images: named, public: isPublic } = c.req.valid("json");
    const outcomes = await setVisibility(managerCall(c), named.map(nameOf), isPublic);
    const results = [...outcomes].map(([whole, outcome]) => ({ ...partsOf(whole), result: resultOf(outcome) }));
    auditAll(c, outcomes);
    return c.json({ results }, 200);
  });

function nameOf({ organization, image }: { organization: string; image: string }): RepositoryName {
  return parseRepositoryName(`${organization}/${image}`);
}

function partsOf(whole: RepositoryName): { organization: string; image: string } {
  const at = whole.indexOf("/");
  return { organization: whole.slice(0, at), image: whole.slice(at + 1) };
}

/** @throws what is no answer about an image, such as that the caller is no user any more. */
function resultOf<Done extends string>(outcome: ImageOutcome<Done>): Done | "unknown" | "denied" | "postponed" {
  if (!(outcome instanceof RegistryError)) return outcome;
  if (outcome.is("REPOSITORY_UNKNOWN")) return "unknown";
  if (outcome.is("DENIED")) return "denied";
  throw outcome;
}

/** Undefined unless tags keep the image; none when their rule was lifted in that moment. */
function keptTagsOf(error: RegistryError): string[] | undefined {
  return error.is("TAG_IMMUTABLE") ? error.problems.flatMap(({ detail }) => detail?.tag ?? []) : undefined;
}

/** Records those that the caller was not allowed, as if each had been asked for by itself. */
function auditAll(c: Parameters<typeof auditRefusal>[0], outcomes: ReadonlyMap<RepositoryName, unknown>): void {
  for (const outcome of outcomes.values()) if (outcome instanceof RegistryError) auditRefusal(c, outcome);
}
