import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Cluster, useClusterChanges, useClusters, useClusterTest } from "../../api/clusters.ts";
import type { Organization } from "../../api/organizations.ts";
import { WORKLOAD_KINDS, type WorkloadKind } from "../../api/triggers.ts";
import {
  Button,
  Card,
  ConfirmDialog,
  Dialog,
  Empty,
  ErrorNotice,
  Form,
  IconButton,
  IconEdit,
  IconMore,
  IconPlay,
  IconPlus,
  IconServer,
  IconTrash,
  Menu,
  Name,
  Notice,
  Select,
  Table,
  type TableColumn,
  TextField,
  Time,
  toast,
} from "../../ui/index.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { ClusterDialog } from "./cluster-dialog.tsx";
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

export interface ClusterTestDialogProps {
  organization: string;
  /** Undefined while none is to be tested. */
  cluster: Cluster | undefined;
  onClose: () => void;
}

/** Asks a cluster whether it takes the token and, for a namespace, whether workloads may be updated there. */
export function ClusterTestDialog({ organization, cluster, onClose }: ClusterTestDialogProps) {
  const { t } = useTranslation("clusters");
  return (
    <Dialog title={t("tryTitle", { name: cluster?.name })} isOpen={cluster !== undefined} onClose={onClose}>
      {cluster && <TestForm organization={organization} cluster={cluster.name} onClose={onClose} />}
    </Dialog>
  );
}

interface TestFormProps {
  organization: string;
  cluster: string;
  onClose: () => void;
}

function TestForm({ organization, cluster, onClose }: TestFormProps) {
  const { t } = useTranslation("clusters");
  const test = useClusterTest(organization);
  const [namespace, setNamespace] = useState("");
  const [workload, setWorkload] = useState<WorkloadKind>("deployments");
  const [application, setApplication] = useState("");
  const hasNamespace = namespace.trim() !== "";

  const submit = async () => {
    const use = hasNamespace
      ? { namespace: namespace.trim(), workload, ...(application.trim() !== "" && { application: application.trim() }) }
      : { workload };
    await test.mutateAsync({ cluster, use });
  };
  const result = test.isPending ? undefined : test.data;
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={t("run")}>
      <p>{t("tryText")}</p>
      <TextField
        label={t("namespace")}
        name="namespace"
        description={t("namespaceHint")}
        placeholder="default"
        value={namespace}
        onChange={setNamespace}
        isMonospace
        autoFocus
        spellCheck="false"
      />
      {hasNamespace && (
        <>
          <Select
            label={t("workload")}
            options={WORKLOAD_KINDS.map((value) => ({ value, label: t(`workloads.${value}`) }))}
            value={workload}
            onChange={setWorkload}
          />
          <TextField
            label={t("application")}
            name="application"
            description={t("applicationHint")}
            value={application}
            onChange={setApplication}
            isMonospace
            spellCheck="false"
          />
        </>
      )}
      {result?.works === true && (
        <Notice tone="success" role="status">
          {t("works")}
        </Notice>
      )}
      {result?.works === false && (
        <Notice tone="danger" role="alert" title={t("fails")}>
          {result.detail}
        </Notice>
      )}
    </Form>
  );
}

export interface DeleteClusterDialogProps {
  organization: string;
  /** Undefined while nothing is to be deleted. */
  cluster: Cluster | undefined;
  onClose: () => void;
}

/** Deletes a cluster, which the registry refuses as long as a trigger uses it. */
export function DeleteClusterDialog({ organization, cluster, onClose }: DeleteClusterDialogProps) {
  const { t } = useTranslation("clusters");
  const { remove } = useClusterChanges(organization);
  return (
    <ConfirmDialog
      title={t("deleteTitle", { name: cluster?.name })}
      isOpen={cluster !== undefined}
      onClose={onClose}
      confirmLabel={t("deleteConfirm")}
      danger
      onConfirm={async () => {
        if (!cluster) return;
        await remove.mutateAsync(cluster.name);
        toast(t("deleted", { name: cluster.name }));
      }}
    >
      {t("deleteText")}
    </ConfirmDialog>
  );
}
