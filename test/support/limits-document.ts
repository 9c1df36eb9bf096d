/** docs/limits-and-cost.md, whose tables are computed: from constants, from counted operations, and from the other documents' tables. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { format } from "prettier";
import { operationsTable, pricesTable, table, teamsTable } from "./cost.ts";
import { contentLimits, fieldLimits } from "./limits.ts";

const ROOT = resolve(import.meta.dirname, "../..");
export const LIMITS_DOCUMENT = resolve(ROOT, "docs/limits-and-cost.md");

const TABLES: Readonly<Record<string, () => string>> = {
  teams: teamsTable,
  operations: operationsTable,
  prices: pricesTable,
  content: contentLimits,
  fields: fieldLimits,
  memory: () => columnsOf("docs/architecture.md", "## Limits", [0, 1]),
  quotas: () => columnsOf("docs/quotas.md", "# Quotas", [0, 2, 3]),
  logins: loginLimits,
};

/** The document as it should be: each table between `<!-- computed: name -->` and `<!-- end -->` made anew. */
export async function rendered(text: string): Promise<string> {
  const filled = text.replaceAll(/(<!-- computed: (\w+) -->\n)[^]*?(<!-- end -->)/g, (_, begin, name: string, end) => {
    const make = TABLES[name];
    if (make === undefined) throw new Error(`there is no table ${name}`);
    return `${String(begin)}\n${make()}\n\n${String(end)}`;
  });
  return format(filled, { parser: "markdown", printWidth: 120 });
}

/** Columns of the first table below a heading of another document. */
function columnsOf(file: string, heading: string, columns: readonly number[]): string {
  const lines = readFileSync(resolve(ROOT, file), "utf8").split("\n");
  const rest = lines.slice(lines.indexOf(heading) + 1);
  const first = rest.findIndex((line) => line.startsWith("|"));
  const length = rest.slice(first).findIndex((line) => !line.startsWith("|"));
  const rows = rest.slice(first, first + length).map((line) => {
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    return columns.map((at) => cells[at] ?? "");
  });
  const [head = [], , ...body] = rows;
  if (body.length === 0) throw new Error(`${file} has no table below ${heading}`);
  return table(head, body);
}

/** What wrangler.toml says of attempts to log in. */
function loginLimits(): string {
  const text = readFileSync(resolve(ROOT, "wrangler.toml"), "utf8");
  const limitOf = (name: string) => {
    const found = new RegExp(`name = "${name}"[^[]*simple = \\{ limit = (\\d+), period = (\\d+) \\}`).exec(text);
    if (found === null) throw new Error(`wrangler.toml has no ${name}`);
    return `${found[1]} in ${found[2]} seconds`;
  };
  return table(
    ["in one location of Cloudflare", "limit"],
    [
      ["passwords tried for one name from one address", limitOf("LOGIN_LIMITER")],
      ["wrong passwords from one address, for any names", limitOf("NETWORK_LIMITER")],
    ],
  );
}
