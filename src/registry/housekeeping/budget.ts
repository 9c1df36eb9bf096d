import { countQueries, type Database } from "../../storage/database.ts";

/**
 * How much of an invocation of the Worker a task may take: the platform ends what sends D1 more than 1,000 queries. They are
 * counted where they are sent, so that no task has to know what it costs.
 */
export class Budget {
  readonly #db: Database;
  /** The count of queries at which it is spent. */
  readonly #lastQuery: number;
  readonly #deadline: number;

  /**
   * @param queries that may be sent through the database from now on.
   * @param milliseconds from now on.
   */
  constructor(db: Database, queries: number, milliseconds: number) {
    this.#db = db;
    this.#lastQuery = countQueries(db) + queries;
    this.#deadline = Date.now() + milliseconds;
  }

  /** What is left of so many queries from the beginning of the invocation on: some may have been sent before the task. */
  static ofInvocation(db: Database, queries: number, milliseconds: number): Budget {
    return new Budget(db, queries - countQueries(db), milliseconds);
  }

  /** Whether it is time to leave the rest to the next invocation. A task that is at it may go somewhat further. */
  get isSpent(): boolean {
    return this.#queries <= 0 || this.#milliseconds <= 0;
  }

  get #queries(): number {
    return this.#lastQuery - countQueries(this.#db);
  }

  get #milliseconds(): number {
    return this.#deadline - Date.now();
  }

  /** A share of the remaining budget, from 0 to 1. What it does not use stays with the whole. */
  share(part: number): Budget {
    const left = (amount: number) => Math.max(Math.floor(amount * part), 0);
    return new Budget(this.#db, left(this.#queries), left(this.#milliseconds));
  }
}
