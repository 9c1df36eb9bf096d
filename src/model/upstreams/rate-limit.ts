/** What a registry says about how much more may be asked of it. */

/** How many pulls Docker Hub allows, and how many are left (its documentation, "Pull usage and limits"). */
export interface RateLimitState {
  /** Undefined where only the rest is told. */
  limit?: number;
  remaining: number;
  /** Seconds in which `limit` pulls are allowed; undefined where that is not told. */
  window?: number;
  /** Whose pulls are counted: an address, or an account's id. */
  source?: string;
}

const MAX_SOURCE_LENGTH = 100;

/**
 * Reads `RateLimit-Limit: 100;w=21600`, `RateLimit-Remaining: 76;w=21600` and `Docker-RateLimit-Source`.
 *
 * @returns undefined when the answer does not tell how much is left.
 */
export function readRateLimit(headers: Headers): RateLimitState | undefined {
  const remaining = readQuantity(headers.get("RateLimit-Remaining"));
  if (!remaining) return undefined;
  const limit = readQuantity(headers.get("RateLimit-Limit"));
  const window = limit?.window ?? remaining.window;
  const source = headers.get("Docker-RateLimit-Source")?.slice(0, MAX_SOURCE_LENGTH);
  return {
    remaining: remaining.quantity,
    ...(limit && { limit: limit.quantity }),
    ...(window !== undefined && { window }),
    ...(source !== undefined && { source }),
  };
}

function readQuantity(header: string | null): { quantity: number; window: number | undefined } | undefined {
  const [, quantity, window] = /^\s*(\d{1,12})(?:\s*;\s*w\s*=\s*(\d{1,9}))?/i.exec(header ?? "") ?? [];
  if (quantity === undefined) return undefined;
  return { quantity: Number(quantity), window: window === undefined ? undefined : Number(window) };
}
