import { randomBytes } from "node:crypto";
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/**
 * Replaces a file whole, so that nobody reads half of it, and a full disk does not empty it. A new one is readable by its
 * owner only; one that is there keeps its permissions, but those of everybody. What a symbolic link points to is replaced, not the link.
 */
export function writePrivateFile(file: string, text: string): void {
  const target = resolveLink(file);
  const mode = (statSync(target, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o770;
  const unfinished = `${target}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(unfinished, text, { mode, flag: "wx" });
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

function resolveLink(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
