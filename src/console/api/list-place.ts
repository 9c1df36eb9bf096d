/** At which page a list is, kept with the entry of the browser's history: Back and a reload find it there. */

/** The way to a page: a step for each page after the first one. */
export type Place = readonly Step[];

export const FIRST_PAGE: Place = [];

interface Step {
  /** The `next` of the page before. */
  cursor: string;
  /** How many rows are on the pages before. */
  before: number;
}

/** How many steps are kept. Browsers limit the size of an entry; who goes back further is at the first page. */
const MAX_STEPS = 500;

interface Places {
  /** By the path of the list's requests. */
  listPlaces?: Readonly<Record<string, { question: string; place: Place }>>;
}

/**
 * Where a list was when its page was left; the first page unless it was asked the same.
 *
 * @param path of the list's requests.
 * @param question what the list is asked for besides: its filters, its order, the size of its pages.
 */
export function recallPlace(path: string, question: string): Place {
  const kept = read().listPlaces?.[path];
  return kept?.question === question ? kept.place : FIRST_PAGE;
}

/** Keeps where a list is. */
export function rememberPlace(path: string, question: string, place: Place): void {
  const state = read();
  const kept = { question, place: place.slice(-MAX_STEPS) };
  history.replaceState({ ...state, listPlaces: { ...state.listPlaces, [path]: kept } }, "");
}

/** Has a list begin at its first page. */
export function forgetPlace(path: string): void {
  const { listPlaces = {}, ...state } = read();
  if (!(path in listPlaces)) return;
  const { [path]: _, ...others } = listPlaces;
  history.replaceState({ ...state, listPlaces: others }, "");
}

function read(): Places {
  const state: unknown = history.state;
  return typeof state === "object" && state !== null ? state : {};
}
