import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client.ts";
import { Button, ErrorNotice, Notice, Page } from "../ui/index.ts";
import { PageLoadFailed, reloadIfReachable } from "./lazy-page.ts";

/** In place of a page that could not be drawn. */
export function FailedPage({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  if (error instanceof PageLoadFailed) return <NotLoaded />;
  return (
    <Page title={t("failedTitle")}>
      {error instanceof ApiError ? (
        <ErrorNotice error={error} onRetry={onRetry} />
      ) : (
        <Notice tone="danger" action={<Button onPress={onRetry}>{t("retry")}</Button>}>
          {t("failedText")}
        </Notice>
      )}
    </Page>
  );
}

/** A browser does not fetch a script twice that it could not get, so only a new document helps. */
function NotLoaded() {
  const { t } = useTranslation();
  const [isPending, setPending] = useState(false);
  const retry = async () => {
    setPending(true);
    await reloadIfReachable();
    setPending(false);
  };
  return (
    <Page title={t("notLoadedTitle")}>
      <Notice
        tone="warning"
        action={
          <Button isPending={isPending} onPress={() => void retry()}>
            {t("retry")}
          </Button>
        }
      >
        {t("notLoadedText")}
      </Notice>
    </Page>
  );
}
