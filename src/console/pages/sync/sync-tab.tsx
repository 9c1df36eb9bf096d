import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useOrganization } from "../../api/organizations.ts";
import { organizationPath } from "../../paths.ts";
import { Button, Empty, IconRefresh, Link } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { JobsCard } from "./jobs-card.tsx";
import { RulesCard } from "./rules-card.tsx";
import { SyncNowDialog } from "./sync-now-dialog.tsx";
import styles from "./sync.module.css";

/** `/images/:organization/:image/sync`: where an image's tags are copied to, and what became of it. */
export default function SyncTab() {
  const { t } = useTranslation("sync");
  const { canEdit } = useImage();
  if (canEdit) return <Sync />;
  return (
    <Empty title={t("readerTitle")} icon={<IconRefresh />}>
      {t("readerText")}
    </Empty>
  );
}

function Sync() {
  const { t } = useTranslation("sync");
  const { organization, image, properties } = useImage();
  const owner = { organization, image };
  const [isSyncing, setSyncing] = useState(false);
  const now = properties.tags > 0 && (
    <Button icon={<IconRefresh />} onPress={() => setSyncing(true)}>
      {t("now")}
    </Button>
  );
  return (
    <div className={styles.tab}>
      <RulesCard owner={owner} intro={<Intro />} emptyText={t("noRulesText")} action={now} />
      <JobsCard owner={owner} emptyText={t("noJobsText")} />
      <SyncNowDialog isOpen={isSyncing} onClose={() => setSyncing(false)} />
    </div>
  );
}

/** What rules do, and where there are more that concern the image, for those who may see them. */
function Intro() {
  const { t } = useTranslation("sync");
  const { organization } = useImage();
  const { data } = useOrganization(organization);
  return (
    <>
      {t("intro")}
      {data?.level === "manage" && (
        <span className={styles.besides}>
          <Link href={organizationPath(organization, "sync")}>{t("organizationRules", { organization })}</Link>
        </span>
      )}
    </>
  );
}
