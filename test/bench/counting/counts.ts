/** What was asked of the platform. */
export interface Counts {
  /** SQL statements, each of a batch counted. */
  statements: number;
  /** Requests to D1: a batch is one. */
  roundTrips: number;
  /** R2 operations by name, such as `get` or `uploadPart`. */
  r2: Record<string, number>;
  /** Calls of Durable Objects by method. */
  objects: Record<string, number>;
}
