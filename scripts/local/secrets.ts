import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The Worker's secrets and how each is made. `docs/deploy.md` says what they are for. */
const GENERATORS: Readonly<Record<string, () => string>> = {
  TOKEN_SECRET: () => randomBytes(32).toString("base64"),
  ENCRYPTION_KEY: () => randomBytes(32).toString("base64"),
};

/** The names of all secrets that the Worker needs. */
export const SECRET_NAMES: readonly string[] = Object.keys(GENERATORS);

/** A new random value for each of the named secrets. */
export function generateSecrets(names: readonly string[] = SECRET_NAMES): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const generate = GENERATORS[name];
      if (generate === undefined) throw new Error(`no secret is called ${name}`);
      return [name, generate()];
    }),
  );
}

/**
 * The secrets of a local installation: those in `file`, with the missing ones made and stored first.
 *
 * @throws Error when the file is there but is not a JSON object of texts.
 */
export function localSecrets(file: string): Record<string, string> {
  const stored = existsSync(file) ? parse(readFileSync(file, "utf8"), file) : {};
  const missing = SECRET_NAMES.filter((name) => !(name in stored));
  if (missing.length === 0) return stored;
  const secrets = { ...stored, ...generateSecrets(missing) };
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
  return secrets;
}

function parse(text: string, file: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${file} is damaged`);
  return Object.fromEntries(
    Object.entries(value).map(([name, secret]) => {
      if (typeof secret !== "string") throw new Error(`${file} is damaged: ${name} is not a text`);
      return [name, secret];
    }),
  );
}
