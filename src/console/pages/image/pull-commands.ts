/** How clients pull an image: guide 4.4 and 7.4.1. */
import { MAX_LABEL_LENGTH } from "../../../kernel/field-limits.ts";
import type { Registry } from "../../login-command/clients.ts";
import { describeArtifact } from "./artifact-types.ts";

/** Programs that are used by hand. */
export type PullClient = "docker" | "podman" | "nerdctl" | "ctr" | "helm" | "oras";

/**
 * Those that pull what a tag is, the usual one first.
 *
 * @param artifactType what it is, if it is no image.
 */
export function clientsFor(artifactType: string | null): readonly [PullClient, ...PullClient[]] {
  if (artifactType === null) return ["docker", "podman", "nerdctl", "ctr"];
  return describeArtifact(artifactType).kind === "chart" ? ["helm", "oras"] : ["oras"];
}

/** What is pulled, from where, by whom. */
export interface PullTarget extends Registry {
  /** `organization/image`. */
  name: string;
  /** A tag or digest. */
  reference: string;
  /** Who logs in; undefined when nobody has to. */
  user: string | undefined;
}

/** The commands for one client: to log in once, and to pull. */
export interface PullCommands {
  /** Undefined when nobody has to, and where the client takes credentials with each pull. */
  login: string | undefined;
  pull: string;
}

/** Stand for what only the user knows. */
const ACCESS_KEY = "<AK>";
const PASSWORD = "<password>";

/** What a client calls an image: `host/organization/image:tag`, or `…@sha256:…`. */
export function pullName({ host, name, reference }: Pick<PullTarget, "host" | "name" | "reference">): string {
  return `${host}/${name}${reference.includes(":") ? "@" : ":"}${reference}`;
}

/** The commands for a client that is used by hand. */
export function pullCommands(client: PullClient, target: PullTarget): PullCommands {
  const { host, isPlainHttp, user } = target;
  const image = pullName(target);
  const loginBy = (command: string) => (user === undefined ? undefined : `${command} -u ${user} ${host}`);
  switch (client) {
    case "docker":
      return { login: loginBy("docker login"), pull: `docker pull ${image}` };
    case "podman": {
      const option = isPlainHttp ? " --tls-verify=false" : "";
      return { login: loginBy(`podman login${option}`), pull: `podman pull${option} ${image}` };
    }
    case "nerdctl": {
      const option = isPlainHttp ? " --insecure-registry" : "";
      return { login: loginBy(`nerdctl${option} login`), pull: `nerdctl${option} pull ${image}` };
    }
    case "ctr": {
      // It keeps no logins, and asks for the password when only the name is given.
      const options = `${isPlainHttp ? " --plain-http" : ""}${user === undefined ? "" : ` --user ${user}`}`;
      return { login: undefined, pull: `ctr images pull${options} ${image}` };
    }
    case "helm": {
      const option = isPlainHttp ? " --plain-http" : "";
      const { name, reference } = target;
      const chart = reference.includes(":") ? `oci://${image}` : `oci://${host}/${name} --version ${reference}`;
      return { login: loginBy(`helm registry login${option}`), pull: `helm pull${option} ${chart}` };
    }
    case "oras": {
      const option = isPlainHttp ? " --plain-http" : "";
      return { login: loginBy(`oras login${option}`), pull: `oras pull${option} ${image}` };
    }
    default:
      return client satisfies never;
  }
}

/** Name of the secret in the examples; that of the guide. */
const SECRET = "default-secret";

/**
 * How Kubernetes gets a secret to pull with (guide 7.4.1): it has to outlive sessions, so it is made of a permanent
 * login command's parts.
 *
 * @param project what stands before the `@` in login commands.
 */
export function pullSecretCommand(host: string, project: string): string {
  return [
    `kubectl create secret docker-registry ${SECRET}`,
    `--docker-server=${host}`,
    `--docker-username='${project}@${ACCESS_KEY}'`,
    `--docker-password='${PASSWORD}'`,
  ].join(" \\\n  ");
}

/** How a Pod, or the template of a Deployment, names its image and, where it takes one, that secret. */
export function podSpec(
  target: Pick<PullTarget, "host" | "name" | "reference">,
  { withSecret }: { withSecret: boolean },
): string {
  return [
    "spec:",
    ...(withSecret ? ["  imagePullSecrets:", `    - name: ${SECRET}`] : []),
    "  containers:",
    `    - name: ${containerName(target.name)}`,
    `      image: ${pullName(target)}`,
    "",
  ].join("\n");
}

/** The last part of an image's name as a DNS label, which names of containers are (RFC 1123). */
function containerName(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  return last.replace(/[._]+/g, "-").slice(0, MAX_LABEL_LENGTH).replace(/-+$/, "");
}
