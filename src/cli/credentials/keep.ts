/** Keeping credentials where docker and its kin look for them, and forgetting them. */
import type { Credentials } from "../../client/authorization.ts";
import { findHelper, noteInFile, readDockerConfig, storeInFile } from "./docker-config.ts";
import { credentialsKey } from "./find.ts";
import { eraseFromHelper, storeInHelper } from "./helper.ts";

/**
 * Keeps credentials for a registry: with docker's credential helper if it has one, otherwise in its configuration file.
 *
 * @param user whose they are, to be shown beside an identity token.
 * @returns where they are now, in words.
 * @throws Failure.
 */
export async function keepCredentials(registry: string, credentials: Credentials, user: string): Promise<string> {
  const key = credentialsKey(registry);
  const helper = findHelper(readDockerConfig(), key);
  if (helper === undefined) {
    storeInFile(key, credentials, user);
    return "docker's config.json";
  }
  await storeInHelper(helper, key, credentials);
  noteInFile(key);
  return `docker-credential-${helper}`;
}

/** Forgets the credentials for a registry, wherever they are. @throws Failure. */
export async function forgetCredentials(registry: string): Promise<void> {
  const key = credentialsKey(registry);
  const helper = findHelper(readDockerConfig(), key);
  if (helper !== undefined) await eraseFromHelper(helper, key);
  storeInFile(key, undefined, "");
}
