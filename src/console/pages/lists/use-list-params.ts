import { useSearchParams } from "wouter";

export type ListParams<K extends string> = Partial<Record<K, string>>;
export type ChangeListParams<K extends string> = (changes: Partial<Record<K, string | undefined>>) => void;

/**
 * What a list is asked for (filters, order), kept in the address, so that reloading and sharing the page keep it. An empty
 * value is none. A change replaces the entry of the browser's history: Back leaves the page, not the last filter.
 *
 * @param keys of the address's query that are the list's.
 */
export function useListParams<const K extends string>(
  keys: readonly K[],
): [params: ListParams<K>, change: ChangeListParams<K>] {
  const [search, setSearch] = useSearchParams();
  const params: ListParams<K> = {};
  for (const key of keys) {
    const value = search.get(key);
    if (value) params[key] = value;
  }
  const change: ChangeListParams<K> = (changes) => {
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        for (const key of keys) {
          if (!(key in changes)) continue;
          const value = changes[key];
          if (value) after.set(key, value);
          else after.delete(key);
        }
        return after;
      },
      // At which page other lists are stays with the entry.
      { replace: true, state: history.state as unknown },
    );
  };
  return [params, change];
}

/** The value if it is one of those known: addresses are written by hand too. */
export function oneOf<const T extends string>(value: string | undefined, known: readonly T[]): T | undefined {
  return known.find((candidate) => candidate === value);
}
