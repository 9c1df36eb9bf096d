import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptionsShape } from "miniflare";
import { admission, hostsOf } from "./admission.ts";
import { separateAssets } from "./assets-worker.ts";
import { bundle } from "./bundle.ts";
import { type CertificateSource, fileSource, type TlsChoice, watchCertificate } from "./certificates.ts";
import { buildConsole } from "./console.ts";
import { startCron } from "./cron.ts";
import { DiskSpace } from "./disk-space.ts";
import { type HeldPort, holdPort, startFront } from "./front.ts";
import { startHashing } from "./hashing.ts";
import { FRONT_HEADER, guardModule } from "./guard-module.ts";
import { applyMigrations } from "./migrations.ts";
import { localUrl, LOOPBACK, publicUrls } from "./listen.ts";
import { requirePatches } from "./patched-packages.ts";
import { processesWithEnvironment, processStart } from "./processes.ts";
import { lockState, STATE_DIR_MARK } from "./state-lock.ts";
import { bindingsOf, newSecret, openDoor, storageWorker } from "./storage.ts";
import { sweep, sweepSessions } from "./sweep.ts";
import { markLost } from "../../src/storage/content/blobs.ts";
import { openDatabase } from "../../src/storage/database.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** How long requests in flight may take to end after `stop`, in milliseconds. */
const STOP_GRACE = 2500;

/**
 * Passed to workerd through Miniflare. The simulators of R2 and D1 run in the same process and make a lot of short-lived
 * garbage; V8 would let its young generation grow to 100 MB with it, and the heap of each isolate by far more before it
 * collects the first time. Measured: 2,000 small pushes end at 220 MB in place of 340, for at most 4 % of CPU time.
 */
const V8_FLAGS = "--max-semi-space-size=1 --initial-old-space-size=4 --heap-growing-percent=30";

/** What workerd says of each isolate because of these flags: it compiles its own scripts, which takes milliseconds. */
const ABOUT_CACHE = "NOSENTRY per-isolate bootstrap compile cache";

/** A limit for the Worker that only a process needs that holds all Durable Objects: `storage/content/upload-places.ts`. */
const UPLOADS_IN_MEMORY = "48";
/** The cron trigger of wrangler.toml that looks for what was due and was not done. */
const SWEEPER_CRON = "* * * * *";
/** The simulator of queues has one batch under way at a time: others are not to wait until bytes have been sent for minutes. */
const SYNC_PATIENCE_MS = "300";
/** A terminal is not to be filled by what goes well. */
const LOG_REQUESTS = "failures";

/** When files of upload sessions are removed that are over, and for how many milliseconds they must have been. */
const SWEEP_CRON = "37 * * * *";
const SWEEP_AGE = 60 * 60 * 1000;

/** How often a dead workerd is looked for, in milliseconds. */
const WATCH_INTERVAL = 250;

export interface RuntimeOptions {
  /** The Worker's wrangler.toml; by default the one of this checkout. */
  configPath?: string;
  /** 0, the default, for any free one. */
  port?: number;
  /** The address to listen on, as `readListen` has it. Default 127.0.0.1. */
  host?: string;
  /** Holds all data and the bundle; made if it is not there. */
  stateDir: string;
  /** Secrets, and variables in place of those in wrangler.toml. As a function it is called once nobody else can use
   * `stateDir`, with the address of {@link Runtime.url}. */
  bindings?: Record<string, string> | ((url: string) => Record<string, string>);
  /** Default: plain HTTP. */
  tls?: TlsChoice | undefined;
  /** Reverse proxies before it whose `X-Forwarded-For` counts, as addresses or blocks. */
  trustedProxies?: readonly string[];
  /** Where lines about the Worker go, its own console output included; default: standard error. */
  log?: (line: string) => void;
}

export interface Runtime {
  /** For this machine itself, without a slash at the end. */
  url: string;
  port: number;
  /** The certificate of the registry's own authority, which clients have to trust, if it has one. */
  authorityFile: string | undefined;
  miniflare: Miniflare;
  workerdPid: number;
  /** Ends requests in flight (within 3 s), then workerd. Idempotent. */
  stop: () => Promise<void>;
  /** Rejects when workerd ends by itself; resolves after {@link Runtime.stop}. */
  failed: Promise<void>;
}

/** The port asked for is taken, or not allowed. */
export class PortUnavailable extends Error {
  constructor(host: string, port: number, cause: Error) {
    super(`Cannot listen on ${host}:${port} (${cause.message}). Set PORT to another port.`, { cause });
  }
}

/** workerd ended although nobody stopped it. */
export class WorkerdDied extends Error {
  constructor(pid: number) {
    super(`The Workers runtime (workerd, process ${pid}) ended unexpectedly.`);
  }
}

/**
 * Starts a Worker on this machine, with all it needs and without a network: its bundle as it would be deployed, its
 * bindings with data below `stateDir`, migrations applied, cron triggers running.
 *
 * @throws PackageNotPatched, StateInUse, CertificateProblem, PortUnavailable, BundleFailed, MigrationFailed; nothing is left running then.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  requirePatches(ROOT);
  const configPath = resolve(options.configPath ?? join(ROOT, "wrangler.toml"));
  const host = options.host ?? LOOPBACK;
  const log = options.log ?? ((line: string) => process.stderr.write(`${line}\n`));
  const state = await lockState(options.stateDir);
  const undo: (() => void | Promise<void>)[] = [state.release];
  try {
    const held = await holdHere(host, options.port ?? 0);
    undo.unshift(held.close);
    const { port } = held;
    const { tls } = options;
    const url = localUrl(host, port, tls ? "https" : "http");
    const bindings = typeof options.bindings === "function" ? options.bindings(url) : options.bindings;
    // Only Berth's own Worker has a console.
    if (options.configPath === undefined) await buildConsole();
    const worker = await bundle(configPath, join(state.path, "bundle"));
    const data = join(state.path, "data");
    const { lost } = sweep(data);
    const frontSecret = randomBytes(32).toString("hex");
    const storageSecret = newSecret();
    const variables: NonNullable<typeof worker.workerOptions.bindings> = {
      UPLOADS_IN_MEMORY,
      SYNC_PATIENCE_MS,
      LOG_REQUESTS,
      ...worker.workerOptions.bindings,
      ...bindings,
    };
    const disk = new DiskSpace(state.path, log);
    const admit = admission({
      publicHosts: [new URL(url).hostname, ...hostsOf(textOf(variables["PUBLIC_URL"]))],
      trustedProxies: options.trustedProxies ?? [],
      isTls: tls !== undefined,
      headers: { [FRONT_HEADER]: frontSecret },
      check: (head) => disk.requireRoom(head),
    });
    const hosts = [
      ...publicUrls(host, port).map((each) => new URL(each).hostname),
      ...hostsOf(textOf(variables["PUBLIC_URL"])),
    ];
    const certificates = tls && (await certificatesOf(tls, state.path, hosts));
    const certificate = await certificates?.source.read();
    process.env.MINIFLARE_WORKERD_V8_FLAGS ??= V8_FLAGS;
    await startHashing();
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        host: "127.0.0.1",
        port: 0,
        // A value, because otherwise Miniflare asks a server for one.
        cf: { colo: "LOCAL", country: "XX", httpProtocol: "HTTP/1.1" },
        log: new RuntimeLog(log),
        logRequests: false,
        handleStructuredLogs: ({ message }) => {
          if (!message.startsWith(ABOUT_CACHE)) log(message);
        },
        telemetry: { enabled: false },
        resourcePersistencePath: data,
        unsafeRuntimeEnv: { [STATE_DIR_MARK]: state.path },
        workers: [
          ...separateAssets({
            ...worker.workerOptions,
            modules: [
              guardModule(worker, frontSecret),
              ...worker.modules.map((module) => ({ ...module, path: join(worker.directory, module.path) })),
            ],
            modulesRoot: worker.directory,
            bindings: variables,
            queueConsumers: withLargeBatches(worker.workerOptions.queueConsumers),
            // Miniflare's own socket sends requests through a Worker that compresses answers and draws error pages:
            // it halves the requests per second.
            unsafeDirectSockets: [{ host: "127.0.0.1", port: 0, proxy: tls !== undefined }],
          }),
          // Others have no database that a backup is made of.
          ...(options.configPath === undefined ? [storageWorker(worker.workerOptions, storageSecret)] : []),
        ],
      }),
    );
    undo.unshift(() => miniflare.dispose());
    const workerd = await miniflare.unsafeGetDirectURL();
    const [workerdPid] = processesWithEnvironment(STATE_DIR_MARK, state.path);
    if (workerdPid === undefined) throw new Error("workerd is not among the running processes");

    for (const [binding, migrations] of Object.entries(worker.migrations)) {
      await applyMigrations(await miniflare.getD1Database(binding), migrations);
    }
    if (lost.length > 0) {
      const what = lost.length === 1 ? "1 object has lost its file" : `${lost.length} objects have lost their files`;
      log(`${what}, such as ${lost[0]}; the next push sends again what is gone.`);
      // Other Workers have no table of them.
      if (options.configPath === undefined) await markLost(openDatabase(await miniflare.getD1Database("DB")), lost);
    }

    if (options.configPath === undefined) {
      undo.unshift(await openDoor(state.path, await bindingsOf(miniflare, storageSecret)));
    }
    const front = startFront({ held, upstreamPort: Number(workerd.port), admit, certificate });
    undo.unshift(() => front.close(STOP_GRACE));
    if (certificates && certificate) {
      undo.unshift(watchCertificate(certificates.source, certificate, { use: front.use, log }));
    }
    let stopping: Promise<void> | undefined;
    const runCron = async (cron: string, scheduledTime: Date) => {
      try {
        const fetcher = await miniflare.getWorker();
        await fetcher.scheduled({ cron, scheduledTime });
      } catch (error) {
        if (stopping === undefined) log(`The cron trigger ${cron} failed: ${String(error)}`);
      }
    };
    undo.unshift(startCron(worker.workerOptions.cronTriggers ?? [], runCron));
    // The simulator of queues has forgotten what it had: what has been due for a while goes on at once.
    if (options.configPath === undefined) void runCron(SWEEPER_CRON, new Date());
    undo.unshift(startCron([SWEEP_CRON], async () => void sweepSessions(data, Date.now() - SWEEP_AGE)));

    const watch = watchProcess(workerdPid);
    undo.unshift(watch.stop);
    const stop = () => (stopping ??= runAll(undo));
    return {
      url,
      port: front.port,
      authorityFile: certificates?.authorityFile,
      miniflare,
      workerdPid,
      stop,
      failed: watch.ended,
    };
  } catch (error) {
    await runAll(undo);
    throw error;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The simulator of queues has one batch under way at a time, where Cloudflare has as many as it takes. */
function withLargeBatches(consumers: V4WorkerOptionsShape["queueConsumers"] = {}) {
  const entries = Object.entries(consumers).map(([queue, consumer]) => [queue, { ...consumer, maxBatchSize: 100 }]);
  return Object.fromEntries(entries) as Exclude<typeof consumers, readonly string[]>;
}

async function runAll(steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}

/** Where the certificate comes from. @param hosts that one of its own has to hold. */
async function certificatesOf(
  tls: TlsChoice,
  stateDir: string,
  hosts: readonly string[],
): Promise<{ source: CertificateSource; authorityFile?: string }> {
  if (tls.kind === "files") return { source: fileSource(tls) };
  // Most registries need no library that makes certificates.
  const { ownCertificate } = await import("./own-certificate.ts");
  const source = ownCertificate(stateDir, hosts);
  return { source, authorityFile: source.authorityFile };
}

async function holdHere(host: string, port: number): Promise<HeldPort> {
  try {
    return await holdPort(host, port);
  } catch (error) {
    throw error instanceof Error ? new PortUnavailable(host, port, error) : error;
  }
}

/** Miniflare starts a new workerd when one dies, but keeps silent about it, so the process itself is watched. */
function watchProcess(pid: number): { ended: Promise<void>; stop: () => void } {
  const start = processStart(pid);
  const { promise: ended, resolve: stopped, reject } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    if (processStart(pid) === start) return;
    clearInterval(timer);
    reject(new WorkerdDied(pid));
  }, WATCH_INTERVAL);
  // Callers that do not wait for it do not have to handle it.
  ended.catch(() => undefined);
  return {
    ended,
    stop: () => {
      clearInterval(timer);
      stopped();
    },
  };
}

/** Miniflare's own messages. */
class RuntimeLog extends Log {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    super(LogLevel.ERROR);
    this.#write = write;
  }

  protected override log(message: string): void {
    this.#write(message);
  }
}
