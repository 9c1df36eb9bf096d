import { useState, useSyncExternalStore } from "react";

/**
 * The keys of rows that are chosen, also on pages that are not on screen. Who only changes it is not drawn anew by a change: a
 * check box follows its own row, and a bar follows all of them.
 */
export class Selection {
  #keys: ReadonlySet<string> = new Set();
  readonly #listeners = new Set<() => void>();

  /** In the order in which they were chosen. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  set(keys: ReadonlySet<string>): void {
    this.#keys = keys;
    for (const listener of this.#listeners) listener();
  }

  clear(): void {
    this.set(new Set());
  }

  /** Takes keys away, of rows that are gone. */
  remove(keys: Iterable<string>): void {
    const left = new Set(this.#keys);
    for (const key of keys) left.delete(key);
    this.set(left);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}

/** A selection that is empty at first, and lasts as long as the component. */
export function useSelection(): Selection {
  return useState(() => new Selection())[0];
}

/** The keys that are chosen; draws the component anew whenever they change. */
export function useSelectedKeys(selection: Selection): ReadonlySet<string> {
  return useSyncExternalStore(selection.subscribe, () => selection.keys);
}

/** Whether one row is chosen; draws the component anew when that changes. */
export function useIsSelected(selection: Selection, key: string): boolean {
  return useSyncExternalStore(selection.subscribe, () => selection.keys.has(key));
}
