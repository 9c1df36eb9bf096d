/** How much memory processes use while something goes on. */
import { readFileSync } from "node:fs";

const MIB = 1024 * 1024;
const INTERVAL_MS = 100;

/** Of one process, in MiB as the system counts it. */
export interface Usage {
  before: number;
  peak: number;
}

/** Does something, and answers how much memory each of some processes had before and at most meanwhile. */
export async function watchMemory<K extends string>(
  pids: Readonly<Record<K, number>>,
  work: () => Promise<unknown>,
): Promise<Record<K, Usage>> {
  const names = Object.keys(pids) as K[];
  const usage = Object.fromEntries(names.map((name) => [name, start(pids[name])])) as Record<K, Usage>;
  const sample = () => {
    for (const name of names) usage[name].peak = Math.max(usage[name].peak, residentMib(pids[name]));
  };
  const timer = setInterval(sample, INTERVAL_MS);
  try {
    await work();
    sample();
  } finally {
    clearInterval(timer);
  }
  return usage;
}

/** For people: what is measured belongs into the test's output. */
export function describeUsage(usage: Readonly<Record<string, Usage>>): string {
  return Object.entries(usage)
    .map(([name, { before, peak }]) => `${name} ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} MiB at most`)
    .join("; ");
}

function start(pid: number): Usage {
  const now = residentMib(pid);
  return { before: now, peak: now };
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kib) * 1024) / MIB;
}
