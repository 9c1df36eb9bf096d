import { useTranslation } from "react-i18next";
import type { Organization } from "../../api/organizations.ts";
import { JobsCard } from "./jobs-card.tsx";
import { RulesCard } from "./rules-card.tsx";
import styles from "./sync.module.css";

/** `/organizations/:organization/sync`: rules for all images of an organization, and the jobs of all of them. */
export function OrganizationSyncTab({ organization: { name } }: { organization: Organization }) {
  const { t } = useTranslation("sync");
  const owner = { organization: name };
  return (
    <div className={styles.tab}>
      <RulesCard owner={owner} intro={t("organizationIntro")} emptyText={t("noOrganizationRulesText")} />
      <JobsCard owner={owner} emptyText={t("noOrganizationJobsText")} />
    </div>
  );
}
