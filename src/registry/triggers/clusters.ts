/** Clusters of an organization, whose workloads its images' triggers update. Their tokens are never shown again. */
import type { Versions } from "../../kernel/precondition.ts";
import { unlessChanged } from "../versions.ts";
import type { Manager } from "../../model/rights/access.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { reasonOf, refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { MAX_ACCOUNT_CLUSTERS, MAX_CLUSTERS } from "../../kernel/limits.ts";
import { parseAuthority, parseClusterServer } from "../../model/triggers/kubernetes-cluster.ts";
import { parseClusterName, parseNamespaces } from "../../model/triggers/kubernetes-names.ts";
import { checkTarget } from "../../model/outbound/check-target.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import {
  type ClusterRecord,
  deleteCluster,
  findCluster,
  findClusterName,
  insertCluster,
  listClusters,
  updateCluster,
} from "../../storage/triggers/clusters.ts";
import { actorOf, type Call } from "../call.ts";
import { hasOrganizationRight, requireOrganization, unknownOrganization } from "../rights/management.ts";
import { decryptClusterToken, encryptClusterToken } from "./cluster-secrets.ts";
import { type ClusterUse, testCluster, whyNotFor } from "./kubernetes.ts";
import { requireOutbound } from "../outbound/paces.ts";
import type { Stores } from "../stores.ts";

export { type ClusterUse, MAX_CLUSTERS };
export type Cluster = Omit<ClusterRecord, "encryptedToken">;

/** How a cluster is reached. */
export interface ClusterAddress {
  server: string;
  /** PEM; null for authorities that everybody trusts. */
  authority: string | null;
  token: string;
}

export interface WantedCluster extends ClusterAddress {
  /** The only ones whose workloads triggers may name; none: all. */
  namespaces: readonly string[];
}

/** What is absent stays as it is. */
export type ClusterChanges = { [K in keyof WantedCluster]?: WantedCluster[K] | undefined };

/** Whether a cluster is tried out before it is saved. */
interface Tested {
  isTested: boolean;
}

/** Long enough for any service account's. */
export const MAX_TOKEN_LENGTH = 16_384;

export async function listOrganizationClusters(
  call: Call<Manager>,
  organization: OrganizationName,
): Promise<Cluster[]> {
  const { id } = await requireOrganization(call, organization, "edit");
  return (await listClusters(call.stores.db, id)).map(withoutToken);
}

export async function getCluster(call: Call<Manager>, organization: OrganizationName, name: string): Promise<Cluster> {
  const { id } = await requireOrganization(call, organization, "edit");
  return withoutToken(await requireCluster(call.stores, id, name));
}

/**
 * The name of a cluster that is known by its id.
 *
 * @throws RegistryError CLUSTER_UNKNOWN, also for those who may not edit its organization.
 */
export async function getClusterName(call: Call<Manager>, id: string) {
  const user = call.caller.user;
  const cluster = /^[1-9]\d{0,14}$/.test(id) ? await findClusterName(call.stores.db, Number(id)) : undefined;
  if (cluster && (await hasOrganizationRight(call.stores, user, cluster.organization, "edit"))) return cluster;
  throw unknownCluster(shorten(id));
}

/** Gives an organization a cluster. */
export async function addCluster(
  call: Call<Manager>,
  organizationName: OrganizationName,
  name: string,
  { namespaces, isTested, ...address }: WantedCluster & Tested,
): Promise<Cluster> {
  const organization = await requireOrganization(call, organizationName, "manage");
  parseClusterName(name);
  const { token, ...place } = readAddress(call, address);
  const only = parseNamespaces(namespaces);
  if (isTested) await testWithinPace(call, organization, { ...place, token });
  const encryptedToken = await encryptClusterToken(call.stores, organization.id, name, token);
  const { outcome } = await insertCluster(call.stores.db, actorOf(call), organization, name, {
    ...place,
    encryptedToken,
    namespaces: only,
  });
  if (outcome === "gone") throw unknownOrganization(organizationName);
  if (outcome === "name-taken") {
    throw refusal("CLUSTER_EXISTS", reason("CLUSTER_EXISTS", { name }), { field: "name", detail: { name } });
  }
  if (outcome === "too-many") {
    const most = { max: MAX_CLUSTERS, ofAccount: MAX_ACCOUNT_CLUSTERS };
    throw refusal("CLUSTER_LIMIT", reason("CLUSTER_LIMIT", most));
  }
  return withoutToken(await requireCluster(call.stores, organization.id, name));
}

/** Changes how a cluster is reached. A token stays with the server that it was given for: another one takes it anew. */
export async function changeCluster(
  call: Call<Manager>,
  organizationName: OrganizationName,
  name: string,
  { isTested, versions, ...changes }: ClusterChanges & Tested & { versions?: Versions | undefined },
): Promise<Cluster> {
  const organization = await requireOrganization(call, organizationName, "manage");
  const cluster = await requireCluster(call.stores, organization.id, name);
  const { server = cluster.server, authority = cluster.authority } = changes;
  const isMoved = parseClusterServer(server) !== cluster.server;
  if (isMoved && changes.token === undefined) {
    throw refusal("CLUSTER_INVALID", reason("SERVER_TAKES_TOKEN_ANEW"), { field: "token" });
  }
  const token = changes.token ?? (await decryptClusterToken(call.stores, cluster));
  const address = readAddress(call, { server, authority, token });
  if (isTested) await testWithinPace(call, organization, address);
  const written = {
    ...(changes.namespaces !== undefined && { namespaces: parseNamespaces(changes.namespaces) }),
    ...(changes.authority !== undefined && { authority: address.authority }),
    // Together, so that no token comes to a server that somebody else has set meanwhile.
    ...(changes.token !== undefined && {
      server: address.server,
      encryptedToken: await encryptClusterToken(call.stores, organization.id, name, address.token),
    }),
  };
  const updating = updateCluster(call.stores.db, actorOf(call), organization, name, written, versions);
  if (!(await unlessChanged(`cluster ${name}`, updating))) throw unknownCluster(name);
  return withoutToken(await requireCluster(call.stores, organization.id, name));
}

export async function removeCluster(
  call: Call<Manager>,
  organizationName: OrganizationName,
  name: string,
): Promise<void> {
  const organization = await requireOrganization(call, organizationName, "manage");
  const { outcome } = await deleteCluster(call.stores.db, actorOf(call), organization, name);
  if (outcome === "unknown") throw unknownCluster(name);
  if (outcome === "in-use") {
    const message = `a trigger updates workloads of cluster ${name}: delete that first`;
    throw new RegistryError("CLUSTER_IN_USE", message);
  }
}

/**
 * Tests a cluster, also for the update that a trigger would make if one is given.
 *
 * @returns what does not work; undefined if everything does.
 */
export async function tryCluster(
  call: Call<Manager>,
  organization: OrganizationName,
  name: string,
  use: ClusterUse | undefined,
): Promise<Reason | undefined> {
  const { id, accountId } = await requireOrganization(call, organization, "edit");
  const cluster = await requireCluster(call.stores, id, name);
  const outside = use && whyNotFor(cluster, use.namespace);
  if (outside !== undefined) return outside;
  const token = await decryptClusterToken(call.stores, cluster);
  try {
    await testWithinPace(call, { accountId }, { ...cluster, token }, use);
    return undefined;
  } catch (error) {
    if (error instanceof RegistryError && error.code === "CLUSTER_INVALID") return reasonOf(error);
    throw error;
  }
}

async function testWithinPace(
  { stores, registry }: Call<Manager>,
  { accountId }: { accountId: number },
  cluster: ClusterAddress,
  use?: ClusterUse,
): Promise<void> {
  await requireOutbound(stores, accountId, cluster.server);
  await testCluster(stores, cluster, { registry }, use);
}

export function unknownCluster(name: string): RegistryError {
  return new RegistryError("CLUSTER_UNKNOWN", {
    message: `the organization has no cluster "${name.slice(0, 200)}"`,
    detail: { cluster: name.slice(0, 200) },
  });
}

async function requireCluster({ db }: Stores, organizationId: number, name: string): Promise<ClusterRecord> {
  const cluster = await findCluster(db, organizationId, name);
  if (!cluster) throw unknownCluster(name);
  return cluster;
}

function withoutToken(record: ClusterRecord): Cluster {
  const { id, organizationId, name, server, authority, namespaces, createdBy, createdAt, updatedAt } = record;
  return { id, organizationId, name, server, authority, namespaces, createdBy, createdAt, updatedAt };
}

/** @throws RegistryError CLUSTER_INVALID, which does not quote the token. */
function readAddress(
  { stores, registry }: Call<Manager>,
  { server, authority, token }: ClusterAddress,
): ClusterAddress {
  const address = {
    server: parseClusterServer(server),
    authority: authority === null ? null : parseAuthority(authority),
    token: token.trim(),
  };
  checkTarget(new URL(address.server), stores.settings, { registry }, "CLUSTER_INVALID");
  if (address.token.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(address.token)) {
    throw refusal("CLUSTER_INVALID", reason("TOKEN_FORM", { max: MAX_TOKEN_LENGTH }), { field: "token" });
  }
  return address;
}
