/**
 * `npm run api:types`: writes the types of the registry's API, `src/client/api/schema.d.ts`, from the description that
 * it gives of itself. `--check` writes nothing, and fails when they are out of date.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CONSOLE_DIRECTORY } from "./local/console.ts";
import { generateSecrets } from "./local/secrets.ts";
import { startRuntime } from "./local/runtime.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TYPES = join(ROOT, "src", "client", "api", "schema.d.ts");

/** openapi-typescript works with the compiler API of TypeScript 5, which the TypeScript 7 of this project no longer has. */
const GENERATOR = ["--yes", "-p", "typescript@5.9.3", "-p", "openapi-typescript@7.13.0", "--", "openapi-typescript"];

async function readDescription(stateDir: string): Promise<string> {
  // Named, the Worker starts without a console, which may need the very types that are to be written.
  const configPath = join(ROOT, "wrangler.toml");
  mkdirSync(CONSOLE_DIRECTORY, { recursive: true });
  const runtime = await startRuntime({ configPath, stateDir, bindings: generateSecrets() });
  try {
    const response = await fetch(`${runtime.url}/openapi.json`);
    if (!response.ok) throw new Error(`/openapi.json answers ${response.status}`);
    return await response.text();
  } finally {
    await runtime.stop();
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  return new Promise((done, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? done() : reject(new Error(`${command} ${args.join(" ")} failed`))));
  });
}

const work = mkdtempSync(join(tmpdir(), "berth-types-"));
try {
  const description = join(work, "openapi.json");
  const types = join(work, "schema.d.ts");
  writeFileSync(description, await readDescription(join(work, "state")));
  await run("npx", [...GENERATOR, description, "--output", types, "--alphabetize"]);
  const current = readFileSync(types, "utf8");
  if (!process.argv.includes("--check")) {
    writeFileSync(TYPES, current);
  } else if (readFileSync(TYPES, "utf8") !== current) {
    console.error("src/client/api/schema.d.ts is not what the API is: npm run api:types");
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
