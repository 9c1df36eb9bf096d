/** Kubernetes clusters of an organization. */
const clusters = {
  title: "Kubernetes clusters",
  intro: "Triggers of this organization's images can update workloads in these clusters.",
  add: "Add cluster",
  addTitle: "Add a Kubernetes cluster",
  emptyTitle: "No clusters yet",
  emptyText: "Add one so that a push can update the workloads that run an image.",
  emptyRead: "Somebody who manages this organization can add one.",

  name: "Name",
  nameRules: "Letters, digits, dots, underscores and hyphens. It cannot be changed later.",
  server: "API server",
  serverHint: "Its address, over HTTPS and reachable from the registry.",
  authority: "Certificate authority",
  authorityHint:
    "The contents of ca.crt, in PEM. Leave it empty if the server's certificate is one that browsers trust.",
  authorityOwn: "Of its own",
  authorityPublic: "Publicly trusted",
  token: "Service account token",
  tokenHint: "Stored encrypted, and never shown again.",
  tokenKeep: "Leave it empty to keep the present one. Another API server takes it anew.",
  namespaces: "Namespaces",
  namespacesHint: "Triggers may name workloads in these alone, separated by commas. Leave it empty for all.",
  namespacesAll: "All",
  test: "Test the connection before saving",
  testHint: "The server must answer, show a certificate that fits, and take the token. Nothing changes there.",
  updated: "Changed",
  added: "Cluster {{name}} was added.",
  saved: "Cluster {{name}} was saved.",
  editTitle: "Cluster {{name}}",
  actionsOf: "Actions for {{name}}",

  helpTitle: "Where do I find these?",
  helpAccount: "Berth needs a service account that may get and patch the workloads, and nothing else:",
  helpServer: "The address of the API server:",
  helpAuthority: "The certificate authority and the token of the account's secret:",
  copyYaml: "Copy manifest",
  copyCommand: "Copy command",

  tryOut: "Test",
  tryTitle: "Test cluster {{name}}",
  tryText:
    "Checks the connection and, for a namespace, whether the account may update workloads there. Nothing changes.",
  namespace: "Namespace",
  namespaceHint: "Empty: the connection only.",
  workload: "Kind of workload",
  application: "Workload",
  applicationHint: "Empty: any.",
  run: "Test now",
  works: "It works.",
  fails: "It does not work",
  workloads: {
    deployments: "Deployment",
    statefulsets: "StatefulSet",
    daemonsets: "DaemonSet",
    cronjobs: "CronJob",
  },

  deleteTitle: "Delete cluster {{name}}?",
  deleteText:
    "The registry forgets its address and token. Nothing changes in the cluster. It cannot be deleted while a trigger uses it.",
  deleteConfirm: "Delete cluster",
  deleted: "Cluster {{name}} was deleted.",
};

export default clusters;
