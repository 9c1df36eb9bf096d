/** Who is signed in: asking, signing in and out, one's own password. */
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { readStored, writeStored } from "../browser-storage.ts";
import { api, keyOf, queries } from "./client.ts";

/** Who is signed in. */
export type Self = components["schemas"]["Self"]["user"];

/** Who looks at the console, and until when they are signed in; nobody is null. */
type Visitor = components["schemas"]["Visitor"];

const VISITOR = "/api/visitor";

/** Who was signed in last in this browser, so that the end of a session can be told from its absence. */
const USER_KEY = "berth.user";

/** The name of the user whose session is not known to have ended by signing out. */
export function lastUser(): string | undefined {
  return readStored("local", USER_KEY);
}

// It ends by an answer to any request, not by growing old.
const SESSION = queries.queryOptions("get", VISITOR, undefined, { staleTime: Number.POSITIVE_INFINITY });

/** Asks who is signed in before anything is drawn that needs to know. Never fails: the part that draws it hears of that. */
export async function prefetchSession(client: QueryClient): Promise<void> {
  await client.prefetchQuery(SESSION);
}

/** The signed-in user; null when nobody is. */
export function useSession() {
  return useQuery({ ...SESSION, select: userOf });
}

/** When the session ends, as a time in ISO 8601; null when that is not known. */
export function useSessionExpiry(): string | null {
  return useQuery({ ...SESSION, select: expiryOf }).data ?? null;
}

function userOf({ user }: Visitor): Self | null {
  return user;
}

function expiryOf({ expires }: Visitor): string | null {
  return expires;
}

/**
 * The signed-in user, on a page that only signed-in users see.
 *
 * @throws Error anywhere else.
 */
export function useSelf(): Self {
  const { data } = useSession();
  if (!data) throw new Error("nobody is signed in");
  return data;
}

/** Signs in. What was fetched before is fetched anew: it may be another user's. */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (credentials: { name: string; password: string }) =>
      unwrap(await api.POST("/api/session", { body: credentials })),
    onSuccess: (session) => {
      writeStored("local", USER_KEY, session.user.name);
      client.setQueryData<Visitor>(keyOf(VISITOR), session);
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] !== VISITOR });
    },
  });
}

/** Signs out. */
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => unwrap(await api.DELETE("/api/session")),
    onSuccess: () => {
      writeStored("local", USER_KEY, undefined);
      client.clear();
      client.setQueryData<Visitor>(keyOf(VISITOR), { user: null, expires: null });
    },
  });
}

/** Changes one's own password; other sessions end. */
export function useChangePassword() {
  return useMutation({
    mutationFn: async (passwords: { current: string; new: string }) =>
      unwrap(await api.PUT("/api/session/password", { body: passwords })),
  });
}
