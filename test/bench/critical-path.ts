/** How often something waits for D1's primary, one time after the other. */
import type { PrimaryTrip, Span } from "./distant/trips.ts";

/**
 * The length of the critical path: of the longest chain of trips of which each may have waited for the one before it. Within a
 * request a trip may wait for every trip that ended before it began; trips of two requests may only if the first request
 * had its whole answer before the second came, because only then can the client have waited. What a request leaves for
 * after its answer is on no path. So the number is never below what somebody really waits for, and trips at the same time count
 * once.
 *
 * @param requests by their numbers, with beginnings and ends in the same order as those of the trips.
 */
export function criticalPath(requests: readonly Span[], trips: readonly PrimaryTrip[]): number {
  const awaited = trips
    .filter(({ end = Infinity, request }) => end < (requests[request]?.end ?? -Infinity))
    .toSorted((a, b) => a.start - b.start);
  const lengths: number[] = [];
  for (const [index, trip] of awaited.entries()) {
    const before = awaited
      .slice(0, index)
      .map((earlier, at) => (isWaitedFor(earlier, trip, requests) ? lengths[at] : 0));
    lengths.push(1 + Math.max(0, ...before.map((length = 0) => length)));
  }
  return Math.max(0, ...lengths);
}

function isWaitedFor(earlier: PrimaryTrip, trip: PrimaryTrip, requests: readonly Span[]): boolean {
  if (earlier.request === trip.request) return (earlier.end ?? Infinity) < trip.start;
  return (requests[earlier.request]?.end ?? Infinity) < (requests[trip.request]?.start ?? -Infinity);
}
