/** What aging and garbage collection ask of D1 as a registry grows tenfold, counted at the binding. */
import type { Job, Run, Size } from "./scale/run.ts";
import type { Server, Servers } from "./servers.ts";
import { atMost, printTable, type Target } from "./table.ts";

const LARGE: Size = { tags: 100_000, images: 10_000, blobs: 1_000_000 };
/** How much more per unit the larger registry may take. */
const LIMIT_RATIO = 1.2;
/** Statements of one invocation: the platform ends what asks for more. */
const LIMIT_STATEMENTS = 1000;

/** What is counted per what. */
const ROWS: readonly { job: Job; name: string }[] = [
  { job: "nothing", name: "hourly run, nothing to do" },
  { job: "report", name: "dry run, nothing due" },
  { job: "objects", name: "object of R2 compared" },
  { job: "rules", name: "image, nothing to do" },
  { job: "exempt", name: "tag exempt from a number" },
  { job: "old", name: "old tag exempt from days" },
  { job: "days", name: "tag expired by days" },
  { job: "numbers", name: "tag expired by number" },
  { job: "note", name: "manifest noted" },
  { job: "manifests", name: "manifest collected" },
  { job: "blobs", name: "blob collected" },
  { job: "afterwards", name: "hourly run, all collected" },
];

const COLUMNS = [
  ["statements", "statements"],
  ["rows read", "rowsRead"],
  ["rows written", "rowsWritten"],
] as const;
const HEAD = ["per", "1x", "10x", ...COLUMNS.flatMap(([name]) => [`${name} 1x`, "10x", "ratio"])];

/** All runs of a job together, and the most statements that one had. */
interface Sum extends Run {
  most: number;
}

/** Counts everything in registries of two sizes and prints the table. */
export async function measureGarbage(servers: Servers, isQuick: boolean): Promise<Target[]> {
  const large = isQuick ? tenthOf(LARGE) : LARGE;
  const before = await measure(servers, tenthOf(large));
  const after = await measure(servers, large);
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const [index, { name }] of ROWS.entries()) {
    const [one, ten] = [before[index], after[index]];
    if (!one || !ten) throw new Error(`${name} was not measured`);
    const row = [name, String(one.units), String(ten.units)];
    for (const [what, field] of COLUMNS) {
      const [small, big] = [one[field] / one.units, ten[field] / ten.units];
      const ratio = small === big ? 1 : big / small;
      row.push(format(small), format(big), ratio.toFixed(2));
      targets.push(atMost(`${what} per ${name}, ten times as large`, ratio, LIMIT_RATIO));
    }
    targets.push(atMost(`statements of one invocation, ${name}`, ten.most, LIMIT_STATEMENTS));
    rows.push(row);
  }
  const { tags, images, blobs } = large;
  printTable(`Aging and garbage collection (10x: ${tags} tags, ${images} images, ${blobs} blobs)`, HEAD, rows);
  return targets;
}

/** Three digits, or all before the point. */
function format(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function tenthOf({ tags, images, blobs }: Size): Size {
  return { tags: tags / 10, images: images / 10, blobs: blobs / 10 };
}

/** All rows in one registry, in order. */
async function measure(servers: Servers, size: Size): Promise<Sum[]> {
  const server = await servers.scale();
  const { tags, images, blobs } = size;
  await post(server, `fill?tags=${tags}&images=${images}&blobs=${blobs}`);
  const sums: Sum[] = [];
  for (const { job } of ROWS) {
    const sum: Sum = { units: 0, statements: 0, rowsRead: 0, rowsWritten: 0, isDone: false, most: 0 };
    while (!sum.isDone) {
      const isFirst = sum.statements === 0;
      const run = (await (await post(server, `${job}?blobs=${blobs}${isFirst ? "&first" : ""}`)).json()) as Run;
      sum.units += run.units;
      sum.statements += run.statements;
      sum.rowsRead += run.rowsRead;
      sum.rowsWritten += run.rowsWritten;
      sum.most = Math.max(sum.most, run.statements);
      sum.isDone = run.isDone;
    }
    sums.push(sum);
  }
  await server.stop();
  return sums;
}

/** Not by `Connection`, which takes a minute's silence for a failure. */
async function post({ url }: Server, path: string): Promise<Response> {
  const answer = await fetch(`${url}/${path}`, { method: "POST" });
  if (!answer.ok) throw new Error(`POST /${path} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}
