import { ApiError } from "./client.ts";

/** Whether the registry says that something is not there, or not for the user: it does not tell which. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 403 || error.status === 404);
}

/**
 * What a query knows, unless the registry has said since then that it is gone, or no longer for the user. After other
 * failures, such as a lost network or the end of a session, what was there stays.
 */
export function dataUnlessGone<T>({ data, error }: { data: T | undefined; error: unknown }): T | undefined {
  return isMissing(error) ? undefined : data;
}
