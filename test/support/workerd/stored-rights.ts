/** Who may see an image: rights and shares, written into the database without a request. */
import { env } from "cloudflare:workers";

const OF_REPOSITORY = "(SELECT id FROM repositories WHERE name = ?1)";

export async function makePublic(repository: string, isPublic = true): Promise<void> {
  await run("UPDATE repositories SET is_public = ?2 WHERE name = ?1", repository, isPublic ? 1 : 0);
}

/** Shares an image with an account until a time; for ever when there is none. */
export async function shareWith(repository: string, account: string, endsAt: Date | null = null): Promise<void> {
  await run(
    `INSERT INTO shares (repository_id, account_id, deadline, ends_at, created_at, updated_at)
     SELECT ${OF_REPOSITORY}, id, 'forever', ?3, 0, 0 FROM accounts WHERE name = ?2`,
    repository,
    account,
    endsAt && endsAt.getTime(),
  );
}

export async function grantOnImage(repository: string, user: string, level: string): Promise<void> {
  await run(
    `INSERT INTO repository_permissions (repository_id, user_id, level, created_at)
     SELECT ${OF_REPOSITORY}, id, ?3, 0 FROM users WHERE name = ?2`,
    repository,
    user,
    level,
  );
}

export async function grantOnOrganization(organization: string, user: string, level: string): Promise<void> {
  await run(
    `INSERT INTO organization_permissions (organization_id, user_id, level, created_at)
     SELECT (SELECT id FROM organizations WHERE name = ?1), id, ?3, 0 FROM users WHERE name = ?2`,
    organization,
    user,
    level,
  );
}

async function run(statement: string, ...values: (string | number | null)[]): Promise<void> {
  const { meta } = await env.DB.prepare(statement)
    .bind(...values)
    .run();
  // What triggers change is counted along.
  if (meta.changes < 1) throw new Error(`${statement} changed ${meta.changes} rows`);
}
