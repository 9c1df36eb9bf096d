/** Follows what happens, so that lists on screen tell of it by themselves. */
import { type Query, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { components } from "../../client/api/schema.d.ts";
import { ApiError, queries } from "./client.ts";

type Changes = components["schemas"]["Changes"];

/** How often the registry is asked whether something has changed, in milliseconds. */
const FOLLOW_MS = 5000;

/** Which queries a change makes stale, by their paths. */
const STALE: Readonly<Record<keyof Changes, RegExp>> = {
  images: /^\/api\/(?:images|overview|activity|organizations|quotas)(?:\/|$)/,
  deliveries: /^\/api\/activity$|\/triggers(?:\/|$)/,
  jobs: /\/sync(?:-jobs)?(?:\/|$)/,
};

/**
 * Asks every few seconds whether something has changed that the user may see, while the page is in front, and has those queries
 * on screen sent again that it makes stale.
 */
export function useFollowedChanges(): void {
  const client = useQueryClient();
  const { data } = queries.useQuery(
    "get",
    "/api/changes",
    {},
    {
      staleTime: 0,
      retry: false,
      // Pauses in the background, and asks at once when the page comes back.
      refetchOnWindowFocus: "always",
      refetchInterval: ({ state }) => (isRefused(state.error) ? false : FOLLOW_MS),
    },
  );
  const known = useRef<Changes>(undefined);
  useEffect(() => {
    if (!data) return;
    const before = known.current;
    known.current = data;
    if (!before) return;
    const changed = kindsOf(data).filter((kind) => data[kind] !== before[kind]);
    if (changed.length === 0) return;
    const isStale = (query: Query) => changed.some((kind) => isOf(kind, query.queryKey));
    void client.invalidateQueries({ predicate: isStale });
  }, [client, data]);
}

/** The session has ended: after the next sign-in everything is sent again. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

function kindsOf(changes: Changes): (keyof Changes)[] {
  return Object.keys(changes) as (keyof Changes)[];
}

function isOf(kind: keyof Changes, [method, path]: QueryKey): boolean {
  return method === "get" && typeof path === "string" && STALE[kind].test(path);
}
