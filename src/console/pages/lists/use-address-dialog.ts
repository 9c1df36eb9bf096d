import { oneOf, useListParams } from "./use-list-params.ts";

/**
 * Which of a page's dialogs is open, kept in the address as `?open=create`, so that links lead to it (`dialogPath`).
 *
 * @param names of the dialogs that the page has.
 */
export function useAddressDialog<const T extends string>(
  names: readonly T[],
): [open: T | undefined, setOpen: (name: T | undefined) => void] {
  const [{ open }, change] = useListParams(["open"]);
  return [oneOf(open, names), (name) => change({ open: name })];
}
