/** What accounts and users are called: 1 to 64 characters, without the `@` and `:` that logins give a meaning. */
export const ACCOUNT_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
