/**
 * `npm run gc`: collects the garbage of the registry on this machine until nothing is left that is due, and says what
 * went; `npm run gc -- --dry-run` says what would go. Environment: STATE_DIR, GRACE_DAYS and the other settings as for
 * `npm start`; while the registry runs, it is asked to collect, at PORT and with ADMIN_PASSWORD.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { counted } from "../src/kernel/counted.ts";
import { ADMINISTRATOR } from "./first-administrator.ts";
import { authorityFileOf } from "./local/certificates.ts";
import { localUrl, publicUrls } from "./local/listen.ts";
import { openOperatorSession } from "./local/operator-session.ts";
import { Explained, type LocalEnvironment, readEnvironment, runProgram, untilStopRequested } from "./local/program.ts";
import { startRuntime } from "./local/runtime.ts";
import { StateInUse } from "./local/state-lock.ts";
import { formatBytes } from "./storage/command.ts";

/** Exit code of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

interface Counts {
  manifests: number;
  blobs: number;
  objects: number;
  bytes: number;
}

/** `POST /api/garbage-collection`. */
interface Result extends Counts {
  complete: boolean;
  failed: boolean;
  bucketDone: boolean;
}

/** `GET /api/garbage-collection`, as far as it is shown. */
interface Report {
  graceDays: number;
  reclaimable: Counts & { exact: boolean };
}

/** A registry that is asked by HTTP. */
interface Registry {
  url: string;
  headers: Record<string, string>;
}

async function collectLocally(): Promise<number> {
  const isDryRun = readArguments(process.argv.slice(2));
  const environment = readEnvironment();
  const { stateDir, bindings } = environment;
  if (!existsSync(join(stateDir, "data")))
    throw new Explained(`There is no registry in ${stateDir}. Is STATE_DIR set?`);
  const runtime = await startRuntime({ stateDir, bindings }).catch((error: unknown) => {
    if (error instanceof StateInUse) return error;
    throw error;
  });
  const stopRequested = untilStopRequested();
  if (runtime instanceof StateInUse) return collect(runningRegistry(environment, runtime), isDryRun, stopRequested);
  try {
    const session = await openOperatorSession(runtime.miniflare);
    try {
      const registry = { url: runtime.url, headers: { "X-Auth-Token": session.token } };
      return await Promise.race([collect(registry, isDryRun, stopRequested), runtime.failed.then(() => 1)]);
    } finally {
      await session.end();
    }
  } finally {
    await runtime.stop();
  }
}

function readArguments(args: readonly string[]): boolean {
  if (args.length === 0) return false;
  if (args.length === 1 && args[0] === "--dry-run") return true;
  throw new Explained("Usage: npm run gc [-- --dry-run]");
}

/** @throws Explained what to do when nobody said how to ask it. */
function runningRegistry({ port, listen, stateDir, tls, password }: LocalEnvironment, cause: StateInUse): Registry {
  if (password === undefined) {
    throw new Explained(
      [
        `The registry is running (process ${cause.pid}) and can collect itself, as it does every hour. To have it done now:`,
        "",
        `  ADMIN_PASSWORD=<password of ${ADMINISTRATOR}> PORT=${port} npm run gc`,
        "",
        "with LISTEN, TLS, TLS_CERT and TLS_KEY as it has them, or stop it, and repeat the command.",
      ].join("\n"),
      { cause },
    );
  }
  const credentials = Buffer.from(`${ADMINISTRATOR}:${password}`).toString("base64");
  const headers = { Authorization: `Basic ${credentials}` };
  if (tls === undefined) return { url: localUrl(listen, port), headers };
  // A given certificate is not for 127.0.0.1, but for its names.
  if (tls.kind === "files") {
    return { url: publicUrls(listen, port, { scheme: "https", names: tls.names })[0] ?? "", headers };
  }
  setDefaultCACertificates([...getCACertificates(), readFileSync(authorityFileOf(stateDir), "utf8")]);
  return { url: localUrl(listen, port, "https"), headers };
}

async function collect(registry: Registry, isDryRun: boolean, stopRequested: Promise<void>): Promise<number> {
  const stop = new AbortController();
  void stopRequested.then(() => stop.abort());
  const start = performance.now();
  const total = { manifests: 0, blobs: 0, objects: 0, bytes: 0 };
  let isComplete: boolean;
  let hasFailed: boolean;
  for (;;) {
    const slice = await ask<Result>(registry, "POST", { dryRun: isDryRun });
    for (const name of ["manifests", "blobs", "objects", "bytes"] as const) total[name] += slice[name];
    isComplete = slice.complete && slice.bucketDone;
    hasFailed = slice.failed;
    // What failed would fail again.
    if (isComplete || hasFailed || isDryRun || stop.signal.aborted) break;
  }
  const { graceDays, reclaimable } = await ask<Report>(registry, "GET");

  const isAll = isDryRun ? reclaimable.exact : isComplete;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    [
      isDryRun ? "A collection would take now:" : `Collected in ${seconds} s:`,
      "",
      `  Manifests  ${total.manifests}`,
      `  Blobs      ${total.blobs}`,
      `  Objects    ${total.objects}  (${formatBytes(total.bytes)})`,
      "",
      `What nothing needs is kept for ${counted(graceDays, "day")}. ` +
        `${isDryRun ? "There are now" : "There are still"}${reclaimable.exact ? "" : ", at least,"} ` +
        `${counted(reclaimable.manifests, "manifest")} and ${counted(reclaimable.blobs, "blob")} of ${formatBytes(reclaimable.bytes)}.`,
      ...(isAll ? [] : [isDryRun ? "That is not all there is." : "Stopped before the end: the next run goes on."]),
      ...(hasFailed ? ["A part of it failed: the Worker's log says why."] : []),
    ].join("\n"),
  );
  return isAll || isDryRun ? 0 : INTERRUPTED;
}

/** @throws Explained when the registry does not answer, or refuses. */
async function ask<T>({ url, headers }: Registry, method: "GET" | "POST", body?: unknown): Promise<T> {
  const response = await fetch(`${url}/api/garbage-collection`, {
    method,
    headers: { ...headers, "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Explained(`No registry answers at ${url}: set PORT to the one that it was started with.`, { cause });
  });
  if (response.ok) return (await response.json()) as T;
  if (response.status === 401) throw new Explained(`ADMIN_PASSWORD is not the password of ${ADMINISTRATOR} at ${url}.`);
  throw new Explained(`${url} answers ${response.status}: ${(await response.text()).slice(0, 500)}`);
}

await runProgram(collectLocally);
