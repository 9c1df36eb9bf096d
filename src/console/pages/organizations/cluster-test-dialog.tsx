import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Cluster, useClusterTest } from "../../api/clusters.ts";
import { WORKLOAD_KINDS, type WorkloadKind } from "../../api/triggers.ts";
import { Dialog, Form, Notice, Select, TextField } from "../../ui/index.ts";

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
