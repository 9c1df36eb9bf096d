import { usageFailure } from "./failure.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/**
 * Reads a number of bytes: `80MiB`, `95MB`, or `80m` as nginx writes it.
 *
 * @throws Failure (usage).
 */
export function parseByteSize(text: string, option: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  const bytes = number === undefined || factor === undefined ? Number.NaN : Math.floor(Number(number) * factor);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw usageFailure(`${option} "${text}" is no size`, "For example: 80MiB, 95MB");
}
