/** Miniflare as `patches/` changes it, and as its publisher has it. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as MiniflareModule from "miniflare";
import { readPatch } from "../../scripts/local/patched-packages.ts";
import { ROOT } from "./programs.ts";

export const PATCH = "miniflare+5.20261117.0-beta.patch";
export const PATCH_TEXT = readFileSync(join(ROOT, "patches", PATCH), "utf8");

/** The entry module of the one that is installed. */
export const PATCHED_MINIFLARE = join(ROOT, "node_modules", "miniflare", "dist", "src", "index.js");

/** @param entry the module of one of the packages. */
export function loadMiniflare(entry: string): typeof MiniflareModule {
  return createRequire(import.meta.url)(entry) as typeof MiniflareModule;
}

/**
 * Makes the package as its publisher has it, from the one that is installed.
 *
 * @returns its entry module, below `directory`.
 */
export function unpatchedMiniflare(directory: string): string {
  const copy = join(directory, "checkout", "node_modules", "miniflare");
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(join(ROOT, "node_modules", "miniflare"), copy, { recursive: true });
  for (const { path, passages } of readPatch(PATCH_TEXT)) {
    const file = join(directory, "checkout", path);
    let text = readFileSync(file, "utf8");
    for (const { before, after } of passages) {
      if (text.split(after).length !== 2)
        throw new Error(`${path} does not have once what the patch makes of it:\n${after}`);
      text = text.replace(after, () => before);
    }
    writeFileSync(file, text);
  }
  // What it needs itself is found one folder further up.
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  return join(copy, "dist", "src", "index.js");
}
