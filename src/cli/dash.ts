/**
 * An argument that stands for standard input or output. yargs makes an empty text of a `-`, so it is given this in its
 * place: no file is called so.
 */
export const DASH = "\0-";

/** The arguments of the command line, as yargs can read them. */
export function withDashes(args: readonly string[]): string[] {
  return args.map((arg) => (arg === "-" ? DASH : arg));
}
