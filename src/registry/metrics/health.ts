/** `/healthz`: whether the registry works, as a load balancer, an uptime check or a person asks it. */
import { Places } from "../../places.ts";
import { readBackground } from "../../storage/metrics/cron-runs.ts";
import type { Stores } from "../../storage/stores.ts";

/** How long an isolate answers with what it has found out: a client that asks in a loop costs no more than one that asks now and then. */
const REMEMBERED_MS = 5000;
/** For how long it does so while somebody is finding out anew. */
const STALE_MS = 30_000;
/** A storage that has not answered by then has failed. */
const PATIENCE_MS = 5000;
/** Requests that find out at once, in an isolate that knows nothing yet. */
const places = new Places(4);

/** From when on work that goes on by itself is late, in seconds. The sweeper comes every minute. */
const QUEUE_LATE_S = 15 * 60;
const MINUTE_CRON_LATE_S = 10 * 60;
const HOUR_CRON_LATE_S = 150 * 60;

/** No object has this key. */
const ABSENT_OBJECT = "healthz";

/** `late`: it works, but work that goes on by itself does not keep up. `unknown`: not found out. */
export type HealthStatus = "ok" | "late" | "failed" | "unknown";

export interface Health {
  status: HealthStatus;
  /** When it was found out. */
  checked: string;
  checks: {
    database: { status: HealthStatus };
    bucket: { status: HealthStatus };
    /** For how many seconds the oldest delivery or job that is due has been due. */
    queue: { status: HealthStatus; overdueSeconds?: number };
    /** How many seconds ago each cron trigger ran last; null: never. */
    cron: { status: HealthStatus; minuteSecondsAgo?: number | null; hourSecondsAgo?: number | null };
  };
}

let known: { health: Health; at: number } | undefined;
let checkingUntil = 0;

/**
 * Asks the database and the bucket, unless this isolate did so just now. It tells nothing that is secret: everybody may ask.
 *
 * @returns undefined when too many ask at once.
 */
export async function findHealth(stores: Stores): Promise<Health | undefined> {
  const now = Date.now();
  const age = known === undefined ? Number.POSITIVE_INFINITY : now - known.at;
  if (known !== undefined && age < (now < checkingUntil ? STALE_MS : REMEMBERED_MS)) return known.health;
  const holder = crypto.randomUUID();
  if (!places.tryTake(holder)) return known?.health;
  checkingUntil = now + 2 * PATIENCE_MS;
  try {
    const health = await check(stores, new Date(now));
    known = { health, at: Date.now() };
    return health;
  } finally {
    checkingUntil = 0;
    places.leave(holder);
  }
}

async function check(stores: Stores, now: Date): Promise<Health> {
  const [background, bucket] = await Promise.all([
    attempt("the database", () => readBackground(stores.db)),
    attempt("the bucket", async () => (await stores.bucket.head(ABSENT_OBJECT)) ?? "absent"),
  ]);
  const checks: Health["checks"] = {
    database: { status: background === undefined ? "failed" : "ok" },
    bucket: { status: bucket === undefined ? "failed" : "ok" },
    queue: { status: "unknown" },
    cron: { status: "unknown" },
  };
  if (background !== undefined) {
    const due = [background.deliveryDueAt, background.syncJobDueAt].map((at) => secondsSince(at, now) ?? 0);
    const overdueSeconds = Math.max(0, ...due);
    checks.queue = { status: overdueSeconds > QUEUE_LATE_S ? "late" : "ok", overdueSeconds };
    const ranAgo = (name: "hour" | "minute") =>
      secondsSince(background.crons.find((cron) => cron.name === name)?.startedAt ?? null, now);
    const [minuteSecondsAgo, hourSecondsAgo] = [ranAgo("minute"), ranAgo("hour")];
    const isLate = (minuteSecondsAgo ?? 0) > MINUTE_CRON_LATE_S || (hourSecondsAgo ?? 0) > HOUR_CRON_LATE_S;
    // A registry that was deployed just now has run none yet.
    const cronStatus = isLate ? "late" : minuteSecondsAgo === null ? "unknown" : "ok";
    checks.cron = { status: cronStatus, minuteSecondsAgo, hourSecondsAgo };
  }
  const statuses = Object.values(checks).map(({ status }) => status);
  const status = statuses.includes("failed") ? "failed" : statuses.includes("late") ? "late" : "ok";
  return { status, checked: now.toISOString(), checks };
}

function secondsSince(at: Date | null, now: Date): number | null {
  return at === null ? null : Math.round((now.getTime() - at.getTime()) / 1000);
}

/** @returns undefined when it fails, or takes too long; the log says why. */
async function attempt<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    console.error(`${what} did not pass the check of its health:`, error);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
