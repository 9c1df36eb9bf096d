/** Searching images: what the caller may see, and the image centre of public ones (guide 7.1.2). */
import { CATEGORIES } from "../../../kernel/image-categories.ts";
import { parseCategory } from "../../../model/images/image-properties.ts";
import { IMAGE_SORTS, IMAGE_SOURCES } from "../../../model/images/image-search.ts";
import { parseOrganizationName } from "../../../kernel/reference.ts";
import { searchImageCentre, searchImages } from "../../../registry/images/search.ts";
import { managerCall, visitorCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { describeImageFields, IMAGE_FIELDS, IMAGE_TEXT } from "./image-fields.ts";
import { Next } from "../paging.ts";
import { cutSearchedPage, readSearchedPage, sortedPageParams } from "../sorting.ts";

const MAX_ARCHITECTURE_LENGTH = 64;

const FILTERS = {
  q: IMAGE_TEXT,
  category: z
    .string()
    .transform(parseCategory)
    .optional()
    .openapi({ type: "string", enum: [...CATEGORIES], description: "Images of this category." }),
  architecture: z
    .string()
    .min(1)
    .max(MAX_ARCHITECTURE_LENGTH)
    .optional()
    .openapi({ description: "Images that have a tag for this architecture.", example: "arm64" }),
};

/** A misspelt filter would find everything, so what is not known is refused. */
const ImagesQuery = z.strictObject({
  scope: z
    .enum([...IMAGE_SOURCES, "all"])
    .default("own")
    .openapi({
      description:
        "`own`: images that the caller has a right to by account or permission; `sent`: those of them that are shared " +
        "with other accounts, or were; `shared`: private images that other accounts share with the caller's; `public`: " +
        "public images of all accounts; `all`: all of these.",
    }),
  ...FILTERS,
  organization: z
    .string()
    .transform(parseOrganizationName)
    .optional()
    .openapi({ type: "string", minLength: 1, maxLength: 64, description: "Images of this organization." }),
  public: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional()
    .openapi({ type: "boolean", description: "Only public images, or only private ones." }),
  ...sortedPageParams(IMAGE_SORTS),
});

const CentreQuery = z.strictObject({ ...FILTERS, ...sortedPageParams(IMAGE_SORTS) });

const FoundImage = z
  .object({ ...IMAGE_FIELDS, description: z.string().openapi({ description: "Its first 200 characters." }) })
  .openapi("FoundImage");

const ImagePage = z.object({ images: z.array(FoundImage), next: Next }).openapi("ImagePage");

const listImages = createRoute({
  method: "get",
  path: "/images",
  operationId: "searchImages",
  tags: ["Images"],
  summary: "Search images",
  description:
    "An image that is pushed while somebody pages by `updated` moves to the front: no page repeats it, when the newest " +
    "come first.",
  request: { query: ImagesQuery },
  responses: { 200: json(ImagePage, "A page of images.") },
});

const listImageCentre = createRoute({
  method: "get",
  path: "/image-centre",
  operationId: "searchImageCentre",
  tags: ["Images"],
  summary: "Search the image centre",
  description: "Also without credentials, unless the operator of the deployment allows no anonymous pulls.",
  security: [{}],
  request: { query: CentreQuery },
  responses: { 200: json(ImagePage, "A page of images.") },
});

export const search = createRouter()
  .openapi(listImages, async (c) => {
    const query = c.req.valid("query");
    const { scope, q: text, organization, category, architecture, public: isPublic } = query;
    const filter = { text, organization, category, architecture, isPublic };
    const page = await readSearchedPage(c.var.stores, query);
    const found = await searchImages(managerCall(c), scope, filter, page);
    const { items, next } = await cutSearchedPage(c.var.stores, query, found);
    return c.json({ images: items.map(describeImage), next }, 200);
  })
  .openapi(listImageCentre, async (c) => {
    const query = c.req.valid("query");
    const { q: text, category, architecture } = query;
    const filter = { text, category, architecture };
    const page = await readSearchedPage(c.var.stores, query);
    const found = await searchImageCentre(visitorCall(c), filter, page);
    const { items, next } = await cutSearchedPage(c.var.stores, query, found);
    return c.json({ images: items.map(describeImage), next }, 200);
  });

function describeImage(found: Awaited<ReturnType<typeof searchImages>>["rows"][number]): z.infer<typeof FoundImage> {
  return { ...describeImageFields(found.name, found), description: found.excerpt };
}
