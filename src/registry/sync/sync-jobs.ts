/** Jobs of synchronization as people ask for them and look at them. */
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_SYNCED_TAGS } from "../../kernel/limits.ts";
import {
  imageOf,
  type OrganizationName,
  organizationOf,
  type RepositoryName,
  type Tag,
} from "../../kernel/reference.ts";
import type { AuditEntry } from "../../model/audit/audit.ts";
import type { Manager } from "../../model/rights/access.ts";
import {
  parseRemoteOrganization,
  readSyncGlob,
  type SyncOptions,
  type SyncTarget,
} from "../../model/sync/sync-rules.ts";
import { findTagRecord, listTags } from "../../storage/content/tags.ts";
import {
  cancelSyncJob,
  findSyncJob,
  findWholeSyncJob,
  listSyncAttempts,
  listSyncJobs,
  listSyncJobsByOffset,
  type ShownSyncJob,
  type SyncAttemptRecord,
} from "../../storage/sync/sync-history.ts";
import {
  insertWantedCopies,
  insertWantedDeletion,
  type SyncEntry,
  type SyncOrigin,
  type WantedCopy,
} from "../../storage/sync/sync-jobs.ts";
import { listImagesOf } from "../../storage/sync/sync-images.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOrganization, requireOwnRepository } from "../rights/management.ts";
import { dispatchSyncs } from "./sync-queue.ts";
import { requireRemoteOf, requireRule, type RuleOwnerName } from "./sync-rules.ts";

export type SyncJob = ShownSyncJob;
export type SyncAttempt = SyncAttemptRecord;

/** Where a walk over the tags of an image, or of an organization's images, goes on. */
export interface SyncCursor {
  /** The whole name of the image. */
  image: string;
  tag: string;
}

/** Tags that one statement makes jobs for. */
const SLICE_TAGS = 500;
/** Images that one request looks at. */
const MAX_SEEN_IMAGES = 100;

/**
 * Makes jobs of a rule for what is there now, of an organization's rule for all of its images: at most {@link MAX_SYNCED_TAGS}.
 *
 * @param from where an earlier call has ended.
 * @returns how many jobs there are now, and where to go on, if there is more.
 */
export async function runRule(
  call: Call<Manager>,
  name: RuleOwnerName,
  id: number,
  from: SyncCursor | undefined,
): Promise<{ jobs: number; next: SyncCursor | undefined }> {
  const { owner, rule } = await requireRule(call, name, id);
  const { db } = call.stores;
  const isImage = readSyncGlob(rule.images);
  const isTag = readSyncGlob(rule.tags);
  const wanted = {
    accountId: owner.accountId,
    organizationId: owner.organization.id,
    ruleId: rule.id,
    remote: { id: rule.remoteId, name: rule.remote },
    remoteOrganization: rule.remoteOrganization,
    overrides: rule.overrides,
    hasReferrers: rule.hasReferrers,
  };
  const images = owner.repository
    ? [owner.repository]
    : await listImagesOf(db, owner.organization.id, from?.image ?? "", MAX_SEEN_IMAGES);
  let jobs = 0;
  let looks = 0;
  for (const image of images) {
    if (!owner.repository && !isImage(imageOf(image.name))) continue;
    let last = from?.image === image.name ? from.tag : "";
    for (;;) {
      if (jobs >= MAX_SYNCED_TAGS || looks >= MAX_SEEN_IMAGES) return { jobs, next: { image: image.name, tag: last } };
      looks += 1;
      const page = (await listTags(db, image.name, last, SLICE_TAGS))?.tags ?? [];
      const tags = page.filter(isTag);
      if (tags.length > 0) jobs += (await write(call, image.name, { ...wanted, repositoryId: image.id }, tags)).length;
      last = page.at(-1) ?? last;
      if (page.length < SLICE_TAGS) break;
    }
  }
  const end = owner.repository ? undefined : images.at(-1);
  // Behind all tags of the last image. There is none that comes after this.
  const next = end && images.length === MAX_SEEN_IMAGES ? { image: end.name, tag: "~" } : undefined;
  return { jobs, next };
}

export interface WantedSync extends SyncTarget, SyncOptions {
  /** Undefined: all. */
  tags: readonly Tag[] | undefined;
}

/**
 * Copies tags of an image now, without a rule: chosen ones, or all.
 *
 * @param from the tag behind which to go on with all of them.
 * @returns the tags that there are jobs for, those that the image does not have, and where to go on with all of them.
 */
export async function syncTags(
  call: Call<Manager>,
  name: RepositoryName,
  { tags, remote: remoteName, remoteOrganization, overrides, hasReferrers }: WantedSync,
  from = "",
): Promise<{ jobs: SyncEntry[]; unknown: Tag[]; next: string | undefined }> {
  const { id, organization } = await requireOwnRepository(call, name, "edit");
  const remote = await requireRemoteOf(call, organization.accountId, remoteName);
  parseRemoteOrganization(remoteOrganization);
  const wanted: WantedCopy = {
    accountId: organization.accountId,
    organizationId: organization.id,
    repositoryId: id,
    ruleId: null,
    remote,
    remoteOrganization,
    overrides,
    hasReferrers,
  };
  const page = tags ?? (await listTags(call.stores.db, name, from, MAX_SYNCED_TAGS))?.tags ?? [];
  const jobs = page.length === 0 ? [] : await write(call, name, wanted, page);
  const made = new Set(jobs.map(({ tag }) => tag));
  const next = tags === undefined && page.length === MAX_SYNCED_TAGS ? page.at(-1) : undefined;
  return { jobs, unknown: page.filter((tag) => !made.has(tag)), next };
}

async function write(
  call: Call<Manager>,
  name: RepositoryName,
  wanted: WantedCopy,
  tags: readonly Tag[],
): Promise<SyncEntry[]> {
  const { stores } = call;
  const actor = actorOf(call);
  const entries = await insertWantedCopies(stores.db, actor, originOf(call), wanted, tags, {
    action: "sync-job.create",
    organization: organizationOf(name),
    resource: name,
    detail: {
      remote: wanted.remote.name,
      remoteOrganization: wanted.remoteOrganization,
      tags: tags.length > MAX_NAMED_TAGS ? tags.length : tags,
    },
  });
  call.after(() => dispatchSyncs(stores, name, entries));
  return entries;
}

/** Tags that the audit names one by one. */
const MAX_NAMED_TAGS = 20;

/** Whose jobs are meant: an image's, or all of an organization. */
export type JobOwnerName = { image: RepositoryName } | { organization: OrganizationName };

/** A page of jobs, the newest first. @param before the id to go on behind. */
export async function listJobs(
  call: Call<Manager>,
  name: JobOwnerName,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<SyncJob[]> {
  return listSyncJobs(call.stores.nearby, await requireJobOwner(call, name), before, limit);
}

/** The same by offset, with how many there are in all. */
export async function listJobsByOffset(
  call: Call<Manager>,
  name: RepositoryName,
  page: { limit: number; offset: number; isDescending: boolean },
): Promise<{ jobs: SyncJob[]; total: number }> {
  const { id } = await requireOwnRepository(call, name, "edit");
  return listSyncJobsByOffset(call.stores.nearby, id, page);
}

/** A job of an image with its tries. */
export async function getJob(
  call: Call<Manager>,
  name: RepositoryName,
  id: number,
): Promise<SyncJob & { tries: SyncAttempt[] }> {
  const job = await requireJob(call, name, id);
  return { ...job, tries: await listSyncAttempts(call.stores.db, id) };
}

/** Ends a job that has not ended. @throws RegistryError SYNC_JOB_ENDED when it has. */
export async function cancelJob(call: Call<Manager>, name: RepositoryName, id: number): Promise<SyncJob> {
  const job = await requireJob(call, name, id);
  const entry = jobEntry("sync-job.cancel", job);
  if (!(await cancelSyncJob(call.stores.db, actorOf(call), id, entry))) {
    throw new RegistryError("SYNC_JOB_ENDED", { message: `job ${id} has ended already`, detail: { job: id } });
  }
  return requireJob(call, name, id);
}

/**
 * Does a job once more, as a new one: a copy brings what the tag points to now.
 *
 * @throws RegistryError TAG_UNKNOWN when a tag that is to be copied is gone, TAG_EXISTS when one that is to be deleted there is
 * here again.
 */
export async function resendJob(call: Call<Manager>, name: RepositoryName, id: number): Promise<SyncJob> {
  const shown = await requireJob(call, name, id);
  const { db } = call.stores;
  const actor = actorOf(call);
  const entry = jobEntry("sync-job.resend", shown);
  const made = async (): Promise<SyncEntry> => {
    const { tag } = shown;
    if (shown.operation === "copy") {
      const { accountId, organizationId, repositoryId, ruleId, remoteOrganization, overrides, hasReferrers } = shown;
      const remote = { id: shown.remoteId, name: shown.remote };
      const wanted = {
        accountId,
        organizationId,
        repositoryId,
        ruleId,
        remote,
        remoteOrganization,
        overrides,
        hasReferrers,
      };
      const [copy] = await insertWantedCopies(db, actor, originOf(call), wanted, [tag], entry);
      if (copy) return copy;
      throw new RegistryError("TAG_UNKNOWN", { message: `tag ${tag} is not in ${name} any more`, detail: { tag } });
    }
    const job = await findWholeSyncJob(db, id);
    if (!job) throw unknownJob(id);
    if (await findTagRecord(db, job.repositoryId, tag)) {
      throw new RegistryError("TAG_EXISTS", { message: `tag ${tag} is in ${name} again`, detail: { tag } });
    }
    return { id: await insertWantedDeletion(db, actor, originOf(call), job, entry), ruleId: job.ruleId, tag };
  };
  const entries = [await made()];
  call.after(() => dispatchSyncs(call.stores, name, entries));
  return requireJob(call, name, entries[0]?.id ?? 0);
}

async function requireJob(call: Call<Manager>, name: RepositoryName, id: number): Promise<SyncJob> {
  const job = await findSyncJob(call.stores.db, await requireJobOwner(call, { image: name }), id);
  if (job) return job;
  throw unknownJob(id);
}

async function requireJobOwner(call: Call<Manager>, name: JobOwnerName) {
  if ("image" in name) return { repositoryId: (await requireOwnRepository(call, name.image, "edit")).id };
  return { organizationId: (await requireOrganization(call, name.organization, "manage")).id };
}

function originOf(call: Call<Manager>): SyncOrigin {
  const { user } = call.caller;
  return { userId: user.id, userName: user.name, registry: call.registry };
}

function jobEntry(action: "sync-job.cancel" | "sync-job.resend", job: SyncJob): AuditEntry {
  const { id, repository, tag, remote, remoteOrganization } = job;
  return {
    action,
    organization: organizationOf(repository),
    resource: repository,
    detail: { job: id, tag, remote, remoteOrganization },
  };
}

function unknownJob(id: number): RegistryError {
  return new RegistryError("SYNC_JOB_UNKNOWN", {
    message: `there is no job of synchronization ${id} here`,
    detail: { job: id },
  });
}
