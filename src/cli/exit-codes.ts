/** How commands end, for scripts. docs/cli.md, "Exit codes", is the same table for people. */
export const EXIT = {
  ok: 0,
  /** The registry refused, or the command failed. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** Not signed in, or not allowed. */
  denied: 3,
  /** There is no such thing; or one may not know of it. */
  notFound: 4,
  /** No answer came. */
  network: 5,
  /** Ended by Ctrl-C: 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
