import { useTranslation } from "react-i18next";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { Card, CodeBlock, DescriptionList, ErrorNotice, ExternalLink, Link, Page, Skeleton } from "../../ui/index.ts";
import { askForToken, type Example, listImages, listWithSdk, listWithToken } from "./api-examples.ts";
import styles from "./api-reference.module.css";

/** `/api-reference`: where the API is described, and how one begins with it. */
export default function ApiReference() {
  const { t } = useTranslation("operations");
  const { name: user, account } = useSelf();
  const settings = useSettings();
  return (
    <Page title={t("api.title")} description={t("api.description")}>
      <Card title={t("api.reference")}>
        <div className={styles.parts}>
          <p>{t("api.referenceText")}</p>
          <ul className={styles.links}>
            <li>
              <ExternalLink href="/docs">{t("api.docs")}</ExternalLink>
            </li>
            <li>
              <ExternalLink href="/openapi.json">{t("api.openapi")}</ExternalLink>
            </li>
          </ul>
          <DescriptionList
            items={[
              { term: "/v2/manage/…", value: t("api.swr") },
              { term: "/api/…", value: t("api.own") },
            ]}
          />
        </div>
      </Card>
      {settings.isError && <ErrorNotice error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.isPending && <Skeleton height="24rem" />}
      {settings.data && (
        <Examples example={{ origin: location.origin, user, account, project: settings.data.project }} />
      )}
    </Page>
  );
}

function Examples({ example }: { example: Example }) {
  const { t } = useTranslation("operations");
  return (
    <>
      <Card title={t("api.curl")}>
        <div className={styles.parts}>
          <p>{t("api.curlText")}</p>
          <CodeBlock code={listImages(example)} wrap />
          <p>{t("api.token")}</p>
          <CodeBlock code={askForToken(example)} wrap />
          <p>{t("api.tokenText")}</p>
          <CodeBlock code={listWithToken(example)} wrap />
          <p className={styles.note}>{t("api.loginNote")}</p>
        </div>
      </Card>
      <Card title={t("api.sdk")}>
        <div className={styles.parts}>
          <p>{t("api.sdkText")}</p>
          <CodeBlock code={listWithSdk(example)} />
          <p>
            {t("api.keysText")} <Link href="/access-keys">{t("api.manageKeys")}</Link>
          </p>
        </div>
      </Card>
    </>
  );
}
