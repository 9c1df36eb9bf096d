import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Answer, unwrap } from "../../client/api/client.ts";

/**
 * What makes a change one that is refused (`PRECONDITION_FAILED`) if somebody else has made one since.
 *
 * @param version `updated` of what was read; undefined: whatever is there.
 */
export function ifUnchanged(version: string | undefined) {
  return version === undefined ? {} : { headers: { "If-Match": `"${version}"` } };
}

/**
 * A change of what the registry has: a mutation of one request.
 *
 * @param change sends it.
 * @param stale keys of queries that are asked anew afterwards, also when it was refused: others may have been faster.
 */
export function useChange<T, V = void>(change: (variables: V) => Promise<Answer<T>>, ...stale: QueryKey[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (variables: V) => unwrap(await change(variables)),
    onSettled: () => Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
