/**
 * What each list and report costs in a full registry and in an empty one, in rows that D1 reads; and how long requests
 * wait while the full one is cleaned up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { hashPassword } from "../../src/model/password.ts";
import { fillFull } from "./full/fill.ts";
import { type Asked, FULL, type FullSize, nothingAsked, sumOfAsked } from "./full/size.ts";
import type { Server, Servers } from "./servers.ts";
import { atMost, printTable, type Target } from "./table.ts";

const SIZE: FullSize = { tags: 1_000_000, images: 100_000, blobs: 1_000_000, auditEvents: 1_000_000 };
/** A hundredth. */
const QUICK: FullSize = { tags: 10_000, images: 1000, blobs: 10_000, auditEvents: 10_000 };

/** Rows that a list may read for each entry that it shows, and besides. */
const PER_ROW = 50;
const CONSTANT = 10_000;
/** SWR's lists go by offset, and count what a filter finds: of these, as many as it looks at. */
const SWR_CONSTANT = 50_000;

/** Tags that the rule of numbers keeps: as many as it may. */
const KEPT_TAGS = 1000;

/** Milliseconds for which one statement, or one batch, may hold the database. */
const LONGEST_MS = 100;
/** How much longer than without work the slowest percent of requests may take meanwhile. */
const PROBE_RATIO = 5;

interface Operation {
  who: "admin" | "member" | "guest" | "partner" | "nobody";
  path: string;
  constant: number;
}

const DIGEST = `sha256:${"77".padStart(64, "0")}`;

/** What stands for the parameters of paths. */
const PARAMETERS: Readonly<Record<string, string>> = {
  organization: FULL.organization,
  namespace: FULL.organization,
  image: "large",
  repository: "large",
  tag: "v77",
  reference: "v77",
  name: "admin",
  user_id: "1",
  project_id: "p",
  resource_type: "downflow",
  frequency: "daily",
};
/** Downloads, which have as many rows as there are. */
const DOWNLOADS = /\/(audit\/export|archive)$/;

/** Each question that the registry's own description has, so that no route is forgotten. */
async function describedOperations(client: Client): Promise<Operation[]> {
  const { paths } = (await (await client.fetch("/openapi.json")).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(paths)
    .filter(([path, methods]) => "get" in methods && !DOWNLOADS.test(path))
    .map(([path]) => ({
      who: "admin" as const,
      path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name] ?? "1"),
      constant: path.startsWith("/v2/manage") ? SWR_CONSTANT : CONSTANT,
    }));
}

/** Every combination of the values of parameters; undefined leaves one out. */
function combinations(parameters: Record<string, readonly (string | undefined)[]>): string[] {
  return Object.entries(parameters).reduce<string[]>(
    (queries, [name, values]) =>
      queries.flatMap((query) =>
        values.map((value) => {
          if (value === undefined) return query;
          return `${query}${query === "" ? "?" : "&"}${name}=${encodeURIComponent(value)}`;
        }),
      ),
    [""],
  );
}

function operations(now: number): Operation[] {
  const list = (who: Operation["who"], path: string, queries: string[], constant = CONSTANT) =>
    queries.map((query) => ({ who, path: `${path}${query}`, constant }));
  const texts = [undefined, "image-1", "image-77", "nothing-of-this", "x"];
  const days = (count: number) => new Date(now - count * 24 * 60 * 60 * 1000).toISOString();
  const large = `/api/organizations/${FULL.organization}/images/large`;
  const swrLarge = `/v2/manage/namespaces/${FULL.organization}/repos/large`;
  const images = (extra: Record<string, readonly (string | undefined)[]> = {}) => ({
    sort: ["name", "updated", "tags"],
    q: texts,
    category: [undefined, FULL.rareCategory, "other"],
    architecture: [undefined, FULL.rareArchitecture, "amd64"],
    ...extra,
  });
  return [
    ...list(
      "admin",
      "/api/images",
      combinations({
        scope: ["own"],
        ...images({ organization: [undefined, "big", "small"], public: [undefined, "true"] }),
      }),
    ),
    ...list("admin", "/api/images", combinations({ scope: ["sent", "shared", "public", "all"], ...images() })),
    ...list("member", "/api/images", combinations({ scope: ["own", "sent"], ...images() })),
    ...list("guest", "/api/images", combinations({ scope: ["own", "all"], ...images({ category: [undefined] }) })),
    ...list(
      "partner",
      "/api/images",
      combinations({ scope: ["own", "shared", "all"], ...images({ category: [undefined, FULL.rareCategory] }) }),
    ),
    ...list("nobody", "/api/image-centre", combinations({ ...images(), order: [undefined, "asc"] })),
    ...list(
      "admin",
      "/api/audit",
      combinations({
        organization: [undefined, "small", "none"],
        user: [undefined, FULL.guest],
        account: [undefined, "admin"],
        action: [undefined, "image.delete", "user.delete"],
        result: [undefined, "denied", "success"],
        since: [undefined, days(300)],
        until: [undefined, days(40), days(330)],
      }),
    ),
    ...list(
      "member",
      "/api/audit",
      combinations({
        organization: [undefined, "big"],
        action: [undefined, "user.delete"],
        result: [undefined, "denied"],
      }),
    ),
    ...(["admin", "member", "guest"] as const).flatMap((who) => [
      ...list(
        who,
        "/api/organizations",
        combinations({ search: [undefined, "org-1", "org-77", "nothing", "x"], level: [undefined, "edit"] }),
      ),
      ...list(who, "/v2/manage/namespaces", combinations({ mode: [undefined, "visible"] })),
      ...list(who, "/v2/manage/namespaces", combinations({ namespace: ["big", "small"] })),
      ...list(who, "/v2/manage/overview", [""]),
      ...list(who, "/v2/manage/reports/downflow/daily", [""]),
      ...list(who, "/v2/manage/projects/p/quotas", [""]),
      ...list(who, "/api/activity", [""]),
      ...list(who, "/api/users", combinations({ search: [undefined, "user-1", "user-77", "nothing", "x"] })),
      ...list(who, "/v2/_catalog", combinations({ n: [undefined, "10"] })),
      ...list(who, "/api/shares", combinations({ direction: ["sent", "received"], q: texts })),
    ]),
    ...list("partner", "/api/shares", combinations({ direction: ["sent", "received"], q: texts })),
    ...list("admin", "/v2/manage/reports/store/daily", [""]),
    ...list("admin", "/api/accounts", combinations({ search: [undefined, "part", "nothing", "x"] })),
    ...list("admin", "/api/garbage-collection", [""]),
    ...list("admin", `/api/organizations/${FULL.organization}/usage`, [""]),
    ...list("admin", `/api/organizations/${FULL.organization}/quota`, [""]),
    ...list("admin", `/api/organizations/${FULL.organization}`, [""]),
    ...list("admin", `/api/organizations/${FULL.organization}/clusters`, [""]),
    ...list("admin", large, [""]),
    ...list(
      "admin",
      `${large}/tags`,
      combinations({
        sort: [undefined, "name", "updated"],
        order: [undefined, "asc", "desc"],
        q: [undefined, "v99", "w"],
      }),
    ),
    ...list("admin", `${large}/history`, combinations({ limit: [undefined, "10"] })),
    ...list("admin", `${large}/restorable-tags`, [""]),
    ...list("admin", `${large}/aging/log`, [""]),
    ...list("admin", `${large}/shares`, [""]),
    ...list("admin", `${large}/triggers`, [""]),
    ...list("admin", `${large}/immutable-tag-rules`, [""]),
    ...list(
      "admin",
      `/v2/${FULL.largeImage}/tags/list`,
      combinations({ n: [undefined, "10"], last: [undefined, "v5"] }),
    ),
    ...list(
      "admin",
      "/v2/manage/repos",
      combinations({
        order_column: [undefined, "name", "updated_time", "tag_count", "namespace", "is_public"],
        order_type: [undefined, "desc"],
        namespace: [undefined, "big", "small"],
        name: [undefined, "image-77", "image-1", "nothing"],
        category: [undefined, FULL.rareCategory, "other"],
        is_public: [undefined, "true"],
      }),
      SWR_CONSTANT,
    ),
    ...list(
      "member",
      "/v2/manage/repos",
      combinations({ namespace: [undefined, "big"], name: [undefined, "image-77"] }),
      SWR_CONSTANT,
    ),
    ...list(
      "guest",
      "/v2/manage/repos",
      combinations({ namespace: [undefined, "big"], name: [undefined, "image-77"] }),
      SWR_CONSTANT,
    ),
    ...list(
      "admin",
      "/v2/manage/repos",
      combinations({ offset: ["5000", "10000"], limit: ["10", "1000"] }),
      SWR_CONSTANT,
    ),
    ...(["admin", "partner"] as const).flatMap((who) =>
      list(
        who,
        "/v2/manage/shared-repositories",
        combinations({
          center: ["self", "thirdparty"],
          order_column: [undefined, "name", "updated_time", "tag_count", "namespace", "domain_name"],
          namespace: [undefined, "big"],
          name: [undefined, "image-77", "nothing"],
          status: [undefined, "true", "false"],
        }),
        SWR_CONSTANT,
      ),
    ),
    ...list(
      "admin",
      `${swrLarge}/tags`,
      combinations({
        order_column: [undefined, "tag", "updated_at"],
        order_type: [undefined, "asc", "desc"],
        tag: [undefined, "v77"],
        offset: [undefined, "10000"],
      }),
      20_000,
    ),
    ...list("admin", `${swrLarge}/retentions/histories`, combinations({ offset: [undefined, "10000"] }), 20_000),
    ...list("admin", `/v2/${FULL.largeImage}/manifests/v77`, [""]),
    ...list("admin", `/v2/${FULL.largeImage}/referrers/${DIGEST}`, [""]),
    ...list("admin", "/v3/auth/domains", [""]),
    ...list("admin", "/v3/projects", [""]),
  ];
}

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

/** The length of the longest list in an answer. */
function entriesOf(body: unknown): number {
  if (Array.isArray(body)) return body.length;
  if (typeof body !== "object" || body === null) return 0;
  return Math.max(0, ...Object.values(body).map((value) => (Array.isArray(value) ? value.length : 0)));
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
  for (const operation of [...(await describedOperations(large)), ...operations(Date.now())]) {
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
    if (times.length >= 100) {
      targets.push(
        atMost(`p99 of HEAD during ${name}, times idle`, quantile(times, 0.99) / quantile(idle, 0.99), PROBE_RATIO),
      );
    }
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
  await measure("deleting the large image", async () => {
    const status = await large.delete(`/v2/manage/namespaces/${FULL.organization}/repos/large`);
    if (status !== 204) throw new Error(`deleting the large image: ${status}`);
    return large.run("clean");
  });
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
