/** How often somebody waits for D1's primary, one time after the other. */
import type { PrimaryTrip, Span } from "./distant/trips.ts";

/**
 * The trips to the primary on the critical path: what decided when the last answer was complete. The path goes back from
 * that answer. A request was sent because another had its whole answer, so it waited for the one whose answer was complete
 * last when it came: a client that loses no time sends it just then. Of a request count the trips of which each began after
 * the one before it had ended, and that ended before the answer; the longest such row counts. So trips at the same time count once,
 * and those that are left for after the answer not at all.
 *
 * @param requests by their numbers, with beginnings and ends in the same order as those of the trips.
 */
export function criticalPath(requests: readonly Span[], trips: readonly PrimaryTrip[]): number {
  const answered = [...requests.entries()].flatMap(([number, { start, end }]) =>
    end === undefined ? [] : [{ number, start, end, trips: trips.filter(({ request }) => request === number) }],
  );
  let length = 0;
  let next = lastAnswered(answered, Infinity);
  while (next) {
    length += tripsInTurn(next.trips, next.end);
    next = lastAnswered(answered, next.start);
  }
  return length;
}

function lastAnswered<T extends { end: number }>(requests: readonly T[], before: number): T | undefined {
  return requests.filter(({ end }) => end < before).toSorted((a, b) => b.end - a.end)[0];
}

/** The longest row of trips that did not overlap: always the one that ends first is in it. */
function tripsInTurn(trips: readonly PrimaryTrip[], answered: number): number {
  const ended = trips.flatMap(({ start, end = Infinity }) => (end < answered ? [{ start, end }] : []));
  let length = 0;
  let free = -Infinity;
  for (const { start, end } of ended.toSorted((a, b) => a.end - b.end)) {
    if (start < free) continue;
    length += 1;
    free = end;
  }
  return length;
}
