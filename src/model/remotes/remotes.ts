/** Registries elsewhere: their names, addresses and credentials. */
import { RegistryError } from "../../kernel/errors.ts";
import {
  MAX_REMOTE_NAME_LENGTH,
  MAX_REMOTE_PASSWORD_LENGTH,
  MAX_REMOTE_USERNAME_LENGTH,
  MAX_URL_LENGTH,
} from "../../kernel/field-limits.ts";

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
  const message =
    `the name must have 1 to ${MAX_REMOTE_NAME_LENGTH} letters, digits, ".", "_" and "-", and begin and end with a letter ` +
    "or digit";
  throw new RegistryError("REMOTE_INVALID", { message, detail: { field: "name" } });
}

/**
 * Reads the address of a remote registry, `https://host[:port]`; a host alone is reached over HTTPS. Whether it may be called is
 * for `checkTarget` to say, plain HTTP included.
 *
 * @returns it without a path; for Docker Hub's names the address of its API.
 * @throws RegistryError REMOTE_INVALID.
 */
export function parseRemoteUrl(text: string): string {
  if (text.length > MAX_URL_LENGTH) throw refuseUrl(`has more than ${MAX_URL_LENGTH} characters`);
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw refuseUrl("is not an address such as https://registry.example.com");
  }
  if (url.username !== "" || url.password !== "") throw refuseUrl("has a user name or a password in it");
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) throw refuseUrl("has a query or a fragment");
  if (!/^\/(?:v2\/?)?$/.test(url.pathname)) throw refuseUrl("has a path: what comes after the host belongs to a rule");
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
    throw refuseField(
      username === null || username === "" ? "username" : "password",
      "a user name takes a password, and a password a user name",
    );
  }
  if (username.length > MAX_REMOTE_USERNAME_LENGTH || /[:\p{Cc}]/u.test(username)) {
    const what = `at most ${MAX_REMOTE_USERNAME_LENGTH} characters, no colon and no control characters`;
    throw refuseField("username", `the user name must have ${what}`);
  }
  if (password.length > MAX_REMOTE_PASSWORD_LENGTH || /\p{Cc}/u.test(password)) {
    const what = `at most ${MAX_REMOTE_PASSWORD_LENGTH} characters and no control characters`;
    throw refuseField("password", `the password must have ${what}`);
  }
  return { username, password };
}

function refuseField(field: string, message: string): RegistryError {
  return new RegistryError("REMOTE_INVALID", { message, detail: { field } });
}

function refuseUrl(why: string): RegistryError {
  return refuseField("url", `the url ${why}`);
}
