/** Workloads of a cluster that run an image: what the form of a trigger offers (guide 4.7, "选择应用"). */
import { RegistryError } from "../../kernel/errors.ts";
import { reasonOf } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { Manager } from "../../model/rights/access.ts";
import { checkLabel, isLabel } from "../../model/triggers/kubernetes-names.ts";
import { findContainers, readWorkloadPage, workloadsPath } from "../../model/triggers/kubernetes-workload.ts";
import { imagesOf } from "../../model/triggers/push-event.ts";
import { WORKLOAD_KINDS, type WorkloadKind } from "../../model/triggers/trigger-targets.ts";
import { type ClusterRecord, findCluster } from "../../storage/triggers/clusters.ts";
import type { Call } from "../call.ts";
import { requireOutbound } from "../outbound/paces.ts";
import { decryptClusterToken } from "./cluster-secrets.ts";
import { unknownCluster } from "./clusters.ts";
import { whyNotFor } from "./kubernetes.ts";
import { askCluster, type ClusterAnswer, ClusterUnreachable } from "./kubernetes-api.ts";
import { requireEditable } from "./triggers.ts";

/** Workloads that one answer has. */
export const MAX_LISTED_WORKLOADS = 200;
/** Containers of a workload that one answer has. */
const MAX_LISTED_CONTAINERS = 10;
/** Requests to the cluster for one answer. */
const MAX_REQUESTS = 12;
/** So many are counted at once, as many as there are kinds: each count is a trip to the database. */
const COUNTED_REQUESTS = WORKLOAD_KINDS.length;
/** For all requests of one answer. */
const TIME_LIMIT_MS = 10_000;
/** Workloads that are asked for at once; most have less than 10 KiB. */
const PAGE_SIZE = 100;
/** How much smaller the next page is to be when one had too many bytes. */
const SHRINKING = 5;

/** A workload with the containers of it that run the image. */
export interface RunningWorkload {
  namespace: string;
  workload: WorkloadKind;
  name: string;
  containers: string[];
}

export interface RunningWorkloads {
  /** By namespace, name and kind. */
  workloads: RunningWorkload[];
  /** Why there may be more; undefined when these are all. */
  why: Reason | undefined;
}

/**
 * The workloads of a cluster that run an image, for those who may give the image a trigger with this cluster: they may name each
 * of these workloads in one, also without a right to the organization. What the cluster does never fails the call.
 *
 * @param namespace the only one that is looked at; undefined: those that the cluster is for.
 * @throws RegistryError CLUSTER_UNKNOWN; TRIGGER_INVALID for what is no name of a namespace.
 */
export async function listRunningWorkloads(
  call: Call<Manager>,
  image: RepositoryName,
  { cluster: name, namespace }: { cluster: string; namespace?: string | undefined },
): Promise<RunningWorkloads> {
  const { organization } = await requireEditable(call, image);
  if (namespace !== undefined) checkLabel("namespace", namespace);
  const cluster = await findCluster(call.stores.db, organization.id, name);
  if (!cluster) throw unknownCluster(name);
  const outside = namespace === undefined ? undefined : whyNotFor(cluster, namespace);
  if (outside !== undefined) return { workloads: [], why: outside };
  const search = new WorkloadSearch(call, cluster, {
    accountId: organization.accountId,
    repositories: imagesOf({ registry: call.registry, repository: image }, call.stores.settings),
  });
  const why = await search.run(placesOf(cluster, namespace));
  return { workloads: search.found.toSorted(byPlace), why };
}

/** Where to look; undefined for all namespaces at once. */
function placesOf({ namespaces }: ClusterRecord, namespace: string | undefined): (string | undefined)[] {
  if (namespace !== undefined) return [namespace];
  return namespaces.length > 0 ? namespaces : [undefined];
}

function byPlace(one: RunningWorkload, other: RunningWorkload): number {
  const keys = ({ namespace, name, workload }: RunningWorkload) => `${namespace}/${name}/${workload}`;
  return keys(one) < keys(other) ? -1 : 1;
}

/** Goes through the lists of a cluster: within a time, a number of requests and of workloads. */
class WorkloadSearch {
  readonly found: RunningWorkload[] = [];
  readonly #call: Call<Manager>;
  readonly #cluster: ClusterRecord;
  readonly #accountId: number;
  /** What the image's repository is called, by each name of the registry. */
  readonly #repositories: readonly string[];
  readonly #end = Date.now() + TIME_LIMIT_MS;
  #requests = 0;
  #token: string | undefined;

  constructor(
    call: Call<Manager>,
    cluster: ClusterRecord,
    { accountId, repositories }: { accountId: number; repositories: readonly string[] },
  ) {
    this.#call = call;
    this.#cluster = cluster;
    this.#accountId = accountId;
    this.#repositories = repositories;
  }

  /** @returns why there may be more than was found. */
  async run(places: readonly (string | undefined)[]): Promise<Reason | undefined> {
    const forbidden: WorkloadKind[] = [];
    let forbiddenIn: string | undefined;
    try {
      for (const namespace of places) {
        for (const kind of WORKLOAD_KINDS) {
          const ended = await this.#list(kind, namespace);
          if (ended === "forbidden") {
            if (!forbidden.includes(kind)) forbidden.push(kind);
            forbiddenIn ??= namespace;
          } else if (ended !== "done") return ended;
        }
      }
    } catch (error) {
      if (error instanceof ClusterUnreachable) return error.reason;
      // That the server may not be called, or not now.
      if (error instanceof RegistryError) return reasonOf(error);
      throw error;
    }
    if (forbidden.length === 0) return undefined;
    const workloads = forbidden.join(", ");
    return forbiddenIn === undefined
      ? reason("MAY_NOT_LIST", { workloads })
      : reason("MAY_NOT_LIST_IN", { workloads, namespace: forbiddenIn });
  }

  /** Goes through the list of a kind. @returns a reason when the search ends with it. */
  async #list(kind: WorkloadKind, namespace: string | undefined): Promise<"done" | "forbidden" | Reason> {
    let size = PAGE_SIZE;
    let next: string | undefined;
    for (;;) {
      const query = new URLSearchParams({ limit: String(size), ...(next !== undefined && { continue: next }) });
      const answer = await this.#ask(`${workloadsPath(kind, namespace)}?${query.toString()}`);
      if (answer === "too many") return reason("LIST_CUT");
      if (answer === "too late") return reason("LIST_CUT_BY_TIME", { seconds: TIME_LIMIT_MS / 1000 });
      if (answer === "too large") {
        if (size === 1) return reason("LIST_CUT");
        size = Math.ceil(size / SHRINKING);
        continue;
      }
      if (answer.status === 403) return "forbidden";
      if (answer.status === 401) return reason("TOKEN_REFUSED", { message: answer.message });
      const page = answer.status === 200 ? readWorkloadPage(answer.json) : undefined;
      if (!page) {
        const { status, message } = answer;
        return reason("LISTING_REFUSED", { status, workloads: kind, message });
      }
      for (const each of page.found) {
        const containers = findContainers(each.workload, undefined, this.#repositories).map((place) => place.name);
        const usable = [...new Set(containers)].filter(isLabel).slice(0, MAX_LISTED_CONTAINERS);
        if (usable.length === 0 || whyNotFor(this.#cluster, each.namespace) !== undefined) continue;
        if (this.found.length === MAX_LISTED_WORKLOADS) return reason("LIST_CUT");
        this.found.push({ namespace: each.namespace, workload: kind, name: each.name, containers: usable });
      }
      ({ next } = page);
      if (next === undefined) return "done";
    }
  }

  async #ask(path: string): Promise<ClusterAnswer | "too many" | "too late" | "too large"> {
    if (this.#requests === MAX_REQUESTS) return "too many";
    const { stores, registry } = this.#call;
    const { server } = this.#cluster;
    if (this.#requests % COUNTED_REQUESTS === 0) {
      await requireOutbound(stores, this.#accountId, server, COUNTED_REQUESTS);
    }
    this.#requests += 1;
    this.#token ??= await decryptClusterToken(stores, this.#cluster);
    const left = this.#end - Date.now();
    if (left <= 0) return "too late";
    try {
      const access = { ...this.#cluster, token: this.#token };
      return await askCluster(stores, access, { registry }, { method: "GET", path }, left);
    } catch (error) {
      if (error instanceof ClusterUnreachable && error.isTooLarge) return "too large";
      if (error instanceof ClusterUnreachable && this.#requests > 1 && Date.now() >= this.#end) return "too late";
      throw error;
    }
  }
}
