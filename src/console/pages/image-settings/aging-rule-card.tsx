import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type AgingRule, useAgingChanges } from "../../api/aging.ts";
import {
  Button,
  Card,
  Chips,
  ConfirmDialog,
  DescriptionList,
  IconEdit,
  IconTrash,
  Notice,
  Time,
  toast,
} from "../../ui/index.ts";
import { useImage } from "../image/image-context.ts";
import styles from "./image-settings.module.css";

export interface AgingRuleCardProps {
  rule: AgingRule;
  onEdit: () => void;
}

/** An image's rule, in words. */
export function AgingRuleCard({ rule, onEdit }: AgingRuleCardProps) {
  const { t } = useTranslation(["aging", "common"]);
  const { organization, image, canManage } = useImage();
  const { remove } = useAgingChanges({ organization, image });
  const [isDeleting, setDeleting] = useState(false);
  const exemptions = [
    { term: t("labels"), values: rule.labels },
    { term: t("patterns"), values: rule.patterns },
  ];
  return (
    <Card
      title={t("title")}
      actions={
        canManage && (
          <>
            <Button icon={<IconEdit />} onPress={onEdit}>
              {t("common:edit")}
            </Button>
            <Button icon={<IconTrash />} onPress={() => setDeleting(true)}>
              {t("common:delete")}
            </Button>
          </>
        )
      }
    >
      <div className={styles.rule}>
        <p className={styles.lead}>
          {rule.kind === "date_rule" ? t("ageRule", { count: rule.amount }) : t("countRule", { count: rule.amount })}{" "}
          {t("immutableToo")}
        </p>
        {rule.problem !== null && <Notice tone="warning">{t("problem", { problem: rule.problem })}</Notice>}
        <DescriptionList
          items={[
            ...exemptions
              .filter(({ values }) => values.length > 0)
              .map(({ term, values }) => ({
                term,
                value: <Chips label={term} items={values.map((value) => ({ id: value, label: value }))} />,
              })),
            { term: t("changed"), value: <Time value={rule.updated} /> },
          ]}
        />
      </div>
      <ConfirmDialog
        title={t("deleteTitle")}
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
        confirmLabel={t("deleteConfirm")}
        danger
        onConfirm={async () => {
          await remove.mutateAsync();
          toast(t("deleted"));
        }}
      >
        {t("deleteText")}
      </ConfirmDialog>
    </Card>
  );
}
