/** A trigger while it is being written, and what is sent of it. */
import type {
  Condition,
  NewTrigger,
  NewTriggerTarget,
  Trigger,
  TriggerChanges,
  TriggerTarget,
  WebhookFormat,
  WorkloadKind,
} from "../../api/triggers.ts";

/** What becomes of something that the registry keeps and never shows. */
export interface SecretDraft {
  /** `keep` only where something is stored. */
  choice: "keep" | "set" | "none";
  text: string;
}

export interface KubernetesDraft {
  cluster: string;
  workload: WorkloadKind;
  namespace: string;
  application: string;
  /** Empty: all that use the image. */
  container: string;
  byDigest: boolean;
}

export interface WebhookDraft {
  url: string;
  format: WebhookFormat;
  secret: SecretDraft;
  authorization: SecretDraft;
}

/** Both targets are kept while one is written, so that trying the other one loses nothing. */
export interface TriggerDraft {
  name: string;
  condition: Condition;
  firesAlways: boolean;
  enabled: boolean;
  kind: TriggerTarget["kind"];
  kubernetes: KubernetesDraft;
  webhook: WebhookDraft;
}

const NEW_DRAFT: TriggerDraft = {
  name: "",
  condition: { kind: "all", text: "" },
  firesAlways: false,
  enabled: true,
  kind: "kubernetes",
  kubernetes: {
    cluster: "",
    workload: "deployments",
    namespace: "default",
    application: "",
    container: "",
    byDigest: false,
  },
  webhook: {
    url: "",
    format: "cloudevents",
    secret: { choice: "set", text: "" },
    authorization: { choice: "set", text: "" },
  },
};

/** What the form begins with: an existing trigger, or nothing much. */
export function draftOf(trigger: Trigger | undefined): TriggerDraft {
  if (!trigger) return NEW_DRAFT;
  const { name, condition, firesAlways, enabled, target } = trigger;
  const draft: TriggerDraft = {
    ...NEW_DRAFT,
    name,
    // The registry keeps a pattern for "all" too, which is of no use here.
    condition: condition.kind === "all" ? NEW_DRAFT.condition : condition,
    firesAlways,
    enabled,
    kind: target.kind,
  };
  if (target.kind === "kubernetes") {
    const { cluster, workload, namespace, application, container, byDigest } = target;
    return {
      ...draft,
      kubernetes: { cluster, workload, namespace, application, container: container ?? "", byDigest },
    };
  }
  const { url, format, hasSecret, hasAuthorization } = target;
  return {
    ...draft,
    webhook: { url, format, secret: storedDraft(hasSecret), authorization: storedDraft(hasAuthorization) },
  };
}

function storedDraft(isStored: boolean): SecretDraft {
  return { choice: isStored ? "keep" : "set", text: "" };
}

/** What is sent for a new trigger. */
export function newTriggerOf(draft: TriggerDraft): NewTrigger {
  const { name, condition, firesAlways, enabled } = draft;
  return { name: name.trim(), condition: trimmed(condition), firesAlways, enabled, target: targetOf(draft) };
}

/** What is sent for a changed one. Its target is always written as a whole. */
export function changesOf(draft: TriggerDraft): TriggerChanges {
  const { condition, firesAlways, enabled } = draft;
  return { condition: trimmed(condition), firesAlways, enabled, target: targetOf(draft) };
}

/** A condition as it is sent: no tag begins or ends with a space. */
export function trimmed({ kind, text }: Condition): Condition {
  return { kind, text: kind === "all" ? "" : text.trim() };
}

function targetOf({ kind, kubernetes, webhook }: TriggerDraft): NewTriggerTarget {
  if (kind === "kubernetes") {
    const { cluster, workload, namespace, application, container, byDigest } = kubernetes;
    return {
      kind,
      cluster: cluster.trim(),
      workload,
      namespace: namespace.trim(),
      application: application.trim(),
      container: container.trim() || null,
      byDigest,
    };
  }
  const secret = written(webhook.secret);
  const authorization = written(webhook.authorization);
  return {
    kind,
    url: webhook.url.trim(),
    format: webhook.format,
    // What is absent stays as it is.
    ...(secret !== undefined && { secret }),
    ...(authorization !== undefined && { authorization }),
  };
}

/** @returns undefined for what stays as it is, null for nothing. */
function written({ choice, text }: SecretDraft): string | null | undefined {
  if (choice === "keep") return undefined;
  return choice === "set" && text !== "" ? text : null;
}

/** Whether secrets stay with the URL: the registry keeps them only for the one that they were given for. */
export function keepsAddress(url: string, trigger: Trigger | undefined): boolean {
  const stored = trigger?.target;
  // The registry writes addresses as browsers do.
  return stored?.kind === "webhook" && URL.parse(url.trim())?.href === stored.url;
}
