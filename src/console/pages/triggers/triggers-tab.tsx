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
import { TriggerDialog } from "./trigger-dialog.tsx";
import { ConditionText, DeleteTriggerDialog, EnabledSwitch, StatusBadge } from "./trigger-parts.tsx";
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

/** What is being done with a trigger. */
interface Task {
  kind: "edit" | "delete";
  trigger: ListedTrigger;
}

function Triggers() {
  const { t } = useTranslation(["triggers", "common"]);
  const { organization, image } = useImage();
  const name = { organization, image };
  const { data: triggers = [], error, isPending, refetch } = useTriggers(name);
  const [isAdding, setAdding] = useState(false);
  const [task, setTask] = useState<Task>();
  const endTask = () => setTask(undefined);
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
    },
    {
      id: "condition",
      header: t("condition"),
      hideBelow: "small",
      cell: (trigger) => <ConditionText trigger={trigger} />,
    },
    { id: "target", header: t("target"), hideBelow: "medium", cell: ({ target }) => <TargetText target={target} /> },
    { id: "last", header: t("last"), width: "190px", cell: ({ last }) => <LastDelivery last={last} /> },
    {
      id: "enabled",
      header: t("enabled"),
      width: "80px",
      cell: (trigger) => <EnabledSwitch trigger={trigger} isLabelHidden />,
    },
    {
      id: "actions",
      header: "",
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (trigger) => <Actions trigger={trigger} onChoose={setTask} />,
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
        trigger={task?.kind === "edit" ? task.trigger : undefined}
        isOpen={isAdding || task?.kind === "edit"}
        onClose={() => {
          setAdding(false);
          endTask();
        }}
      />
      <DeleteTriggerDialog name={task?.kind === "delete" ? task.trigger.name : undefined} onClose={endTask} />
    </Card>
  );
}

/** What a trigger does, in a few words. */
function TargetText({ target }: { target: TriggerTarget }) {
  const { t } = useTranslation(["triggers", "clusters"]);
  if (target.kind === "kubernetes") {
    const workload = t(`clusters:workloads.${target.workload}`);
    return <Name>{t("toWorkload", { ...target, workload })}</Name>;
  }
  const host = URL.parse(target.url)?.host ?? target.url;
  return <Name>{t("toWebhook", { format: t(`formats.${target.format}`), host })}</Name>;
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

function Actions({ trigger, onChoose }: { trigger: ListedTrigger; onChoose: (task: Task) => void }) {
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
          onAction: () => onChoose({ kind: "edit", trigger }),
        },
        {
          id: "delete",
          label: t("common:delete"),
          icon: <IconTrash />,
          tone: "danger",
          onAction: () => onChoose({ kind: "delete", trigger }),
        },
      ]}
    />
  );
}
