/** `berth`: what it is called with, and how it ends. */
import yargs, { type Argv } from "yargs";
import { hideBin } from "yargs/helpers";
import { api } from "./commands/api.ts";
import { audit } from "./commands/audit.ts";
import { copy } from "./commands/copy.ts";
import { doctor } from "./commands/doctor.ts";
import { gc } from "./commands/gc.ts";
import { image } from "./commands/image.ts";
import { login, logout, whoami } from "./commands/login.ts";
import { logins } from "./commands/logins.ts";
import { org } from "./commands/org.ts";
import { proxy } from "./commands/proxy.ts";
import { pull } from "./commands/pull.ts";
import { push } from "./commands/push.ts";
import { quota } from "./commands/quota.ts";
import { remote } from "./commands/remote.ts";
import { robot } from "./commands/robot.ts";
import { rule } from "./commands/aging.ts";
import { share } from "./commands/share.ts";
import { sync } from "./commands/sync.ts";
import { tag } from "./commands/tag.ts";
import { trigger } from "./commands/trigger.ts";
import { trust } from "./commands/trust.ts";
import { upstream } from "./commands/upstream.ts";
import { withDashes } from "./dash.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { explain } from "./explain.ts";
import { type Failure, usageFailure } from "./failure.ts";
import { type CommonArguments, withCommonOptions } from "./manage.ts";
import { printable, printNotice } from "./output.ts";
import { VERSION } from "../kernel/version.ts";

const COMMANDS = [
  proxy,
  push,
  pull,
  copy,
  doctor,
  login,
  logout,
  whoami,
  logins,
  org,
  image,
  tag,
  share,
  rule,
  quota,
  upstream,
  trigger,
  sync,
  remote,
  trust,
  robot,
  audit,
  gc,
  api,
];

function commandLine(args: readonly string[]): Argv<CommonArguments> {
  return withCommonOptions(yargs(withDashes(args)))
    .scriptName("berth")
    .usage("$0 <command>\n\nPushes images of any size, and runs a Berth registry from a terminal.")
    .version(VERSION)
    .alias("version", "V")
    .alias("help", "h")
    .completion("completion", "Print a script for the completion of commands in bash and zsh")
    .demandCommand(1, "Say what to do.")
    .strict()
    .recommendCommands()
    .locale("en")
    .parserConfiguration({ "populate--": true, "strip-dashed": true, "strip-aliased": true, "dot-notation": false })
    .wrap(Math.min(120, process.stdout.columns || 100))
    .epilogue(
      "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not signed in or not allowed, 4 not found, 5 no answer.\nDocumentation: docs/cli.md",
    )
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      // A command that fails rejects here as well; without an error the command line makes no sense.
      if (error && error.name !== "YError") throw error;
      throw explainUsage(message || error?.message || "");
    })
    .check(requireNumbers)
    .command(COMMANDS);
}

/** Refuses options that should be numbers and are not; yargs reads them as NaN. @throws Failure (usage). */
function requireNumbers(argv: Readonly<Record<string, unknown>>): true {
  const [wrong] = Object.entries(argv).find(([, value]) => Number.isNaN(value)) ?? [];
  if (wrong !== undefined) throw usageFailure(`${wrong} must be a number`);
  return true;
}

function explainUsage(message: string): Failure {
  if (message.startsWith("Did you mean")) return usageFailure("there is no such command", message);
  return usageFailure(message || "the command line makes no sense", "--help shows what there is.");
}

/**
 * Runs a command to its end.
 *
 * @param args the command line without the program.
 */
export async function main(args: readonly string[] = hideBin(process.argv)): Promise<ExitCode> {
  // The reader of the output may have had enough of it: `berth audit | head`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    throw error;
  });
  try {
    await commandLine(args).parseAsync();
    return EXIT.ok;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): ExitCode {
  const explanation = explain(error);
  if (!explanation) {
    printNotice(`berth: something unforeseen happened. Please report it with what follows.\n${describe(error)}`);
    return EXIT.failed;
  }
  printNotice(`berth: ${printable(explanation.message)}`);
  if (explanation.hint !== undefined) printNotice(`  ${explanation.hint}`);
  return explanation.exitCode;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
