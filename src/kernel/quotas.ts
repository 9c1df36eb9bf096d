/** Shares of what all accounts of a deployment store in: docs/quotas.md. */
import { formatBytes } from "./byte-units.ts";
import { RegistryError } from "./errors.ts";

/** What has quotas: an organization, or an account for all of its organizations. */
export const QUOTA_HOLDERS = ["organization", "account"] as const;
export type QuotaHolder = (typeof QUOTA_HOLDERS)[number];

/** What is shared. */
export const QUOTA_RESOURCES = ["storedBytes", "manifestBytes", "images", "tags", "openUploads"] as const;
export type QuotaResource = (typeof QUOTA_RESOURCES)[number];

export function isByteResource(resource: QuotaResource): boolean {
  return resource === "storedBytes" || resource === "manifestBytes";
}

/** The last number that is allowed; null: any. */
export type QuotaLimit = number | null;

/** How much of a resource a holder has, and may have. */
export interface Quota {
  used: number;
  limit: QuotaLimit;
  /** Whether the limit is the one of all holders that have none of their own. */
  isDefault: boolean;
}

export type Quotas = Record<QuotaResource, Quota>;
export type QuotaLimits = Record<QuotaResource, QuotaLimit>;
/** New limits; "default" takes the holder's own away, and what is left out stays. */
export type QuotaChanges = { [R in QuotaResource]?: QuotaLimit | "default" | undefined };
/** The same for the limits of all holders that have none of their own. */
export type CommonChanges = { [R in QuotaResource]?: QuotaLimit | undefined };

/** The version of a holder's limits: those of its own, which is what can be set, in the order of {@link QUOTA_RESOURCES}. */
export function versionOfQuotas(quotas: Record<QuotaResource, OwnLimit>): string {
  return QUOTA_RESOURCES.map((resource) => {
    const quota = quotas[resource];
    const isDefault = "source" in quota ? quota.source === "default" : quota.isDefault;
    return isDefault ? "default" : (quota.limit ?? "unlimited");
  }).join(".");
}

/** Whether a limit is a holder's own: as the registry has it, and as the API answers it. */
type OwnLimit = { limit: QuotaLimit } & ({ isDefault: boolean } | { source: "default" | "own" });

/** The version of the limits of all holders that have none of their own. */
export function versionOfCommonLimits(limits: Record<QuotaHolder, QuotaLimits>): string {
  const all = QUOTA_HOLDERS.flatMap((holder) => QUOTA_RESOURCES.map((resource) => limits[holder][resource]));
  return all.map((limit) => limit ?? "unlimited").join(".");
}

/** The quota that a request would have exceeded. */
export interface QuotaExcess {
  resource: QuotaResource;
  /** A user has half of an organization's or account's open uploads at most. */
  holder: QuotaHolder | "user";
  /** The account's or organization's name. */
  name: string;
  used: number;
  limit: number;
  /** How much more the request takes. */
  needed: number;
}

/** The error for a request that would exceed a quota, with the numbers. */
export function quotaExceeded(excess: QuotaExcess, options?: ErrorOptions): RegistryError {
  const message = `quota exceeded: ${describeExcess(excess)}`;
  return new RegistryError("QUOTA_EXCEEDED", { message, detail: { ...excess } }, options);
}

function describeExcess({ resource, holder, name, used, limit, needed }: QuotaExcess): string {
  if (holder === "user") {
    return `you have ${used} of ${limit} uploads under way that one user may have in ${name}`;
  }
  const owner = `${holder} ${name}`;
  if (resource === "storedBytes") {
    return `${owner} stores ${formatBytes(used)} of ${formatBytes(limit)}; this layer needs ${formatBytes(needed)}`;
  }
  if (resource === "manifestBytes") {
    return `${owner} has ${formatBytes(used)} of manifests, of ${formatBytes(limit)}; this one needs ${formatBytes(needed)}`;
  }
  const what = { images: "images", tags: "tags", openUploads: "uploads under way" }[resource];
  return `${owner} has ${format(used)} of ${format(limit)} ${what}`;
}

function format(count: number): string {
  return count.toLocaleString("en");
}
