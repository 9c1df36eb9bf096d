/** Organizations that stand for a registry elsewhere: what may be set, and what their images are called there. */
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import { imageOf, isNamePath, type RepositoryName } from "../../kernel/reference.ts";
import { MAX_UPSTREAM_PATH_LENGTH } from "../../kernel/upstream-limits.ts";
import { isDockerHub } from "../remotes/remotes.ts";

/** Docker Hub keeps its official images here, and its users leave it out. */
const OFFICIAL_IMAGES = "library";

/**
 * Reads what the names of images begin with at an upstream, such as `bitnami` or `my-project/mirror`.
 *
 * @returns it without slashes at its ends; empty for nothing.
 * @throws RegistryError PARAMETER_INVALID.
 */
export function parseUpstreamPath(text: string): string {
  const path = text.replace(/^\/+|\/+$/g, "");
  if (path === "" || (path.length <= MAX_UPSTREAM_PATH_LENGTH && isNamePath(path))) return path;
  const why = reason("UPSTREAM_PATH_FORM", { max: MAX_UPSTREAM_PATH_LENGTH });
  throw refusal("PARAMETER_INVALID", why, { field: "path", detail: { field: "path" } });
}

/** What an image of an organization is called at its upstream. On Docker Hub `nginx` is `library/nginx`. */
export function upstreamName({ url, path }: { url: string; path: string }, repository: RepositoryName): string {
  const image = imageOf(repository);
  if (path !== "") return `${path}/${image}`;
  return isDockerHub(url) && !image.includes("/") ? `${OFFICIAL_IMAGES}/${image}` : image;
}

/** An upstream as people know it: its host, and Docker Hub by its name. */
export function upstreamLabel(url: string): string {
  return isDockerHub(url) ? "docker.io" : new URL(url).host;
}
