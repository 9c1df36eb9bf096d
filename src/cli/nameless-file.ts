import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Opens a new file that has no name any more: nobody else opens it, and nothing is left of it whichever way the process ends.
 *
 * @throws the system's error when the folder cannot be written to.
 */
export async function openNameless(directory: string): Promise<FileHandle> {
  const path = join(directory, `berth-${process.pid}-${randomBytes(8).toString("hex")}`);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  await unlink(path);
  return file;
}
