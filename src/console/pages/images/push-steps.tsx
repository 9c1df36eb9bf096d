import { useTranslation } from "react-i18next";
import { useOrganizationNames } from "../../api/organization-names.ts";
import { useSettings } from "../../api/settings.ts";
import { loginCommandPath, PATHS } from "../../paths.ts";
import { CodeBlock, Link } from "../../ui/index.ts";
import styles from "./images.module.css";

/** The guide's example image (3, 4.1). */
const EXAMPLE = "nginx:v1";

/** What to type to push an image: guide 4.1, with this registry's address and an organization that one may push into. */
export function PushSteps() {
  const { t } = useTranslation("images");
  const names = useOrganizationNames("", "edit");
  const createsOnPush = useSettings().data?.createsOrganizationOnPush === true;
  const organization = names.data?.[0];
  const target = `${location.host}/${organization ?? t("yourOrganization")}/${EXAMPLE}`;
  return (
    <>
      <ol className={styles.steps}>
        <li>
          <p>
            {t("pushLogin")} <Link href={loginCommandPath("temporary")}>{t("pushLoginLink")}</Link>
          </p>
          <CodeBlock code={`docker login ${location.host}`} wrap />
        </li>
        <li>
          <p>{t("pushTag")}</p>
          <CodeBlock code={`docker tag ${EXAMPLE} ${target}`} wrap />
        </li>
        <li>
          <p>{t("pushPush")}</p>
          <CodeBlock code={`docker push ${target}`} wrap />
        </li>
      </ol>
      {names.isSuccess && organization === undefined && (
        <p className={styles.hint}>
          {createsOnPush ? (
            t("pushNewOrganization")
          ) : (
            <>
              {t("pushNeedsOrganization")} <Link href={PATHS.organizations}>{t("pushCreateOrganization")}</Link>
            </>
          )}
        </p>
      )}
    </>
  );
}
