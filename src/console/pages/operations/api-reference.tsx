import { useTranslation } from "react-i18next";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { docsPath } from "../../guides.ts";
import { currentLanguage } from "../../i18n/index.ts";
import { PATHS } from "../../paths.ts";
import { Card, CodeBlock, DescriptionList, ErrorNotice, ExternalLink, Link, Page, Skeleton } from "../../ui/index.ts";
import styles from "./operations.module.css";

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
              <ExternalLink href={docsPath(currentLanguage())}>{t("api.docs")}</ExternalLink>
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
          <CodeBlock code={listImages(example)} />
          <p>{t("api.token")}</p>
          <CodeBlock code={askForToken(example)} />
          <p>{t("api.tokenText")}</p>
          <CodeBlock code={listWithToken(example)} />
          <p className={styles.note}>{t("api.loginNote")}</p>
        </div>
      </Card>
      <Card title={t("api.sdk")}>
        <div className={styles.parts}>
          <p>{t("api.sdkText")}</p>
          <CodeBlock code={listWithSdk(example)} keepsLines />
          <p>
            {t("api.keysText")} <Link href={PATHS.accessKeys}>{t("api.manageKeys")}</Link>
          </p>
        </div>
      </Card>
    </>
  );
}

/** Examples of how to use the registry's API, with its real address; the same as in docs/management.md. */

interface Example {
  /** Of the page, and so of the registry: `https://registry.example.com`. */
  origin: string;
  /** Who is signed in. */
  user: string;
  account: string;
  /** A project's name in tokens; the registry takes any. */
  project: string;
}

/** Lists one's images. curl asks for the password. */
function listImages({ origin, user }: Example): string {
  return `curl -u ${user} "${origin}/api/images?limit=10"`;
}

/** Asks for a token in IAM's format. */
function askForToken({ origin, user, account, project }: Example): string {
  const body = {
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name: user, password: "…", domain: { name: account } } },
      },
      scope: { project: { name: project } },
    },
  };
  return `curl -i "${origin}/v3/auth/tokens" --json '${JSON.stringify(body)}'`;
}

/** Lists one's organizations with a token. */
function listWithToken({ origin }: Example): string {
  return `curl -H "X-Auth-Token: $TOKEN" "${origin}/v2/manage/namespaces"`;
}

/** The same with Huawei's SDK for Node.js. */
function listWithSdk({ origin, project }: Example): string {
  return `import { BasicCredentials } from "@huaweicloud/huaweicloud-sdk-core";
import { ListNamespacesRequest, SwrClient } from "@huaweicloud/huaweicloud-sdk-swr/v2/public-api.js";

const { AK, SK } = process.env;
const swr = SwrClient.newBuilder()
  .withCredential(new BasicCredentials().withAk(AK).withSk(SK).withProjectId("${project}"))
  .withEndpoint("${origin}")
  .build();
const { namespaces } = await swr.listNamespaces(new ListNamespacesRequest());
console.log(namespaces);`;
}
