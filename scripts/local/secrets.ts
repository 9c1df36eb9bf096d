import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigurationError } from "../../src/kernel/errors.ts";
import { checkSecrets, previousOf, SECRET_NAMES, type SecretName } from "../../src/model/secrets.ts";

export { SECRET_NAMES, type SecretName };

/** How each of the Worker's secrets is made. `docs/deploy.md` says what they are for. */
const GENERATORS: Readonly<Record<SecretName, () => string>> = {
  TOKEN_SECRET: () => randomBytes(32).toString("base64"),
  ENCRYPTION_KEY: () => randomBytes(32).toString("base64"),
};

/** A new random value for each of the named secrets. */
export function generateSecrets(names: readonly SecretName[] = SECRET_NAMES): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, GENERATORS[name]()]));
}

/**
 * The secrets of a local installation: those in `file`, with the missing ones made and stored first.
 *
 * @param chosen values for some of those that are missing.
 * @throws ConfigurationError when the file is there but is not a JSON object of texts, or one of them is too weak.
 */
export function localSecrets(file: string, chosen: Partial<Record<SecretName, string>> = {}): Record<string, string> {
  const stored = readFile(file);
  const missing = SECRET_NAMES.filter((name) => !(name in stored));
  if (missing.length === 0) return stored;
  checkSecrets(chosen);
  const secrets = { ...generateSecrets(missing), ...chosen, ...stored };
  writeFile(file, secrets);
  return secrets;
}

/**
 * Gives a local installation new secrets, beside which the old ones are accepted until {@link dropPreviousSecrets}.
 *
 * @throws ConfigurationError as {@link localSecrets}, and while an exchange is under way: another would lose what is still
 * under the values before.
 */
export function exchangeSecrets(file: string): void {
  const stored = localSecrets(file);
  if (isExchanging(stored)) {
    throw new ConfigurationError("An exchange is under way: end it with npm run rotate-secrets -- --finish first.");
  }
  const previous = SECRET_NAMES.map((name) => [previousOf(name), stored[name] ?? ""]);
  writeFile(file, { ...stored, ...generateSecrets(), ...Object.fromEntries(previous) });
}

/** Whether old secrets are accepted beside the new ones. */
export function isExchanging(secrets: Record<string, string>): boolean {
  return SECRET_NAMES.some((name) => previousOf(name) in secrets);
}

/** Ends an exchange: the old secrets are accepted no longer, and gone. */
export function dropPreviousSecrets(file: string): void {
  const dropped = new Set<string>(SECRET_NAMES.map(previousOf));
  writeFile(file, Object.fromEntries(Object.entries(readFile(file)).filter(([name]) => !dropped.has(name))));
}

function readFile(file: string): Record<string, string> {
  const stored = existsSync(file) ? parse(readFileSync(file, "utf8"), file) : {};
  try {
    checkSecrets(stored);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`${file}: ${error.message}`, { cause: error });
  }
  return stored;
}

/** All of it or nothing, whatever dies meanwhile. */
function writeFile(file: string, secrets: Record<string, string>): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

function parse(text: string, file: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigurationError(`${file} is damaged`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, secret]) => {
      if (typeof secret !== "string") throw new ConfigurationError(`${file} is damaged: ${name} is not a text`);
      return [name, secret];
    }),
  );
}
