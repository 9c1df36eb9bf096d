import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Aging,
  type AgingLogEntry,
  type AgingRule,
  useAging,
  useAgingChanges,
  useAgingLog,
  useSetKeepsUntagged,
} from "../../api/aging.ts";
import { imagePath } from "../../paths.ts";
import {
  Button,
  Card,
  Chips,
  ConfirmDialog,
  DescriptionList,
  Digest,
  Empty,
  ErrorNotice,
  errorText,
  isChangedMeanwhile,
  IconClock,
  IconEdit,
  IconPlus,
  IconTrash,
  LinkButton,
  Name,
  Notice,
  Skeleton,
  Switch,
  type TableColumn,
  Time,
  toast,
  detailText,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { CursorTable } from "../lists/cursor-table.tsx";
import { AgingEditor } from "./aging-editor.tsx";
import styles from "./image-settings.module.css";

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

interface AgingRuleCardProps {
  rule: AgingRule;
  onEdit: () => void;
}

/** An image's rule, in words. */
function AgingRuleCard({ rule, onEdit }: AgingRuleCardProps) {
  const { t } = useTranslation(["aging", "common", "kit"]);
  const { organization, image, canManage } = useImage();
  const { remove } = useAgingChanges({ organization, image });
  const [isDeleting, setDeleting] = useState(false);
  const problem = detailText({ detail: rule.problem, reasons: rule.problemReasons });
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
          {t("kit:sentences", {
            first:
              rule.kind === "date_rule" ? t("ageRule", { count: rule.amount }) : t("countRule", { count: rule.amount }),
            second: t("immutableToo"),
          })}
        </p>
        {problem !== null && <Notice tone="warning">{t("problem", { problem })}</Notice>}
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
        onGone={() => undefined}
      >
        {t("deleteText")}
      </ConfirmDialog>
    </Card>
  );
}

/** The tags that rules have deleted. */
function AgingLog() {
  const { t } = useTranslation("aging");
  const { organization, image, canEdit } = useImage();
  const list = useAgingLog({ organization, image });
  const ruleText = ({ rule: { kind, amount } }: AgingLogEntry) =>
    kind === "date_rule" ? t("ruleAge", { count: amount }) : t("ruleCount", { count: amount });
  const columns: TableColumn<AgingLogEntry>[] = [
    { id: "tag", header: t("tag"), isRowHeader: true, cell: ({ tag }) => <Name>{tag}</Name>, value: ({ tag }) => tag },
    { id: "run", header: t("run"), width: "160px", cell: ({ run }) => <Time value={run} />, value: ({ run }) => run },
    {
      id: "rule",
      header: t("rule"),
      width: "160px",
      cell: ruleText,
      value: ruleText,
    },
    {
      id: "digest",
      header: t("digest"),
      width: "240px",
      isSecondary: true,
      cell: ({ digest }) => <Digest value={digest} />,
      value: ({ digest }) => digest,
    },
  ];
  return (
    <Card
      title={t("log")}
      description={t("logIntro")}
      actions={
        canEdit &&
        list.rows.length > 0 && (
          <LinkButton href={imagePath({ organization, image }, "history")}>{t("restore")}</LinkButton>
        )
      }
      isFlush
    >
      <CursorTable
        label={t("log")}
        list={list}
        columns={columns}
        rowKey={({ run, tag, digest }) => `${run} ${tag} ${digest}`}
        emptyState={<Empty title={t("logEmpty")} />}
      />
    </Card>
  );
}

/** Whether garbage collection leaves manifests alone that no tag needs. */
function KeepsUntagged({ keepsUntagged }: Pick<Aging, "keepsUntagged">) {
  const { t } = useTranslation(["aging", "kit"]);
  const { organization, image, canManage } = useImage();
  const change = useSetKeepsUntagged({ organization, image });
  return (
    <Card title={t("garbage")} description={!canManage && t("garbageReader")}>
      <Switch
        label={t("keepsUntagged")}
        description={t("keepsUntaggedHint")}
        isSelected={keepsUntagged}
        isDisabled={!canManage}
        onChange={(wanted) =>
          change.mutate(wanted, {
            onError: (failure) =>
              toast(isChangedMeanwhile(failure) ? t("kit:conflict.title") : errorText(failure), { tone: "danger" }),
          })
        }
      />
    </Card>
  );
}
