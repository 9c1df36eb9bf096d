import { readFileSync } from "node:fs";
import type { Argv } from "yargs";
import { usageFailure } from "../failure.ts";
import { operation } from "../manage.ts";
import { printJson, printLine } from "../output.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The API without its types: here it is the caller who knows what there is, SWR's and IAM's operations among it. */
type AnyRequest = (method: string, path: string, init: { body?: unknown }) => Promise<{ data?: unknown }>;

/** `berth api`: any operation of the management API, for what has no command of its own. */
export const api = operation({
  command: "api <method> <path>",
  describe: "Send any request of the management API; /docs of the registry lists them",
  options: (yargs) => withRequest(yargs),
  ask: async (client, { method, path, data }) => {
    if (!path.startsWith("/")) throw usageFailure("the path begins with /: /api/users");
    const send = client.request as unknown as AnyRequest;
    return (await send(method, path, data === undefined ? {} : { body: readBody(data) })).data;
  },
  show: (answer) => {
    if (typeof answer === "string") printLine(answer);
    else if (answer !== undefined) printJson(answer);
  },
});

function withRequest<T>(yargs: Argv<T>) {
  return yargs
    .positional("method", {
      choices: METHODS,
      coerce: (text: string) => text.toUpperCase() as (typeof METHODS)[number],
      demandOption: true,
      describe: "What to do",
    })
    .positional("path", { type: "string", demandOption: true, describe: "With its query: /api/users?limit=5" })
    .option("data", {
      alias: "d",
      type: "string",
      requiresArg: true,
      describe: "The body: JSON, @file, or @- for standard input",
    });
}

function readBody(data: string): unknown {
  const text = data.startsWith("@") ? readFileSync(data === "@-" ? process.stdin.fd : data.slice(1), "utf8") : data;
  try {
    return JSON.parse(text);
  } catch {
    throw usageFailure("--data is no JSON");
  }
}
