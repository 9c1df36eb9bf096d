/**
 * What the registry has promised, and what it may have done besides. Each intention is on disk before the request is
 * sent, each answer before it is believed, so that a run that fails can be read from its first request to its last.
 */
import { appendFileSync } from "node:fs";

/** The digest that a tag points to; null when there is no such tag. */
export type Target = string | null;

export class Journal {
  readonly #file: string;
  /** By `repository:tag`: what the tag may point to. One value means that the registry has promised it. */
  readonly #targets = new Map<string, ReadonlySet<Target>>();
  /** By `repository:tag`: every digest that it was ever meant to point to. */
  readonly #history = new Map<string, Set<string>>();
  acknowledged = 0;
  refused = 0;
  unanswered = 0;

  constructor(file: string) {
    this.#file = file;
  }

  note(entry: Readonly<Record<string, unknown>>): void {
    appendFileSync(this.#file, `${JSON.stringify({ at: Date.now(), ...entry })}\n`);
  }

  /**
   * Moves or deletes a tag.
   *
   * @param isShared whether other clients write to the tag at the same time: then an answer does not say what is there now.
   * @returns the status; undefined when the connection broke before there was one.
   */
  async move(
    tag: { repository: string; name: string; isShared?: boolean },
    target: Target,
    request: () => Promise<number | undefined>,
  ): Promise<number | undefined> {
    const key = `${tag.repository}:${tag.name}`;
    const before = this.possible(key);
    const during = new Set([...before, target]);
    this.#targets.set(key, during);
    if (target !== null) this.#history.set(key, new Set([...this.historyOf(key), target]));
    this.note({ begin: key, target });
    const status = await request();
    this.note({ end: key, target, status });
    if (this.count(status) && !tag.isShared) this.#targets.set(key, new Set([target]));
    if (status !== undefined && status >= 400 && status < 500 && !tag.isShared) this.#targets.set(key, before);
    return status;
  }

  /** Counts an answer. @returns whether the registry has said that the thing is done. */
  count(status: number | undefined): boolean {
    if (status === undefined || status >= 500) {
      this.unanswered += 1;
      return false;
    }
    const isDone = status < 300;
    if (isDone) this.acknowledged += 1;
    else this.refused += 1;
    return isDone;
  }

  possible(key: string): ReadonlySet<Target> {
    return this.#targets.get(key) ?? new Set([null]);
  }

  historyOf(key: string): ReadonlySet<string> {
    return this.#history.get(key) ?? new Set();
  }

  /** Tags of a repository that were ever written, with what they may point to. */
  tagsOf(repository: string): { key: string; name: string; possible: ReadonlySet<Target> }[] {
    const prefix = `${repository}:`;
    return [...this.#targets]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, possible]) => ({ key, name: key.slice(prefix.length), possible }));
  }

  /** Takes note of what a tag was found to point to while nobody was writing. */
  settle(key: string, target: Target): void {
    this.#targets.set(key, new Set([target]));
  }

  /** Lets a tag point to any of these as well: something beside its clients may change it. */
  allow(key: string, ...targets: Target[]): void {
    this.#targets.set(key, new Set([...this.possible(key), ...targets]));
  }

  /** Forgets the tags of a repository that was deleted. */
  forget(repository: string): void {
    for (const { key } of this.tagsOf(repository)) this.#targets.delete(key);
  }
}
