/**
 * Recordings of versions that people may have: what one has stored (its state folder), and every statement that it then sent to D1 while
 * it was used (ADR 47). `record.ts` makes them.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { packTar, unpackTar } from "modern-tar";
import type { Trip } from "./journal.ts";
import type { Image } from "./life.ts";

const VERSIONS = join(import.meta.dirname, "versions");
const SUFFIX = ".tar.br";
/** What is in a recording beside the files of the state folder. */
const ABOUT = "recording.json";

export interface Recording {
  /** The number of its last migration, as `0012`. */
  name: string;
  /** The commit that was recorded. */
  commit: string;
  images: Image[];
  journal: Trip[];
}

/** The names of all recordings, the oldest version first. */
export function listRecordings(): string[] {
  const files = readdirSync(VERSIONS).filter((file) => file.endsWith(SUFFIX));
  return files.map((file) => file.slice(0, -SUFFIX.length)).sort();
}

/** Reads a recording, and lays its state folder out in `stateDir`. */
export async function openRecording(name: string, stateDir: string): Promise<Recording> {
  const tar = brotliDecompressSync(readFileSync(join(VERSIONS, name + SUFFIX)));
  let recording: Recording | undefined;
  for (const { header, data } of await unpackTar(new Uint8Array(tar))) {
    if (header.name === ABOUT) recording = JSON.parse(Buffer.from(data ?? []).toString()) as Recording;
    else write(join(stateDir, header.name), data ?? new Uint8Array());
  }
  if (recording === undefined) throw new Error(`the recording ${name} does not say what it is`);
  return recording;
}

/** @param files of the state folder, by their path in it. */
export async function saveRecording(recording: Recording, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const about = Buffer.from(JSON.stringify(recording));
  const entries = [[ABOUT, about] as const, ...files].map(([name, body]) => ({
    // Made again, a recording of the same is the same.
    header: { name, size: body.length, mtime: new Date(0) },
    body: new Uint8Array(body),
  }));
  const path = join(VERSIONS, recording.name + SUFFIX);
  const tar = await packTar(entries);
  writeFileSync(path, brotliCompressSync(tar, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } }));
  return path;
}

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
