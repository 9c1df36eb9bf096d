import { JOB_NAME } from "../trust/job-logins.ts";
import { MAX_ACCOUNT_NAME_LENGTH } from "../../kernel/field-limits.ts";

/** What accounts and users are called: 1 to 64 characters, without the `@` and `:` that logins give a meaning. */
export const ACCOUNT_NAME = new RegExp(`^[A-Za-z][A-Za-z0-9_.-]{0,${MAX_ACCOUNT_NAME_LENGTH - 1}}$`);

/** The account that the first start or deployment makes, and its administrator: an operator. */
export const FIRST_ACCOUNT_ID = 1;
export const FIRST_ADMINISTRATOR = "admin";

/** Whether a name is reserved in all accounts: scripts and people find the first administrator by it, and jobs log in as `oidc`. */
export function isReservedUserName(name: string): boolean {
  return [FIRST_ADMINISTRATOR, JOB_NAME].includes(name.toLowerCase());
}
