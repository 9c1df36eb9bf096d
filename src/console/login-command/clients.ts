/** How each client logs in, with a user name and a password. */
import { toHex } from "../../kernel/bytes.ts";
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

/**
 * The password of a permanent login command (guide 4.2): the HMAC-SHA256 of the access key under its secret, in
 * hexadecimal. It is what `openssl` prints in {@link loginKeyScript}.
 *
 * @returns undefined where the browser offers no cryptography: on a page that came without TLS from another machine.
 */
export async function loginKey(access: string, secret: string): Promise<string | undefined> {
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const signature = await subtle.sign(algorithm.name, key, encoder.encode(access));
  return toHex(new Uint8Array(signature));
}

/** The guide's commands that print the login key; without a secret they ask for it, and show nothing of it. */
export function loginKeyScript(access: string, secret: string | undefined): string {
  return [
    `AK=${access}`,
    secret === undefined ? `read -rsp "SK: " SK; echo` : `SK=${secret}`,
    `printf "$AK" | openssl dgst -binary -sha256 -hmac "$SK" | od -An -vtx1 | sed 's/[ \\n]//g' | sed 'N;s/\\n//'`,
  ].join("\n");
}
