/**
 * Runs a script or a package binary with the Node that this checkout pins, after making sure that the dependencies are
 * installed: `node scripts/bootstrap.mjs <target> [args]`. A target that ends in .ts, .mts or .mjs is a script; any
 * other is a binary of node_modules/.bin. Runs on any Node from 20 on and needs no package itself.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(root, "node_modules", ".bin");
const projectNode = join(binaries, "node");
const lockDirectory = join(root, ".berth");
const lockFile = join(lockDirectory, "install.lock");

/** How often it is looked whether npm is still there, in milliseconds. */
const PARENT_INTERVAL = 250;
/** Milliseconds after which a lock that was not renewed counts for nothing. */
const LOCK_LIFETIME = 10_000;

/** npm writes node_modules/.package-lock.json as its last step, so an interrupted installation has none. */
function isInstalled() {
  const wanted = statSync(join(root, "package-lock.json"));
  const installed = statSync(join(root, "node_modules", ".package-lock.json"), { throwIfNoEntry: false });
  // `npm install` writes the two files at the same moment, in either order.
  return installed !== undefined && installed.mtimeMs + 2000 >= wanted.mtimeMs && existsSync(projectNode);
}

/**
 * Waits for another bootstrap of this checkout that is installing, then keeps others out until the returned call. The
 * holder renews the lock, so that one left behind by a killed process is known by its age.
 */
async function lockInstallation() {
  // It is also where the registry keeps its data, which closes it to others.
  mkdirSync(lockDirectory, { recursive: true, mode: 0o700 });
  for (let announced = false; ; announced = true) {
    try {
      writeFileSync(lockFile, "", { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const age = Date.now() - (statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > LOCK_LIFETIME) rmSync(lockFile, { force: true });
    else if (!announced) console.error("Waiting for another installation of the dependencies to end ...");
    await sleep(200);
  }
  const renewal = setInterval(() => utimesSync(lockFile, new Date(), new Date()), LOCK_LIFETIME / 10);
  return () => {
    clearInterval(renewal);
    rmSync(lockFile, { force: true });
  };
}

/** Runs `npm ci`; throws InstallationFailed with npm's exit code when that fails. */
async function install() {
  console.error("Installing dependencies (npm ci) ...");
  const npm = process.env.npm_execpath;
  const isNpm = npm !== undefined && /^npm(-cli)?\.c?js$/.test(basename(npm));
  const options = ["ci", "--loglevel=error", "--no-audit", "--no-fund", "--no-update-notifier"];
  const child = spawn(isNpm ? process.execPath : "npm", isNpm ? [npm, ...options] : options, {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    // The installation replaces node_modules/.bin, so nothing in it may run from there.
    env: { ...process.env, PATH: withoutBinaries(process.env.PATH) },
    detached: true,
  });
  const code = await ending(child).catch((error) => fail(`Cannot run npm: ${error.message}`, 127));
  if (code !== 0)
    fail(`npm ci failed with exit code ${code}. Once the cause is gone, the same command repairs it.`, code);
  if (!isInstalled()) fail("npm ci ended without installing everything. Are install scripts switched off in npm?", 1);
}

function withoutBinaries(path) {
  return (path ?? "")
    .split(delimiter)
    .filter((entry) => resolve(entry) !== binaries)
    .join(delimiter);
}

class InstallationFailed extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

function fail(message, exitCode) {
  throw new InstallationFailed(message, exitCode);
}

/** Runs the target to its end and resolves to its exit code (128 + n after signal n). */
function run(target, args) {
  const isScript = /\.(ts|mts|mjs)$/.test(target);
  const file = isScript ? resolve(target) : join(binaries, target);
  if (!existsSync(file)) fail(`There is no ${isScript ? "script" : "package binary"} ${target}.`, 127);
  // A binary finds the project's Node by its first line and the PATH below.
  const child = spawn(isScript ? projectNode : file, isScript ? [file, ...args] : args, {
    // A script learns by the closed channel that this process is gone.
    stdio: isScript ? ["inherit", "inherit", "inherit", "ipc"] : "inherit",
    env: { ...process.env, PATH: [binaries, withoutBinaries(process.env.PATH)].join(delimiter) },
    detached: true,
  });
  return ending(child);
}

/**
 * Passes signals on to a child until it ends. Resolves to its exit code (128 + n after signal n). The child has a
 * process group of its own: so a Ctrl-C of the terminal reaches it once, from here, and not also directly.
 */
function ending(child) {
  const forwardedAt = new Map();
  const forward = (signal) => {
    // npm repeats a Ctrl-C that the terminal has already sent; a person is slower than this.
    const now = performance.now();
    if (now - (forwardedAt.get(signal) ?? -Infinity) < 300) return;
    forwardedAt.set(signal, now);
    child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  const stopWatching = watchParent(() => forward("SIGTERM"));
  return new Promise((done, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      for (const name of signals) process.off(name, forward);
      stopWatching();
      try {
        // What the child left running in its group ends with it.
        process.kill(-child.pid, "SIGKILL");
      } catch (error) {
        if (error.code !== "ESRCH" && error.code !== "EPERM") reject(error);
      }
      done(code ?? 128 + constants.signals[signal]);
    });
  });
}

/**
 * npm sends its signals to the shell that runs a script. Some shells become the script's last command, and some wait for it: these
 * end by the signal, and what they have started hears nothing. So the end of the parent counts as one, if npm is in between.
 */
function watchParent(onEnd) {
  if (process.env.npm_lifecycle_event === undefined) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onEnd();
  }, PARENT_INTERVAL);
  timer.unref();
  return () => clearInterval(timer);
}

const [target, ...args] = process.argv.slice(2);
try {
  if (process.platform === "win32") {
    fail(
      "Berth runs on Linux and macOS. On Windows, run it inside WSL: https://learn.microsoft.com/windows/wsl/install",
      1,
    );
  }
  if (target === undefined) fail("Usage: node scripts/bootstrap.mjs <script or package binary> [arguments]", 64);
  if (!isInstalled()) {
    const unlock = await lockInstallation();
    try {
      if (!isInstalled()) await install();
    } finally {
      unlock();
    }
  }
  process.exitCode = await run(target, args);
} catch (error) {
  if (!(error instanceof InstallationFailed)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
