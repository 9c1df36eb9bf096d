/** Which of the programs' paths (`kernel/api-paths.ts`) a request is for. */
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
