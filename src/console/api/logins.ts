/** Logins that last, one's own or those of a user of the account: browsers, tokens and container tools. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, keyOf } from "./client.ts";

export type Login = components["schemas"]["Login"];

const OWN = "/api/logins";
const OF_USER = "/api/users/{name}/logins";

/** Those used last first. */
export function useLogins(name?: string) {
  return useQuery({
    queryKey: keyOfLogins(name),
    queryFn: async ({ signal }) => {
      const answer =
        name === undefined
          ? await api.GET(OWN, { signal })
          : await api.GET(OF_USER, { params: { path: { name } }, signal });
      return unwrap(answer).logins;
    },
  });
}

/** Ends one login by its id, or, without one, all but the present one; answers how many. */
export function useEndLogins(name?: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id?: string) => (name === undefined ? endOwn(id) : endOfUser(name, id)),
    onSettled: () => client.invalidateQueries({ queryKey: keyOfLogins(name) }),
  });
}

function keyOfLogins(name: string | undefined) {
  return name === undefined ? keyOf(OWN) : keyOf(OF_USER, { name });
}

async function endOwn(id: string | undefined): Promise<number> {
  if (id === undefined) return unwrap(await api.DELETE(OWN)).ended;
  await api.DELETE(`${OWN}/{id}`, { params: { path: { id } } });
  return 1;
}

async function endOfUser(name: string, id: string | undefined): Promise<number> {
  if (id === undefined) return unwrap(await api.DELETE(OF_USER, { params: { path: { name } } })).ended;
  await api.DELETE(`${OF_USER}/{id}`, { params: { path: { name, id } } });
  return 1;
}
