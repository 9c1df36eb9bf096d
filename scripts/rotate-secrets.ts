/**
 * `npm run rotate-secrets`: new secrets for the registry on this machine, which must be stopped; the old ones are accepted
 * beside them. `npm run rotate-secrets -- --finish` takes everything over to the new ones and drops the old. Environment:
 * STATE_DIR as for `npm start`. A deployed registry: docs/deploy.md, "Rotating secrets".
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openOperatorSession } from "./local/operator-session.ts";
import { Explained, type LocalEnvironment, readEnvironment, runProgram } from "./local/program.ts";
import { startRuntime } from "./local/runtime.ts";
import { dropPreviousSecrets, exchangeSecrets, isExchanging, localSecrets } from "./local/secrets.ts";
import { lockState } from "./local/state-lock.ts";

/** `POST /api/secret-rotation`, as far as it is needed. */
interface Answer {
  isComplete: boolean;
  done: number;
  failed: number;
  left: Record<string, number>;
}

async function rotate(): Promise<number> {
  const isEnd = readArguments(process.argv.slice(2));
  const environment = readEnvironment();
  const { stateDir } = environment;
  const file = join(stateDir, "secrets.json");
  if (!existsSync(file)) throw new Explained(`There is no registry in ${stateDir}. Is STATE_DIR set?`);
  if (isEnd) return finish(environment, file);
  const state = await lockState(stateDir);
  try {
    exchangeSecrets(file);
  } finally {
    state.release();
  }
  console.log(
    [
      "The registry has new secrets from its next start, and accepts the old ones as well.",
      "What is encrypted with the old key is taken over every hour. To have that done at once, and the old ones dropped:",
      "",
      "  npm run rotate-secrets -- --finish",
      "",
      "Temporary login commands from before end with that, 24 hours from now at the latest.",
    ].join("\n"),
  );
  return 0;
}

function readArguments(args: readonly string[]): boolean {
  if (args.length === 0) return false;
  if (args.length === 1 && args[0] === "--finish") return true;
  throw new Explained("Usage: npm run rotate-secrets [-- --finish]");
}

/** @throws Explained when something cannot be taken over: the old secrets stay then. */
async function finish({ stateDir, bindings }: LocalEnvironment, file: string): Promise<number> {
  if (!isExchanging(localSecrets(file))) throw new Explained("No exchange of secrets is under way.");
  const runtime = await startRuntime({ stateDir, bindings });
  try {
    const session = await openOperatorSession(runtime.miniflare);
    try {
      await reencryptAll(runtime.url, session.token);
    } finally {
      await session.end();
    }
    // While nobody else can start it.
    dropPreviousSecrets(file);
  } finally {
    await runtime.stop();
  }
  console.log("Everything is under the new secrets, and the old ones are gone.");
  return 0;
}

async function reencryptAll(url: string, token: string): Promise<void> {
  for (;;) {
    const headers = { "X-Auth-Token": token };
    const response = await fetch(`${url}/api/secret-rotation`, { method: "POST", headers });
    if (!response.ok) throw new Explained(`The registry answers ${response.status}: ${await response.text()}`);
    const { isComplete, done, left } = (await response.json()) as Answer;
    if (isComplete) return;
    if (done > 0) continue;
    const counts = Object.entries(left).map(([what, count]) => `${count} of ${what}`);
    throw new Explained(
      `Secrets cannot be read with the old key (${counts.join(", ")}), and stay under the key they are under. The old ` +
        "secrets are kept. Delete those access keys, triggers, clusters or remote registries, or set their secrets anew, and repeat this.",
    );
  }
}

await runProgram(rotate);
