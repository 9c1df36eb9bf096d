/** Questions to the user at the terminal. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { EXIT } from "./exit-codes.ts";
import { Failure, usageFailure } from "./failure.ts";

/**
 * Asks before something is lost. Scripts are not asked: without a terminal, or with `--yes`, the answer is yes.
 *
 * @throws Failure when the answer is no.
 */
export async function confirm(question: string, isAgreed: boolean): Promise<void> {
  if (isAgreed || !process.stdin.isTTY) return;
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure(EXIT.failed, "nothing was changed");
}

/** Asks for a line of text. @throws Failure (usage) without a terminal. */
export async function askFor(what: string): Promise<string> {
  requireTerminal(what);
  return (await ask(`${what}: `)).trim();
}

/** Asks for a line that does not show. @throws Failure (usage) without a terminal. */
export async function askForSecret(what: string): Promise<string> {
  requireTerminal(what);
  process.stderr.write(`${what}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // The interface switches the terminal's own echo off, and echoes into nowhere.
  const answer = await readLine(nowhere, "");
  process.stderr.write("\n");
  return answer;
}

/** All of standard input, less the line end that `echo` adds. */
export async function readSecretFromInput(): Promise<string> {
  return (await readText(process.stdin)).replace(/\r?\n$/, "");
}

function ask(question: string): Promise<string> {
  return readLine(process.stderr, question);
}

async function readLine(output: NodeJS.WritableStream, question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const interrupted = new AbortController();
  lines.once("SIGINT", () => interrupted.abort());
  lines.once("close", () => interrupted.abort());
  try {
    return await lines.question(question, { signal: interrupted.signal });
  } catch (error) {
    throw new Failure(EXIT.interrupted, "interrupted", { cause: error });
  } finally {
    lines.close();
  }
}

function requireTerminal(what: string): void {
  if (process.stdin.isTTY) return;
  throw usageFailure(
    `there is no terminal to ask for: ${what.toLowerCase()}`,
    "Use the options --username and --password-stdin.",
  );
}
