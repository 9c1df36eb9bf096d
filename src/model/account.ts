import { MAX_ACCOUNT_NAME_LENGTH } from "./field-limits.ts";

/** What accounts and users are called: 1 to 64 characters, without the `@` and `:` that logins give a meaning. */
export const ACCOUNT_NAME = new RegExp(`^[A-Za-z][A-Za-z0-9_.-]{0,${MAX_ACCOUNT_NAME_LENGTH - 1}}$`);
