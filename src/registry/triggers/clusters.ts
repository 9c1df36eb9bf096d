/** Clusters of an organization, whose workloads its images' triggers update. Their tokens are never shown again. */
import type { Caller } from "../../model/rights/access.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_ACCOUNT_CLUSTERS, MAX_CLUSTERS } from "../../kernel/limits.ts";
import { parseAuthority, parseClusterServer } from "../../model/triggers/kubernetes-cluster.ts";
import { parseClusterName, parseNamespaces } from "../../model/triggers/kubernetes-names.ts";
import { checkTarget } from "../../model/triggers/outbound.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import type { Settings } from "../../model/settings.ts";
import {
  type ClusterRecord,
  deleteCluster,
  findCluster,
  findClusterName,
  insertCluster,
  listClusters,
  updateCluster,
} from "../../storage/triggers/clusters.ts";
import {
  actorOf,
  hasOrganizationRight,
  requireAccountUser,
  requireOrganization,
  unknownOrganization,
} from "../rights/access.ts";
import { decryptClusterToken, encryptClusterToken } from "./cluster-secrets.ts";
import { type ClusterUse, testCluster, whyNotFor } from "./kubernetes.ts";
import { requireOutbound } from "./outbound.ts";
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

/** The registry's own address. */
export interface Own {
  registry: string;
}

/** Long enough for any service account's. */
export const MAX_TOKEN_LENGTH = 16_384;

/** @throws RegistryError ORGANIZATION_UNKNOWN, or DENIED without the right to edit the organization. */
export async function listOrganizationClusters(
  stores: Stores,
  caller: Caller,
  organization: OrganizationName,
): Promise<Cluster[]> {
  requireAccountUser(caller);
  const { id } = await requireOrganization(stores, caller, organization, "edit");
  return (await listClusters(stores.db, id)).map(withoutToken);
}

/** @throws RegistryError as {@link listOrganizationClusters}, or CLUSTER_UNKNOWN. */
export async function getCluster(
  stores: Stores,
  caller: Caller,
  organization: OrganizationName,
  name: string,
): Promise<Cluster> {
  requireAccountUser(caller);
  const { id } = await requireOrganization(stores, caller, organization, "edit");
  return withoutToken(await requireCluster(stores, id, name));
}

/**
 * The name of a cluster that is known by its id.
 *
 * @throws RegistryError CLUSTER_UNKNOWN, also for whoever may not edit its organization.
 */
export async function getClusterName(stores: Stores, caller: Caller, id: string) {
  const user = requireAccountUser(caller);
  const cluster = /^[1-9]\d{0,14}$/.test(id) ? await findClusterName(stores.db, Number(id)) : undefined;
  if (cluster && (await hasOrganizationRight(stores, user, cluster.organization, "edit"))) return cluster;
  throw unknownCluster(shorten(id));
}

/**
 * Gives an organization a cluster.
 *
 * @param isTested whether the cluster is tried out before.
 * @throws RegistryError ORGANIZATION_UNKNOWN, DENIED without the right to manage the organization, CLUSTER_INVALID saying
 * what is wrong or does not work, CLUSTER_EXISTS, CLUSTER_LIMIT, TOO_MANY_REQUESTS when it is not to be tested just now.
 */
export async function addCluster(
  stores: Stores,
  caller: Caller,
  organizationName: OrganizationName,
  name: string,
  { namespaces, ...address }: WantedCluster,
  isTested: boolean,
  own: Own,
): Promise<Cluster> {
  requireAccountUser(caller);
  const organization = await requireOrganization(stores, caller, organizationName, "manage");
  parseClusterName(name);
  const { token, ...place } = readAddress(stores.settings, address, own);
  const only = parseNamespaces(namespaces);
  if (isTested) await testWithinPace(stores, organization, { ...place, token }, own);
  const encryptedToken = await encryptClusterToken(stores, organization.id, name, token);
  const { outcome } = await insertCluster(stores.db, actorOf(caller), organization, name, {
    ...place,
    encryptedToken,
    namespaces: only,
  });
  if (outcome === "gone") throw unknownOrganization(organizationName);
  if (outcome === "name-taken") {
    throw new RegistryError("CLUSTER_EXISTS", { message: `cluster ${name} exists already`, detail: { name } });
  }
  if (outcome === "too-many") {
    const message = `an organization has at most ${MAX_CLUSTERS} clusters, and an account ${MAX_ACCOUNT_CLUSTERS}`;
    throw new RegistryError("CLUSTER_LIMIT", message);
  }
  return withoutToken(await requireCluster(stores, organization.id, name));
}

/**
 * Changes how a cluster is reached. A token stays with the server that it was given for: another one takes it anew.
 *
 * @throws RegistryError as {@link addCluster}, or CLUSTER_UNKNOWN.
 */
export async function changeCluster(
  stores: Stores,
  caller: Caller,
  organizationName: OrganizationName,
  name: string,
  changes: { [K in keyof WantedCluster]?: WantedCluster[K] | undefined },
  isTested: boolean,
  own: Own,
): Promise<Cluster> {
  requireAccountUser(caller);
  const organization = await requireOrganization(stores, caller, organizationName, "manage");
  const cluster = await requireCluster(stores, organization.id, name);
  const { server = cluster.server, authority = cluster.authority } = changes;
  const isMoved = parseClusterServer(server) !== cluster.server;
  if (isMoved && changes.token === undefined) {
    throw new RegistryError("CLUSTER_INVALID", "another server takes the token anew");
  }
  const token = changes.token ?? (await decryptClusterToken(stores, cluster));
  const address = readAddress(stores.settings, { server, authority, token }, own);
  if (isTested) await testWithinPace(stores, organization, address, own);
  const written = {
    ...(changes.namespaces !== undefined && { namespaces: parseNamespaces(changes.namespaces) }),
    ...(changes.authority !== undefined && { authority: address.authority }),
    // Together, so that no token comes to a server that somebody else has set meanwhile.
    ...(changes.token !== undefined && {
      server: address.server,
      encryptedToken: await encryptClusterToken(stores, organization.id, name, address.token),
    }),
  };
  if (!(await updateCluster(stores.db, actorOf(caller), organization, name, written))) throw unknownCluster(name);
  return withoutToken(await requireCluster(stores, organization.id, name));
}

/** @throws RegistryError as {@link changeCluster}, or CLUSTER_IN_USE while a trigger names it. */
export async function removeCluster(
  stores: Stores,
  caller: Caller,
  organizationName: OrganizationName,
  name: string,
): Promise<void> {
  requireAccountUser(caller);
  const organization = await requireOrganization(stores, caller, organizationName, "manage");
  const { outcome } = await deleteCluster(stores.db, actorOf(caller), organization, name);
  if (outcome === "unknown") throw unknownCluster(name);
  if (outcome === "in-use") {
    const message = `a trigger updates workloads of cluster ${name}: delete that first`;
    throw new RegistryError("CLUSTER_IN_USE", message);
  }
}

/**
 * Tries a cluster out, for what a trigger would do if that is said.
 *
 * @returns what does not work; undefined when all does.
 * @throws RegistryError ORGANIZATION_UNKNOWN, DENIED without the right to edit the organization, CLUSTER_UNKNOWN, or
 * TOO_MANY_REQUESTS.
 */
export async function tryCluster(
  stores: Stores,
  caller: Caller,
  organization: OrganizationName,
  name: string,
  use: ClusterUse | undefined,
  own: Own,
): Promise<string | undefined> {
  requireAccountUser(caller);
  const { id, accountId } = await requireOrganization(stores, caller, organization, "edit");
  const cluster = await requireCluster(stores, id, name);
  const outside = use && whyNotFor(cluster, use.namespace);
  if (outside !== undefined) return outside;
  const token = await decryptClusterToken(stores, cluster);
  try {
    await testWithinPace(stores, { accountId }, { ...cluster, token }, own, use);
    return undefined;
  } catch (error) {
    if (error instanceof RegistryError && error.code === "CLUSTER_INVALID") return error.message;
    throw error;
  }
}

/** @throws RegistryError as {@link testCluster}, or TOO_MANY_REQUESTS. */
async function testWithinPace(
  stores: Stores,
  { accountId }: { accountId: number },
  cluster: ClusterAddress,
  own: Own,
  use?: ClusterUse,
): Promise<void> {
  await requireOutbound(stores, accountId, cluster.server);
  await testCluster(stores, cluster, own, use);
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
function readAddress(settings: Settings, { server, authority, token }: ClusterAddress, own: Own): ClusterAddress {
  const address = {
    server: parseClusterServer(server),
    authority: authority === null ? null : parseAuthority(authority),
    token: token.trim(),
  };
  try {
    checkTarget(new URL(address.server), settings, own);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new RegistryError("CLUSTER_INVALID", cause.problems, { cause });
  }
  if (address.token.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(address.token)) {
    const what = `1 to ${MAX_TOKEN_LENGTH} printable ASCII characters without spaces`;
    throw new RegistryError("CLUSTER_INVALID", `the token must have ${what}`);
  }
  return address;
}
