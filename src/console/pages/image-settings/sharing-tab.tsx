import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ImageShare, useImageShares } from "../../api/sharing.ts";
import { Button, Card, CodeBlock, Empty, ErrorNotice, IconShare, Notice } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import styles from "./image-settings.module.css";
import { ShareDialog } from "./share-dialog.tsx";
import { ShareTable } from "./share-table.tsx";

/** With which accounts a private image is shared (guide 4.6). */
export default function SharingTab() {
  const { t } = useTranslation("sharing");
  const { organization, image, canManage, properties } = useImage();
  const { data: shares = [], error, isPending, refetch } = useImageShares({ organization, image });
  const [isSharing, setSharing] = useState(false);
  const [changing, setChanging] = useState<ImageShare>();
  const isPublic = properties.public;
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  const share = canManage && !isPublic && (
    <Button variant="primary" icon={<IconShare />} onPress={() => setSharing(true)}>
      {t("share")}
    </Button>
  );
  return (
    <div className={styles.stack}>
      {isPublic && (
        <Notice tone="info" title={t("publicTitle")}>
          {t("publicText")} {shares.length > 0 && t("publicShares")}
        </Notice>
      )}
      {(!isPublic || shares.length > 0) && (
        <Card title={t("title")} description={t("intro")} actions={shares.length > 0 && share} isFlush>
          <ShareTable
            shares={shares}
            isLoading={isPending}
            onChange={setChanging}
            emptyState={
              <Empty title={t("emptyTitle")} icon={<IconShare />} action={share}>
                {canManage ? t("emptyText") : t("emptyRead")}
              </Empty>
            }
          />
        </Card>
      )}
      {!isPublic && shares.length > 0 && (
        <Card title={t("pullTitle")} description={t("pullText")}>
          <CodeBlock code={`docker login ${location.host}\n${properties.pullCommand}`} copyLabel={t("copyCommand")} />
        </Card>
      )}
      <ShareDialog
        share={changing}
        isOpen={isSharing || changing !== undefined}
        onClose={() => {
          setSharing(false);
          setChanging(undefined);
        }}
      />
    </div>
  );
}
