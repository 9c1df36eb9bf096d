import { EXIT, type ExitCode } from "./exit-codes.ts";

/** An expected failure of a command; its message is all that the user needs. */
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

/** The command line, a configuration file or an environment variable is invalid. */
export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(EXIT.usage, message, { hint });
}
