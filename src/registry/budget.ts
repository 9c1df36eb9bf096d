/** How much one invocation of the Worker may do: the platform ends what asks D1 for more than 1,000 queries. */
export class Budget {
  #queries: number;
  readonly #deadline: number;

  /**
   * @param queries of D1.
   * @param milliseconds from now on.
   */
  constructor(queries: number, milliseconds: number) {
    this.#queries = queries;
    this.#deadline = Date.now() + milliseconds;
  }

  /** Notes that so many queries were sent. */
  spend(queries: number): void {
    this.#queries -= queries;
  }

  /** Whether it is time to leave the rest to the next invocation. */
  get isSpent(): boolean {
    return this.#queries <= 0 || Date.now() >= this.#deadline;
  }
}
