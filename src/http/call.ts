/** The one place that makes what registry functions are called with (`registry/call.ts`). */
import type { Context } from "hono";
import type { Copier, Manager, RegistryCaller, Visitor } from "../model/rights/access.ts";
import type { Call, Incoming } from "../registry/call.ts";
import { copierOf, managerOf, visitorOf } from "../registry/rights/callers.ts";
import type { AppEnv } from "./context.ts";
import { ownAddress, requestPath } from "./public-address.ts";

/** A request of which it does not matter, or is not known yet, who sends it. */
export function incoming(c: Context<AppEnv>): Incoming {
  return { stores: c.get("stores"), registry: ownAddress(c), after: (work) => continueAfterAnswer(c, work) };
}

/** A request to the registry API. */
export function registryCall(c: Context<AppEnv>): Call<RegistryCaller> {
  return { ...incoming(c), caller: c.get("registryCaller") };
}

/**
 * A request to a management API of somebody who looks at what everybody may see.
 *
 * @throws RegistryError DENIED for credentials that only push and pull. So parameters are read before, where they are to be
 * refused first.
 */
export function visitorCall(c: Context<AppEnv>): Call<Visitor> {
  return { ...incoming(c), caller: visitorOf(c.get("credentials")) };
}

/**
 * A request to a management API of a user.
 *
 * @throws RegistryError UNAUTHORIZED without credentials; DENIED as {@link visitorCall}.
 */
export function managerCall(c: Context<AppEnv>): Call<Manager> {
  return { ...incoming(c), caller: managerOf(c.get("credentials")) };
}

/**
 * A request of a replication, to the routes behind `identifyCopier`.
 *
 * @throws RegistryError UNAUTHORIZED without credentials.
 */
export function copierCall(c: Context<AppEnv>): Call<Copier> {
  return { ...incoming(c), caller: copierOf(c.var.credentials) };
}

/** Lets work that the answer does not wait for come to its end: that it failed can only be logged. */
export function continueAfterAnswer(c: Context<AppEnv>, work: () => Promise<unknown>): void {
  c.executionCtx.waitUntil(logFailure(c, work));
}

async function logFailure(c: Context<AppEnv>, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(`${c.req.method} ${requestPath(c).pathname}: what follows the answer failed:`, error);
  }
}
