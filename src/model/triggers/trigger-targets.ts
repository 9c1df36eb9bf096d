/** What a trigger acts on: a Kubernetes workload, or a webhook. */

/** Kinds of workloads, as SWR and kubectl name them. SWR knows the first two. */
export const WORKLOAD_KINDS = ["deployments", "statefulsets", "daemonsets", "cronjobs"] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** Sets the image of a workload's containers. Its cluster is a column of its own. */
export interface KubernetesTarget {
  kind: "kubernetes";
  workload: WorkloadKind;
  /** The workload's name. */
  application: string;
  namespace: string;
  /** Undefined: all containers that use an image of this repository. */
  container?: string | undefined;
  /** Names the image by its digest, `host/organization/image@sha256:…`, in place of its tag. */
  byDigest: boolean;
}

/** One push event in the form that different receivers understand. */
export const WEBHOOK_FORMATS = ["cloudevents", "distribution", "harbor", "dockerhub", "keel", "text"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** Sends the event to an address. */
export interface WebhookTarget {
  kind: "webhook";
  url: string;
  format: WebhookFormat;
}

export type Target = KubernetesTarget | WebhookTarget;

/** What only the receiver of a webhook is to know. */
export interface WebhookSecrets {
  /** Signs the body. */
  secret?: string | undefined;
  /** Sent as it is in the Authorization header. */
  authorization?: string | undefined;
}
