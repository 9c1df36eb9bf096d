import { createHash, randomBytes } from "node:crypto";
import type { Miniflare } from "miniflare";
import { Explained } from "./program.ts";

const SESSION_MS = 24 * 60 * 60 * 1000;

/**
 * Logs an operator in to the registry of this process, which only who has the database can do without a password.
 *
 * @returns the token for `X-Auth-Token`, and what ends it.
 * @throws Explained when there is no operator yet.
 */
export async function openOperatorSession(miniflare: Miniflare): Promise<{ token: string; end: () => Promise<void> }> {
  const database = await miniflare.getD1Database("DB");
  const token = randomBytes(32).toString("base64url");
  const hash = createHash("sha256").update(token).digest("hex");
  const now = Date.now();
  const inserted = await database
    .prepare(
      "INSERT INTO sessions (token_hash, user_id, created_at, expires_at, kind) " +
        "SELECT ?, id, ?, ?, 'iam-token' FROM users WHERE role = 'operator' ORDER BY id LIMIT 1",
    )
    .bind(hash, now, now + SESSION_MS)
    .run();
  if (inserted.meta.changes === 0) throw new Explained("The registry has no operator yet: run npm start first.");
  const end = async () => {
    await database.prepare("DELETE FROM sessions WHERE token_hash = ?").bind(hash).run();
  };
  return { token, end };
}
