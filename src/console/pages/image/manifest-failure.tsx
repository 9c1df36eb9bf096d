import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client.ts";
import { isMissing } from "../../api/missing.ts";
import { Empty, ErrorNotice, LinkButton } from "../../ui/index.ts";
import { useImage } from "./image-context.ts";
import { imagePath } from "../../paths.ts";

export interface ManifestFailureProps {
  /** What is said of one that is not there. */
  title: string;
  error: unknown;
  onRetry: (() => unknown) | undefined;
}

/** A tag or manifest that is not there, or not there any more. Any other failure can be retried. */
export function ManifestFailure({ title, error, onRetry }: ManifestFailureProps) {
  const { t } = useTranslation("image");
  const image = useImage();
  // A name that can be no tag is refused as such.
  const isNothing = isMissing(error) || (error instanceof ApiError && error.status === 400);
  if (!isNothing) return <ErrorNotice error={error} onRetry={onRetry} />;
  return (
    <Empty
      title={title}
      action={
        <LinkButton href={imagePath(image, image.isOwn ? "history" : undefined)}>
          {t(image.isOwn ? "goToHistory" : "goToTags")}
        </LinkButton>
      }
    >
      {t("tagMissingText")}
    </Empty>
  );
}
