/** Registries elsewhere: their names, addresses and credentials. */
import type { RegistryError } from "../../kernel/errors.ts";
import {
  MAX_REMOTE_NAME_LENGTH,
  MAX_REMOTE_PASSWORD_LENGTH,
  MAX_REMOTE_USERNAME_LENGTH,
  MAX_URL_LENGTH,
} from "../../kernel/field-limits.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";

/** Who logs in to a remote registry. */
export interface RemoteCredentials {
  username: string;
  password: string;
}

const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?$/;
/** Docker Hub is known by these, and its API answers at another. */
const DOCKER_HUB_NAMES: ReadonlySet<string> = new Set([
  "docker.io",
  "www.docker.io",
  "index.docker.io",
  "hub.docker.com",
]);
const DOCKER_HUB_URL = "https://registry-1.docker.io";

/**
 * Reads the name of a remote registry, which SWR's API calls `remoteRegionId`.
 *
 * @throws RegistryError REMOTE_INVALID.
 */
export function parseRemoteName(text: string): string {
  if (text.length <= MAX_REMOTE_NAME_LENGTH && NAME.test(text)) return text;
  throw refuseField("name", reason("REMOTE_NAME_FORM", { max: MAX_REMOTE_NAME_LENGTH }));
}

/**
 * Reads the address of a remote registry, `https://host[:port]`; a host alone is reached over HTTPS. Whether it may be called is
 * for `checkTarget` to say, plain HTTP included.
 *
 * @returns it without a path; for Docker Hub's names the address of its API.
 * @throws RegistryError REMOTE_INVALID.
 */
export function parseRemoteUrl(text: string): string {
  if (text.length > MAX_URL_LENGTH) throw refuseField("url", reason("URL_TOO_LONG", { max: MAX_URL_LENGTH }));
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw refuseField("url", reason("URL_FORM", { example: "https://registry.example.com" }));
  }
  if (url.username !== "" || url.password !== "") throw refuseField("url", reason("URL_WITH_LOGIN"));
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) throw refuseField("url", reason("URL_WITH_QUERY"));
  if (!/^\/(?:v2\/?)?$/.test(url.pathname)) throw refuseField("url", reason("URL_WITH_PATH"));
  return DOCKER_HUB_NAMES.has(url.host) ? DOCKER_HUB_URL : url.origin;
}

/** Whether a remote registry is Docker Hub, whose official images have no organization in their names. */
export function isDockerHub(url: string): boolean {
  return url === DOCKER_HUB_URL;
}

/**
 * Reads the credentials for a remote registry.
 *
 * @returns undefined for an anonymous one.
 * @throws RegistryError REMOTE_INVALID, which quotes neither.
 */
export function parseRemoteCredentials(
  username: string | null,
  password: string | null,
): RemoteCredentials | undefined {
  if (username === null && password === null) return undefined;
  if (username === null || password === null || username === "" || password === "") {
    throw refuseField(username === null || username === "" ? "username" : "password", reason("REMOTE_LOGIN_HALF"));
  }
  if (username.length > MAX_REMOTE_USERNAME_LENGTH || /[:\p{Cc}]/u.test(username)) {
    throw refuseField("username", reason("REMOTE_USERNAME_FORM", { max: MAX_REMOTE_USERNAME_LENGTH }));
  }
  if (password.length > MAX_REMOTE_PASSWORD_LENGTH || /\p{Cc}/u.test(password)) {
    throw refuseField("password", reason("REMOTE_PASSWORD_FORM", { max: MAX_REMOTE_PASSWORD_LENGTH }));
  }
  return { username, password };
}

function refuseField(field: string, why: Reason): RegistryError {
  return refusal("REMOTE_INVALID", why, { field, detail: { field } });
}
