/**
 * `patches/` changes packages of node_modules (ADR 27), and `patch-package` applies it after each installation. An installation
 * without its scripts, or a package of another version, would run without what was changed and say nothing.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** One file that a patch changes. */
export interface PatchedFile {
  /** From the root of the checkout. */
  path: string;
  /** Passages, as they are in the package and as they are to be. */
  passages: { before: string; after: string }[];
}

/** An installed package is not the patched one. */
export class PackageNotPatched extends Error {
  constructor(name: string, reason: string) {
    super(`${name} in node_modules is not as patches/ has it (${reason}). Run "npm ci" to install it again.`);
  }
}

/** Reads a patch in the form that git writes. */
export function readPatch(text: string): PatchedFile[] {
  const files: PatchedFile[] = [];
  for (const section of text.split(/^diff --git .*\n/m).slice(1)) {
    const path = /^\+\+\+ b\/(.*)$/m.exec(section)?.[1];
    if (path === undefined) throw new Error("a patch that adds or removes a file is not expected here");
    const passages = section
      .split(/^@@ .*\n/m)
      .slice(1)
      .map((hunk) => ({ before: linesOf(hunk, " -"), after: linesOf(hunk, " +") }));
    files.push({ path, passages });
  }
  return files;
}

function linesOf(hunk: string, marks: string): string {
  const lines = hunk.split("\n").filter((line) => line !== "" && marks.includes(line.charAt(0)));
  return lines.map((line) => `${line.slice(1)}\n`).join("");
}

/**
 * Insists that the packages below `root` are those that the patches below it were made for, with every passage changed.
 *
 * @throws PackageNotPatched
 */
export function requirePatches(root: string): void {
  for (const patch of globSync(join(root, "patches", "*.patch"))) {
    const [name = "", version = ""] = basename(patch, ".patch").split("+");
    const manifest = join(root, "node_modules", name, "package.json");
    if (!existsSync(manifest)) throw new PackageNotPatched(name, "it is not there");
    const installed = (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
    if (installed !== version)
      throw new PackageNotPatched(name, `the patch is for ${version}, and this is ${installed}`);
    for (const { path, passages } of readPatch(readFileSync(patch, "utf8"))) {
      const text = readFileSync(join(root, path), "utf8");
      const missing = passages.findIndex(({ after }) => !text.includes(after));
      if (missing >= 0) throw new PackageNotPatched(name, `change ${missing + 1} of ${path} is missing`);
    }
  }
}
