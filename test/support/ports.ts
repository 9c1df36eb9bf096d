/** What a process listens on, as Linux tells. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The TCP ports that a process listens on. */
export function listeningPorts(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).map((fd) => /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1]),
  );
  const LISTEN = "0A";
  return readFileSync(`/proc/${pid}/net/tcp`, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      return state === LISTEN && inodes.has(inode) ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
    });
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // It was closed meanwhile.
    return "";
  }
}
