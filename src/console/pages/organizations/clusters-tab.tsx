import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Cluster, useClusters } from "../../api/clusters.ts";
import type { Organization } from "../../api/organizations.ts";
import {
  Button,
  Card,
  Empty,
  ErrorNotice,
  IconButton,
  IconEdit,
  IconMore,
  IconPlay,
  IconPlus,
  IconServer,
  IconTrash,
  Menu,
  Name,
  Table,
  type TableColumn,
  Time,
} from "../../ui/index.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { ClusterDialog } from "./cluster-dialog.tsx";
import { ClusterTestDialog } from "./cluster-test-dialog.tsx";
import { DeleteClusterDialog } from "./delete-cluster-dialog.tsx";
import styles from "./organizations.module.css";

/** What is being done with a cluster. */
interface Task {
  kind: "edit" | "test" | "delete";
  cluster: Cluster;
}

/** The clusters whose workloads triggers of an organization's images update. `?new` opens the form for another one. */
export function ClustersTab({ organization: { name, level } }: { organization: Organization }) {
  const { t } = useTranslation(["clusters", "common"]);
  const { data: clusters = [], error, isPending, refetch } = useClusters(name);
  const [params, changeParams] = useListParams(["new"]);
  const [task, setTask] = useState<Task>();
  const canManage = level === "manage";
  const endTask = () => setTask(undefined);
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;

  const columns: TableColumn<Cluster>[] = [
    { id: "name", header: t("name"), isRowHeader: true, cell: (cluster) => <Name>{cluster.name}</Name> },
    { id: "server", header: t("server"), cell: ({ server }) => <span className={styles.address}>{server}</span> },
    {
      id: "authority",
      header: t("authority"),
      width: "160px",
      hideBelow: "medium",
      cell: ({ authority }) => (authority === null ? t("authorityPublic") : t("authorityOwn")),
    },
    {
      id: "namespaces",
      header: t("namespaces"),
      width: "180px",
      hideBelow: "medium",
      cell: ({ namespaces }) => (namespaces.length === 0 ? t("namespacesAll") : namespaces.join(", ")),
    },
    {
      id: "updated",
      header: t("updated"),
      width: "150px",
      hideBelow: "small",
      cell: ({ updated }) => <Time value={updated} />,
    },
    {
      id: "actions",
      header: "",
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (cluster) => <Actions cluster={cluster} canManage={canManage} onChoose={setTask} />,
    },
  ];
  const add = canManage && (
    <Button variant="primary" icon={<IconPlus />} onPress={() => changeParams({ new: "1" })}>
      {t("add")}
    </Button>
  );
  return (
    <Card title={t("title")} description={t("intro")} actions={clusters.length > 0 && add} isFlush>
      <Table
        label={t("title")}
        columns={columns}
        rows={clusters}
        rowKey={({ id }) => id}
        isLoading={isPending}
        emptyState={
          <Empty title={t("emptyTitle")} icon={<IconServer />} action={add}>
            {canManage ? t("emptyText") : t("emptyRead")}
          </Empty>
        }
      />
      <ClusterDialog
        organization={name}
        cluster={task?.kind === "edit" ? task.cluster : undefined}
        isOpen={task?.kind === "edit" || (canManage && params.new !== undefined)}
        onClose={() => {
          endTask();
          changeParams({ new: undefined });
        }}
      />
      <ClusterTestDialog
        organization={name}
        cluster={task?.kind === "test" ? task.cluster : undefined}
        onClose={endTask}
      />
      <DeleteClusterDialog
        organization={name}
        cluster={task?.kind === "delete" ? task.cluster : undefined}
        onClose={endTask}
      />
    </Card>
  );
}

interface ActionsProps {
  cluster: Cluster;
  canManage: boolean;
  onChoose: (task: Task) => void;
}

function Actions({ cluster, canManage, onChoose }: ActionsProps) {
  const { t } = useTranslation(["clusters", "common"]);
  const label = t("actionsOf", { name: cluster.name });
  const choose = (kind: Task["kind"]) => () => onChoose({ kind, cluster });
  return (
    <Menu
      label={label}
      trigger={<IconButton label={label} icon={<IconMore />} />}
      items={[
        { id: "test", label: t("tryOut"), icon: <IconPlay />, onAction: choose("test") },
        ...(canManage
          ? [
              { id: "edit", label: t("common:edit"), icon: <IconEdit />, onAction: choose("edit") },
              {
                id: "delete",
                label: t("common:delete"),
                icon: <IconTrash />,
                tone: "danger" as const,
                onAction: choose("delete"),
              },
            ]
          : []),
      ]}
    />
  );
}
