const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

export interface ScaledBytes {
  value: number;
  unit: (typeof UNITS)[number];
  /** Digits behind the point, for three digits that count. */
  digits: number;
}

/**
 * Finds the unit, of 1024 each, that suits a number of bytes.
 *
 * @param bytes not negative.
 * @param largest value of a unit: from there on it is the next.
 */
export function scaleBytes(bytes: number, largest: number): ScaledBytes {
  let value = bytes;
  let unit = 0;
  while (value >= largest && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return { value, unit: UNITS[unit] ?? "B", digits };
}

/** Bytes with three digits that count, without zeros at the end: `1.21 GiB`, `80 MiB`. */
export function formatBytes(bytes: number): string {
  const { value, unit, digits } = scaleBytes(bytes, 1000);
  return `${Number(value.toFixed(digits))} ${unit}`;
}
