/**
 * What the paths of programs begin with, each alone or followed by `/`. All others belong to the console (ADR 0010).
 * `run_worker_first` in wrangler.toml names the same.
 */
export const API_PATHS = [
  "/api",
  "/docs",
  "/dockyard",
  "/healthz",
  "/metrics",
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
