/** What was asked of the platform. */
export interface Counts {
  /** SQL statements, each of a batch counted. */
  statements: number;
  /** Requests to D1's primary: a batch is one. */
  roundTrips: number;
  /** The same to whichever copy of the database is nearest. */
  nearbyTrips: number;
  /** R2 operations by name, such as `get` or `uploadPart`. */
  r2: Record<string, number>;
  /** Calls of Durable Objects by method. */
  objects: Record<string, number>;
}

export function noCounts(): Counts {
  return { statements: 0, roundTrips: 0, nearbyTrips: 0, r2: {}, objects: {} };
}
