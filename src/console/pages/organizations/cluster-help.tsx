import { useTranslation } from "react-i18next";
import { CodeBlock, Disclosure } from "../../ui/index.ts";
import styles from "./organizations.module.css";

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
export function ClusterHelp() {
  const { t } = useTranslation("clusters");
  return (
    <Disclosure title={t("helpTitle")}>
      <div className={styles.help}>
        <p>{t("helpAccount")}</p>
        <CodeBlock code={MANIFEST} copyLabel={t("copyYaml")} maxHeight="14rem" />
        <p>{t("helpServer")}</p>
        <CodeBlock code={SERVER} copyLabel={t("copyCommand")} />
        <p>{t("helpAuthority")}</p>
        <CodeBlock code={AUTHORITY} copyLabel={t("copyCommand")} />
      </div>
    </Disclosure>
  );
}
