/** Lists by the page: what a page is among the others, and how many rows the reader wants to see at once. */
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "./browser-storage.ts";

/** The page of a list that is on screen, and the way to its neighbours. */
export interface Pages {
  /** How many rows are on the pages before. */
  before: number;
  /** How many rows all pages have together; undefined while that is not known. */
  total: number | undefined;
  hasPrevious: boolean;
  hasNext: boolean;
  /** The rows on screen are still those of the page before. */
  isTurning: boolean;
  previous: () => void;
  next: () => void;
}

/** How many rows a page may have. */
export const PAGE_SIZES = [25, 50, 100] as const;
export type PageSize = (typeof PAGE_SIZES)[number];

const USUAL_SIZE: PageSize = 50;
const STORAGE_KEY = "berth.rows";

const listeners = new Set<() => void>();
let chosenSize = readSize();

/** How many rows a page has, and a call that changes it for all lists, now and for the next visits. */
export function usePageSize(): [PageSize, (size: PageSize) => void] {
  return [useSyncExternalStore(subscribe, () => chosenSize), changeSize];
}

function changeSize(size: PageSize): void {
  chosenSize = size;
  writeStored("local", STORAGE_KEY, size === USUAL_SIZE ? undefined : String(size));
  for (const listener of listeners) listener();
}

function readSize(): PageSize {
  const stored = Number(readStored("local", STORAGE_KEY));
  return PAGE_SIZES.find((size) => size === stored) ?? USUAL_SIZE;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
