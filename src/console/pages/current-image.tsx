/** The image that a page is about: what the pages and tabs of images, their settings and their triggers build upon. */
import { createContext, useContext, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useParams, useSearch } from "wouter";
import { ApiError } from "../api/client.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { type Image, useImageQuery } from "../api/image.ts";
import { dataUnlessGone, isMissing } from "../api/missing.ts";
import { useSession } from "../api/session.ts";
import { decodePart, imageListPath, imagePath, organizationPath, PATHS, signInPath } from "../paths.ts";
import { Badge, type Breadcrumb, Empty, ErrorNotice, LinkButton } from "../ui/index.ts";

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

/** Filled by every page of an image. */
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

/** What a page of an image begins with. */
export interface ImagePageState {
  /** As the address has it. */
  name: ImageName;
  query: ReturnType<typeof useImageQuery>;
  /** For the page's `ImageContext`; undefined while it is not known. It changes when the properties do. */
  image: CurrentImage | undefined;
  breadcrumbs: Breadcrumb[];
}

/**
 * Fetches the image that the page's address names, `/images/:organization/:image`.
 *
 * @param isBelow the page is below the image's own, to which its breadcrumbs then lead.
 */
export function useImagePage({ isBelow = false } = {}): ImagePageState {
  const params = useParams<{ organization: string; image: string }>();
  const name = { organization: decodePart(params.organization), image: decodePart(params.image) };
  const query = useImageQuery(name);
  const image = useCurrentImage(dataUnlessGone(query));
  const way = useWayTo(name, image);
  const breadcrumbs = isBelow ? [...way, { label: name.image, href: imagePath(name) }] : way;
  return { name, query, image, breadcrumbs };
}

function useCurrentImage(properties: Image | undefined): CurrentImage | undefined {
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

/** The way to an image: by one's own images, those that others share, or the image centre. */
function useWayTo(name: ImageName, image: CurrentImage | undefined): Breadcrumb[] {
  const { t } = useTranslation();
  const user = useSession().data;
  const isForeign = image !== undefined && !image.isOwn;
  const isVisitor = !user || (isForeign && image.properties.public);
  const root = isVisitor
    ? { label: t("imageCentre"), href: PATHS.imageCentre }
    : { label: t("images"), href: isForeign ? imageListPath("shared-with-me") : PATHS.images };
  const organization = {
    label: name.organization,
    ...(image?.isOwn && { href: organizationPath(name.organization) }),
  };
  return [root, organization];
}

/** In place of an image that cannot be shown. One that is missing will not be there the next time either. */
export function ImageFailure({ error, onRetry }: { error: unknown; onRetry: () => unknown }) {
  const { t } = useTranslation("image");
  const user = useSession().data;
  const [path] = useLocation();
  const search = useSearch();
  // Nobody has an image of a name that is none; and some registries show nobody anything.
  const isHidden = isMissing(error) || (error instanceof ApiError && (error.status === 400 || error.status === 401));
  if (!isHidden) return <ErrorNotice error={error} onRetry={onRetry} />;
  return (
    <Empty
      title={t("missingTitle")}
      action={
        user ? (
          <LinkButton href={PATHS.images}>{t("goToImages")}</LinkButton>
        ) : (
          <LinkButton href={signInPath(path, search)} variant="primary">
            {t("signIn")}
          </LinkButton>
        )
      }
    >
      {user ? t("missingText") : t("missingAnonymousText")}
    </Empty>
  );
}

/** Whether everybody may pull an image. */
export function ImageBadge({ isPublic }: { isPublic: boolean }) {
  const { t } = useTranslation();
  return <Badge tone={isPublic ? "info" : "neutral"}>{isPublic ? t("public") : t("private")}</Badge>;
}
