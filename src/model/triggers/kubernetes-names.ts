/** Names of clusters, and of what is in them. */
import { RegistryError } from "../../kernel/errors.ts";
import {
  MAX_CLUSTER_NAME_LENGTH,
  MAX_LABEL_LENGTH,
  MAX_NAMESPACES,
  MAX_SUBDOMAIN_LENGTH,
} from "../../kernel/field-limits.ts";

const CLUSTER = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** RFC 1123, as Kubernetes has it. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Reads the name that a cluster is to have. */
export function parseClusterName(text: string): string {
  if (text.length <= MAX_CLUSTER_NAME_LENGTH && CLUSTER.test(text)) return text;
  throw new RegistryError(
    "CLUSTER_INVALID",
    `the name must have 1 to ${MAX_CLUSTER_NAME_LENGTH} letters, digits, ".", "_" and "-", the first and the last a ` +
      `letter or digit`,
  );
}

/**
 * Reads the namespaces that a cluster is for.
 *
 * @returns each once; none for all.
 */
export function parseNamespaces(names: readonly string[]): string[] {
  const wrong = names.find((name) => name.length > MAX_LABEL_LENGTH || !LABEL.test(name));
  if (wrong !== undefined) {
    const message = `"${wrong.slice(0, MAX_LABEL_LENGTH)}" is not the name of a namespace`;
    throw new RegistryError("CLUSTER_INVALID", { message, detail: { field: "namespaces" } });
  }
  const each = [...new Set(names)];
  if (each.length <= MAX_NAMESPACES) return each;
  throw new RegistryError("CLUSTER_INVALID", `a cluster is for at most ${MAX_NAMESPACES} namespaces, or for all`);
}

/**
 * Makes sure that a workload may have this name.
 *
 * @param field what the request calls it.
 */
export function checkWorkloadName(field: string, text: string): void {
  if (text.length <= MAX_SUBDOMAIN_LENGTH && text.split(".").every((label) => LABEL.test(label))) return;
  throw invalid(field, `${MAX_SUBDOMAIN_LENGTH} lower-case letters, digits, "-" and "."`);
}

/** The same for a namespace and a container, which have no dots. */
export function checkLabel(field: string, text: string): void {
  if (text.length <= MAX_LABEL_LENGTH && LABEL.test(text)) return;
  throw invalid(field, `${MAX_LABEL_LENGTH} lower-case letters, digits and "-"`);
}

function invalid(field: string, what: string): RegistryError {
  return new RegistryError("TRIGGER_INVALID", {
    message: `${field} must have 1 to ${what}, the first and the last a letter or digit, as names in Kubernetes do`,
    detail: { field },
  });
}
