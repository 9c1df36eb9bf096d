/** Credential helpers: programs called `docker-credential-<name>` that keep credentials where the system keeps secrets. */
import { spawn } from "node:child_process";
import type { Credentials } from "../../client/authorization.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** The name that stands for an identity token in place of a user. */
const TOKEN_USER = "<token>";
/** How helpers say that they know nothing of a registry: on their standard output, with exit code 1. */
const NOT_FOUND = /credentials not found/i;
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Asks a helper for the credentials of a registry.
 *
 * @param registry as the helper was told when it stored them: a host, or Docker Hub's URL.
 * @returns undefined when it has none.
 * @throws Failure when the helper cannot be run, or fails.
 */
export async function getFromHelper(helper: string, registry: string): Promise<Credentials | undefined> {
  const { exitCode, stdout, stderr } = await run(helper, "get", registry);
  if (exitCode !== 0) {
    if (NOT_FOUND.test(stdout)) return undefined;
    throw helperFailed(helper, "get", stdout || stderr, exitCode);
  }
  const answer = parseAnswer(helper, stdout);
  if (answer.secret === "") return undefined;
  if (answer.name === TOKEN_USER) return { kind: "identity-token", token: answer.secret };
  return { kind: "password", name: answer.name, password: answer.secret };
}

/** Gives credentials to a helper, in place of those that it may have. @throws Failure. */
export async function storeInHelper(helper: string, registry: string, credentials: Credentials): Promise<void> {
  const secret =
    credentials.kind === "password"
      ? { Username: credentials.name, Secret: credentials.password }
      : { Username: TOKEN_USER, Secret: credentials.kind === "identity-token" ? credentials.token : "" };
  const { exitCode, stdout, stderr } = await run(helper, "store", JSON.stringify({ ServerURL: registry, ...secret }));
  if (exitCode !== 0) throw helperFailed(helper, "store", stdout || stderr, exitCode);
}

/** Makes a helper forget a registry; it does no harm when it knows none. @throws Failure. */
export async function eraseFromHelper(helper: string, registry: string): Promise<void> {
  const { exitCode, stdout, stderr } = await run(helper, "erase", registry);
  if (exitCode !== 0 && !NOT_FOUND.test(stdout)) throw helperFailed(helper, "erase", stdout || stderr, exitCode);
}

function parseAnswer(helper: string, text: string): { name: string; secret: string } {
  try {
    const { Username: name, Secret: secret } = JSON.parse(text) as Record<string, unknown>;
    if (typeof name === "string" && typeof secret === "string") return { name, secret };
  } catch {
    // Said below. What it printed may hold a secret, and is not repeated.
  }
  throw new Failure(EXIT.failed, `docker-credential-${helper} answered something that is no credentials`);
}

function helperFailed(helper: string, action: string, said: string, exitCode: number | string): Failure {
  const line = said.trim().split("\n")[0]?.slice(0, 300) ?? "";
  return new Failure(EXIT.failed, `docker-credential-${helper} ${action} failed (${exitCode})${line && `: ${line}`}`, {
    hint: "docker's config.json names it in credsStore or credHelpers.",
  });
}

interface Outcome {
  exitCode: number | string;
  stdout: string;
  stderr: string;
}

function run(helper: string, action: string, input: string): Promise<Outcome> {
  const program = `docker-credential-${helper}`;
  // The name comes from a file, and must not lead out of the PATH.
  if (!/^[\w.-]+$/.test(helper)) throw new Failure(EXIT.failed, `"${helper}" is no name of a credential helper`);
  return new Promise((done, reject) => {
    const child = spawn(program, [action], { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    const outcome = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        outcome[name] = (outcome[name] + text).slice(0, MAX_ANSWER_BYTES);
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "ENOENT" ? "is not on the PATH" : `cannot be run: ${error.message}`;
      const hint = "docker's config.json names it in credsStore or credHelpers.";
      reject(new Failure(EXIT.failed, `${program} ${reason}`, { hint, cause: error }));
    });
    child.on("close", (code, signal) => done({ ...outcome, exitCode: code ?? signal ?? "unknown" }));
    // A helper that fails early closes its input; its exit code says why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
