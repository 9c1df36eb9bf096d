import { ApiError } from "./client.ts";

/** Whether the registry says that something is not there, or not for the user: it does not tell which. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 403 || error.status === 404);
}

/**
 * The data of a query, unless the registry has answered since then that it is gone or that the user has no right to it.
 * After other failures, such as a lost network or the end of a session, what was there stays.
 */
export function dataUnlessGone<T>({ data, error }: { data: T | undefined; error: unknown }): T | undefined {
  return isMissing(error) ? undefined : data;
}
