import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Aging, useAging } from "../../api/aging.ts";
import { Button, Card, Empty, ErrorNotice, IconClock, IconPlus, Skeleton } from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import { AgingEditor } from "./aging-editor.tsx";
import { AgingLog } from "./aging-log.tsx";
import { AgingRuleCard } from "./aging-rule-card.tsx";
import styles from "./image-settings.module.css";
import { KeepsUntagged } from "./keeps-untagged.tsx";

/** By which rule tags age, what it has deleted (guide 4.8), and whether manifests without tags are kept. */
export default function AgingTab() {
  const { organization, image } = useImage();
  const { data: aging, error, refetch } = useAging({ organization, image });
  if (error && !aging) return <ErrorNotice error={error} onRetry={refetch} />;
  return (
    <div className={styles.stack}>
      {aging ? <Rule rule={aging.rule} /> : <Skeleton height="12rem" />}
      <AgingLog />
      {aging ? <KeepsUntagged keepsUntagged={aging.keepsUntagged} /> : <Skeleton height="8rem" />}
    </div>
  );
}

/** The rule, or the way to one. */
function Rule({ rule }: Pick<Aging, "rule">) {
  const { t } = useTranslation("aging");
  const { canManage } = useImage();
  const [isEditing, setEditing] = useState(false);
  if (isEditing) return <AgingEditor rule={rule} onClose={() => setEditing(false)} />;
  if (rule) return <AgingRuleCard rule={rule} onEdit={() => setEditing(true)} />;
  return (
    <Card title={t("title")} description={t("intro")} isFlush>
      <Empty
        title={t("emptyTitle")}
        icon={<IconClock />}
        action={
          canManage && (
            <Button variant="primary" icon={<IconPlus />} onPress={() => setEditing(true)}>
              {t("add")}
            </Button>
          )
        }
      >
        {canManage && t("emptyText")}
      </Empty>
    </Card>
  );
}
