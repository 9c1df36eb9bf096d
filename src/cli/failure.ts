import { EXIT, type ExitCode } from "./exit-codes.ts";

/** A command cannot do what it was asked to; the message says all there is to say. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** What to do about it: a line of its own, below the message. */
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** The command line, or what a file or the environment has in its place, makes no sense. */
export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(EXIT.usage, message, { hint });
}
