/** Days of reports, in UTC. */

/** `YYYY-MM-DD`. */
export type Day = string;

const DAY_MS = 24 * 60 * 60 * 1000;

export function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10);
}

/** The last days up to that of a time, oldest first. */
export function lastDays(now: Date, count: number): Day[] {
  return Array.from({ length: count }, (_, index) => dayOf(new Date(now.getTime() - (count - 1 - index) * DAY_MS)));
}

/** The days from one on up to that of a time, oldest first. */
export function daysUntil(now: Date, first: Day): Day[] {
  const count = Math.floor((now.getTime() - Date.parse(first)) / DAY_MS) + 1;
  return lastDays(now, Math.max(0, count));
}

export interface DayValue {
  day: Day;
  value: number;
}

/**
 * A value for each of the days. One for which nothing is known has that of the last day known before, when values stay
 * as they are, and otherwise 0.
 *
 * @param known in any order; may reach back further than the days asked for.
 */
export function fillDays(days: readonly Day[], known: readonly DayValue[], staysAsItIs: boolean): DayValue[] {
  return days.map((day) => {
    const last = known.reduce<DayValue | undefined>((latest, each) => {
      return each.day <= day && (!latest || each.day > latest.day) ? each : latest;
    }, undefined);
    return { day, value: last && (staysAsItIs || last.day === day) ? last.value : 0 };
  });
}

/** What something had at the end of a day, and had had since the end of the day that is known before. */
export interface DayEnd<T> {
  day: Day;
  value: T;
}

/**
 * What something had at the end of each of the days, of which only those are known behind which it changed: the other days
 * have what the next known one has, and behind the last known one everything is as it is now.
 *
 * @param days oldest first.
 * @param known oldest first; none before the first of the days is of use.
 * @param present what it has now.
 */
export function daysBefore<T>(days: readonly Day[], known: readonly DayEnd<T>[], present: T): DayEnd<T>[] {
  let next = 0;
  return days.map((day) => {
    while (next < known.length && (known[next]?.day ?? day) < day) next += 1;
    const found = known[next];
    return { day, value: found ? found.value : present };
  });
}
