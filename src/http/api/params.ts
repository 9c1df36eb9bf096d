/** Parameters that many routes of the API have in their paths. */
import {
  parseOrganizationName,
  parseReference,
  parseRepositoryName,
  type RepositoryName,
} from "../../kernel/reference.ts";
import { z } from "../openapi.ts";
import { withSlashes } from "../swr/params.ts";

const organization = z
  .string()
  .transform(parseOrganizationName)
  .openapi({
    param: { name: "organization", in: "path" },
    type: "string",
    minLength: 1,
    maxLength: 64,
    description: "Name of an organization.",
    example: "acme",
  });

const image = z.string().openapi({
  param: { name: "image", in: "path" },
  minLength: 1,
  maxLength: 128,
  description: "Name of an image without its organization, with `$` instead of `/`.",
  example: "shop$web",
});

export const OrganizationParams = z.object({ organization });
export const ImageParams = z.object({ organization, image });

/** Of a tag, or of a sha512 digest. */
const MAX_REFERENCE_LENGTH = 135;

export const ManifestParams = ImageParams.extend({
  reference: z
    .string()
    .transform(parseReference)
    .openapi({
      param: { name: "reference", in: "path" },
      type: "string",
      minLength: 1,
      maxLength: MAX_REFERENCE_LENGTH,
      description: "A tag or digest.",
      example: "1.0",
    }),
});

export const TriggerParams = ImageParams.extend({
  trigger: z.string().openapi({ param: { name: "trigger", in: "path" }, description: "Its name.", example: "deploy" }),
});

/** The whole name of the image in a path. */
export function imageOf(params: Pick<z.output<typeof ImageParams>, "organization" | "image">): RepositoryName {
  return parseRepositoryName(`${params.organization}/${withSlashes(params.image)}`);
}
