import { useTranslation } from "react-i18next";
import type { ImageName } from "../../../kernel/reference.ts";
import { useSession } from "../../api/session.ts";
import type { Breadcrumb } from "../../ui/index.ts";
import type { CurrentImage } from "./image-context.ts";
import { imagePath, organizationPath } from "./image-paths.ts";

/**
 * The way to an image: by one's own images, those that others share, or the image centre.
 *
 * @param image undefined while that is not known.
 * @param withImage adds the image itself, for pages below its own.
 */
export function useImageBreadcrumbs(name: ImageName, image: CurrentImage | undefined, withImage = false): Breadcrumb[] {
  const { t } = useTranslation();
  const user = useSession().data;
  const isForeign = image !== undefined && !image.isOwn;
  const isVisitor = !user || (isForeign && image.properties.public);
  const root = isVisitor
    ? { label: t("imageCentre"), href: "/image-centre" }
    : { label: t("images"), href: isForeign ? "/images/shared-with-me" : "/images" };
  const organization = {
    label: name.organization,
    ...(image?.isOwn && { href: organizationPath(name.organization) }),
  };
  return [root, organization, ...(withImage ? [{ label: name.image, href: imagePath(name) }] : [])];
}
