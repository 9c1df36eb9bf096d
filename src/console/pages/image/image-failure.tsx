import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { ApiError } from "../../api/client.ts";
import { useSession } from "../../api/queries.ts";
import { signInPath } from "../../shell/sign-in-path.ts";
import { Empty, ErrorNotice, LinkButton } from "../../ui/index.ts";

/** An image that is not there, or not for the user: the registry does not tell which. Any other failure can be retried. */
export function ImageFailure({ error, onRetry }: { error: unknown; onRetry: () => unknown }) {
  const { t } = useTranslation("image");
  const user = useSession().data;
  const [path] = useLocation();
  const search = useSearch();
  const isHidden = error instanceof ApiError && [400, 401, 403, 404].includes(error.status);
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
