/** What is typed into a form about something that somebody else may change meanwhile. */
import { useState } from "react";

/** Something as it was read. */
export interface Seen<T> {
  values: T;
  /** For a change under a condition; undefined for something new. */
  version: string | undefined;
}

/**
 * The values of a form, which begins with what was read when it was opened.
 *
 * @param latest what was read last. It changes nothing by itself: `reload` takes it over, into the fields that were not changed.
 */
export function useDraft<T extends object>(latest: Seen<T>) {
  const [base, setBase] = useState(latest);
  const [draft, setDraft] = useState(latest.values);
  return {
    draft,
    /** What the draft began with. */
    before: base.values,
    /** The version that was seen. */
    version: base.version,
    set: (changes: Partial<T>) => setDraft((old) => ({ ...old, ...changes })),
    reload: () => {
      setBase(latest);
      setDraft(rebase(draft, base.values, latest.values));
    },
  };
}

/** A draft with what is there now in the fields that are as they were before. */
export function rebase<T extends object>(draft: T, before: T, now: T): T {
  const rebased = { ...draft };
  for (const key in now) {
    if (JSON.stringify(draft[key]) === JSON.stringify(before[key])) rebased[key] = now[key];
  }
  return rebased;
}
