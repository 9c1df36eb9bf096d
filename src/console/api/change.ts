import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Answer, unwrap } from "../../client/api/client.ts";

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
