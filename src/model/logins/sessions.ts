/** Lasting logins: their ids and names, and which of their fields are shown. */

/**
 * How a login is used: by a browser's cookie, by an IAM client's `X-Auth-Token`, or by a refresh token, which `docker
 * login` keeps in place of a password. A secret of one kind is not accepted as another.
 */
export const SESSION_KINDS = ["browser", "iam-token", "refresh-token"] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

/** Characters of what a client says of itself that are kept: browsers say up to 150, and the end matters. */
const MAX_CLIENT_LENGTH = 160;

/** What a client calls itself (`User-Agent`, or OAuth2's `client_id`), fit to be shown; undefined when it says nothing. */
export function describeClient(text: string | undefined): string | undefined {
  const clean = text
    ?.replace(/[^\x20-\x7e]+/g, " ")
    .replace(/ {2,}/g, " ")
    .trim();
  if (!clean) return undefined;
  return clean.length > MAX_CLIENT_LENGTH ? `${clean.slice(0, MAX_CLIENT_LENGTH - 1)}…` : clean;
}

/** Hexadecimal digits of a session's id. */
const ID_LENGTH = 24;
const ID = /^[0-9a-f]{24}$/;

/**
 * What a login is called where it is listed: the beginning of the SHA-256 of its token, which is of no use to somebody
 * who wants the token.
 */
export function sessionIdOf(tokenHash: string): string {
  return tokenHash.slice(0, ID_LENGTH);
}

/** Whether a text may be the id of a login. */
export function isSessionId(text: string): boolean {
  return ID.test(text);
}
