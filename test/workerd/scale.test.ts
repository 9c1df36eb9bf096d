/**
 * No list, report or search reads more of a registry because it is larger: each is asked of a registry of some thousand images,
 * and of one that has twice as many. The same questions, and more of them, to a million are `npm run bench -- --only=scale`.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, it } from "vitest";
import { app } from "../../src/app.ts";
import { Budget } from "../../src/registry/housekeeping/budget.ts";
import { cleanUp } from "../../src/registry/deletion/cleanups.ts";
import { keepHouse } from "../../src/registry/housekeeping/housekeeping.ts";
import { readMetrics } from "../../src/registry/metrics/scrape.ts";
import { openStores } from "../../src/registry/stores.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { fillFull } from "../bench/full/fill.ts";
import { describedOperations, entriesOf, type Operation, operations, PER_ROW } from "../bench/full/operations.ts";
import { countedRows } from "../bench/full/rows.ts";
import { type Asked, FULL, nothingAsked } from "../bench/full/size.ts";
import { faultsOf, type Step } from "../bench/full/plan.ts";
import { hashPassword } from "../../src/model/logins/passwords.ts";
import { asUser, type Client, PASSWORD, pushAs } from "../support/workerd/managing-clients.ts";
import { ADMINISTRATOR, fetchAnonymously, send } from "../support/workerd/registry-requests.ts";

/** More images than a list looks through, and more audit events; and twice as many. */
const SMALL = { tags: 6000, images: 5400, blobs: 6000, auditEvents: 6000 };
const LARGE = { tags: 12_000, images: 10_800, blobs: 12_000, auditEvents: 12_000 };
/** Rows that the larger registry may cost more: an index is deeper, and what is looked through lies elsewhere. */
const TOLERANCE = 1000;
/** Slices of a thousand rows that the clock looks at, twice at most: the oldest events, and the oldest lines of a log. */
const CLOCK_TOLERANCE = 2000;
/**
 * Lists that look at a bounded number of rows (`storage/bounded.ts`), of which these registries have not all yet: of them the
 * bound itself is asked here, and whether they keep to it among a hundred thousand images by the bench.
 */
const BOUNDED =
  /^\/(api\/(images|image-centre|audit)|v[23]\/manage\/(shared-repositories|repos))(\?|$)|\/restorable-tags$|\/retentions\/histories\?/;
/** Of the combinations of filters every so many-th is asked: a prime, so that each value of each comes up. */
const STRIDE = 89;

interface Answer {
  status: number;
  shown: number;
  asked: Asked;
}

async function run(sql: string): Promise<Record<string, unknown>[]> {
  return (await env.DB.prepare(sql).all()).results;
}

/** Requests to a Worker whose questions are counted. */
function counting(asked: Asked) {
  const context = createExecutionContext();
  const counted = { ...env, DB: countedRows(env.DB, asked) };
  const fetch: typeof fetchAnonymously = async (at, init) =>
    app.fetch(new Request(`https://registry.example.com${at}`, init), counted, context);
  return { fetch, context };
}

/** Changes in the largest image and account, each of which must succeed. */
const CHANGES: readonly (readonly [name: string, change: (client: Client) => Promise<unknown>])[] = [
  ["a push", (client) => pushAs(client, FULL.largeImage, "new")],
  ["a push that moves a tag", (client) => pushAs(client, FULL.largeImage, "new")],
  ["the deletion of a tag", (client) => succeed(client.delete(`/v2/${FULL.largeImage}/manifests/new`))],
  [
    "a new image",
    (client) =>
      succeed(
        client.post(`/v2/manage/namespaces/${FULL.organization}/repos`, {
          repository: "fresh",
          category: "other",
          is_public: false,
        }),
      ),
  ],
  [
    "the deletion of an image",
    (client) => succeed(client.delete(`/v2/manage/namespaces/${FULL.organization}/repos/fresh`)),
  ],
  ["a new user", (client) => succeed(client.post("/api/users", { name: "fresh", password: PASSWORD }))],
  ["the deletion of a user", (client) => succeed(client.delete("/api/users/fresh"))],
  ["a new organization", (client) => succeed(client.post("/v2/manage/namespaces", { namespace: "fresh" }))],
  ["the deletion of an organization", (client) => succeed(client.delete("/v2/manage/namespaces/fresh"))],
];

async function succeed(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** The rows that each change reads, also after its answer. */
async function changeAll(): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  for (const [name, change] of CHANGES) {
    const asked = nothingAsked();
    const { fetch, context } = counting(asked);
    await change(asUser("admin", ADMINISTRATOR.password, fetch));
    await waitOnExecutionContext(context);
    rows.set(name, asked.rowsRead);
  }
  return rows;
}

async function ask({ who, path }: Operation): Promise<Answer> {
  const asked = nothingAsked();
  const { fetch, context } = counting(asked);
  const answer =
    who === "nobody"
      ? await fetch(path)
      : await asUser(who, who === "admin" ? ADMINISTRATOR.password : PASSWORD, fetch).get(path);
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  const body: unknown = isJson ? await answer.json() : await answer.text();
  const { status } = answer;
  const read = { status, shown: entriesOf(body), asked: structuredClone(asked) };
  await waitOnExecutionContext(context);
  return read;
}

type Job = "hour" | "minute" | "scrape";

/** What the clock does each hour and each minute, and changes nothing here; and what Prometheus asks. */
async function idle(job: Job): Promise<Asked> {
  const asked = nothingAsked();
  const stores = { ...openStores(env), db: openDatabase(countedRows(env.DB, asked)) };
  if (job === "hour") await keepHouse(stores, new Date());
  else if (job === "scrape") await readMetrics(stores);
  else await cleanUp(stores, new Budget(stores.db, 800, 20_000));
  return asked;
}

function nameOf({ who, path }: Operation): string {
  return `${who} GET ${path}`;
}

async function askAll(all: readonly Operation[]): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  for (const operation of all) answers.set(nameOf(operation), await ask(operation));
  return answers;
}

async function empty(): Promise<void> {
  const tables = await run(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE '%_text_%'
     AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'd1_%' AND substr(name, 1, 4) <> '_cf_'`,
  );
  const triggers = await run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
  for (const { name } of triggers) await run(`DROP TRIGGER "${String(name)}"`);
  const kept: Record<string, string> = { accounts: "id <> 1", users: "id <> 1", quotas: "holder_id <> 0" };
  await env.DB.batch([
    env.DB.prepare("PRAGMA defer_foreign_keys = on"),
    ...tables.map(({ name }) => env.DB.prepare(`DELETE FROM "${String(name)}" WHERE ${kept[String(name)] ?? "1"}`)),
  ]);
  for (const { sql } of triggers) await run(String(sql));
}

describe("a registry that is twice as large", () => {
  // The scraper's token is for the whole registry: what it asks is asked of `readMetrics` below.
  const all = operations(Date.now()).filter(({ who }, at) => at % STRIDE === 0 && who !== "scraper");
  let small: Map<string, Answer>;
  let large: Map<string, Answer>;
  let changed: [before: Map<string, number>, after: Map<string, number>];
  const clock: { job: Job; rows: number[] }[] = [];

  beforeAll(async () => {
    await send("GET", "/api/session");
    all.push(...describedOperations(await (await fetchAnonymously("/openapi.json")).json()));
    const hash = hashPassword(PASSWORD);
    await fillFull(run, SMALL, hash);
    small = await askAll(all);
    for (const job of ["hour", "minute", "scrape"] as const) clock.push({ job, rows: [(await idle(job)).rowsRead] });
    const before = await changeAll();
    await empty();
    await fillFull(run, LARGE, hash);
    large = await askAll(all);
    for (const { job, rows } of clock) rows.push((await idle(job)).rowsRead);
    changed = [before, await changeAll()];
  }, 180_000);

  it("costs no question more rows, beside those of what it shows", ({ expect }) => {
    const dearer = all.flatMap((operation) => {
      const [before, after] = [small, large].map((answers) => answers.get(nameOf(operation)));
      if (!before || !after) return [`${nameOf(operation)} was not asked`];
      const limit = BOUNDED.test(operation.path)
        ? operation.constant + PER_ROW * after.shown
        : before.asked.rowsRead + PER_ROW * Math.max(0, after.shown - before.shown) + TOLERANCE;
      const { rowsRead } = after.asked;
      return rowsRead > limit ? [`${nameOf(operation)}: ${before.asked.rowsRead} rows, then ${rowsRead}`] : [];
    });
    expect(large.size).toBeGreaterThan(90);
    expect(dearer).toEqual([]);
  });

  it("costs no change more rows", ({ expect }) => {
    const [before, after] = changed;
    const dearer = [...after].filter(([name, rows]) => rows > (before.get(name) ?? 0) + 200);
    expect(dearer.map(([name, rows]) => `${name}: ${before.get(name)} rows, then ${rows}`)).toEqual([]);
  });

  it("is asked nothing that fails", ({ expect }) => {
    const failed = [...large].filter(([, { status }]) => status >= 500 || status === 401 || status === 403);
    expect(failed.map(([question, { status }]) => `${status} ${question}`)).toEqual([]);
  });

  it("has no plan that goes through all of a large table", ({ expect }) => {
    const faults = [...small.values(), ...large.values()].flatMap(({ asked }) => asked.faults);
    expect(faults).toEqual([]);
  });

  it("costs the idle clock no more rows", ({ expect }) => {
    for (const { job, rows } of clock) {
      expect(rows.at(-1), job).toBeLessThan((rows[0] ?? 0) + CLOCK_TOLERANCE);
    }
  });

  it("costs a scrape of its metrics no more rows", ({ expect }) => {
    const [before = 0, after = 0] = clock.find(({ job }) => job === "scrape")?.rows ?? [];
    expect(before).toBeGreaterThan(0);
    // Counted up to a thousand of a kind: deliveries, jobs, uploads, failing triggers and deletions.
    expect(before).toBeLessThan(6000);
    expect(after).toBeLessThanOrEqual(before + 100);
  });

  it.for([
    ["SELECT name FROM tags WHERE created_at = 1", "SCAN tags"],
    ["SELECT name FROM repositories ORDER BY description", "USE TEMP B-TREE FOR ORDER BY"],
    ["DELETE FROM manifests WHERE media_type = 'x'", "SCAN manifests"],
  ])("would be noticed: %s", async ([sql, fault], { expect }) => {
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<Step>();
    expect(faultsOf(results).join()).toContain(fault);
  });
});
