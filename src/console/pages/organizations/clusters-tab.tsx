import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Cluster, useClusterChanges, useClusters, useClusterTest } from "../../api/clusters.ts";
import type { Organization } from "../../api/organizations.ts";
import { WORKLOAD_KINDS, type WorkloadKind } from "../../api/triggers.ts";
import {
  Button,
  Card,
  ConfirmRowDialog,
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
  type MenuEntry,
  Name,
  Notice,
  RowDialog,
  Select,
  Table,
  type TableColumn,
  TextField,
  Time,
  detailText,
} from "../../ui/index.ts";
import { useListParams } from "../lists/use-list-params.ts";
import { useRowDialog } from "../lists/cursor-table.tsx";
import { ClusterForm } from "./cluster-form.tsx";
import styles from "./organizations.module.css";

/** The clusters whose workloads triggers of an organization's images update. `?new` opens the form for another one. */
export function ClustersTab({ organization: { name, level } }: { organization: Organization }) {
  const { t } = useTranslation(["clusters", "common"]);
  const { data: clusters = [], error, isPending, refetch } = useClusters(name);
  const [params, changeParams] = useListParams(["new"]);
  const { remove } = useClusterChanges(name);
  const test = useRowDialog<Cluster>();
  const edit = useRowDialog<Cluster>();
  const deletion = useRowDialog<Cluster>();
  const canManage = level === "manage";
  const closeForm = () => {
    edit.close();
    changeParams({ new: undefined });
  };
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;

  const columns: TableColumn<Cluster>[] = [
    {
      id: "name",
      header: t("name"),
      isRowHeader: true,
      cell: (cluster) => <Name>{cluster.name}</Name>,
      value: (cluster) => cluster.name,
    },
    {
      id: "server",
      header: t("server"),
      cell: ({ server }) => <span className={styles.address}>{server}</span>,
      value: ({ server }) => server,
    },
    {
      id: "authority",
      header: t("authority"),
      width: "160px",
      isSecondary: true,
      cell: ({ authority }) => (authority === null ? t("authorityPublic") : t("authorityOwn")),
      value: ({ authority }) => t(authority === null ? "authorityPublic" : "authorityOwn"),
    },
    {
      id: "namespaces",
      header: t("namespaces"),
      width: "180px",
      isSecondary: true,
      cell: ({ namespaces }) => (namespaces.length === 0 ? t("namespacesAll") : namespaces.join(", ")),
      value: ({ namespaces }) => namespaces.join(", "),
    },
    {
      id: "updated",
      header: t("updated"),
      width: "150px",
      cell: ({ updated }) => <Time value={updated} />,
      value: ({ updated }) => updated,
    },
    {
      id: "actions",
      header: "",
      value: null,
      label: t("common:actions"),
      align: "end",
      width: "64px",
      cell: (cluster) => (
        <Actions
          cluster={cluster}
          onTest={() => test.open(cluster)}
          {...(canManage && { onEdit: () => edit.open(cluster), onDelete: () => deletion.open(cluster) })}
        />
      ),
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
      <Dialog
        title={edit.row ? t("editTitle", { name: edit.row.name }) : t("addTitle")}
        isOpen={edit.row !== undefined || (canManage && params.new !== undefined)}
        onClose={closeForm}
        size="large"
      >
        <ClusterForm organization={name} cluster={edit.row} onClose={closeForm} />
      </Dialog>
      <RowDialog state={test} title={(cluster) => t("tryTitle", { name: cluster.name })}>
        {(cluster) => <TestForm organization={name} cluster={cluster.name} onClose={test.close} />}
      </RowDialog>
      <ConfirmRowDialog
        state={deletion}
        title={(cluster) => t("deleteTitle", { name: cluster.name })}
        confirmLabel={t("deleteConfirm")}
        danger
        onConfirm={(cluster) => remove.mutateAsync(cluster.name)}
        doneMessage={(cluster) => t("deleted", { name: cluster.name })}
      >
        {() => t("deleteText")}
      </ConfirmRowDialog>
    </Card>
  );
}

interface ActionsProps {
  cluster: Cluster;
  onTest: () => void;
  /** Only for those who may manage it, as is `onDelete`. */
  onEdit?: () => void;
  onDelete?: () => void;
}

function Actions({ cluster, onTest, onEdit, onDelete }: ActionsProps) {
  const { t } = useTranslation(["clusters", "common"]);
  const label = t("actionsOf", { name: cluster.name });
  const items: MenuEntry[] = [{ id: "test", label: t("tryOut"), icon: <IconPlay />, onAction: onTest }];
  if (onEdit) items.push({ id: "edit", label: t("common:edit"), icon: <IconEdit />, onAction: onEdit });
  if (onDelete)
    items.push({
      id: "delete",
      label: t("common:delete"),
      icon: <IconTrash />,
      tone: "danger",
      onAction: onDelete,
    });
  return <Menu label={label} trigger={<IconButton label={label} icon={<IconMore />} />} items={items} />;
}

interface TestFormProps {
  organization: string;
  cluster: string;
  onClose: () => void;
}

/** Asks a cluster whether it takes the token and, for a namespace, whether workloads may be updated there. */
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
            name="workload"
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
          {detailText(result)}
        </Notice>
      )}
    </Form>
  );
}
