/** Webhooks of a running registry; and what became of thousands of deliveries, read from its database on disk. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readOptionalDetail } from "../../src/model/read-detail.ts";
import type { WebhookFormat, WebhookSecrets } from "../../src/model/triggers/trigger-targets.ts";
import { operatorOf } from "../support/server-people.ts";
import type { Server } from "../support/server.ts";

export interface HookSettings {
  name: string;
  url: string;
  format?: WebhookFormat;
  /** A glob. Default: every tag. */
  pattern?: string;
  secrets?: WebhookSecrets;
}

/** Gives an image webhooks. */
export async function addHooks(registry: Pick<Server, "url">, repository: string, hooks: readonly HookSettings[]) {
  const [organization = "", image = ""] = repository.split("/");
  for (const { name, url, format = "keel", pattern, secrets } of hooks) {
    await operatorOf(registry).ask("POST", `/api/organizations/${organization}/images/${image}/triggers`, {
      name,
      condition: pattern === undefined ? { kind: "all" } : { kind: "regular", text: pattern },
      target: { kind: "webhook", url, format, ...secrets },
    });
  }
}

export interface Delivery {
  hook: string;
  uid: string;
  tag: string;
  digest: string;
  status: string;
  attempts: number;
  detail: string | null;
}

/** The deliveries of a repository's hooks. The registry may run. */
export function deliveriesOf(stateDir: string, repository: string): Delivery[] {
  const rows = query<Delivery>(
    stateDir,
    `SELECT triggers.name AS hook, uid, tag, digest, status, attempts, detail
     FROM deliveries JOIN triggers ON triggers.id = trigger_id JOIN repositories ON repositories.id = repository_id
     WHERE repositories.name = ?`,
    repository,
  );
  return rows.map((row) => ({ ...row, detail: readOptionalDetail(row.detail).detail }));
}

/** What the last try of each of a hook's deliveries was answered. */
export function answersOf(stateDir: string, repository: string, hook: string): (string | null)[] {
  return query<{ answer: string | null }>(
    stateDir,
    `SELECT answer FROM delivery_attempts JOIN deliveries ON deliveries.id = delivery_id AND number = attempts
     JOIN triggers ON triggers.id = trigger_id JOIN repositories ON repositories.id = repository_id
     WHERE repositories.name = ? AND triggers.name = ?`,
    repository,
    hook,
  ).map(({ answer }) => answer);
}

function query<Row>(stateDir: string, sql: string, ...values: string[]): Row[] {
  const database = open(stateDir);
  try {
    return database.prepare(sql).all(...values) as Row[];
  } finally {
    database.close();
  }
}

function open(stateDir: string): DatabaseSync {
  const [file] = globSync(join(stateDir, "data/d1/*/*.sqlite")).filter((path) => !path.endsWith("metadata.sqlite"));
  if (file === undefined) throw new Error(`there is no database in ${stateDir}`);
  return new DatabaseSync(file, { readOnly: true, timeout: 5000 });
}
