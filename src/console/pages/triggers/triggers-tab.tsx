import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ListedTrigger, type TriggerTarget, useTriggers } from "../../api/triggers.ts";
import { triggerPath } from "../../paths.ts";
import {
  Button,
  Card,
  Empty,
  ErrorNotice,
  IconBolt,
  IconButton,
  IconEdit,
  IconMore,
  IconPlus,
  IconTrash,
  Link,
  Menu,
  Name,
  Table,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { TriggerDialog } from "./trigger-dialog.tsx";
import { ConditionText, DeleteTriggerDialog, EnabledSwitch, StatusBadge, useConditionText } from "./trigger-parts.tsx";
import styles from "./triggers.module.css";

/** An image's triggers, what they did last, and whether they are on (guide 4.7). */
export default function TriggersTab() {
  const { t } = useTranslation("triggers");
  const { canEdit } = useImage();
  if (canEdit) return <Triggers />;
  // Addresses of webhooks are often secrets themselves: the registry shows them to nobody else.
  return (
    <Empty title={t("readerTitle")} icon={<IconBolt />}>
      {t("readerText")}
    </Empty>
  );
}

function Triggers() {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const name = { organization, image };
  const { data: triggers = [], error, isPending, refetch } = useTriggers(name);
  const conditionText = useConditionText();
  const targetText = useTargetText();
  const [isAdding, setAdding] = useState(false);
  const [editing, setEditing] = useState<ListedTrigger>();
  const deletion = useRowDialog<ListedTrigger>();
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;

  const columns: TableColumn<ListedTrigger>[] = [
    {
      id: "name",
      header: t("name"),
      isRowHeader: true,
      cell: (trigger) => (
        <Link href={triggerPath(name, trigger.name)}>
          <Name>{trigger.name}</Name>
        </Link>
      ),
      value: ({ name: its }) => its,
    },
    {
      id: "condition",
      header: t("condition"),
      cell: (trigger) => <ConditionText trigger={trigger} />,
      value: conditionText,
    },
    {
      id: "target",
      header: t("target"),
      isSecondary: true,
      cell: ({ target }) => <Name>{targetText(target)}</Name>,
      value: ({ target }) => targetText(target),
    },
    {
      id: "last",
      header: t("last"),
      width: "190px",
      cell: ({ last }) => <LastDelivery last={last} />,
      value: ({ last }) => last && t(`statuses.${last.status}`),
      besides: [
        { header: t("common:tag"), value: ({ last }) => last?.tag },
        { header: t("lastTime"), value: ({ last }) => last?.created },
      ],
    },
    {
      id: "enabled",
      header: t("enabled"),
      width: "80px",
      cell: (trigger) => <EnabledSwitch trigger={trigger} isLabelHidden />,
      value: ({ enabled }) => enabled,
    },
    {
      id: "actions",
      header: "",
      value: null,
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (trigger) => <Actions trigger={trigger} onEdit={setEditing} onDelete={deletion.open} />,
    },
  ];
  const add = (
    <Button variant="primary" icon={<IconPlus />} onPress={() => setAdding(true)}>
      {t("add")}
    </Button>
  );
  return (
    <Card title={t("title")} description={t("intro")} actions={triggers.length > 0 && add} isFlush>
      <Table
        label={t("title")}
        columns={columns}
        rows={triggers}
        rowKey={(trigger) => trigger.name}
        isLoading={isPending}
        emptyState={
          <Empty title={t("emptyTitle")} icon={<IconBolt />} action={add}>
            {t("emptyText")}
          </Empty>
        }
      />
      <TriggerDialog
        trigger={editing}
        isOpen={isAdding || editing !== undefined}
        onClose={() => {
          setAdding(false);
          setEditing(undefined);
        }}
      />
      <DeleteTriggerDialog state={deletion} />
    </Card>
  );
}

/** Says what a trigger does, in a few words. */
function useTargetText(): (target: TriggerTarget) => string {
  const { t } = useTranslation(["triggers", "clusters"]);
  return (target) => {
    if (target.kind === "kubernetes") {
      return t("toWorkload", { ...target, workload: t(`clusters:workloads.${target.workload}`) });
    }
    const host = URL.parse(target.url)?.host ?? target.url;
    return t("toWebhook", { format: t(`formats.${target.format}`), host });
  };
}

function LastDelivery({ last }: Pick<ListedTrigger, "last">) {
  const { t } = useTranslation("triggers");
  if (!last) return <span className={styles.note}>{t("neverFired")}</span>;
  return (
    <div>
      <div className={styles.outcome}>
        <StatusBadge status={last.status} />
        <Name>{last.tag}</Name>
      </div>
      <div className={styles.note}>
        <Time value={last.created} />
      </div>
    </div>
  );
}

interface ActionsProps {
  trigger: ListedTrigger;
  onEdit: (trigger: ListedTrigger) => void;
  onDelete: (trigger: ListedTrigger) => void;
}

function Actions({ trigger, onEdit, onDelete }: ActionsProps) {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const label = t("actionsOf", { name: trigger.name });
  return (
    <Menu
      label={label}
      trigger={<IconButton label={label} icon={<IconMore />} />}
      items={[
        {
          id: "history",
          label: t("history"),
          icon: <IconBolt />,
          href: triggerPath({ organization, image }, trigger.name),
        },
        {
          id: "edit",
          label: t("common:edit"),
          icon: <IconEdit />,
          onAction: () => onEdit(trigger),
        },
        {
          id: "delete",
          label: t("common:delete"),
          icon: <IconTrash />,
          tone: "danger",
          onAction: () => onDelete(trigger),
        },
      ]}
    />
  );
}
