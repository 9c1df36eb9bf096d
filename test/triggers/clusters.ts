/** Clusters and triggers of a running registry, and their deliveries, over its API. */
import type { WorkloadKind } from "../../src/model/triggers/trigger-targets.ts";
import { operatorOf } from "../support/server-people.ts";
import type { Server } from "../support/server.ts";

export interface ClusterSettings {
  server: string;
  authority: string | null;
  token: string;
}

export interface WorkloadSettings {
  workload: WorkloadKind;
  application: string;
  namespace?: string;
  byDigest?: boolean;
}

/**
 * Gives an image of an organization a trigger for a workload of a cluster that has the trigger's name.
 *
 * @param isTested whether the cluster is tried out first, as it is by default for those who use the API.
 */
export async function addKubernetesTrigger(
  registry: Pick<Server, "url">,
  { organization, image }: { organization: string; image: string },
  name: string,
  cluster: ClusterSettings,
  { namespace = "default", ...workload }: WorkloadSettings,
  isTested = true,
): Promise<void> {
  const operator = operatorOf(registry);
  await operator.ask("POST", `/api/organizations/${organization}/clusters`, { name, ...cluster, test: isTested });
  await operator.ask("POST", `/api/organizations/${organization}/images/${image}/triggers`, {
    name,
    condition: { kind: "all" },
    target: { kind: "kubernetes", cluster: name, namespace, ...workload },
  });
}

export interface History {
  tag: string;
  status: string;
  tries: number;
  detail: string | null;
}

/** The newest delivery of a trigger. */
export async function newestDelivery(
  registry: Pick<Server, "url">,
  { organization, image }: { organization: string; image: string },
  trigger: string,
): Promise<History | undefined> {
  const path = `/api/organizations/${organization}/images/${image}/triggers/${trigger}/deliveries?limit=1`;
  const { deliveries } = await operatorOf(registry).ask<{ deliveries: History[] }>("GET", path);
  return deliveries[0] && pick(deliveries[0]);
}

function pick({ tag, status, tries, detail }: History): History {
  return { tag, status, tries, detail };
}
