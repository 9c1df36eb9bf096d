import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useOrganizationNames } from "../../api/organization-names.ts";
import { useSelf } from "../../api/session.ts";
import { useSettings } from "../../api/settings.ts";
import { loginCommandPath, PATHS } from "../../paths.ts";
import { isFor } from "../../shell/audience.ts";
import { CodeBlock, Link } from "../../ui/index.ts";
import { Segments } from "../image/segments.tsx";
import { CI_SERVICES, type CiService, ciSnippet, EXAMPLE_IMAGE } from "./ci-snippets.ts";
import styles from "./images.module.css";

/** Names of programs, which no language translates. */
const NAMES: Record<CiService | "docker", string> = {
  docker: "Docker",
  github: "GitHub Actions",
  gitlab: "GitLab CI",
};

/** What to do to push an image, by hand or in a job, with this registry's address and an organization that one may push into. */
export function PushSteps() {
  const { t } = useTranslation("images");
  const names = useOrganizationNames("", "edit");
  const createsOnPush = useSettings().data?.createsOrganizationOnPush === true;
  const [way, setWay] = useState<CiService | "docker">("docker");
  const organization = names.data?.[0] ?? t("yourOrganization");
  return (
    <div className={styles.push}>
      <Segments
        label={t("pushWith")}
        options={(["docker", ...CI_SERVICES] as const).map((value) => ({ value, label: NAMES[value] }))}
        value={way}
        onChange={setWay}
      />
      {way === "docker" ? <ByHand organization={organization} /> : <InJob service={way} organization={organization} />}
      {names.isSuccess && names.data.length === 0 && (
        <p className={styles.hint}>
          {createsOnPush && way === "docker" ? (
            t("pushNewOrganization")
          ) : (
            <>
              {t("pushNeedsOrganization")} <Link href={PATHS.organizations}>{t("pushCreateOrganization")}</Link>
            </>
          )}
        </p>
      )}
    </div>
  );
}

/** Guide 4.1. */
function ByHand({ organization }: { organization: string }) {
  const { t } = useTranslation("images");
  const target = `${location.host}/${organization}/${EXAMPLE_IMAGE}`;
  return (
    <ol className={styles.steps}>
      <li>
        <p>
          {t("pushLogin")} <Link href={loginCommandPath("temporary")}>{t("pushLoginLink")}</Link>
        </p>
        <CodeBlock code={`docker login ${location.host}`} />
      </li>
      <li>
        <p>{t("pushTag")}</p>
        <CodeBlock code={`docker tag ${EXAMPLE_IMAGE} ${target}`} />
      </li>
      <li>
        <p>{t("pushPush")}</p>
        <CodeBlock code={`docker push ${target}`} />
      </li>
    </ol>
  );
}

function InJob({ service, organization }: { service: CiService; organization: string }) {
  const { t } = useTranslation("images");
  const user = useSelf();
  const code = ciSnippet(service, { host: location.host, account: user.account, organization });
  return (
    <ol className={styles.steps}>
      <li>
        <p>
          {t("jobRule", { organization })}{" "}
          {isFor("administrator", user) ? (
            <Link href={PATHS.trustedIssuers}>{t("jobRuleLink")}</Link>
          ) : (
            t("jobRuleAdministrator")
          )}
        </p>
      </li>
      <li>
        <p>{t("jobFile")}</p>
        <CodeBlock code={code} copyLabel={t("copyJob")} maxHeight="24rem" keepsLines />
      </li>
    </ol>
  );
}
