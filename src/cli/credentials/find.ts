/** Whose name a command goes by. */
import type { Credentials } from "../../client/authorization.ts";
import { usageFailure } from "../failure.ts";
import { parseRegistryAddress } from "../registry-address.ts";
import { dockerConfigFile, findHelper, findStoredCredentials, readDockerConfig } from "./docker-config.ts";
import { getFromHelper } from "./helper.ts";

const ANONYMOUS: Credentials = { kind: "anonymous" };

/** docker's names for Docker Hub, and the one under which it keeps the credentials. */
const DOCKER_HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/**
 * Finds the credentials for a registry: BERTH_USERNAME and BERTH_PASSWORD, then docker's credential helpers, then docker's
 * configuration file.
 *
 * The environment's are for BERTH_REGISTRY when that is set. Otherwise they are for the only registry that the command
 * talks to: where there are two, it would be a guess that gives a password away.
 *
 * @param registry its name, as image references begin.
 * @throws Failure when the environment has half of it, or a helper fails.
 */
export async function findCredentials(registry: string, isOnlyOne = true): Promise<Credentials> {
  return findInEnvironment(registry, isOnlyOne) ?? (await findInDocker(registry)) ?? ANONYMOUS;
}

/** Where {@link findCredentials} finds those of a registry, in words. */
export function credentialsSource(registry: string): string {
  if (findInEnvironment(registry, true)) return "in BERTH_USERNAME and BERTH_PASSWORD";
  const helper = findHelper(readDockerConfig(), credentialsKey(registry));
  return helper === undefined ? `in ${dockerConfigFile()}` : `with docker-credential-${helper}`;
}

/** As docker's configuration calls a registry. */
export function credentialsKey(registry: string): string {
  return DOCKER_HUB.has(registry) ? DOCKER_HUB_KEY : registry;
}

function findInEnvironment(registry: string, isOnlyOne: boolean): Credentials | undefined {
  const { BERTH_USERNAME: name, BERTH_PASSWORD: password, BERTH_REGISTRY: chosen } = process.env;
  if (!name && !password) return undefined;
  if (!name || !password)
    throw usageFailure("BERTH_USERNAME and BERTH_PASSWORD go together, and only one of them is set");
  const isMeant = chosen ? parseRegistryAddress(chosen).name === registry : isOnlyOne;
  return isMeant ? { kind: "password", name, password } : undefined;
}

async function findInDocker(registry: string): Promise<Credentials | undefined> {
  const config = readDockerConfig(dockerConfigFile());
  const key = credentialsKey(registry);
  const helper = findHelper(config, key);
  const kept = helper === undefined ? undefined : await getFromHelper(helper, key);
  return kept ?? findStoredCredentials(config, key);
}
