/** How each client logs in, with a user name and a password. */
import { isLoopbackName } from "../../kernel/loopback.ts";

/** A registry as clients know it. */
export interface Registry {
  /** Host and port. */
  host: string;
  /** Without TLS clients have to be told. */
  isPlainHttp: boolean;
}

/** What a login takes. Both are free of characters that a shell knows. */
export interface Login {
  user: string;
  password: string;
}

type Command = (registry: Registry, login: Login) => string;

/** Commands by client; the first is the usual one. */
export const LOGIN_COMMANDS = {
  docker: ({ host }, { user, password }) => `docker login -u ${user} -p ${password} ${host}`,
  podman: withFlag("podman login", "--tls-verify=false"),
  nerdctl: withFlag("nerdctl login", "--insecure-registry"),
  skopeo: withFlag("skopeo login", "--tls-verify=false"),
  crane: withFlag("crane auth login"),
  regctl: (registry, login) => {
    const setting = registry.isPlainHttp ? `regctl registry set --tls disabled ${registry.host}\n` : "";
    return setting + withFlag("regctl registry login")(registry, login);
  },
  oras: withFlag("oras login", "--plain-http"),
  helm: withFlag("helm registry login", "--plain-http"),
} satisfies Record<string, Command>;

export type LoginClient = keyof typeof LOGIN_COMMANDS;

function withFlag(command: string, plainHttpFlag?: string): Command {
  return ({ host, isPlainHttp }, { user, password }) => {
    const flag = isPlainHttp && plainHttpFlag !== undefined ? ` ${plainHttpFlag}` : "";
    return `${command}${flag} -u ${user} -p ${password} ${host}`;
  };
}

/** The registry that this page comes from. */
export function thisRegistry(): Registry {
  return { host: location.host, isPlainHttp: location.protocol === "http:" };
}

/** Whether docker refuses a registry until its configuration names it: without TLS, and not on the same machine. */
export function needsInsecureRegistry({ host, isPlainHttp }: Registry): boolean {
  return isPlainHttp && !isLoopbackName(host.replace(/:\d+$/, ""));
}
