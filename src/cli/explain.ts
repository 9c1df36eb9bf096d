/** What went wrong, in words and as an exit code. */
import { ArchiveError } from "../client/archive/archive-error.ts";
import { ContentMismatch, NetworkLost, ProtocolViolation, RegistryRefusal, UploadLost } from "../client/errors.ts";
import { PlatformUnknown } from "../client/remote-image.ts";
import { retryAfterOf } from "../client/retry.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

export interface Explanation {
  exitCode: ExitCode;
  message: string;
  /** What to do about it. */
  hint?: string | undefined;
}

/**
 * Explains whatever a command failed with.
 *
 * @returns undefined for an unexpected error: a bug, whose stack trace should be shown.
 */
export function explain(error: unknown): Explanation | undefined {
  if (error instanceof Failure) return error;
  if (error instanceof RegistryRefusal) return explainRefusal(error);
  if (error instanceof NetworkLost) return { exitCode: EXIT.network, message: error.message, hint: hintFor(error) };
  if (error instanceof UploadLost || error instanceof ContentMismatch || error instanceof ProtocolViolation) {
    return { exitCode: EXIT.failed, message: error.message };
  }
  if (error instanceof ArchiveError) return { exitCode: EXIT.failed, message: error.message };
  if (error instanceof PlatformUnknown) return { exitCode: EXIT.notFound, message: error.message };
  return isSystemError(error) ? { exitCode: EXIT.failed, message: error.message } : undefined;
}

function explainRefusal({ status, code, message, headers }: RegistryRefusal): Explanation {
  switch (status) {
    case 401:
      return {
        exitCode: EXIT.denied,
        message,
        hint: "Sign in: berth login <host>. Or set BERTH_USERNAME and BERTH_PASSWORD.",
      };
    case 403:
      return { exitCode: EXIT.denied, message };
    case 404:
      return { exitCode: EXIT.notFound, message };
    case 413:
      return { exitCode: EXIT.failed, message, hint: hintForSize(code) };
    case 429: {
      const waitMs = retryAfterOf(headers);
      const hint = waitMs === undefined ? undefined : `Try again in ${Math.ceil(waitMs / 1000)} s.`;
      return { exitCode: EXIT.failed, message, hint };
    }
    default:
      return { exitCode: EXIT.failed, message };
  }
}

/** The registry's own limit has a code; that of a proxy before it has none. */
function hintForSize(code: string): string | undefined {
  return code === "UNKNOWN" ? "Choose smaller chunks by --chunk-size: docs/large-layers.md." : undefined;
}

const NETWORK_HINTS: readonly [pattern: RegExp, hint: string][] = [
  [/ENOTFOUND|EAI_AGAIN/, "The name cannot be resolved: is it spelt right, and is there a network?"],
  [/ECONNREFUSED/, "Nothing listens there: is the registry running, and is the port right?"],
  [/EPROTO|WRONG_VERSION_NUMBER|SSL routines/, "It may speak plain HTTP: write http:// before its address."],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|issuer certificate/,
    "Name a file with the authority's certificate in NODE_EXTRA_CA_CERTS.",
  ],
];

/** What usually helps against a failure of the network. */
export function hintFor(error: unknown): string | undefined {
  const text = causesOf(error)
    .map((cause) => `${(cause as NodeJS.ErrnoException).code ?? ""} ${cause.message}`)
    .join(" ");
  return NETWORK_HINTS.find(([pattern]) => pattern.test(text))?.[1];
}

/** Why a connection failed, in a few words. */
export function reasonOf(error: unknown): string {
  const cause = causesOf(error).find((each) => "code" in each) ?? error;
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  // OpenSSL's messages are for those who debug it.
  const tls = /^ERR_SSL_(.*)/.exec(code)?.[1] ?? /SSL routines:[^:]*:([^:]+)/.exec(cause.message)?.[1];
  if (tls !== undefined) return `TLS failed: ${tls.toLowerCase().replaceAll("_", " ")}`;
  return cause.message || code;
}

/** An error and what it is due to, down to the first. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 10; cause = cause.cause) {
    causes.push(cause);
    if (cause instanceof AggregateError) causes.push(...(cause.errors as unknown[]).flatMap(causesOf));
  }
  return causes;
}

/** Errors of the operating system name file and reason: a full disk, a file that is not there. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}
