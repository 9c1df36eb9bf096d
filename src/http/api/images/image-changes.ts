/** Making, changing and deleting images: guide 4.5. */
import { MAX_DESCRIPTION_LENGTH } from "../../../kernel/field-limits.ts";
import { CATEGORIES } from "../../../kernel/image-categories.ts";
import { parseRepositoryName } from "../../../kernel/reference.ts";
import { parseDescription } from "../../../model/images/image-properties.ts";
import { getImage } from "../../../registry/images/image-detail.ts";
import { createImage, deleteImage, updateImage } from "../../../registry/images/images.ts";
import { managerCall } from "../../call.ts";
import {
  because,
  createRoute,
  createRouter,
  IfMatch,
  json,
  jsonBody,
  setVersion,
  versioned,
  versionsOf,
  z,
} from "../../openapi.ts";
import { registryHost } from "../../public-address.ts";
import { imageOf, ImageParams, OrganizationParams } from "../params.ts";
import { describeImage, Image } from "./images.ts";

const TAGS = ["Images"];
const PATH = "/organizations/{organization}/images/{image}";

const isPublic = z.boolean().openapi({ description: "Whether everybody may pull it." });
const category = z.enum(CATEGORIES).openapi({ description: "What it is for." });
const description = z
  .string()
  .transform(parseDescription)
  .openapi({
    type: "string",
    maxLength: MAX_DESCRIPTION_LENGTH,
    description: `0 to ${MAX_DESCRIPTION_LENGTH} characters.`,
  });

const NewImage = z
  .strictObject({
    image: z.string().openapi({
      minLength: 1,
      maxLength: 128,
      description: "Its name without the organization; it may have slashes.",
      example: "shop/web",
    }),
    public: isPublic.default(false),
    category: category.optional(),
    description: description.optional(),
  })
  .openapi("NewImage");

const ImageChanges = z
  .strictObject({ public: isPublic.optional(), category: category.optional(), description: description.optional() })
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), because("NOTHING_TO_CHANGE"))
  .openapi("ImageChanges", { description: "What is left out stays." });

const create = createRoute({
  method: "post",
  path: "/organizations/{organization}/images",
  operationId: "createImage",
  tags: TAGS,
  summary: "Create an image",
  description: "It has no tags yet. A push creates an image as well. Takes the right to edit the organization.",
  request: { params: OrganizationParams, ...jsonBody(NewImage) },
  responses: { 201: json(Image, "The image.") },
});

const change = createRoute({
  method: "patch",
  path: PATH,
  operationId: "changeImage",
  tags: TAGS,
  summary: "Change an image's properties",
  description: "Takes the right to edit the image. While an image is public, its shares mean nothing.",
  request: { params: ImageParams, headers: IfMatch, ...jsonBody(ImageChanges) },
  responses: { 200: versioned(Image, "The image afterwards.") },
});

const remove = createRoute({
  method: "delete",
  path: PATH,
  operationId: "deleteImage",
  tags: TAGS,
  summary: "Delete an image",
  description:
    "With all its tags, manifests, permissions, shares and rules. Refused while an immutable-tag rule keeps one of its " +
    "tags. Takes the right to manage the image.",
  request: { params: ImageParams },
  responses: { 204: { description: "It is gone." } },
});

export const imageChanges = createRouter()
  .openapi(create, async (c) => {
    const call = managerCall(c);
    const { image, ...properties } = c.req.valid("json");
    const name = parseRepositoryName(`${c.req.valid("param").organization}/${image}`);
    await createImage(call, name, readProperties(properties));
    const created = await getImage(call, name);
    return c.json(describeImage(created, name, registryHost(c)), 201);
  })
  .openapi(change, async (c) => {
    const versions = versionsOf(c);
    const call = managerCall(c);
    const name = imageOf(c.req.valid("param"));
    await updateImage(call, name, readProperties(c.req.valid("json")), versions);
    const changed = await getImage(call, name);
    setVersion(c, changed);
    return c.json(describeImage(changed, name, registryHost(c)), 200);
  })
  .openapi(remove, async (c) => {
    const call = managerCall(c);
    await deleteImage(call, imageOf(c.req.valid("param")));
    return c.body(null, 204);
  });

function readProperties({ public: open, category: kind, description: text }: z.output<typeof ImageChanges>) {
  return {
    ...(open !== undefined && { isPublic: open }),
    ...(kind !== undefined && { category: kind }),
    ...(text !== undefined && { description: text }),
  };
}
