/**
 * What the paths of programs begin with, each alone or followed by `/`. All others belong to the console (ADR 0010).
 * `run_worker_first` in wrangler.toml names the same.
 */
export const API_PATHS = [
  "/api",
  "/docs",
  "/dockyard",
  "/openapi.json",
  "/swr",
  "/token",
  "/v1",
  "/v2",
  "/v3",
  "/v3.0",
] as const;

/** Whether a path belongs to an API, also when there is nothing at it. */
export function isApiPath(path: string): boolean {
  return API_PATHS.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

/** The registry API with its tokens and its search, without the management API that is below it (ADR 0002). */
const REGISTRY_PATHS = /^\/(?:token|swr\/auth\/v2\/registry\/auth|v1|v2(?!\/manage(?:\/|$)))(?:\/|$)/;

/** Whether container tools ask at a path. */
export function isRegistryPath(path: string): boolean {
  return REGISTRY_PATHS.test(path);
}

/** Whether a request comes from one of Huawei's SDKs, which ask for `/v2` as well: container tools send neither of these. */
export function comesFromSdk(headers: Headers): boolean {
  return headers.has("X-Auth-Token") || headers.get("Authorization")?.startsWith("SDK-HMAC-SHA256 ") === true;
}
