/** Calls of registry functions without a request. */
import type { Action, Caller, Manager, RegistryCaller, User } from "../../../src/model/rights/access.ts";
import type { RepositoryName } from "../../../src/kernel/reference.ts";
import type { Call } from "../../../src/registry/call.ts";
import type { Access } from "../../../src/registry/rights/access.ts";
import type { Stores } from "../../../src/registry/stores.ts";

/** A call of somebody. What would follow its answer is left out: a test does that itself when it wants it. */
export function callOf<C extends Caller>(stores: Stores, caller: C): Call<C> {
  return { stores, caller, registry: "http://registry.test", after: () => undefined };
}

/** A call of a user who manages. */
export function managing(stores: Stores, user: User): Call<Manager> {
  return callOf(stores, { api: "management", user, address: undefined });
}

/** A call of a user who pushes and pulls, with a name and password. */
export function pushing(stores: Stores, user: User): Call<RegistryCaller> {
  return callOf(stores, { api: "registry", user, grants: undefined, address: undefined });
}

/** What `requireAccess` answers where it does not refuse. */
export function accessTo<A extends Action>(action: A, repository: RepositoryName): Access<A> {
  return { action, repository, place: undefined, confirm: async () => undefined };
}
