/**
 * The Worker's bundle, kept between tests. `npm start` has it in its state folder and builds it only when a source changed. Tests
 * begin with an empty folder, and to build it takes most of a start: so they are given the last one. The start itself finds
 * out whether that is still right.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
/** Of this checkout. A bundle in it never changes: its name is that of its content. */
const KEPT = join(tmpdir(), `berth-test-bundles-${createHash("sha256").update(ROOT).digest("hex").slice(0, 16)}`);
/** Bundles that stay: a test that runs beside this one may just copy one. */
const MAX_KEPT = 3;

const placeIn = (stateDir: string) => join(stateDir, "bundle");

/** Gives a state folder that has no bundle the last one that a test has left. */
export function takeBundle(stateDir: string): void {
  const [newest] = keptBundles();
  if (newest === undefined || existsSync(placeIn(stateDir))) return;
  mkdirSync(stateDir, { recursive: true });
  const unfinished = `${placeIn(stateDir)}.taken`;
  try {
    cpSync(newest, unfinished, { recursive: true });
    renameSync(unfinished, placeIn(stateDir));
  } catch {
    // Another process has just removed it. The start builds one.
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Keeps the bundle of a server that runs, unless it is kept already. */
export function keepBundle(stateDir: string): void {
  const manifest = readFileSync(join(placeIn(stateDir), "manifest.json"));
  const kept = join(KEPT, createHash("sha256").update(manifest).digest("hex"));
  if (existsSync(kept)) return;
  const unfinished = `${kept}.${process.pid}`;
  mkdirSync(KEPT, { recursive: true });
  cpSync(placeIn(stateDir), unfinished, { recursive: true });
  try {
    renameSync(unfinished, kept);
  } catch {
    // Another process was faster.
    rmSync(unfinished, { recursive: true, force: true });
  }
  for (const old of keptBundles().slice(MAX_KEPT)) rmSync(old, { recursive: true, force: true });
}

/** The newest first. */
function keptBundles(): string[] {
  if (!existsSync(KEPT)) return [];
  return readdirSync(KEPT)
    .filter((name) => !name.includes("."))
    .map((name) => ({ path: join(KEPT, name), time: statSync(join(KEPT, name)).mtimeMs }))
    .toSorted((one, other) => other.time - one.time)
    .map(({ path }) => path);
}
