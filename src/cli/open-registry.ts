import { createHash } from "node:crypto";
import { RegistryClient } from "../client/registry-client.ts";
import { findCredentials } from "./credentials/find.ts";
import { nodeFetch, openConnections } from "./node-fetch.ts";
import type { RegistryAddress } from "./registry-address.ts";

const fetch = nodeFetch(openConnections());

/** Enough for minutes without a network, in the middle of a transfer. */
const RETRY = { attempts: 8 };

/**
 * Opens a registry with the credentials that are known for it.
 *
 * @param isOnlyOne whether the command talks to no other: see {@link findCredentials}.
 * @throws what says that nobody is there, or that the credentials are wrong, before anything else is done.
 */
export async function openRegistry(registry: RegistryAddress, isOnlyOne = true): Promise<RegistryClient> {
  const credentials = await findCredentials(registry.name, isOnlyOne);
  const client = new RegistryClient({ url: registry.url, credentials, fetch, createHash, retry: RETRY });
  // Anonymous callers are refused here by registries that let them pull single images.
  if (credentials.kind !== "anonymous") await client.check({ attempts: 2 });
  return client;
}
