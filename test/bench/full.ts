/**
 * What each list and report costs in a full registry and in an empty one, in rows that D1 reads; and how long requests
 * wait while the full one is cleaned up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { hashPassword } from "../../src/model/logins/passwords.ts";
import { fillFull } from "./full/fill.ts";
import { describedOperations, entriesOf, type Operation, operations, PER_ROW } from "./full/operations.ts";
import { type Asked, FULL, type FullSize, nothingAsked, sumOfAsked } from "./full/size.ts";
import type { Server, Servers } from "./servers.ts";
import { atMost, printTable, type Target } from "./table.ts";

const SIZE: FullSize = { tags: 1_000_000, images: 100_000, blobs: 1_000_000, auditEvents: 1_000_000 };
/** A hundredth. */
const QUICK: FullSize = { tags: 10_000, images: 1000, blobs: 10_000, auditEvents: 10_000 };

/** As `full/wrangler.toml` has it. */
const METRICS_TOKEN = "scraper-of-the-bench";

/** Tags that the rule of numbers keeps: as many as it may. */
const KEPT_TAGS = 1000;

/** Milliseconds for which one statement, or one batch, may hold the database. */
const LONGEST_MS = 100;
/** How much longer than without work the slowest percent of requests may take meanwhile. */
const PROBE_RATIO = 5;

interface Answer {
  status: number;
  asked: Asked;
  shown: number;
  ms: number;
}

class Client {
  readonly #server: Server;
  readonly #password: string;

  constructor(server: Server, password: string) {
    this.#server = server;
    this.#password = password;
  }

  async get({ who, path }: Pick<Operation, "who" | "path">): Promise<Answer> {
    const startedAt = performance.now();
    const answer = await fetch(`${this.#server.url}${path}`, { headers: this.#authorization(who) });
    const body: unknown = answer.headers.get("content-type")?.includes("json")
      ? await answer.json()
      : await answer.text();
    const asked = JSON.parse(answer.headers.get("x-asked") ?? "{}") as Asked;
    return { status: answer.status, asked, shown: entriesOf(body), ms: performance.now() - startedAt };
  }

  fetch(path: string): Promise<Response> {
    return fetch(`${this.#server.url}${path}`);
  }

  async post(path: string, body?: string): Promise<Response> {
    const answer = await fetch(`${this.#server.url}${path}`, { method: "POST", ...(body !== undefined && { body }) });
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** Milliseconds that it took. */
  async head(path: string): Promise<number> {
    const startedAt = performance.now();
    const answer = await fetch(`${this.#server.url}${path}`, { method: "HEAD", headers: this.#authorization("admin") });
    if (answer.status !== 200) throw new Error(`HEAD ${path}: ${answer.status}`);
    return performance.now() - startedAt;
  }

  #authorization(who: Operation["who"]): Record<string, string> {
    if (who === "nobody") return {};
    if (who === "scraper") return { Authorization: `Bearer ${METRICS_TOKEN}` };
    const password = who === "admin" ? (this.#server.password ?? "") : this.#password;
    return { Authorization: `Basic ${Buffer.from(`${who}:${password}`).toString("base64")}` };
  }

  async sql(sql: string): Promise<Record<string, unknown>[]> {
    return (await (await this.post("/__sql", sql)).json()) as Record<string, unknown>[];
  }

  /** Does all of a job, in parts. */
  async run(job: string): Promise<Asked> {
    for (let asked = nothingAsked(); ;) {
      const part = (await (await this.post(`/__run?job=${job}`)).json()) as Asked & { isDone: boolean };
      asked = sumOfAsked(asked, part);
      if (part.isDone) return asked;
    }
  }

  async delete(path: string): Promise<number> {
    const authorization = `Basic ${Buffer.from(`admin:${this.#server.password}`).toString("base64")}`;
    return (await fetch(`${this.#server.url}${path}`, { method: "DELETE", headers: { Authorization: authorization } }))
      .status;
  }
}

/** Measures all of it and prints the tables. */
export async function measureFull(servers: Servers, isQuick: boolean): Promise<Target[]> {
  const size = isQuick ? QUICK : SIZE;
  const password = "a password of the bench";
  const [full, empty] = [await servers.full(), await servers.full()];
  const [large, small] = [new Client(full, password), new Client(empty, password)];
  const startedAt = performance.now();
  const hash = hashPassword(password);
  await fillFull((sql) => large.sql(sql), size, hash);
  await fillFull((sql) => small.sql(sql), { tags: 10, images: 1, blobs: 10, auditEvents: 1 }, hash);
  console.log(`\nFilled in ${Math.round((performance.now() - startedAt) / 1000)} s.`);
  const targets = [...(await countRows(large, small)), ...(await probe(large))];
  await full.stop();
  await empty.stop();
  return targets;
}

async function countRows(large: Client, small: Client): Promise<Target[]> {
  const targets: Target[] = [];
  const worst = new Map<string, { rows: string[]; over: number }>();
  let count = 0;
  for (const operation of [
    ...describedOperations(await (await large.fetch("/openapi.json")).json()),
    ...operations(Date.now()),
  ]) {
    const answer = await large.get(operation);
    const { rowsRead } = answer.asked;
    const limit = operation.constant + PER_ROW * answer.shown;
    const name = `rows read, ${operation.who}: GET ${operation.path}`;
    // What is not there is a question as well; a parameter that is missing is none.
    if ((answer.status >= 500 && answer.status !== 501) || answer.status === 401 || answer.status === 403)
      throw new Error(`${name}: ${answer.status}`);
    targets.push(atMost(name, rowsRead, limit));
    if (answer.asked.faults.length > 0) targets.push(noFaults(name, answer.asked));
    count += 1;
    const route = operation.path.split("?")[0] ?? "";
    const over = rowsRead - PER_ROW * answer.shown;
    const known = worst.get(`${operation.who} ${route}`);
    if (!known || over > known.over) {
      const inEmpty = await small.get(operation);
      const rows = [
        `${operation.who} ${operation.path}`,
        String(answer.status),
        String(answer.shown),
        String(inEmpty.asked.rowsRead),
        String(rowsRead),
        String(Math.round(answer.ms)),
      ];
      worst.set(`${operation.who} ${route}`, { rows, over });
    }
  }
  const table = [...worst.values()].map(({ rows }) => rows);
  const head = ["the dearest of each route", "status", "shown", "rows, empty", "rows, full", "ms"];
  printTable(`Rows that D1 reads for a request, of ${count}`, head, table);
  return targets;
}

/** How long `HEAD` of a manifest takes without work, and while each job runs. */
async function probe(large: Client): Promise<Target[]> {
  const path = `/v2/${FULL.organization}/image-1/manifests/v1`;
  const rows: string[][] = [];
  const targets: Target[] = [];
  const idle = await latencies(large, path, sleep(10_000));
  rows.push(["idle", ...describe(idle), "", "", ""]);
  const measure = async (name: string, work: () => Promise<Asked>) => {
    const job = work();
    const times = await latencies(large, path, job);
    const asked = await job;
    rows.push([
      name,
      ...describe(times),
      String(asked.statements),
      String(asked.mostWritten),
      asked.longest.toFixed(0),
    ]);
    // Where a job is short, or a stall has left room for few, each request counts.
    const slowest = times.length < 100 ? 1 : 0.99;
    targets.push(
      atMost(`p99 of HEAD during ${name}, times idle`, quantile(times, slowest) / quantile(idle, slowest), PROBE_RATIO),
    );
    console.log(`${name}: ${rows.at(-1)?.slice(1).join(", ")}`);
    if (asked.longest > LONGEST_MS) console.log(`The longest of ${name}: ${asked.longestSql}`);
    targets.push(atMost(`longest statement of ${name}`, asked.longest, LONGEST_MS, " ms"));
    targets.push(noFaults(name, asked));
  };
  const sql = (text: string) => large.sql(text);
  await measure("an hour with nothing to do", () => large.run("hour"));
  await sql("UPDATE repositories SET keeps_untagged = 1 WHERE id = 1");
  await measure("keepsUntagged off", async () => {
    await sql("INSERT INTO cleanups (kind, target_id) VALUES ('untagged', 1)");
    return large.run("clean");
  });
  await sql(
    `INSERT INTO retention_rules (repository_id, kind, amount, labels, patterns, created_at, updated_at, next_run_at)
     SELECT 1, 'tag_rule', ${KEPT_TAGS}, '[]', '[]', 0, 0, 0
     WHERE NOT EXISTS (SELECT 1 FROM retention_rules WHERE repository_id = 1)`,
  );
  await sql(
    `UPDATE retention_rules SET kind = 'tag_rule', amount = ${KEPT_TAGS}, patterns = '[]', labels = '[]', next_run_at = 0
     WHERE repository_id = 1`,
  );
  await measure("aging of all tags but a thousand", () => large.run("age"));
  await sql("UPDATE manifests SET unreferenced_since = 1 WHERE unreferenced_since = 0");
  await sql("UPDATE blobs SET last_used_at = 1");
  await measure("collecting their manifests and blobs", () => large.run("collect"));
  const deleting = async (what: string, at: string) =>
    measure(`deleting ${what}`, async () => {
      const status = await large.delete(at);
      if (status !== 202 && status !== 204) throw new Error(`deleting ${what}: ${status}`);
      return large.run("clean");
    });
  await sql(
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
     SELECT repository_id, 'more-' || i, manifest_id, 0, 0 FROM n, tags
     WHERE tags.name = 'v1' AND repository_id = (SELECT id FROM repositories WHERE name = '${FULL.organization}/image-2')`,
  );
  const [tagged] = await sql(
    `SELECT digest FROM manifests WHERE repository_id = (SELECT id FROM repositories WHERE name = '${FULL.organization}/image-2')`,
  );
  await deleting("a manifest with 50,000 tags", `/v2/${FULL.organization}/image-2/manifests/${String(tagged?.digest)}`);
  await sql(
    `INSERT OR IGNORE INTO repository_permissions (repository_id, user_id, level, created_at)
     SELECT id, 2, 'read', 0 FROM repositories`,
  );
  await deleting("a user with a permission on every image", `/api/users/${FULL.member}`);
  await sql("DELETE FROM organizations WHERE account_id = 2");
  await deleting("an account that every private image is shared with", `/api/accounts/${FULL.partner}`);
  await deleting("the large image", `/v2/manage/namespaces/${FULL.organization}/repos/large`);
  const [left] = await sql("SELECT count(*) AS count FROM repositories WHERE account_id = 0");
  targets.push(atMost("deleted images that are left", Number(left?.count), 0));
  const head = [
    "HEAD meanwhile, ms",
    "requests",
    "p50",
    "p99",
    "longest",
    "statements",
    "most rows written",
    "longest statement",
  ];
  printTable("Latency while the full registry is cleaned up", head, rows);
  return targets;
}

function noFaults(name: string, { faults }: Asked): Target {
  for (const fault of faults) console.log(`${name} has in its plan: ${fault}`);
  return atMost(`steps over whole tables in the plans of ${name}`, faults.length, 0);
}

async function latencies(client: Client, path: string, until: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const over = until.then(() => true);
  do times.push(await client.head(path));
  while (!(await Promise.race([over, sleep(10, false)])));
  return times;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function describe(times: readonly number[]): string[] {
  return [String(times.length), ...[0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(0))];
}
