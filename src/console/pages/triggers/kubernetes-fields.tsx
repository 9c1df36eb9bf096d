import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client.ts";
import { useClusters, useClusterTest } from "../../api/clusters.ts";
import { type RunningWorkload, useRunningWorkloads, WORKLOAD_KINDS } from "../../api/triggers.ts";
import { useSettled } from "../../api/use-settled.ts";
import {
  Button,
  Checkbox,
  ComboBox,
  detailText,
  ErrorNotice,
  errorText,
  LinkButton,
  Notice,
  Select,
  TextField,
} from "../../ui/index.ts";
import { useImage } from "../current-image.tsx";
import { organizationPath } from "../../paths.ts";
import type { KubernetesDraft } from "./trigger-draft.ts";
import styles from "./triggers.module.css";

interface KubernetesFieldsProps {
  target: KubernetesDraft;
  /** Given what is to be different, in place of a whole target: a field that proposes values may call it twice at once. */
  onChange: (changed: Partial<KubernetesDraft>) => void;
}

/** Which workload a push updates: proposed are those that run the image (guide 4.7, "选择应用"), and others can be typed. */
export function KubernetesFields({ target, onChange: set }: KubernetesFieldsProps) {
  const { t } = useTranslation(["triggers", "clusters"]);
  const image = useImage();
  const cluster = useSettled(target.cluster.trim());
  const { data, error, isLoading } = useRunningWorkloads(image, {
    cluster,
    namespace: useSettled(target.namespace.trim()),
  });
  const workloads = data?.workloads ?? [];
  const chosen = workloads.find(
    ({ namespace, workload, application }) =>
      namespace === target.namespace && workload === target.workload && application === target.application,
  );
  const count = workloads.length;
  const why = data && detailText(data);
  const told =
    data &&
    [
      ...(count > 0 ? [t("workloadsFound", { count })] : why === null ? [t("workloadsNone")] : []),
      ...(why === null ? [] : [t(count > 0 ? "workloadsPartly" : "workloadsUnknown", { why })]),
    ].join(" ");
  const choose = ({ namespace, workload, application }: RunningWorkload) => {
    set({ namespace, workload, application, container: "" });
  };
  return (
    <div className={styles.group}>
      <ClusterField cluster={target.cluster} onChange={(name) => set({ cluster: name })} />
      <div className={styles.chosen}>
        <ComboBox
          label={t("application")}
          name="application"
          description={t("applicationHint")}
          items={workloads.map((each) => ({
            id: idOf(each),
            label: each.application,
            description: t("runningIn", {
              workload: t(`clusters:workloads.${each.workload}`),
              namespace: each.namespace,
              containers: each.containers.join(", "),
            }),
          }))}
          inputValue={target.application}
          onInputChange={(application) => set({ application })}
          onSelect={({ id }) => {
            const found = workloads.find((each) => idOf(each) === id);
            if (found) choose(found);
          }}
          isLoading={isLoading}
          allowsCustom
          isRequired
        />
        <p className={styles.note} role="status">
          {isLoading ? t("workloadsAsked") : error ? t("workloadsUnknown", { why: errorText(error) }) : told}
        </p>
      </div>
      <div className={styles.pair}>
        <ComboBox
          label={t("namespace")}
          name="namespace"
          items={propose(workloads.map(({ namespace }) => namespace))}
          inputValue={target.namespace}
          onInputChange={(namespace) => set({ namespace })}
          onSelect={() => undefined}
          allowsCustom
          isRequired
        />
        <Select
          label={t("workload")}
          name="workload"
          options={WORKLOAD_KINDS.map((value) => ({ value, label: t(`clusters:workloads.${value}`) }))}
          value={target.workload}
          onChange={(workload) => set({ workload })}
        />
        <ComboBox
          label={t("container")}
          name="container"
          description={t("containerHint")}
          items={propose(chosen?.containers ?? [])}
          inputValue={target.container}
          onInputChange={(container) => set({ container })}
          onSelect={() => undefined}
          allowsCustom
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

/** Names as a field proposes them, each once. */
function propose(names: readonly string[]) {
  return [...new Set(names)].map((name) => ({ id: name, label: name }));
}

function idOf({ namespace, workload, application }: RunningWorkload): string {
  return `${namespace}/${workload}/${application}`;
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
