/** Reasons of refusals in modules that an isolate loads before its first request (ADR 0028); the table is small for that. */
import { refuseBy } from "./reasons.ts";

export const EARLY_REASONS = {
  MAY_NOT_READ: "you do not have the permission: {{user}} may not read {{name}}",
  MAY_NOT_EDIT: "you do not have the permission: {{user}} may not edit {{name}}",
  MAY_NOT_MANAGE: "you do not have the permission: {{user}} may not manage {{name}}",
  ANONYMOUS: "an anonymous caller",
  ADMINISTRATORS_ONLY: "only an administrator of the account may do that",
  OPERATORS_ONLY: "only an operator of the deployment may do that",
  OTHER_AUDITS: "only an operator of the deployment may see the audit of other accounts",
  OWN_AUDIT_ONLY: "you may see what you did, and what concerns an organization that you manage",
  UPSTREAM_ONLY: "organization {{organization}} stands for another registry, from which alone its images come",

  PASSWORD_WRONG: "the current password is wrong",
  PASSWORD_IS_OWN: "your own password is changed with the current one: PUT /api/session/password",
  ROBOT_WITHOUT_PASSWORD: "{{user}} is a robot: it has no password, and rights by permission alone",
  ROBOT_WITHOUT_COMMANDS: "a robot logs in with its access keys",
  KEYS_ARE_OWN: "{{user}} is no robot: people make their own access keys",
  KEYS_OF_ROBOTS: "a robot's access keys are made by an administrator of the account",
  KEY_ENDS_BEFORE_NOW: "ends: must be in the future",
  USER_EXISTS: "there is a user {{name}} already",
  ACCOUNT_EXISTS: "there is an account {{name}} already",
  IMMUTABLE_RULE_EXISTS: "image {{image}} has the immutable-tag rule {{pattern}} already",
  TOO_MANY_IMMUTABLE_RULES: "an image may have at most {{max}} immutable-tag rules",
  LAST_ADMINISTRATOR: "{{name}} is the last administrator",
  LAST_OPERATOR: "{{name}} is the last administrator of the account or operator of the deployment",
} as const;

/** Makes a refusal with one of these reasons. */
export const earlyRefusal = refuseBy(EARLY_REASONS);
