/**
 * What an isolate does before its first request: the CPU time that workerd needs to evaluate the modules of the Worker, less what
 * it needs for those of the bare one. The time is the process's own, so that others on the machine hardly change it.
 * `wrangler check startup` shows about the same, with its profiler. Not in it is that workerd compiles all modules, before
 * it asks for any.
 */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundle, type Bundle } from "../../scripts/local/bundle.ts";
import { buildConsole } from "../../scripts/local/console.ts";
import { processesWithEnvironment } from "../../scripts/local/processes.ts";
import { atMost, median, printTable, type Target } from "./table.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Of which the quickest counts: what else the machine does can only make one slower. */
const STARTS = 7;
const MAX_START_MS = 35;

const HEAD = ["", "ms, quickest", "median", "KiB", "target"];

/** An environment variable by which the process is found. */
const MARK = "BERTH_BENCH_START";

/**
 * Measures starts and prints their table.
 *
 * @param newStateDir gives a folder for a bundle.
 */
export async function measureStartup(newStateDir: () => string, isQuick: boolean): Promise<Target[]> {
  await buildConsole();
  const berth = await bundle(join(ROOT, "wrangler.toml"), newStateDir());
  const bare = await bundle(join(import.meta.dirname, "ceiling", "wrangler.toml"), newStateDir());
  const times = { berth: [] as number[], bare: [] as number[] };
  for (let count = isQuick ? 2 : STARTS; count > 0; count -= 1) {
    times.berth.push(await timeStart(berth));
    times.bare.push(await timeStart(bare));
  }
  const bareMs = Math.min(...times.bare);
  const startMs = Math.min(...times.berth) - bareMs;
  printTable("What an isolate does before its first request, in CPU time", HEAD, [
    ["Berth", startMs.toFixed(1), (median(times.berth) - bareMs).toFixed(1), sizeOf(berth), `<= ${MAX_START_MS}`],
    ["bare Worker, taken off above", bareMs.toFixed(1), median(times.bare).toFixed(1), sizeOf(bare), ""],
  ]);
  return [atMost("start of an isolate", startMs, MAX_START_MS, " ms")];
}

function sizeOf(worker: Bundle): string {
  return (contentsOf(worker).reduce((sum, { contents }) => sum + contents.length, 0) / 1024).toFixed(0);
}

function contentsOf({ directory, modules }: Bundle) {
  return modules.map(({ type, path }) => ({ type, path, contents: readFileSync(join(directory, path)) }));
}

/** Milliseconds of CPU time in which a workerd loads a Worker and answers a request. */
async function timeStart(worker: Bundle): Promise<number> {
  const { compatibilityDate = "", compatibilityFlags = [] } = worker.workerOptions;
  const modules = contentsOf(worker);
  const load = `export default {
    async fetch() {
      await import(${JSON.stringify(`./${modules[0]?.path ?? ""}`)});
      return new Response("loaded");
    },
  };`;
  const mark = randomUUID();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modulesRoot: "/",
      modules: [
        { type: "ESModule", path: "/load.mjs", contents: load },
        ...modules.map((module) => ({ ...module, path: `/${module.path}` })),
      ],
      compatibilityDate,
      compatibilityFlags: [...compatibilityFlags],
      cf: {},
      log: new Log(LogLevel.ERROR),
      telemetry: { enabled: false },
      unsafeRuntimeEnv: { [MARK]: mark },
    }),
  );
  try {
    await miniflare.ready;
    const [pid] = processesWithEnvironment(MARK, mark);
    if (pid === undefined) throw new Error("workerd is not among the running processes");
    const before = cpuMs(pid);
    const text = await (await miniflare.dispatchFetch("http://start.test/")).text();
    const after = cpuMs(pid);
    if (text !== "loaded") throw new Error(`the Worker does not load: ${text}`);
    return after - before;
  } finally {
    await miniflare.dispose();
  }
}

/** CPU time that the threads of a process have had so far. */
function cpuMs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e6;
}
