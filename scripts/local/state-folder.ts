import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** The state folder cannot be used: the message says why, and what to do. */
export class StateUnusable extends Error {}

/** Everybody but the owner. */
const OTHERS = 0o077;

/**
 * Makes a state folder ready: it is there, belongs to this user, and is closed to all others, for it holds password
 * hashes, secrets and private images. What an older version left open in it is closed as well.
 *
 * @returns its real path: a link is followed, when it is this user's own.
 * @throws StateUnusable
 */
export function openStateFolder(stateDir: string): string {
  const folder = resolve(stateDir);
  return explained(folder, () => {
    const link = lstatSync(folder, { throwIfNoEntry: false });
    if (link?.isSymbolicLink()) requireOwn(link.uid, folder, "the link");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = realpathSync(folder);
    const { uid, mode } = statSync(path);
    requireOwn(uid, folder, "it");
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if ((mode & OTHERS) !== 0) {
      chmodSync(path, mode & 0o700);
      closeAll(path);
    }
    return path;
  });
}

/**
 * Puts what the system says of a state folder in words.
 *
 * @throws StateUnusable in place of the system's error.
 */
export function explained<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = REASONS[code];
    if (reason === undefined) throw error;
    throw new StateUnusable(`The state folder ${folder} cannot be used: ${reason}`, { cause: error });
  }
}

const ELSEWHERE = "or set STATE_DIR to another folder.";
const REASONS: Readonly<Record<string, string>> = {
  EACCES: `this user may not read and write it. Change its owner or permissions, ${ELSEWHERE}`,
  EDQUOT: `the quota of this user is used up. Make room, ${ELSEWHERE}`,
  EEXIST: `it is no folder. Move what is there away, ${ELSEWHERE}`,
  ELOOP: `its links lead in a circle. Mend them, ${ELSEWHERE}`,
  ENOENT: `it is a link that leads nowhere. Mend it, ${ELSEWHERE}`,
  ENOSPC: `no space is left on its disk. Make room, ${ELSEWHERE}`,
  ENOTDIR: `a part of its path is no folder. Move what is there away, ${ELSEWHERE}`,
  EPERM: `the system does not allow it. Change its owner or permissions, ${ELSEWHERE}`,
  EROFS: `it is on a file system that can only be read. Mount that for writing, ${ELSEWHERE}`,
};

function requireOwn(owner: number, folder: string, what: string): void {
  const own = process.getuid?.();
  if (own === undefined || owner === own) return;
  throw new StateUnusable(
    `The state folder ${folder} cannot be used: ${what} belongs to another user (id ${owner}; this is ${own}), who could ` +
      `read and change everything in it. Give it to this user (chown), ${ELSEWHERE}`,
  );
}

/** Takes the rights of others from all files below a folder. */
function closeAll(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory() && !entry.isFile()) continue;
    const mode = lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & OTHERS) !== 0) chmodSync(path, mode & 0o700);
    if (entry.isDirectory()) closeAll(path);
  }
}
