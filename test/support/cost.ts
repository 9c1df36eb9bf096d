/**
 * What Berth costs at Cloudflare, computed from what a push and a pull ask of the platform. test/workerd/cost.test.ts counts that, and
 * test/runtime/limits-and-cost.test.ts compares docs/limits-and-cost.md with what is computed here.
 */

/** What the platform bills. */
export interface Operations {
  /** Invocations of the Worker: requests of clients, and those that it makes of its own entrypoint behind the cache. */
  requests: number;
  rowsRead: number;
  rowsWritten: number;
  /** Of R2: put, list, and what makes up a multipart upload. */
  classA: number;
  /** Of R2: get and head. */
  classB: number;
  /** Calls of Durable Objects. */
  objectCalls: number;
}

/**
 * An image of ten layers and a configuration, two of the layers and the configuration new, as docker pushes it: it asks for each blob, and
 * sends what is missing in chunks, through a Durable Object. Exactly what is counted.
 */
export const PUSH: Operations = {
  requests: 23,
  rowsRead: 382,
  rowsWritten: 165,
  classA: 3,
  classB: 9,
  objectCalls: 6,
};

/** All of that image, by tag, by an isolate that remembers nothing and without a hit in the cache. */
export const PULL: Operations = {
  requests: 27,
  rowsRead: 79,
  rowsWritten: 11,
  classA: 0,
  classB: 11,
  objectCalls: 0,
};

/** Somebody who works with the console for a day. Assumed. */
const CONSOLE_DAY: Operations = {
  requests: 500,
  rowsRead: 50_000,
  rowsWritten: 50,
  classA: 0,
  classB: 0,
  objectCalls: 0,
};
/** The cron triggers of a month, with what they look for. Assumed: a registry of a million images has more. */
const CRON_MONTH: Operations = {
  requests: 44_640,
  rowsRead: 5_000_000,
  rowsWritten: 50_000,
  classA: 1000,
  classB: 1000,
  objectCalls: 0,
};

/** Milliseconds of CPU time of a request, on average. Assumed, above what is measured (docs/performance.md). */
const CPU_MS = 5;
/** Bytes of a push that are new, in MiB, and how many come in a second through a Durable Object. Assumed. */
const NEW_MIB = 100;
const MIB_PER_SECOND = 10;
/** What a Durable Object is billed for as long as it runs. */
const OBJECT_GB = 0.128;
/** Parts of R2 that those bytes are stored in: `UPLOAD_PART_BYTES`. */
const PART_MIB = 5;
const DAYS = 30;
const MILLION = 1_000_000;

/** Cloudflare's Workers Paid plan, as of November 2026, in dollars a month: what it includes, and what a unit above that costs. */
export const PRICES = {
  plan: 5,
  requests: { unit: MILLION, included: 10 * MILLION, price: 0.3 },
  cpuMs: { unit: MILLION, included: 30 * MILLION, price: 0.02 },
  rowsRead: { unit: MILLION, included: 25_000 * MILLION, price: 0.001 },
  rowsWritten: { unit: MILLION, included: 50 * MILLION, price: 1 },
  classA: { unit: MILLION, included: MILLION, price: 4.5 },
  classB: { unit: MILLION, included: 10 * MILLION, price: 0.36 },
  storedGb: { unit: 1, included: 10, price: 0.015 },
  objectCalls: { unit: MILLION, included: MILLION, price: 0.15 },
  objectGbS: { unit: MILLION, included: 400_000, price: 12.5 },
} as const;

type Item = Exclude<keyof typeof PRICES, "plan">;

const NAMES: Record<Item, string> = {
  requests: "Worker requests",
  cpuMs: "CPU time (ms)",
  rowsRead: "D1 rows read",
  rowsWritten: "D1 rows written",
  classA: "R2 class A",
  classB: "R2 class B",
  storedGb: "R2 storage (GB)",
  objectCalls: "Durable Object calls",
  objectGbS: "Durable Object GB-s",
};

interface Team {
  people: number;
  pushesPerDay: number;
  pullsPerDay: number;
  storedGb: number;
  consoleUsersPerDay: number;
}

export const TEAMS: readonly Team[] = [
  { people: 5, pushesPerDay: 20, pullsPerDay: 300, storedGb: 50, consoleUsersPerDay: 3 },
  { people: 50, pushesPerDay: 300, pullsPerDay: 10_000, storedGb: 1000, consoleUsersPerDay: 20 },
  { people: 500, pushesPerDay: 3000, pullsPerDay: 200_000, storedGb: 10_000, consoleUsersPerDay: 150 },
];

/** What a team uses in a month. */
export function usageOf(team: Team): Record<Item, number> {
  const pushes = team.pushesPerDay * DAYS;
  const sum = (key: keyof Operations) =>
    PUSH[key] * pushes +
    PULL[key] * team.pullsPerDay * DAYS +
    CONSOLE_DAY[key] * team.consoleUsersPerDay * DAYS +
    CRON_MONTH[key];
  const requests = sum("requests");
  return {
    requests,
    cpuMs: requests * CPU_MS,
    rowsRead: sum("rowsRead"),
    rowsWritten: sum("rowsWritten"),
    classA: sum("classA") + pushes * Math.ceil(NEW_MIB / PART_MIB),
    classB: sum("classB"),
    storedGb: team.storedGb,
    objectCalls: sum("objectCalls"),
    objectGbS: pushes * (NEW_MIB / MIB_PER_SECOND) * OBJECT_GB,
  };
}

/** Dollars a month for a use of one item, above what the plan includes. */
function costOf(item: Item, used: number): number {
  const { unit, included, price } = PRICES[item];
  return (Math.max(0, used - included) / unit) * price;
}

/** The document's table of the operations of a push and a pull. */
export function operationsTable(): string {
  const keys: (keyof Operations)[] = ["requests", "rowsRead", "rowsWritten", "classA", "classB", "objectCalls"];
  const dollars = (operations: Operations): number => {
    const extra = operations === PUSH ? (Math.ceil(NEW_MIB / PART_MIB) * PRICES.classA.price) / MILLION : 0;
    const seconds = operations === PUSH ? (NEW_MIB / MIB_PER_SECOND) * OBJECT_GB : 0;
    const cpu = (operations.requests * CPU_MS * PRICES.cpuMs.price) / MILLION;
    const each = keys.map((key) => (operations[key] * PRICES[key].price) / PRICES[key].unit);
    return each.reduce((sum, one) => sum + one, extra + cpu + (seconds * PRICES.objectGbS.price) / MILLION);
  };
  return table(
    ["", "a push", "a pull"],
    [
      ...keys.map((key) => [NAMES[key], count(PUSH[key]), count(PULL[key])]),
      [
        "A thousand of them, above what the plan includes",
        `$${(1000 * dollars(PUSH)).toFixed(3)}`,
        `$${(1000 * dollars(PULL)).toFixed(3)}`,
      ],
    ],
  );
}

/** The document's table of what three teams pay in a month. */
export function teamsTable(): string {
  const usages = TEAMS.map(usageOf);
  const items = Object.keys(NAMES) as Item[];
  const totals = usages.map((usage) =>
    items.reduce<number>((sum, item) => sum + costOf(item, usage[item]), PRICES.plan),
  );
  return table(
    ["a month", ...TEAMS.map(({ people }) => `${people} people`)],
    [
      ["Pushes a day", ...TEAMS.map((team) => count(team.pushesPerDay))],
      ["Pulls a day", ...TEAMS.map((team) => count(team.pullsPerDay))],
      ["People in the console a day", ...TEAMS.map((team) => count(team.consoleUsersPerDay))],
      ...items.map((item) => [
        NAMES[item],
        ...usages.map((usage) => `${count(usage[item])}: $${costOf(item, usage[item]).toFixed(2)}`),
      ]),
      ["Workers Paid", ...TEAMS.map(() => `$${PRICES.plan.toFixed(2)}`)],
      ["**Together**", ...totals.map((total) => `**$${total.toFixed(2)}**`)],
    ],
  );
}

/** The document's table of prices. */
export function pricesTable(): string {
  const rows = (Object.keys(NAMES) as Item[]).map((item) => {
    const { unit, included, price } = PRICES[item];
    return [NAMES[item], count(included), `$${price}${unit === 1 ? "" : " a million"}`];
  });
  return table(["", "included", "above that"], rows);
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A table of Markdown. Its columns are not aligned: Prettier does that. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
