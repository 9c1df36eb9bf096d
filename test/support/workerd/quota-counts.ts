/** Quotas for tests: limits that an operator sets, and counters against a count of what is there. */
import { env } from "cloudflare:workers";
import type { CommonChanges, QuotaChanges, QuotaHolder, QuotaResource } from "../../../src/kernel/quotas.ts";
import { RECOUNTS } from "../recounts.ts";
import { send } from "./registry-requests.ts";

export interface ShownQuota {
  used: number;
  limit: number | null;
  source: "default" | "own";
}

/** Sets limits as an operator, by path: `organizations/acme`, `accounts/acme`. */
export async function setLimits(holder: string, changes: QuotaChanges): Promise<Record<QuotaResource, ShownQuota>> {
  const response = await send("PATCH", `/api/${holder}/quota`, {
    body: JSON.stringify(changes),
    headers: { "Content-Type": "application/json" },
  });
  if (response.status !== 200) throw new Error(`setting limits: ${response.status} ${await response.text()}`);
  return (await response.json<{ quotas: Record<QuotaResource, ShownQuota> }>()).quotas;
}

/** Sets the limits of all that have none of their own. */
export async function setCommonLimits(changes: Partial<Record<QuotaHolder, CommonChanges>>): Promise<void> {
  const response = await send("PATCH", "/api/quotas", {
    body: JSON.stringify(changes),
    headers: { "Content-Type": "application/json" },
  });
  if (response.status !== 200) throw new Error(`setting limits: ${response.status} ${await response.text()}`);
}

/** How much an organization or account has of everything. */
export async function usedBy(holder: string): Promise<Record<QuotaResource, number>> {
  const response = await send("GET", `/api/${holder}/quota`);
  if (response.status !== 200) throw new Error(`reading quotas: ${response.status} ${await response.text()}`);
  const { quotas } = await response.json<{ quotas: Record<QuotaResource, ShownQuota> }>();
  return Object.fromEntries(Object.entries(quotas).map(([resource, { used }]) => [resource, used])) as Record<
    QuotaResource,
    number
  >;
}

/** Counters that differ from a count of what is there, each as a sentence. */
export async function miscounted(): Promise<string[]> {
  const answers = await env.DB.batch<{ text: string }>(RECOUNTS.map((query) => env.DB.prepare(query)));
  return answers.flatMap(({ results }) => results.map(({ text }) => text));
}

/** Holders that have more than they may, each as a sentence. */
export async function aboveLimits(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT own.holder || ' ' || own.holder_id || ' has ' || own.used || ' ' || own.resource AS text
     FROM quotas own JOIN quotas common
       ON common.holder = own.holder AND common.holder_id = 0 AND common.resource = own.resource
     WHERE own.holder_id <> 0 AND own.used > ifnull(own.own_limit, common.own_limit)`,
  ).all<{ text: string }>();
  return results.map(({ text }) => text);
}
