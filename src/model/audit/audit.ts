/** What the audit records: guide 1.6. */
import type { OrganizationName } from "../../kernel/reference.ts";

/** `<what>.<did>`, as queries and exports name it. */
export const AUDIT_ACTIONS = [
  "account.create",
  "account.delete",
  "user.create",
  "user.update",
  "user.delete",
  "user.password",
  "session.login",
  "session.logout",
  // One of the logins that a user has was ended from a list of them, or to make room for another.
  "session.end",
  // A name and password were exchanged for tokens: recorded once an hour and address, since docker does it at every pull.
  "token.create",
  // With a job's token: each use of one for other repositories, with the claims that let it in.
  "job.login",
  "trust-rule.create",
  "trust-rule.update",
  "trust-rule.delete",
  "access-key.create",
  "access-key.delete",
  "login-command.create",
  "organization.create",
  "organization.delete",
  "organization.permission.set",
  "organization.permission.delete",
  "image.create",
  "image.update",
  "image.delete",
  // As an archive, by a user. Pulls of container tools are counted instead.
  "image.download",
  "image.permission.set",
  "image.permission.delete",
  "share.create",
  "share.update",
  "share.delete",
  "immutable-rule.create",
  "immutable-rule.delete",
  "retention-rule.create",
  "retention-rule.update",
  "retention-rule.delete",
  "quota.update",
  "garbage.collect",
  "secrets.reencrypt",
  "cluster.create",
  "cluster.update",
  "cluster.delete",
  "remote.create",
  "remote.update",
  "remote.delete",
  "upstream.create",
  "upstream.update",
  "upstream.delete",
  "trigger.create",
  "trigger.update",
  "trigger.delete",
  "trigger.test",
  "delivery.resend",
  "sync-rule.create",
  "sync-rule.update",
  "sync-rule.delete",
  // Jobs that somebody asked for, of a rule or for chosen tags. Those of pushes are the pushes' own.
  "sync-job.create",
  "sync-job.cancel",
  "sync-job.resend",
  "manifest.push",
  // A tag was pulled whose manifest came from a registry elsewhere then.
  "manifest.fetch",
  "manifest.delete",
  "tag.create",
  "tag.delete",
  "tag.expire",
  "tag.restore",
  "blob.delete",
  "audit.export",
  // A refusal to a caller who manages an account, but not the thing in question.
  "management.request",
  // A push or deletion by a container tool that was refused.
  "registry.request",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const AUDIT_RESULTS = ["success", "denied"] as const;
export type AuditResult = (typeof AUDIT_RESULTS)[number];

/** Something that somebody does, to be recorded together with it. */
export interface AuditEntry {
  /** Whose event it is; undefined: the acting user's. */
  accountId?: number;
  action: AuditAction;
  /** The organization that it concerns, if any. */
  organization?: OrganizationName;
  /** What it is done to: `organization[/image[:tag]]`, a user, an account, an access key. */
  resource: string;
  /** Further particulars; never a secret. */
  detail?: Record<string, unknown>;
  result?: AuditResult;
}
