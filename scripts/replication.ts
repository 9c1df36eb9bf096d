/** D1's read replication: copies of the database near to who reads, which wrangler itself cannot switch on. */
import { z } from "zod";
import type { RunWrangler } from "./wrangler.ts";

const API = "https://api.cloudflare.com/client/v4";
/** The deployment is done: it does not wait long for this. */
const TIMEOUT_MS = 20_000;

const DatabaseInfo = z.object({
  uuid: z.string(),
  read_replication: z.object({ mode: z.string() }).nullish(),
});

/** What Cloudflare's API is called with: the variables that wrangler reads as well. */
export interface CloudflareAccess {
  CLOUDFLARE_API_TOKEN?: string | undefined;
  CLOUDFLARE_ACCOUNT_ID?: string | undefined;
  CLOUDFLARE_API_BASE_URL?: string | undefined;
}

/**
 * Switches read replication on for the deployed database. Berth works without, from one region.
 *
 * @returns what is left to do by hand, a sentence; undefined when replication is on.
 */
export async function switchReplicationOn(
  wrangler: RunWrangler,
  access: CloudflareAccess,
): Promise<string | undefined> {
  const { exitCode, stdout } = await wrangler(["d1", "info", "DB", "--json"], { capture: true });
  const database = exitCode === 0 ? DatabaseInfo.safeParse(parseJson(stdout)).data : undefined;
  if (database?.read_replication?.mode === "auto") return undefined;
  const why = await put(database?.uuid, access);
  return why === undefined ? undefined : byHand(why);
}

/** @returns why it could not be switched on. */
async function put(
  uuid: string | undefined,
  {
    CLOUDFLARE_API_TOKEN: token,
    CLOUDFLARE_ACCOUNT_ID: account,
    CLOUDFLARE_API_BASE_URL: base = API,
  }: CloudflareAccess,
): Promise<string | undefined> {
  if (uuid === undefined) return "wrangler does not tell which database it is";
  if (!token || !account) return "CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID are not set";
  try {
    const response = await fetch(`${base}/accounts/${encodeURIComponent(account)}/d1/database/${uuid}`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ read_replication: { mode: "auto" } }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `Cloudflare's API answered ${response.status}`;
  } catch (error) {
    return `Cloudflare's API did not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function byHand(why: string): string {
  return (
    `Read replication of the database is not on (${why}): switch it on in Cloudflare's dashboard, under Storage & ` +
    "databases > D1 > the database > Settings > Enable read replication, so that readers far away read nearby."
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
