import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client.ts";
import { useClusters, useClusterTest } from "../../api/clusters.ts";
import { WORKLOAD_KINDS } from "../../api/triggers.ts";
import { Button, Checkbox, detailText, ErrorNotice, LinkButton, Notice, Select, TextField } from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { organizationPath } from "../../paths.ts";
import type { KubernetesDraft } from "./trigger-draft.ts";
import styles from "./triggers.module.css";

interface KubernetesFieldsProps {
  target: KubernetesDraft;
  onChange: (target: KubernetesDraft) => void;
}

/** Which workload a push updates. */
export function KubernetesFields({ target, onChange }: KubernetesFieldsProps) {
  const { t } = useTranslation(["triggers", "clusters"]);
  const set = (changed: Partial<KubernetesDraft>) => onChange({ ...target, ...changed });
  const name = { isMonospace: true, autoComplete: "off", spellCheck: "false" } as const;
  return (
    <div className={styles.group}>
      <ClusterField cluster={target.cluster} onChange={(cluster) => set({ cluster })} />
      <div className={styles.pair}>
        <TextField
          label={t("namespace")}
          name="namespace"
          value={target.namespace}
          onChange={(namespace) => set({ namespace })}
          isRequired
          {...name}
        />
        <Select
          label={t("workload")}
          name="workload"
          options={WORKLOAD_KINDS.map((value) => ({ value, label: t(`clusters:workloads.${value}`) }))}
          value={target.workload}
          onChange={(workload) => set({ workload })}
        />
        <TextField
          label={t("application")}
          name="application"
          description={t("applicationHint")}
          value={target.application}
          onChange={(application) => set({ application })}
          isRequired
          {...name}
        />
        <TextField
          label={t("container")}
          name="container"
          description={t("containerHint")}
          value={target.container}
          onChange={(container) => set({ container })}
          {...name}
        />
      </div>
      <Checkbox
        label={t("byDigest")}
        name="byDigest"
        description={t("byDigestHint")}
        isSelected={target.byDigest}
        onChange={(byDigest) => set({ byDigest })}
      />
      <Check key={JSON.stringify(target)} target={target} />
    </div>
  );
}

interface ClusterFieldProps {
  cluster: string;
  onChange: (cluster: string) => void;
}

/** One of the organization's clusters: chosen by those who may see them, named by those with a right to the image only. */
function ClusterField({ cluster, onChange }: ClusterFieldProps) {
  const { t } = useTranslation("triggers");
  const { organization } = useImage();
  const { data: clusters, error, refetch } = useClusters(organization);
  const isHidden = error instanceof ApiError && [403, 404].includes(error.status);
  if (isHidden) {
    return (
      <TextField
        label={t("cluster")}
        name="cluster"
        description={t("clusterNameHint")}
        value={cluster}
        onChange={onChange}
        isRequired
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
    );
  }
  if (error) return <ErrorNotice error={error} onRetry={refetch} />;
  if (clusters?.length === 0) {
    return (
      <Notice
        tone="info"
        action={
          <LinkButton size="small" href={`${organizationPath(organization, "clusters")}?new=1`}>
            {t("addCluster")}
          </LinkButton>
        }
      >
        {t("noClusters")}
      </Notice>
    );
  }
  const names = clusters?.map((each) => each.name) ?? [];
  return (
    <Select
      label={t("cluster")}
      name="cluster"
      options={names.map((value) => ({ value, label: value }))}
      value={names.includes(cluster) ? cluster : undefined}
      onChange={onChange}
      isDisabled={!clusters}
      isRequired
    />
  );
}

/** Asks the cluster whether its account may update what was written. It starts anew when something else is. */
function Check({ target }: { target: KubernetesDraft }) {
  const { t } = useTranslation("triggers");
  const { organization } = useImage();
  const { data: clusters = [] } = useClusters(organization);
  const test = useClusterTest(organization);
  const { cluster, workload } = target;
  const namespace = target.namespace.trim();
  const application = target.application.trim();
  // Users who may not see the clusters may not test them either.
  if (!clusters.some(({ name }) => name === cluster)) return null;
  return (
    <div className={styles.check}>
      <Button
        size="small"
        isPending={test.isPending}
        isDisabled={namespace === "" || application === ""}
        onPress={() => test.mutate({ cluster, use: { namespace, workload, application } })}
      >
        {t("check")}
      </Button>
      {test.data?.works === true && (
        <Notice tone="success" role="status">
          {t("checkWorks")}
        </Notice>
      )}
      {test.data?.works === false && (
        <Notice tone="danger" role="alert" title={t("checkFails")}>
          {detailText(test.data)}
        </Notice>
      )}
      {test.error && <ErrorNotice error={test.error} />}
    </div>
  );
}
