import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { ApiError } from "../../api/client.ts";
import { isMissing } from "../../api/missing.ts";
import { useSession } from "../../api/session.ts";
import { signInPath } from "../../paths.ts";
import { Empty, ErrorNotice, LinkButton } from "../../ui/index.ts";

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
          <LinkButton href="/images">{t("goToImages")}</LinkButton>
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
