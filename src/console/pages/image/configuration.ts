/** How the values of an image's configuration are written. */

/** Name and value of an environment variable, `NAME=value`; what has no `=` is a name. */
export function splitEnv(variable: string): [name: string, value: string] {
  const end = variable.indexOf("=");
  return end < 0 ? [variable, ""] : [variable.slice(0, end), variable.slice(end + 1)];
}

/** Arguments as a Dockerfile has them: `["/bin/sh", "-c", "exit"]`. */
export function formatArguments(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}
