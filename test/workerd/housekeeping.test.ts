import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { newAccount, newName } from "../support/workerd/managing-clients.ts";
import { newRepository, pushBlob, pushImage } from "../support/workerd/registry-requests.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.parse("2031-05-06T07:07:00Z");

/** What the cron trigger does when it is due at this time. */
function keepHouse(now = NOW, settings: Record<string, string> = {}): Promise<void> {
  const controller = createScheduledController({ scheduledTime: now, cron: "7 * * * *" });
  return worker.scheduled(controller, { ...env, ...settings }, createExecutionContext());
}

/** What it does every minute: what the hour has left of manifests and deletions. */
function cleanUpEveryMinute(): Promise<void> {
  return worker.scheduled(
    createScheduledController({ scheduledTime: NOW, cron: "* * * * *" }),
    env,
    createExecutionContext(),
  );
}

async function run(sql: string, ...values: (string | number)[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run();
}

async function column<T>(sql: string): Promise<T[]> {
  const { results } = await env.DB.prepare(sql).all<{ value: T }>();
  return results.map(({ value }) => value);
}

beforeEach(async () => {
  await env.DB.batch(
    ["sessions", "used_signatures", "audit_events", "daily_storage"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
});

async function addSession(name: string, expiresAt: number): Promise<void> {
  await run(
    "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) SELECT ?, min(id), 0, ? FROM users",
    name,
    expiresAt,
  );
}

async function addSignature(name: string, expiresAt: number): Promise<void> {
  await run("INSERT INTO used_signatures (signature, expires_at) VALUES (?, ?)", name, expiresAt);
}

async function addEvent(resource: string, createdAt: number): Promise<void> {
  await run(
    "INSERT INTO audit_events (created_at, user_name, action, resource, result) VALUES (?, 'x', 'image.update', ?, 'success')",
    createdAt,
    resource,
  );
}

const SESSIONS = "SELECT token_hash AS value FROM sessions ORDER BY 1";
const SIGNATURES = "SELECT signature AS value FROM used_signatures ORDER BY 1";
const EVENTS = "SELECT resource AS value FROM audit_events ORDER BY id";

describe("housekeeping", () => {
  it("deletes sessions and signatures that have ended, and no others", async ({ expect }) => {
    await addSession("ended", NOW - 1);
    await addSession("running", NOW + 1);
    await addSignature("ended", NOW - 1);
    await addSignature("usable", NOW + 1);
    await keepHouse();
    expect(await column(SESSIONS)).toEqual(["running"]);
    expect(await column(SIGNATURES)).toEqual(["usable"]);
  });

  it.for([
    [undefined, 180],
    ["1", 1],
    ["36500", 36_500],
  ] as const)("keeps audit events for AUDIT_DAYS=%s: %d days", async ([setting, days], { expect }) => {
    await addEvent("one over", NOW - days * DAY_MS - 1);
    await addEvent("at", NOW - days * DAY_MS);
    await addEvent("one under", NOW - days * DAY_MS + 1);
    await addEvent("new", NOW);
    await keepHouse(NOW, setting === undefined ? {} : { AUDIT_DAYS: setting });
    expect(await column(EVENTS)).toEqual(["at", "one under", "new"]);
  });

  it("goes by the time at which it is due, day after day", async ({ expect }) => {
    await addEvent("first", NOW);
    await addEvent("second", NOW + DAY_MS);
    await keepHouse(NOW + 180 * DAY_MS);
    expect(await column(EVENTS)).toEqual(["first", "second"]);
    await keepHouse(NOW + 181 * DAY_MS);
    expect(await column(EVENTS)).toEqual(["second"]);
    await keepHouse(NOW + 182 * DAY_MS);
    expect(await column(EVENTS)).toEqual([]);
  });

  it("deletes many events in slices", async ({ expect }) => {
    await run(
      "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 4500) " +
        "INSERT INTO audit_events (created_at, user_name, action, resource, result) " +
        "SELECT value, 'x', 'image.update', 'old', 'success' FROM n",
    );
    await addEvent("new", NOW);
    const prepare = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, "prepare");
    try {
      await keepHouse();
      const deletions = prepare.mock.calls.filter(([text]) => text.startsWith('delete from "audit_events"'));
      expect(deletions).toHaveLength(5);
    } finally {
      prepare.mockRestore();
    }
    expect(await column(EVENTS)).toEqual(["new"]);
  });

  it("deletes what images and organizations took up more than a year ago, in slices", async ({ expect }) => {
    const repository = newRepository();
    await pushImage(repository);
    const image = `(SELECT id FROM repositories WHERE name = '${repository}')`;
    const organization = `(SELECT organization_id FROM repositories WHERE name = '${repository}')`;
    await run(
      "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 2500) " +
        `INSERT INTO daily_image_usage (repository_id, day) SELECT ${image}, date('2031-05-06', '-' || (value + 362) || ' days') FROM n`,
    );
    for (const day of ["2030-05-05", "2030-05-06"]) {
      await run(`INSERT INTO daily_organization_usage (organization_id, day) SELECT ${organization}, ?`, day);
    }
    await keepHouse();
    expect(
      await column(`SELECT day AS value FROM daily_image_usage WHERE repository_id = ${image} ORDER BY 1`),
    ).toEqual(["2030-05-06", "2030-05-07", "2030-05-08"]);
    expect(
      await column(`SELECT day AS value FROM daily_organization_usage WHERE organization_id = ${organization}`),
    ).toEqual(["2030-05-06"]);
  });

  it("notes what accounts store in slices, and nothing for those that were deleted", async ({ expect }) => {
    const deleted = await newAccount();
    const id = await env.DB.prepare("SELECT id FROM accounts WHERE name = ?").bind(deleted.account).first<number>("id");
    await run(
      "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 2100) " +
        "INSERT INTO accounts (name, created_at) SELECT 'many-' || value, 0 FROM n",
    );
    await env.DB.prepare("UPDATE accounts SET name = '~' || id WHERE id = ?").bind(id).run();
    const prepare = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, "prepare");
    try {
      await keepHouse();
      const insertions = prepare.mock.calls.filter(([text]) => text.startsWith('insert into "daily_storage"'));
      expect(insertions).toHaveLength(3);
    } finally {
      prepare.mockRestore();
    }
    const counted = await env.DB.prepare(
      "SELECT count(*) AS total, sum(account_id = ?) AS deleted FROM daily_storage WHERE day = '2031-05-06'",
    )
      .bind(id)
      .first();
    const named = await env.DB.prepare("SELECT count(*) AS total FROM accounts WHERE name < '~'").first<number>(
      "total",
    );
    expect(counted).toEqual({ total: named, deleted: 0 });
    await run("DELETE FROM accounts WHERE name LIKE 'many-%'");
  });

  it("notes what each account stores, over and over for one day", async ({ expect }) => {
    const { account } = await newAccount();
    const repository = newRepository();
    await pushImage(repository);
    const stored = async () => {
      const { results } = await env.DB.prepare(
        "SELECT name, day, bytes FROM daily_storage JOIN accounts ON accounts.id = account_id " +
          "WHERE name IN ('admin', ?) ORDER BY name, day",
      )
        .bind(account)
        .all();
      return results;
    };
    const total = async () =>
      env.DB.prepare("SELECT sum(stored_bytes) AS total FROM repositories").first<number>("total");
    await keepHouse();
    const before = await total();
    expect(before).toBeGreaterThan(0);
    expect(await stored()).toEqual([
      { name: account, day: "2031-05-06", bytes: 0 },
      { name: "admin", day: "2031-05-06", bytes: before },
    ]);
    await pushBlob(repository);
    await keepHouse(NOW + 3_600_000);
    await keepHouse(NOW + DAY_MS);
    expect(await total()).toBe((before ?? 0) + 100);
    expect(await stored()).toEqual([
      { name: account, day: "2031-05-06", bytes: 0 },
      { name: account, day: "2031-05-07", bytes: 0 },
      { name: "admin", day: "2031-05-06", bytes: (before ?? 0) + 100 },
      { name: "admin", day: "2031-05-07", bytes: (before ?? 0) + 100 },
    ]);
  });

  it.for(["sessions", "used_signatures", "audit_events", "daily_storage"])(
    "goes on when %s cannot be written, and says so",
    async (table, { expect }) => {
      await addSession("ended", NOW - 1);
      await addSignature("ended", NOW - 1);
      await addEvent("old", 0);
      const trigger = newName("broken").replaceAll("-", "_");
      const event = table === "daily_storage" ? "INSERT" : "DELETE";
      await run(`CREATE TRIGGER ${trigger} BEFORE ${event} ON ${table} BEGIN SELECT RAISE(ABORT, 'broken'); END`);
      const error = vi.spyOn(console, "error").mockReturnValue(undefined);
      try {
        await keepHouse();
        expect(error).toHaveBeenCalledTimes(1);
      } finally {
        error.mockRestore();
        await run(`DROP TRIGGER ${trigger}`);
      }
      const left = {
        sessions: (await column(SESSIONS)).length,
        used_signatures: (await column(SIGNATURES)).length,
        audit_events: (await column(EVENTS)).length,
        daily_storage: (await column("SELECT day AS value FROM daily_storage LIMIT 1")).length,
      };
      const done = { sessions: 0, used_signatures: 0, audit_events: 0, daily_storage: 1 };
      expect(left).toEqual({ ...done, [table]: 1 - done[table as keyof typeof done] });
    },
  );

  it(
    "keeps within the queries of one invocation with every backlog full, does some of each, and ends in some hours",
    { timeout: 180_000 },
    async ({ expect }) => {
      const repository = newRepository();
      await pushImage(repository);
      const numbers = (count: number) =>
        `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${count})`;
      const image = `(SELECT id FROM repositories WHERE name = '${repository}')`;
      await run(
        `${numbers(60_000)} INSERT INTO sessions (token_hash, user_id, created_at, expires_at)
       SELECT 'old-' || value, (SELECT min(id) FROM users), 0, 1 FROM n`,
      );
      await run(
        `${numbers(60_000)} INSERT INTO used_signatures (signature, expires_at) SELECT 'old-' || value, 1 FROM n`,
      );
      await run(
        `${numbers(60_000)} INSERT INTO audit_events (created_at, user_name, action, resource, result)
       SELECT value, 'x', 'image.update', 'old', 'success' FROM n`,
      );
      await run(
        `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
       SELECT ${image}, 'hook', 'all', '.*', 1, '{"kind":"webhook","url":"https://hooks.example.com/","format":"text"}', 0, 0`,
      );
      await run(
        `${numbers(60_000)} INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, created_at, finished_at)
       SELECT 'old-' || value, (SELECT max(id) FROM triggers), '{}', 'v1', 'sha256:0', 'success', value, value FROM n`,
      );
      await run(
        `${numbers(200)} INSERT INTO repositories (organization_id, account_id, name, created_at)
       SELECT organization_id, account_id, 'rules/image-' || value, 0
       FROM n JOIN repositories ON repositories.id = ${image}`,
      );
      await run(
        `INSERT INTO retention_rules (repository_id, kind, amount, labels, patterns, created_at, updated_at, next_run_at)
       SELECT id, 'tag_rule', 1, '[]', '[]', 0, 0, 0 FROM repositories WHERE name LIKE 'rules/%'`,
      );
      await run(
        `${numbers(40_000)} INSERT INTO daily_image_usage (repository_id, day)
       SELECT ${image}, printf('%08d', value) FROM n`,
      );
      await run(
        `${numbers(4000)} INSERT INTO manifests (repository_id, digest, media_type, size, created_at, unreferenced_since)
       SELECT ${image}, 'sha256:' || value, '', 1, 0, 1 FROM n`,
      );
      const backlogs = {
        sessions: "SELECT count(*) AS value FROM sessions WHERE expires_at = 1",
        signatures: "SELECT count(*) AS value FROM used_signatures",
        events: "SELECT count(*) AS value FROM audit_events WHERE resource = 'old'",
        deliveries: "SELECT count(*) AS value FROM deliveries",
        usage: "SELECT count(*) AS value FROM daily_image_usage WHERE day < '2000'",
        rules: "SELECT count(*) AS value FROM retention_rules WHERE next_run_at = 0",
        manifests: "SELECT count(*) AS value FROM manifests WHERE size = 1",
      };
      const left = async () => {
        const counts = Object.entries(backlogs).map(async ([name, sql]) => [name, (await column<number>(sql))[0] ?? 0]);
        return Object.fromEntries(await Promise.all(counts)) as Record<keyof typeof backlogs, number>;
      };
      const full = await left();
      expect(Math.min(...Object.values(full))).toBeGreaterThanOrEqual(200);

      const error = vi.spyOn(console, "error").mockReturnValue(undefined);
      const prepare = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, "prepare");
      try {
        await keepHouse();
        expect(prepare.mock.calls.length).toBeGreaterThan(500);
        expect(prepare.mock.calls.length).toBeLessThanOrEqual(1000);
        const afterOne = await left();
        for (const name of Object.keys(backlogs) as (keyof typeof backlogs)[]) {
          expect(afterOne[name], name).toBeLessThan(full[name]);
        }
        for (let hour = 1; hour < 4; hour += 1) {
          prepare.mockClear();
          await keepHouse(NOW + hour * 3_600_000);
          expect(prepare.mock.calls.length).toBeLessThanOrEqual(1000);
          prepare.mockClear();
          await cleanUpEveryMinute();
          expect(prepare.mock.calls.length).toBeLessThanOrEqual(1000);
        }
        expect(error).not.toHaveBeenCalled();
      } finally {
        error.mockRestore();
        prepare.mockRestore();
      }
      expect(Object.values(await left())).toEqual([0, 0, 0, 0, 0, 0, 0]);
    },
  );

  it("is content with nothing to do", async ({ expect }) => {
    await expect(keepHouse()).resolves.toBeUndefined();
  });
});
