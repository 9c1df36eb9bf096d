import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MAX_CLUSTER_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import { type Cluster, useClusterChanges } from "../../api/clusters.ts";
import { Checkbox, CodeBlock, Disclosure, Form, type Submission, TextArea, TextField, toast } from "../../ui/index.ts";
import styles from "./organizations.module.css";

export interface ClusterFormProps {
  organization: string;
  /** The one to be changed; undefined for a new one. */
  cluster: Cluster | undefined;
  onClose: () => void;
}

/** How a cluster is reached. It is tried out before it is saved, unless somebody does not want that. */
export function ClusterForm({ organization, cluster, onClose }: ClusterFormProps) {
  const { t } = useTranslation(["clusters", "common"]);
  const { add, change } = useClusterChanges(organization);
  const [name, setName] = useState("");
  const [server, setServer] = useState(cluster?.server ?? "");
  const [authority, setAuthority] = useState(cluster?.authority ?? "");
  const [token, setToken] = useState("");
  const [namespaces, setNamespaces] = useState(cluster?.namespaces.join(", ") ?? "");
  const [isTested, setTested] = useState(true);

  // Of what the form began with, whatever is fetched meanwhile.
  const [version] = useState(cluster?.updated);
  const submit = async ({ overwrites }: Submission) => {
    const certificates = authority.trim() === "" ? null : authority;
    const only = namespaces.split(/[\s,，、]+/).filter((namespace) => namespace !== "");
    const address = { server: server.trim(), authority: certificates, namespaces: only, test: isTested };
    if (cluster) {
      const changes = { ...address, ...(token !== "" && { token }) };
      await change.mutateAsync({ cluster: cluster.name, changes, version: overwrites ? undefined : version });
    } else {
      await add.mutateAsync({ ...address, name, token });
    }
    onClose();
    toast(cluster ? t("saved", { name: cluster.name }) : t("added", { name }));
  };
  const isMoved = cluster !== undefined && server.trim() !== cluster.server;
  return (
    <Form onSubmit={submit} onCancel={onClose} submitLabel={cluster ? t("common:save") : t("add")}>
      {!cluster && (
        <TextField
          label={t("name")}
          name="name"
          description={t("nameRules")}
          placeholder="production"
          value={name}
          onChange={setName}
          maxLength={MAX_CLUSTER_NAME_LENGTH}
          isRequired
          isMonospace
          autoFocus
          autoComplete="off"
          spellCheck="false"
        />
      )}
      <TextField
        label={t("server")}
        name="server"
        description={t("serverHint")}
        placeholder="https://cluster.example.com:6443"
        type="url"
        value={server}
        onChange={setServer}
        isRequired
        isMonospace
        autoComplete="off"
      />
      <TextArea
        label={t("authority")}
        name="authority"
        description={t("authorityHint")}
        placeholder="-----BEGIN CERTIFICATE-----"
        value={authority}
        onChange={setAuthority}
        rows={5}
        isMonospace
        spellCheck="false"
      />
      <TextField
        label={t("token")}
        name="token"
        type="password"
        description={cluster ? t("tokenKeep") : t("tokenHint")}
        value={token}
        onChange={setToken}
        isRequired={!cluster || isMoved}
        isMonospace
        autoComplete="off"
      />
      <TextField
        label={t("namespaces")}
        name="namespaces"
        description={t("namespacesHint")}
        placeholder="shop, shop-staging"
        value={namespaces}
        onChange={setNamespaces}
        isMonospace
        autoComplete="off"
        spellCheck="false"
      />
      <Checkbox label={t("test")} name="test" description={t("testHint")} isSelected={isTested} onChange={setTested} />
      <ClusterHelp />
    </Form>
  );
}

/** The service account of docs/kubernetes.md, for all deployments of one namespace. */
const MANIFEST = `apiVersion: v1
kind: ServiceAccount
metadata: { name: berth, namespace: default }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: berth, namespace: default }
rules:
  - apiGroups: ["apps"]
    resources: ["deployments"]
    verbs: ["get", "patch"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: berth, namespace: default }
subjects: [{ kind: ServiceAccount, name: berth, namespace: default }]
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: berth }
---
apiVersion: v1
kind: Secret
metadata:
  name: berth-token
  namespace: default
  annotations: { kubernetes.io/service-account.name: berth }
type: kubernetes.io/service-account-token`;

const SERVER = "kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}'";
const AUTHORITY = `kubectl get secret berth-token -o jsonpath='{.data.ca\\.crt}' | base64 -d
kubectl get secret berth-token -o jsonpath='{.data.token}' | base64 -d`;

/** How one makes an account for the registry in a cluster, and reads what the form asks for. */
function ClusterHelp() {
  const { t } = useTranslation("clusters");
  return (
    <Disclosure title={t("helpTitle")}>
      <div className={styles.help}>
        <p>{t("helpAccount")}</p>
        <CodeBlock code={MANIFEST} copyLabel={t("copyYaml")} maxHeight="14rem" keepsLines />
        <p>{t("helpServer")}</p>
        <CodeBlock code={SERVER} copyLabel={t("copyCommand")} />
        <p>{t("helpAuthority")}</p>
        <CodeBlock code={AUTHORITY} copyLabel={t("copyCommand")} />
      </div>
    </Disclosure>
  );
}
