import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./error.ts";

/** How long an answer counts as fresh, in milliseconds: going back and forth between pages asks nothing again. */
const FRESH_MS = 15_000;
const MAX_RETRIES = 2;

/** What all queries of the console share. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: FRESH_MS, retry: mayHelp },
      mutations: { retry: false },
    },
  });
}

/** A refusal stays one; an outage or a lost network may pass. */
function mayHelp(failures: number, error: Error): boolean {
  if (failures >= MAX_RETRIES) return false;
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}
