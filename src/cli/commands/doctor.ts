import { findCredentials } from "../credentials/find.ts";
import { type Examined, examine } from "../doctor/examination.ts";
import { pull, push, remove } from "../doctor/image.ts";
import { limit } from "../doctor/limit.ts";
import { connection, dns, tls } from "../doctor/network.ts";
import { api, challenge, clock } from "../doctor/protocol.ts";
import { credentials, management, secrets } from "../doctor/sign-in.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { command } from "../manage.ts";
import { nodeFetch, openConnections } from "../node-fetch.ts";
import { printable, printJson, printLine } from "../output.ts";
import { chooseRegistry } from "../settings.ts";

const CHECKS = [
  dns,
  connection,
  tls,
  api,
  clock,
  challenge,
  credentials,
  management,
  secrets,
  push,
  pull,
  limit,
  remove,
];

const SIGNS = { ok: "ok", warning: "!", failed: "FAILED", skipped: "-" } as const satisfies Record<
  Examined["status"],
  string
>;

/** `berth doctor`: whether a deployment works, and what to mend. */
export const doctor = command({
  command: "doctor [host]",
  describe: "Check a deployment, and say what to mend",
  options: (yargs) =>
    yargs
      .positional("host", { type: "string", describe: "The registry: a host, or a URL" })
      .option("repository", {
        type: "string",
        requiresArg: true,
        describe: "Where to push a small image to; default: berth-doctor in an organization of one's own",
      })
      .option("probe-limit", {
        type: "boolean",
        default: false,
        describe: "Send requests of 105 and 210 MB to see whether they pass",
      }),
  run: async ({ host, registry: option, repository, probeLimit: probesLimit, json }) => {
    const registry = chooseRegistry(host ?? option);
    const examination = {
      registry,
      credentials: await findCredentials(registry.name),
      fetch: nodeFetch(openConnections()),
      repository,
      probesLimit,
    };
    const results = await examine(examination, CHECKS, json ? () => undefined : print);
    if (json) printJson(results);
    const count = results.filter(({ status }) => status === "failed").length;
    if (count > 0) throw new Failure(EXIT.failed, `${count} of ${results.length} checks failed`);
  },
});

function print({ check, status, detail, mend }: Examined): void {
  printLine(`${SIGNS[status].padEnd(6)}  ${check.padEnd(15)}  ${printable(detail)}`);
  if (mend !== undefined) printLine(`${" ".repeat(25)}${mend}`);
}
