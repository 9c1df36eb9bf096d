/** Names of clusters, and of what is in them. */
import type { RegistryError } from "../../kernel/errors.ts";
import {
  MAX_CLUSTER_NAME_LENGTH,
  MAX_LABEL_LENGTH,
  MAX_NAMESPACES,
  MAX_SUBDOMAIN_LENGTH,
} from "../../kernel/field-limits.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";

const CLUSTER = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** RFC 1123, as Kubernetes has it. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Reads the name that a cluster is to have. */
export function parseClusterName(text: string): string {
  if (text.length <= MAX_CLUSTER_NAME_LENGTH && CLUSTER.test(text)) return text;
  throw refusal("CLUSTER_INVALID", reason("CLUSTER_NAME_FORM", { max: MAX_CLUSTER_NAME_LENGTH }), { field: "name" });
}

/**
 * Reads the namespaces that a cluster is for.
 *
 * @returns each once; none for all.
 */
export function parseNamespaces(names: readonly string[]): string[] {
  const wrong = names.find((name) => !isLabel(name));
  if (wrong !== undefined) {
    throw refuseNamespaces(reason("NAMESPACE_FORM", { name: wrong.slice(0, MAX_LABEL_LENGTH) }));
  }
  const each = [...new Set(names)];
  if (each.length <= MAX_NAMESPACES) return each;
  throw refuseNamespaces(reason("TOO_MANY_NAMESPACES", { max: MAX_NAMESPACES }));
}

function refuseNamespaces(why: Reason): RegistryError {
  const field = "namespaces";
  return refusal("CLUSTER_INVALID", why, { field, detail: { field } });
}

/** Whether a workload may have this name. */
export function isWorkloadName(text: string): boolean {
  return text.length <= MAX_SUBDOMAIN_LENGTH && text.split(".").every((label) => LABEL.test(label));
}

/** Whether a namespace or a container, whose names have no dots, may have this name. */
export function isLabel(text: string): boolean {
  return text.length <= MAX_LABEL_LENGTH && LABEL.test(text);
}

/**
 * Makes sure that a workload may have this name.
 *
 * @param field what the request calls it.
 */
export function checkWorkloadName(field: string, text: string): void {
  if (isWorkloadName(text)) return;
  throw invalid(field, reason("WORKLOAD_NAME_FORM", { field, max: MAX_SUBDOMAIN_LENGTH }));
}

/** The same for a namespace and a container, which have no dots. */
export function checkLabel(field: string, text: string): void {
  if (isLabel(text)) return;
  throw invalid(field, reason("LABEL_FORM", { field, max: MAX_LABEL_LENGTH }));
}

function invalid(field: string, why: Reason): RegistryError {
  return refusal("TRIGGER_INVALID", why, { field, detail: { field } });
}
