/** What a distant Worker is told, and what it tells. */

/** How long each trip takes, in milliseconds, besides what it takes on this machine. */
export interface Distance {
  primary: number;
  nearby: number;
  r2: number;
  object: number;
  /** Cloudflare's cache, in front of the entrypoint that gives content by digest. */
  edge: number;
}

/** When something began and ended: positions in the order of all beginnings and ends. */
export interface Span {
  start: number;
  /** Absent while it goes on. */
  end?: number;
}

/** What was asked of D1's primary for a request, by number. */
export interface PrimaryTrip extends Span {
  request: number;
}

/** What a Worker has seen since it was told its distance. A request ends with the last byte of its answer. */
export interface TripLog {
  requests: Span[];
  primary: PrimaryTrip[];
  /** How often anything else was asked. */
  others: Record<"nearby" | "r2" | "object" | "edge", number>;
}
