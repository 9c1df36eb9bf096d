/** Registries elsewhere that the account has registered. */
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";

export type Remote = components["schemas"]["Remote"];
export type NewRemote = components["schemas"]["NewRemote"];
export type RemoteChanges = components["schemas"]["RemoteChanges"];

const REMOTES = "/api/remotes";
const REMOTE = `${REMOTES}/{remote}` as const;

/** All of the account's, by name. */
export function useRemotes({ isEnabled = true } = {}) {
  return queries.useQuery("get", REMOTES, {}, { select: ({ remotes }) => remotes, enabled: isEnabled });
}

/** What an administrator can do with them. */
export function useRemoteChanges() {
  const stale = keyOf(REMOTES);
  const add = useChange((body: NewRemote) => api.POST(REMOTES, { body }), stale);
  const change = useChange(
    ({ remote, changes, version }: { remote: string; changes: RemoteChanges; version?: string | undefined }) =>
      api.PATCH(REMOTE, { params: { path: { remote } }, body: changes, ...ifUnchanged(version) }),
    stale,
  );
  const remove = useChange((remote: string) => api.DELETE(REMOTE, { params: { path: { remote } } }), stale);
  const test = useChange((remote: string) => api.POST(`${REMOTE}/test`, { params: { path: { remote } } }));
  return { add, change, remove, test };
}
