/** How much memory processes use while something goes on. */
import { readFileSync } from "node:fs";
import { MIB } from "./image-layouts.ts";

const INTERVAL_MS = 200;

/** Of one process, in MiB. What it shares with others, such as libraries, counts by its share (`Pss` of proc(5)). */
export interface Usage {
  before: number;
  peak: number;
}

/** Of several processes. */
export interface MemoryUse<K extends string = string> {
  each: Record<K, Usage>;
  /** Of all together, which need not be at their peaks at the same time. */
  all: Usage;
}

/** Does something, and answers how much memory some processes had before and at most meanwhile. */
export async function watchMemory<K extends string>(
  pids: Readonly<Record<K, number>>,
  work: () => Promise<unknown>,
): Promise<MemoryUse<K>> {
  const names = Object.keys(pids) as K[];
  const measure = () => Object.fromEntries(names.map((name) => [name, mibOf(pids[name])])) as Record<K, number>;
  const total = (now: Record<K, number>) => names.reduce((sum, name) => sum + now[name], 0);
  const start = measure();
  const each = Object.fromEntries(names.map((name) => [name, usageFrom(start[name])])) as Record<K, Usage>;
  const all = usageFrom(total(start));
  const sample = () => {
    const now = measure();
    for (const name of names) each[name].peak = Math.max(each[name].peak, now[name]);
    all.peak = Math.max(all.peak, total(now));
  };
  const timer = setInterval(sample, INTERVAL_MS);
  try {
    await work();
    sample();
  } finally {
    clearInterval(timer);
  }
  return { each, all };
}

/** For people: what is measured belongs into the test's output. */
export function describeUsage({ each }: MemoryUse): string {
  return Object.entries(each)
    .map(([name, { before, peak }]) => `${name} ${before.toFixed(0)} MiB before, ${peak.toFixed(0)} MiB at most`)
    .join("; ");
}

function usageFrom(now: number): Usage {
  return { before: now, peak: now };
}

function mibOf(pid: number): number {
  const kib = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return (Number(kib) * 1024) / MIB;
}
