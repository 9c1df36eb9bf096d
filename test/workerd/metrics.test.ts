/** `/metrics` and `/healthz` (docs/monitoring.md). */
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import worker from "../../src/index.ts";
import { METRICS } from "../../src/model/metrics/metrics.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { measureAccounts, readGauges } from "../../src/storage/metrics/gauges.ts";
import { readBackground } from "../../src/storage/metrics/cron-runs.ts";
import { foldCounts, readCounts, saveCounts } from "../../src/storage/metrics/metric-counts.ts";
import {
  newAccount,
  newName,
  newOrganization,
  PASSWORD,
  pushAs,
  tokenFor,
  withSettings,
} from "../support/workerd/managing-clients.ts";
import { plansOf } from "../support/workerd/query-plans.ts";
import {
  basic,
  digestOf,
  fetchAnonymously,
  newRepository,
  pushImage,
  someBytes,
} from "../support/workerd/registry-requests.ts";
import { logged } from "../support/workerd/request-log.ts";
import { anImage, drain, newTrigger } from "../support/workerd/triggered-images.ts";
import { countRequest } from "../support/workerd/counting.ts";

const TOKEN = "a token of the metrics";
const METRICS_TOKEN = TOKEN.replaceAll(" ", "-");
const SETTINGS = { METRICS_TOKEN };
const fetchMeasured = withSettings(SETTINGS);
const bearer = (token = METRICS_TOKEN) => ({ headers: { Authorization: `Bearer ${token}` } });
const db = openDatabase(env.DB);
const MINUTE_MS = 60_000;

/** The metrics as numbers by series. */
async function scrape(): Promise<Record<string, number>> {
  const response = await fetchMeasured("/metrics", bearer());
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return seriesOf(await response.text());
}

function seriesOf(text: string): Record<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** How much series have grown by what is done. */
async function growth(act: () => Promise<unknown>): Promise<(series: string) => number> {
  const before = await scrape();
  await act();
  const after = await scrape();
  return (series) => (after[series] ?? 0) - (before[series] ?? 0);
}

async function tick(cron: "* * * * *" | "7 * * * *", settings: Record<string, unknown> = SETTINGS): Promise<void> {
  const context = createExecutionContext();
  const controller = createScheduledController({ scheduledTime: Date.now(), cron });
  await worker.scheduled(controller, { ...env, ...settings }, context);
}

describe("/metrics", () => {
  it("is not there where the operator has set no token", async ({ expect }) => {
    for (const init of [{}, bearer()]) {
      const response = await fetchAnonymously("/metrics", init);
      expect(response.status).toBe(404);
      expect(response.headers.get("WWW-Authenticate")).toBe(null);
    }
  });

  it.for([
    ["none", {}],
    ["a wrong one", bearer(`${METRICS_TOKEN.slice(0, -1)}x`)],
    ["a beginning of it", bearer(METRICS_TOKEN.slice(0, -1))],
    ["a password", { headers: { Authorization: basic("admin", "correct horse") } }],
  ] as const)("is refused with another token than the operator's: %s", async ([, init], { expect }) => {
    const response = await fetchMeasured("/metrics", init);
    expect([response.status, response.headers.get("WWW-Authenticate")]).toEqual([401, 'Bearer realm="metrics"']);
  });

  it("slows down who guesses the token, and nobody else", async ({ expect }) => {
    const from = (address: string, token: string) => ({
      headers: { Authorization: `Bearer ${token}`, "CF-Connecting-IP": address },
    });
    const statuses = new Set<number>();
    for (let guess = 0; guess < 70; guess += 1) {
      statuses.add((await fetchMeasured("/metrics", from("192.0.2.1", `guess-number-${guess}-of-many`))).status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
    expect((await fetchMeasured("/metrics", from("192.0.2.1", METRICS_TOKEN))).status).toBe(429);
    expect((await fetchMeasured("/metrics", from("192.0.2.2", METRICS_TOKEN))).status).toBe(200);
  });

  it.for(["short", "with a space in the middle of it", ""])("takes no token such as %j", async (token, { expect }) => {
    const lines = await logged(async () => {
      const response = await withSettings({ METRICS_TOKEN: token })("/metrics", bearer());
      expect(response.status).toBe(token === "" ? 404 : 500);
      expect(await response.text()).not.toContain(token === "" ? "never" : token);
    });
    expect(lines.length > 0).toBe(token !== "");
  });

  it("counts requests, their errors and their bytes by API", async ({ expect }) => {
    const grown = await growth(async () => {
      await fetchMeasured("/v2/a/b/manifests/latest");
      await fetchMeasured("/api/organizations");
      await fetchMeasured("/token?service=x");
      await fetchMeasured("/v2/", { method: "PROPFIND" });
    });
    expect(grown('berth_requests_total{api="oci",method="GET",status="4xx"}')).toBe(1);
    expect(grown('berth_requests_total{api="oci",method="other",status="4xx"}')).toBe(1);
    expect(grown('berth_requests_total{api="token",method="GET",status="2xx"}')).toBe(1);
    expect(grown('berth_request_errors_total{api="api",code="UNAUTHORIZED"}')).toBe(1);
    expect(grown('berth_request_duration_seconds_count{api="api"}')).toBe(1);
    expect(grown('berth_sent_bytes_total{api="api"}')).toBeGreaterThan(50);
  });

  it("counts pushes and pulls, and their bytes, once each", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const image = `${organization}/image`;
    const headers = { Authorization: basic(administrator.name, PASSWORD) };
    let pushed = 0;
    const grown = await growth(async () => {
      const bytes = someBytes(1000);
      await fetchMeasured(`/v2/${image}/blobs/uploads/?digest=${digestOf(bytes)}`, {
        method: "POST",
        body: bytes,
        headers: { ...headers, "Content-Length": "1000" },
      });
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(bytes), size: 1000 },
        layers: [],
      });
      pushed = 1000 + manifest.length;
      const put = await fetchMeasured(`/v2/${image}/manifests/1`, {
        method: "PUT",
        body: manifest,
        headers: { ...headers, "Content-Type": "application/vnd.oci.image.manifest.v1+json" },
      });
      if (put.status !== 201) throw new Error(await put.text());
      const context = createExecutionContext();
      const pull = new Request(`http://registry.test/v2/${image}/manifests/1`, { headers });
      await (await app.fetch(pull, env, context)).text();
      await waitOnExecutionContext(context);
    });
    expect(grown("berth_pushes_total")).toBe(1);
    expect(grown("berth_pushed_bytes_total")).toBe(pushed);
    expect(grown("berth_pulls_total")).toBe(1);
    expect(grown("berth_pulled_bytes_total")).toBe(pushed - 1000);
  });

  it("tells where content by digest was found", async ({ expect }) => {
    const { administrator } = await newAccount();
    const image = `${await newOrganization(administrator)}/image`;
    const { digest } = await pushAs(administrator, image).then(async () => {
      const response = await administrator.get(`/v2/${image}/manifests/latest`);
      return { digest: response.headers.get("Docker-Content-Digest") ?? "" };
    });
    const token = await tokenFor(administrator, `repository:${image}:pull`);
    const grown = await growth(async () => {
      for (let time = 0; time < 3; time += 1) {
        await (await fetchAnonymously(`/v2/${image}/manifests/${digest}`, bearer(token))).text();
      }
    });
    const found = ["memory", "cache", "source", "miss"].map((result) =>
      grown(`berth_content_lookups_total{kind="manifest",result="${result}"}`),
    );
    expect(found.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(found[0]).toBeGreaterThanOrEqual(2);
  });

  it("counts deliveries by what came of them", async ({ expect }) => {
    const setting = await anImage();
    await newTrigger(setting, { name: "hook" });
    const answering = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("fine"));
    const grown = await growth(async () => {
      await pushAs(setting.administrator, setting.repository, "v1");
      await drain();
    });
    answering.mockRestore();
    expect(grown('berth_deliveries_finished_total{result="success"}')).toBe(1);
  });

  it("has the quotas of organizations that have a limit of their own, and of no others", async ({ expect }) => {
    const { administrator } = await newAccount();
    const [limited, plain] = [await newOrganization(administrator), await newOrganization(administrator)];
    await pushAs(administrator, `${limited}/image`);
    await env.DB.prepare(
      "UPDATE quotas SET own_limit = 5 WHERE holder = 'organization' AND resource = 'tags' AND holder_id = (SELECT id FROM organizations WHERE name = ?)",
    )
      .bind(limited)
      .run();
    const series = await scrape();
    expect(series[`berth_quota_limit{organization="${limited}",resource="tags"}`]).toBe(5);
    expect(series[`berth_quota_used{organization="${limited}",resource="tags"}`]).toBe(1);
    expect(Object.keys(series).filter((name) => name.includes(plain))).toEqual([]);
  });

  it("has open uploads", async ({ expect }) => {
    const { administrator } = await newAccount();
    const organization = await newOrganization(administrator);
    const seenAt = Date.now() - 3 * 24 * 60 * MINUTE_MS;
    const before = await scrape();
    await env.DB.prepare(
      "INSERT INTO open_uploads (id, organization_id, user_id, seen_at) SELECT ?, id, 1, ? FROM organizations WHERE name = ?",
    )
      .bind(newName("upload"), seenAt, organization)
      .run();
    const after = await scrape();
    expect(after["berth_open_uploads"]).toBe((before["berth_open_uploads"] ?? 0) + 1);
    expect(after["berth_open_uploads_oldest_seconds"]).toBeGreaterThanOrEqual(3 * 24 * 3600);
  });

  it("has a help and a type of each metric, and each series once", async ({ expect }) => {
    await tick("* * * * *");
    await tick("7 * * * *");
    const text = await (await fetchMeasured("/metrics", bearer())).text();
    const names = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type]) => [name, type]);
    expect(new Set(names.map(([name]) => name)).size).toBe(names.length);
    for (const [name = "", type] of names) expect(METRICS[name as keyof typeof METRICS].type).toBe(type);
    const series = text
      .split("\n")
      .flatMap((line) => (line.startsWith("#") || line === "" ? [] : [line.replace(/ \S+$/, "")]));
    expect(new Set(series).size).toBe(series.length);
    expect(names.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        "berth_stored_bytes",
        "berth_reclaimable_bytes",
        "berth_cron_last_success_timestamp_seconds",
      ]),
    );
  });

  it("knows of a failed run of a cron trigger, and of the last that succeeded", async ({ expect }) => {
    await tick("* * * * *");
    const grown = await growth(async () => {
      const broken = { ...SETTINGS, DELIVERIES: undefined };
      await env.DB.prepare("UPDATE cron_runs SET succeeded_at = 1000 WHERE name = 'minute'").run();
      const failing = vi.spyOn(Object.getPrototypeOf(env.DB), "batch").mockRejectedValue(new Error("no"));
      try {
        await tick("* * * * *", broken).catch(() => undefined);
      } finally {
        failing.mockRestore();
      }
    });
    expect(grown('berth_cron_failures_total{cron="minute"}')).toBe(1);
    expect((await scrape())['berth_cron_last_success_timestamp_seconds{cron="minute"}']).toBe(1);
  });
});

describe("counts that are written down", () => {
  const now = new Date("2031-01-01T00:00:00Z");
  const at = (minutes: number) => new Date(now.getTime() + minutes * MINUTE_MS);

  beforeEach(async () => {
    await env.DB.prepare("DELETE FROM metric_counts").run();
  });

  it("are the same after a repeated write", async ({ expect }) => {
    for (let time = 0; time < 2; time += 1) await saveCounts(db, "a", { berth_pulls_total: 5 }, now);
    await saveCounts(db, "b", { berth_pulls_total: 2, berth_pushes_total: 1 }, now);
    expect(await readCounts(db)).toEqual({ berth_pulls_total: 7, berth_pushes_total: 1 });
  });

  it("lose nothing and count nothing twice when those of isolates that are gone are added up", async ({ expect }) => {
    await saveCounts(db, "gone", { berth_pulls_total: 5 }, at(0));
    await saveCounts(db, "there", { berth_pulls_total: 2 }, at(9));
    await foldCounts(db, at(9));
    expect(await rows()).toEqual(["gone", "there"]);
    await foldCounts(db, at(11));
    await foldCounts(db, at(11));
    expect(await rows()).toEqual(["", "there"]);
    expect(await readCounts(db)).toEqual({ berth_pulls_total: 7 });
    await Promise.all([foldCounts(db, at(30)), foldCounts(db, at(30))]);
    expect(await rows()).toEqual([""]);
    expect(await readCounts(db)).toEqual({ berth_pulls_total: 7 });
    await foldCounts(db, at(60));
    expect(await readCounts(db)).toEqual({ berth_pulls_total: 7 });
  });

  async function rows(): Promise<string[]> {
    const { results } = await env.DB.prepare("SELECT isolate FROM metric_counts ORDER BY 1").all<{ isolate: string }>();
    return results.map(({ isolate }) => isolate);
  }

  it("come back with the next write when one fails", async ({ expect }) => {
    const grown = await growth(async () => {
      await fetchMeasured("/v2/");
      await logged(async () => {
        const broken = {
          ...env,
          ...SETTINGS,
          DB: new Proxy(env.DB, {
            get: () => () => {
              throw new Error("down");
            },
          }),
        };
        const response = await app.fetch(
          new Request("http://registry.test/metrics", bearer()),
          broken,
          createExecutionContext(),
        );
        expect(response.status).toBe(500);
      });
    });
    expect(grown('berth_requests_total{api="oci",method="GET",status="4xx"}')).toBe(1);
  });

  it("wait until after the answer, which takes no trip to the database", async ({ expect }) => {
    const { response, counts } = await countRequest("/v2/", {}, SETTINGS);
    expect([response.status, counts.roundTrips]).toEqual([401, 0]);
  });

  it("are written by a request that asks for something else, some seconds after its answer", async ({ expect }) => {
    vi.resetModules();
    const { app: fresh } = await import("../../src/app.ts");
    const context = createExecutionContext();
    // With a method that no other test has: their isolate writes down what it has counted as well.
    const ask = () =>
      fresh.fetch(new Request("http://registry.test/v2/", { method: "PATCH" }), { ...env, ...SETTINGS }, context);
    await ask();
    await ask();
    expect(await readCounts(db)).not.toHaveProperty(["berth_requests_total|oci|PATCH|4xx"]);
    await waitOnExecutionContext(context);
    expect(await readCounts(db)).toHaveProperty(["berth_requests_total|oci|PATCH|4xx"], 2);
  });

  it("are not written where nobody reads them", async ({ expect }) => {
    await fetchAnonymously("/v2/");
    await tick("* * * * *", {});
    expect(await rows()).toEqual([]);
  });
});

describe("the sums of all accounts", () => {
  it("are those of all of them", async ({ expect }) => {
    await pushImage(newRepository());
    await measureAccounts(db, new Date());
    const { results } = await env.DB.prepare(
      "SELECT resource, sum(used) AS used FROM quotas WHERE holder = 'account' GROUP BY 1",
    ).all<{ resource: string; used: number }>();
    const { totals } = await readGauges(db);
    expect(results.length).toBeGreaterThanOrEqual(4);
    for (const { resource, used } of results) {
      if (resource !== "openUploads")
        expect([resource, Reflect.get(totals?.numbers ?? {}, resource)]).toEqual([resource, used]);
    }
  });

  it("take several steps where there are many accounts, and each looks at a part of them", async ({ expect }) => {
    const before = await readGauges(db);
    await env.DB.prepare(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO accounts (name, created_at) SELECT 'many-' || i, 0 FROM n",
    ).run();
    await env.DB.prepare(
      "UPDATE quotas SET used = used + 1 WHERE holder = 'account' AND resource = 'images' AND holder_id IN (SELECT id FROM accounts WHERE name LIKE 'many-%')",
    ).run();
    const seen: (number | undefined)[] = [];
    for (let step = 0; step < 3; step += 1) {
      await measureAccounts(db, new Date());
      seen.push((await readGauges(db)).totals?.numbers.images);
    }
    const old = before.totals?.numbers.images ?? 0;
    expect(seen).toEqual([old, old, old + 2500]);
    await env.DB.prepare("DELETE FROM accounts WHERE name LIKE 'many-%'").run();
    for (let step = 0; step < 3; step += 1) await measureAccounts(db, new Date());
    expect((await readGauges(db)).totals?.numbers.images).toBe(old);
  });
});

describe("a scrape", () => {
  it("searches indexes only, but for the few rows of the metrics themselves", async ({ expect }) => {
    const plans = await plansOf(async (database) => {
      await readGauges(database);
      await readBackground(database);
    });
    const scans = plans.flat().filter((step) => step.startsWith("SCAN"));
    const harmless =
      /^SCAN (?:\(subquery-\d+\)|metric_totals|cron_runs|cleanups|(?:open_uploads|deliveries|sync_jobs) USING (?:COVERING )?INDEX )/;
    expect(scans.filter((step) => !harmless.test(step))).toEqual([]);
  });
});

describe("/healthz", () => {
  interface Answer {
    status: string;
    checks: Record<string, { status: string }>;
  }

  /** Each in a place of its own, since an isolate remembers what it has found out. */
  async function healthOf(settings: Record<string, unknown>, path = "/healthz") {
    vi.resetModules();
    const fresh = await import("../../src/app.ts");
    const request = new Request(`http://registry.test${path}`);
    const response = await fresh.app.fetch(request, { ...env, ...settings }, createExecutionContext());
    return { status: response.status, health: await response.json<Answer>() };
  }
  const failing = (message: string) =>
    new Proxy(
      {},
      {
        get: () => () => {
          throw new Error(message);
        },
      },
    );

  it("says what was asked and what came of it", async ({ expect }) => {
    await tick("* * * * *", {});
    const { status, health } = await healthOf({});
    expect(status).toBe(200);
    expect(health).toMatchObject({
      status: "ok",
      checks: { database: { status: "ok" }, bucket: { status: "ok" }, queue: { status: "ok" }, cron: { status: "ok" } },
    });
  });

  it.for([
    ["database", { DB: failing("secret-detail") }],
    ["bucket", { BUCKET: failing("secret-detail") }],
  ] as const)("fails with the %s, and does not say why to everybody", async ([what, settings], { expect }) => {
    const lines = await logged(async () => {
      const { status, health } = await healthOf(settings);
      expect([status, health.status, health.checks[what]]).toEqual([503, "failed", { status: "failed" }]);
      expect(JSON.stringify(health)).not.toContain("secret-detail");
    });
    expect(lines.join()).toContain("secret-detail");
  });

  it("tells that the clock stands still, which fails only who is strict", async ({ expect }) => {
    await tick("* * * * *", {});
    await env.DB.prepare("UPDATE cron_runs SET started_at = ? WHERE name = 'minute'")
      .bind(Date.now() - 11 * MINUTE_MS)
      .run();
    const { status, health } = await healthOf({});
    expect([status, health.status, health.checks["cron"]?.status]).toEqual([200, "late", "late"]);
    expect((await healthOf({}, "/healthz?strict")).status).toBe(503);
    await tick("* * * * *", {});
    expect((await healthOf({}, "/healthz?strict")).status).toBe(200);
  });

  it("asks storage once in some seconds, however often it is asked", async ({ expect }) => {
    vi.resetModules();
    const { app: fresh } = await import("../../src/app.ts");
    const head = vi.spyOn(Object.getPrototypeOf(env.BUCKET), "head");
    const ask = () => fresh.fetch(new Request("http://registry.test/healthz"), env, createExecutionContext());
    await ask();
    const answers = await Promise.all(Array.from({ length: 50 }, async () => ask()));
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200]);
    expect(head).toHaveBeenCalledTimes(1);
    head.mockRestore();
  });

  it("asks nothing where only the process is to be looked at", async ({ expect }) => {
    const { status, health } = await healthOf({ DB: failing("down"), BUCKET: failing("down") }, "/healthz/live");
    expect([status, health]).toEqual([200, { status: "ok" }]);
  });

  it("has no other methods and paths", async ({ expect }) => {
    for (const [method, path] of [
      ["POST", "/healthz"],
      ["GET", "/healthz/x"],
      ["DELETE", "/metrics"],
    ] as const) {
      expect((await fetchAnonymously(path, { method })).status).toBe(404);
    }
  });
});
