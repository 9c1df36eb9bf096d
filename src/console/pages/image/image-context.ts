import { createContext, useContext, useMemo } from "react";
import type { ImageName } from "../../../kernel/reference.ts";
import type { Image } from "../../api/image.ts";

/** The image that a page is about, and what the user may do with it. */
export interface CurrentImage extends ImageName {
  /** `organization/image`. */
  name: string;
  /** Its properties as the registry told them last. */
  properties: Image;
  /** Whether the user's right comes from the account that the image belongs to, not from a share or its being public. */
  isOwn: boolean;
  /** Push, set tags, change properties, create triggers. */
  canEdit: boolean;
  /** Also delete, grant rights, share, set rules. */
  canManage: boolean;
}

/** Filled by the frame of an image's pages. */
export const ImageContext = createContext<CurrentImage | undefined>(undefined);

/**
 * The image that the page is about.
 *
 * @throws Error outside of an image's pages.
 */
export function useImage(): CurrentImage {
  const image = useContext(ImageContext);
  if (!image) throw new Error("useImage outside of an image's page");
  return image;
}

/** What a page is told about its image; undefined while that is not known. It changes when the properties do. */
export function useCurrentImage(properties: Image | undefined): CurrentImage | undefined {
  return useMemo(() => {
    if (!properties) return undefined;
    const { organization, image, level, own } = properties;
    return {
      organization,
      image,
      name: `${organization}/${image}`,
      properties,
      isOwn: own,
      canEdit: level !== "read",
      canManage: level === "manage",
    };
  }, [properties]);
}
