/** Managing the rules of synchronization of images and organizations. */
import type { Versions } from "../../kernel/precondition.ts";
import { unlessChanged } from "../versions.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import { MAX_ACCOUNT_SYNC_RULES, MAX_ORGANIZATION_SYNC_RULES, MAX_SYNC_RULES } from "../../kernel/limits.ts";
import { type OrganizationName, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import type { Manager } from "../../model/rights/access.ts";
import {
  EVERYTHING,
  parseRemoteOrganization,
  parseSyncGlob,
  type SyncRuleSettings,
  type SyncTarget,
} from "../../model/sync/sync-rules.ts";
import { findRemote, type RemoteRecord } from "../../storage/remotes/remotes.ts";
import {
  deleteSyncRule,
  findSyncRule,
  insertSyncRule,
  listSyncRules,
  type SyncRuleOwner,
  type SyncRuleRecord,
  updateSyncRule,
} from "../../storage/sync/sync-rules.ts";
import { actorOf, type Call } from "../call.ts";
import { unknownRemote } from "../remotes/remotes.ts";
import { requireOrganization, requireOwnRepository } from "../rights/management.ts";

export type SyncRule = SyncRuleRecord;

/** Whose rules are meant: an image's, or an organization's for all of its images. */
export type RuleOwnerName = { image: RepositoryName } | { organization: OrganizationName };

export type WantedSyncRule = SyncTarget & SyncRuleSettings;

/** What is absent stays as it is. A rule's target stays: another one is another rule. */
export type SyncRuleChanges = { [K in keyof SyncRuleSettings]?: SyncRuleSettings[K] | undefined };

/**
 * The image or the organization that rules are of, if the caller may change them: with the right to edit the image, or to manage
 * the organization.
 *
 * @throws RegistryError as `requireRepository` and `requireOrganization` do.
 */
export async function requireRuleOwner(call: Call<Manager>, name: RuleOwnerName): Promise<SyncRuleOwner> {
  if ("image" in name) {
    const { id, organization } = await requireOwnRepository(call, name.image, "edit");
    return {
      accountId: organization.accountId,
      organization: { id: organization.id, name: organizationOf(name.image) },
      repository: { id, name: name.image },
    };
  }
  const organization = await requireOrganization(call, name.organization, "manage");
  const { id, accountId } = organization;
  return { accountId, organization: { id, name: organization.name }, repository: undefined };
}

/** The rules of an image, or those of an organization without those of its images. */
export async function listRules(call: Call<Manager>, name: RuleOwnerName): Promise<SyncRule[]> {
  return listSyncRules(call.stores.db, await requireRuleOwner(call, name));
}

export async function getRule(call: Call<Manager>, name: RuleOwnerName, id: number): Promise<SyncRule> {
  return (await requireRule(call, name, id)).rule;
}

/** Makes a rule. @throws RegistryError SYNC_RULE_EXISTS, SYNC_RULE_LIMIT, SYNC_RULE_INVALID, REMOTE_UNKNOWN. */
export async function addRule(call: Call<Manager>, name: RuleOwnerName, wanted: WantedSyncRule): Promise<SyncRule> {
  const owner = await requireRuleOwner(call, name);
  const { db } = call.stores;
  const { remote: remoteName, ...settings } = wanted;
  const remote = await requireRemoteOf(call, owner.accountId, remoteName);
  const images = owner.repository ? EVERYTHING : parseSyncGlob("images", settings.images);
  parseSyncGlob("tags", settings.tags);
  parseRemoteOrganization(settings.remoteOrganization);
  const created = await insertSyncRule(db, actorOf(call), owner, remote, { ...settings, images });
  switch (created.outcome) {
    case "created":
      return getRule(call, name, created.id);
    case "exists":
      throw existingRule(wanted);
    case "too-many": {
      const message =
        `an image has at most ${MAX_SYNC_RULES} rules of synchronization, an organization ${MAX_ORGANIZATION_SYNC_RULES}, and ` +
        `an account ${MAX_ACCOUNT_SYNC_RULES} in all`;
      throw new RegistryError("SYNC_RULE_LIMIT", message);
    }
    case "gone":
      // Whichever it is, asking for it says so.
      await requireRuleOwner(call, name);
      throw unknownRemote(remoteName);
    default:
      return created satisfies never;
  }
}

/** Changes what is given of a rule. What waits already goes by its old options, unless its tag does not match any more. */
export async function changeRule(
  call: Call<Manager>,
  name: RuleOwnerName,
  id: number,
  { versions, ...changes }: SyncRuleChanges & { versions?: Versions | undefined },
): Promise<SyncRule> {
  const { owner, rule } = await requireRule(call, name, id);
  if (changes.images !== undefined) parseSyncGlob("images", changes.images);
  if (changes.tags !== undefined) parseSyncGlob("tags", changes.tags);
  if (owner.repository && changes.images !== undefined) {
    throw refusal("SYNC_RULE_INVALID", reason("SYNC_IMAGES_FIXED"), { field: "images", detail: { field: "images" } });
  }
  const updating = updateSyncRule(call.stores.db, actorOf(call), owner, rule, changes, versions);
  const { outcome } = await unlessChanged(`rule ${id}`, updating);
  if (outcome === "unknown") throw unknownRule(id);
  if (outcome === "exists") throw existingRule(rule);
  return getRule(call, name, id);
}

/** Deletes a rule. Jobs that wait for it are not done; what was done stays in the history. */
export async function removeRule(call: Call<Manager>, name: RuleOwnerName, id: number): Promise<void> {
  const { owner, rule } = await requireRule(call, name, id);
  if (!(await deleteSyncRule(call.stores.db, actorOf(call), owner, rule))) throw unknownRule(id);
}

/** The same for the rule of an image that has a target. */
export async function removeRuleTo(
  call: Call<Manager>,
  image: RepositoryName,
  { remote, remoteOrganization }: SyncTarget,
): Promise<void> {
  const rule = (await listRules(call, { image })).find(
    (one) => one.remote === remote && one.remoteOrganization === remoteOrganization,
  );
  if (!rule) {
    const message = `${image} has no rule of synchronization to ${shorten(remoteOrganization)} in ${shorten(remote)}`;
    throw new RegistryError("SYNC_RULE_UNKNOWN", message);
  }
  await removeRule(call, { image }, rule.id);
}

/** A rule of an image or organization whose rules the caller may change. */
export async function requireRule(
  call: Call<Manager>,
  name: RuleOwnerName,
  id: number,
): Promise<{ owner: SyncRuleOwner; rule: SyncRule }> {
  const owner = await requireRuleOwner(call, name);
  const rule = await findSyncRule(call.stores.db, owner, id);
  if (!rule) throw unknownRule(id);
  return { owner, rule };
}

/** A remote registry of the account that an image belongs to. @throws RegistryError REMOTE_UNKNOWN. */
export async function requireRemoteOf(call: Call<Manager>, accountId: number, name: string): Promise<RemoteRecord> {
  const remote = await findRemote(call.stores.db, accountId, name);
  if (!remote) throw unknownRemote(name);
  return remote;
}

function unknownRule(id: number): RegistryError {
  return new RegistryError("SYNC_RULE_UNKNOWN", `there is no rule of synchronization ${id} here`);
}

function existingRule({ remote, remoteOrganization }: SyncTarget): RegistryError {
  const why =
    remoteOrganization === ""
      ? reason("SYNC_RULE_EXISTS", { remote })
      : reason("SYNC_RULE_EXISTS_TO", { remote, organization: remoteOrganization });
  return refusal("SYNC_RULE_EXISTS", why, { field: "remoteOrganization" });
}
