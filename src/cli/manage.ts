/** How management commands are written down: what they ask the registry, and how they show its answer. */
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import type { Api } from "../client/api/client.ts";
import { openApi } from "./api.ts";
import { type Failure, usageFailure } from "./failure.ts";
import { printJson } from "./output.ts";
import { chooseRegistry } from "./settings.ts";

/** Options that every command knows. */
export interface CommonArguments {
  registry?: string | undefined;
  json: boolean;
}

/** Adds the options of {@link CommonArguments}. */
export function withCommonOptions<T>(yargs: Argv<T>): Argv<T & CommonArguments> {
  return yargs
    .option("registry", {
      type: "string",
      requiresArg: true,
      global: true,
      describe: "The registry; default: BERTH_REGISTRY, or what the last login was to",
    })
    .option("json", { type: "boolean", default: false, global: true, describe: "Print the registry's answer as JSON" });
}

export type Command = CommandModule<CommonArguments, CommonArguments>;

/** What every kind of command has. */
interface Description<A> {
  /** Its name, with its positional arguments; several are aliases. */
  command: string | readonly string[];
  describe: string;
  options?: (yargs: Argv<CommonArguments>) => Argv<A>;
}

/** Makes a command of a function. */
export function command<A extends CommonArguments>({
  options,
  run,
  ...description
}: Description<A> & { run: (argv: ArgumentsCamelCase<A>) => Promise<void> }): Command {
  return {
    ...description,
    builder: (yargs) => options?.(yargs) ?? yargs,
    // yargs has parsed what `options` describes, and nothing else gets here.
    handler: (argv: unknown) => run(argv as ArgumentsCamelCase<A>),
  };
}

/** A command that asks the registry something. */
export interface Operation<A, T> extends Description<A> {
  /** What comes first: questions to the user. */
  before?: (argv: ArgumentsCamelCase<A>) => Promise<void>;
  ask: (api: Api, argv: ArgumentsCamelCase<A>) => Promise<T>;
  /** Prints the answer for people; with `--json` it is printed as it came. */
  show: (answer: T, argv: ArgumentsCamelCase<A>) => void;
  /** The failure that a printed answer reports, for the exit code. */
  fault?: (answer: T, argv: ArgumentsCamelCase<A>) => Failure | undefined;
}

/** Makes a command of an operation. */
export function operation<A extends CommonArguments, T>({
  before,
  ask,
  show,
  fault,
  ...description
}: Operation<A, T>): Command {
  return command<A>({
    ...description,
    run: async (argv) => {
      await before?.(argv);
      const answer = await ask(await openApi(chooseRegistry(argv.registry)), argv);
      if (argv.json) printJson(answer ?? {});
      else show(answer, argv);
      const failure = fault?.(answer, argv);
      if (failure) throw failure;
    },
  });
}

/** Makes one command of several, which are its subcommands. */
export function group(name: string, describe: string, commands: readonly Command[]): Command {
  return {
    command: name,
    describe,
    builder: (yargs) => {
      for (const each of commands) yargs.command(each);
      return yargs.demandCommand(1, `Say what to do: berth ${name} --help lists it.`);
    },
    handler: () => undefined,
  };
}

/** Adds `--yes`. */
export function withYes<T>(yargs: Argv<T>): Argv<T & { yes: boolean }> {
  return yargs.option("yes", { alias: "y", type: "boolean", default: false, describe: "Do not ask" });
}

/** Adds `--limit`. */
export function withLimit<T>(yargs: Argv<T>, byDefault?: number): Argv<T & { limit: number | undefined }> {
  return yargs
    .option("limit", {
      type: "number",
      requiresArg: true,
      describe: "How many entries to show at most",
      ...(byDefault !== undefined && { default: byDefault }),
    })
    .check(({ limit }) => {
      if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) return true;
      throw usageFailure("--limit must be a number of entries, from 1 on");
    });
}

/** A page of a list that goes on. */
interface Page {
  next: string | null;
}

/** Most entries of a page of the API. */
const PAGE_LIMIT = 100;

/** Reads a list page by page. @param limitOf how many entries the next page may have. */
export async function* pagesOf<P extends Page>(
  ask: (page: { limit: number; cursor?: string }) => Promise<P>,
  limitOf: () => number = () => PAGE_LIMIT,
): AsyncGenerator<P, void, undefined> {
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: P = await ask({ limit: limitOf(), ...(cursor !== null && { cursor }) });
    yield page;
    cursor = page.next;
  }
}

/**
 * Reads a list page by page and makes one answer of it.
 *
 * @param key where the entries are.
 * @param limit how many entries are wanted at most; all of them by default.
 * @returns the last page's answer with the entries of all: its `next` is null when there are no more.
 */
export async function readPages<K extends string, P extends Page & Record<K, unknown[]>>(
  key: K,
  limit: number | undefined,
  ask: (page: { limit: number; cursor?: string }) => Promise<P>,
): Promise<P> {
  const wanted = limit ?? Infinity;
  const entries: unknown[] = [];
  for await (const page of pagesOf(ask, () => Math.min(PAGE_LIMIT, wanted - entries.length))) {
    entries.push(...page[key]);
    if (page.next === null || entries.length >= wanted) return { ...page, [key]: entries };
  }
  throw new Error("a list has no first page");
}
