/** The Worker's secrets, which operators can exchange without losing what is under the old ones (ADR 13). */
import { ConfigurationError } from "../kernel/errors.ts";

/**
 * A secret and the older ones that it replaces. The first signs or encrypts new values; values made with any of them
 * are accepted.
 */
export type KeyRing = readonly [current: string, ...older: string[]];

export interface Secrets {
  /** Sign tokens and temporary login commands. */
  token: KeyRing;
  /** Encrypt the secrets of access keys, webhooks and clusters: 32 bytes each, base64. */
  encryption: KeyRing;
  /** Who knows it may read `/metrics`; undefined: nobody may. */
  metrics: string | undefined;
}

/** Characters of a TOKEN_SECRET: HS256 takes a key of 256 bits (RFC 7518, section 3.2), and a text has less in each. */
export const MIN_TOKEN_SECRET_LENGTH = 32;
/** Bytes of an ENCRYPTION_KEY: that of AES-256. */
export const ENCRYPTION_KEY_BYTES = 32;
/** Characters of a METRICS_TOKEN: nobody is to guess it. */
export const MIN_METRICS_TOKEN_LENGTH = 16;

/** The names of the secrets that the Worker needs. */
export const SECRET_NAMES = ["TOKEN_SECRET", "ENCRYPTION_KEY"] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

/** The optional secret that opens `/metrics` (docs/monitoring.md). It is not rotated in steps: give the readers the new one. */
export const METRICS_TOKEN = "METRICS_TOKEN";

/** What is wrong with a secret of a name; undefined when nothing is. The value is not in it. */
const CHECKS: Readonly<Record<SecretName, (value: string) => string | undefined>> = {
  TOKEN_SECRET: (value) =>
    value.length < MIN_TOKEN_SECRET_LENGTH ? `must have at least ${MIN_TOKEN_SECRET_LENGTH} characters` : undefined,
  ENCRYPTION_KEY: (value) =>
    Buffer.from(value, "base64").byteLength === ENCRYPTION_KEY_BYTES
      ? undefined
      : `must be ${ENCRYPTION_KEY_BYTES} bytes in base64`,
};

/** The optional secret that a new value takes the place of. */
export const previousOf = (name: SecretName): `${SecretName}_PREVIOUS` => `${name}_PREVIOUS`;
/** The optional secret that replaces the current one. Cloudflare does not show secrets, so the current value is unknown. */
export const nextOf = (name: SecretName): `${SecretName}_NEXT` => `${name}_NEXT`;

/** All names of secrets: those that are needed, those of values that are being exchanged, and the optional one. */
export const ALL_SECRET_NAMES: readonly (keyof SecretValues)[] = [
  ...SECRET_NAMES.flatMap((name) => [name, previousOf(name), nextOf(name)] as const),
  METRICS_TOKEN,
];

/** The values by name; one that is optional and empty is not set. */
export type SecretValues = Readonly<
  Partial<Record<SecretName | `${SecretName}_PREVIOUS` | `${SecretName}_NEXT` | typeof METRICS_TOKEN, string>>
>;

let read: { from: object; secrets: Secrets } | undefined;

/**
 * Reads the secrets of a Worker's environment.
 *
 * @throws ConfigurationError naming the one that is missing or too weak.
 */
export function readSecrets(env: SecretValues): Secrets {
  if (read?.from === env) return read.secrets;
  const secrets = {
    token: ringOf("TOKEN_SECRET", env),
    encryption: ringOf("ENCRYPTION_KEY", env),
    metrics: env[METRICS_TOKEN] || undefined,
  };
  read = { from: env, secrets };
  return secrets;
}

/**
 * Checks those secrets that are given.
 *
 * @throws ConfigurationError naming the one that is too weak.
 */
export function checkSecrets(values: SecretValues): void {
  for (const name of SECRET_NAMES) {
    for (const given of [name, previousOf(name), nextOf(name)] as const) {
      const value = values[given];
      const problem = value ? CHECKS[name](value) : undefined;
      if (problem !== undefined) throw new ConfigurationError(`the secret ${given} ${problem}`);
    }
  }
  const token = values[METRICS_TOKEN];
  // It comes in a header (RFC 6750, section 2.1).
  if (token && !(token.length >= MIN_METRICS_TOKEN_LENGTH && /^[\w.~+/-]+=*$/.test(token))) {
    const form = `at least ${MIN_METRICS_TOKEN_LENGTH} letters, digits and -._~+/, with = only at the end`;
    throw new ConfigurationError(`the secret ${METRICS_TOKEN} must have ${form}`);
  }
}

function ringOf(name: SecretName, env: SecretValues): KeyRing {
  const current = env[name];
  if (!current) throw new ConfigurationError(`the secret ${name} is missing`);
  checkSecrets(env);
  const [first = current, ...older] = new Set([
    env[nextOf(name)] || current,
    current,
    env[previousOf(name)] || current,
  ]);
  return [first, ...older];
}
