/** Things that callers ask for, made in numbers without a request for each: for tests of access. */
import { env } from "cloudflare:workers";
import { randomBytes } from "node:crypto";
import { sessionIdOf } from "../../../src/model/logins/sessions.ts";
import { encryptClusterToken } from "../../../src/registry/triggers/cluster-secrets.ts";
import { lastingStores } from "./lasting-stores.ts";
import { ADMINISTRATOR_OF_HOME, HOME, type Kind, levelsOn, OTHER } from "./access-callers.ts";
import { newName, newUser, PASSWORD, pushAs, userIdOf } from "./managing-clients.ts";
import { addUser, basic, digestOf, fetchAnonymously, someBytes } from "./registry-requests.ts";

/** Values for the parameters in the path of a route, and for what its body or query names. */
export type Target = Readonly<Record<string, string>>;

/** An account that every image is shared with; nobody of it asks. */
const PARTNER = newName("partner");
/** An account that no image is shared with. */
const GUEST = newName("guest");
for (const account of [PARTNER, GUEST]) await newUser(account);

/** Has no right to anything, and is to be given one. */
const { name: NEWCOMER } = await newUser(HOME);
/** Has a right to everything, which is to be taken away. */
const { name: COLLEAGUE } = await newUser(HOME);

const stores = lastingStores();

/** What all targets have in common. */
const COMMON: Target = {
  access_domain: PARTNER,
  account: PARTNER,
  guest: GUEST,
  newcomer: NEWCOMER,
  newcomerId: await userIdOf(NEWCOMER),
  colleague: COLLEAGUE,
  colleagueId: await userIdOf(COLLEAGUE),
  user: COLLEAGUE,
  project_id: "berth",
  resource_type: "downflow",
  frequency: "daily",
  retention_id: "1",
  trigger: "deploy",
  cluster: "production",
  tag: "latest",
  reference: "latest",
};

/** The SQL that gives the users in a JSON object their levels, on what a name in a JSON array stands for. */
function permissionsSql(target: "organization" | "repository", table: "organizations" | "repositories"): string {
  return `INSERT INTO ${target}_permissions (${target}_id, user_id, level, created_at)
    SELECT target.id, users.id, granted.value, 0
    FROM json_each(?1) AS wanted JOIN ${table} AS target ON target.name = wanted.value
    JOIN json_each(?2) AS granted JOIN users ON users.name = granted.key`;
}

/** Makes organizations without images. */
export async function newOrganizations(count: number): Promise<Target[]> {
  const names = Array.from({ length: count }, () => newName("org"));
  const wanted = JSON.stringify(names);
  const levels = JSON.stringify({ ...levelsOn("organization"), [COLLEAGUE]: "read" });
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO organizations (account_id, name, created_at)
        SELECT accounts.id, wanted.value, 0 FROM json_each(?1) AS wanted JOIN accounts ON accounts.name = ?2`,
    ).bind(wanted, HOME),
    env.DB.prepare(permissionsSql("organization", "organizations")).bind(wanted, levels),
    env.DB.prepare(
      `INSERT INTO audit_events (created_at, account_id, organization, user_name, action, resource, result)
        SELECT 0, account_id, name, 'somebody', 'organization.create', name, 'success'
        FROM json_each(?1) AS wanted JOIN organizations ON organizations.name = wanted.value`,
    ).bind(wanted),
  ]);
  await newClusters(names);
  return names.map((name) => ({ ...COMMON, namespace: name, organization: name }));
}

/** Gives organizations the cluster of {@link COMMON}, unless they have it. */
export async function newClusters(organizations: readonly string[]): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT organizations.id FROM json_each(?1) AS wanted JOIN organizations ON organizations.name = wanted.value`,
  )
    .bind(JSON.stringify(organizations))
    .all<{ id: number }>();
  const insertion = env.DB.prepare(
    `INSERT INTO clusters (organization_id, name, server, encrypted_token, created_at, updated_at)
     VALUES (?1, ?2, 'https://cluster.example.com', ?3, 0, 0) ON CONFLICT DO NOTHING`,
  );
  const name = COMMON["cluster"] ?? "";
  const insertions = results.map(async ({ id }) => {
    return insertion.bind(id, name, await encryptClusterToken(stores, id, name, "token"));
  });
  if (insertions.length > 0) await env.DB.batch(await Promise.all(insertions));
}

/** The id of the cluster of {@link COMMON} in an organization. */
export async function clusterIdOf(organization: string): Promise<string> {
  const row = await env.DB.prepare(
    `SELECT clusters.id FROM organizations JOIN clusters ON clusters.organization_id = organizations.id
     WHERE organizations.name = ?1 AND clusters.name = ?2`,
  )
    .bind(organization, COMMON["cluster"] ?? "")
    .first<number>("id");
  return String(row);
}

/** Where all images are. */
const [home = COMMON] = await newOrganizations(1);
const ORGANIZATION = home["organization"] ?? "";

// --- Images are copies of one that was pushed ---

const TEMPLATE = `${ORGANIZATION}/template`;
await pushAs(ADMINISTRATOR_OF_HOME, TEMPLATE);
/** A blob that no manifest needs. */
const blob = someBytes();
const BLOB = digestOf(blob);
await fetchAnonymously(`/v2/${TEMPLATE}/blobs/uploads/?digest=${BLOB}`, {
  method: "POST",
  headers: { Authorization: basic(ADMINISTRATOR_OF_HOME.name, PASSWORD), "Content-Length": String(blob.byteLength) },
  body: blob,
});
/** The manifest of all images. */
export const MANIFEST = await (await ADMINISTRATOR_OF_HOME.get(`/v2/${TEMPLATE}/manifests/latest`)).text();

/** What copies a row of each table for every image in a JSON array of `{name, kind}`. */
const COPIES = [
  `INSERT INTO repositories (organization_id, account_id, name, is_public, created_by, created_at, updated_at)
    SELECT organization_id, account_id, wanted.value ->> 'name', wanted.value ->> 'kind' = 'public', created_by, created_at,
      updated_at
    FROM json_each(?1) AS wanted JOIN repositories ON repositories.name = ?2`,
  `INSERT INTO repository_blobs (repository_id, blob_id)
    SELECT copy.id, blob_id FROM $both JOIN repository_blobs ON repository_id = original.id`,
  `INSERT INTO manifests (repository_id, digest, media_type, size, artifact_type, created_at)
    SELECT copy.id, digest, media_type, size, artifact_type, manifests.created_at
    FROM $both JOIN manifests ON repository_id = original.id`,
  `INSERT INTO manifest_texts (manifest_id, position, text)
    SELECT copied.id, position, text FROM $manifests JOIN manifest_texts ON manifest_id = manifests.id`,
  `INSERT INTO manifest_blobs (manifest_id, blob_id)
    SELECT copied.id, blob_id FROM $manifests JOIN manifest_blobs ON manifest_id = manifests.id`,
  `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
    SELECT copy.id, tags.name, copied.id, tags.created_at, tags.updated_at
    FROM $manifests JOIN tags ON tags.manifest_id = manifests.id`,
  `INSERT INTO immutable_tag_rules (repository_id, pattern, created_at)
    SELECT copy.id, 'never', 0 FROM $both`,
  `INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at)
    SELECT copy.id, 'deploy', 'tag', 'never', 1, '{"kind":"webhook","url":"https://hooks.example.com/","format":"text"}', 0, 0
    FROM $both`,
].map((statement) =>
  statement
    .replace("$manifests", "$both JOIN manifests ON manifests.repository_id = original.id JOIN $copied")
    .replace("$copied", "manifests AS copied ON copied.repository_id = copy.id AND copied.digest = manifests.digest")
    .replace(
      "$both",
      "json_each(?1) AS wanted JOIN repositories AS copy ON copy.name = wanted.value ->> 'name' JOIN $it",
    )
    .replace("$it", "repositories AS original ON original.name = ?2"),
);

const SHARES = `INSERT INTO shares (repository_id, account_id, deadline, created_at, updated_at)
  SELECT repositories.id, accounts.id, 'forever', 0, 0
  FROM json_each(?1) AS wanted JOIN repositories ON repositories.name = wanted.value ->> 'name'
  JOIN accounts ON accounts.name = ?2 OR (accounts.name = ?3 AND wanted.value ->> 'kind' = 'shared')`;

/** Makes an image of each of these kinds, in one organization. */
export async function newImages(kinds: readonly Kind[]): Promise<Target[]> {
  const images = kinds.map((kind) => ({ kind, image: newName("image") }));
  const names = images.map(({ image }) => `${ORGANIZATION}/${image}`);
  const wanted = JSON.stringify(images.map(({ kind, image }) => ({ kind, name: `${ORGANIZATION}/${image}` })));
  const levels = JSON.stringify({ ...levelsOn("image"), [COLLEAGUE]: "read" });
  await env.DB.batch([
    ...COPIES.map((statement) => env.DB.prepare(statement).bind(wanted, TEMPLATE)),
    env.DB.prepare(SHARES).bind(wanted, PARTNER, OTHER),
    env.DB.prepare(permissionsSql("repository", "repositories")).bind(JSON.stringify(names), levels),
  ]);
  const { results: rules } = await env.DB.prepare(
    `SELECT repositories.name, immutable_tag_rules.id FROM immutable_tag_rules
      JOIN repositories ON repositories.id = repository_id JOIN json_each(?) AS wanted ON wanted.value = repositories.name`,
  )
    .bind(JSON.stringify(names))
    .all<{ name: string; id: number }>();
  const ids = new Map(rules.map(({ name, id }) => [name, String(id)]));
  return images.map(({ image }) => {
    const name = `${ORGANIZATION}/${image}`;
    return {
      ...COMMON,
      ...home,
      repository: image,
      image,
      name,
      before: name.slice(0, -1),
      digest: BLOB,
      id: ids.get(name) ?? "",
    };
  });
}

// --- People ---

/** Makes members of the account, each with an access key. */
export async function newMembers(count: number): Promise<Target[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const name = newName("member");
      await addUser(name, PASSWORD, { account: HOME });
      return { ...COMMON, name, user_id: await userIdOf(name), access: await newAccessKey(name) };
    }),
  );
}

/** Gives an image an aging rule that deletes nothing, or finds that it has one; answers its id. */
export async function newRetentionRule(repository: string): Promise<string> {
  const row = await env.DB.prepare(
    `INSERT INTO retention_rules (repository_id, kind, amount, labels, patterns, created_at, updated_at)
     SELECT id, 'tag_rule', 1000, '[]', '[]', 0, 0 FROM repositories WHERE name = ?
     ON CONFLICT (repository_id) DO UPDATE SET amount = excluded.amount RETURNING id`,
  )
    .bind(repository)
    .first<{ id: number }>();
  return String(row?.id ?? 0);
}

/** Gives the trigger of an image a delivery that is done; answers its id. */
export async function newDelivery(repository: string): Promise<string> {
  const pushed = { repository, tag: "never", digest: BLOB, mediaType: "application/json", size: 2, user: "somebody" };
  const event = JSON.stringify({ ...pushed, at: "2026-01-01T00:00:00Z", registry: "http://registry.test" });
  const id = await env.DB.prepare(
    `INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, created_at, finished_at)
     SELECT lower(hex(randomblob(16))), triggers.id, ?2, 'never', ?3, 'success', 0, 0
     FROM triggers JOIN repositories ON repositories.id = repository_id WHERE repositories.name = ?1 RETURNING id`,
  )
    .bind(repository, event, BLOB)
    .first<number>("id");
  return String(id ?? 0);
}

/** Deletes the tag of an image, so that there is one to restore. */
export async function deleteTags(repository: string): Promise<void> {
  await env.DB.batch(
    [
      `INSERT INTO tag_history (repository_id, tag, digest, created_at)
       SELECT repositories.id, tags.name, manifests.digest, ?2 FROM repositories
       JOIN tags ON tags.repository_id = repositories.id JOIN manifests ON manifests.id = tags.manifest_id
       WHERE repositories.name = ?1`,
      `INSERT INTO tag_history (repository_id, tag, created_at)
       SELECT repositories.id, tags.name, ?2 FROM repositories JOIN tags ON tags.repository_id = repositories.id
       WHERE repositories.name = ?1`,
      "DELETE FROM tags WHERE repository_id = (SELECT id FROM repositories WHERE name = ?1) AND ?2 > 0",
    ].map((sql) => env.DB.prepare(sql).bind(repository, Date.now())),
  );
}

/** Makes an access key that nobody has the secret of. */
export async function newAccessKey(user: string): Promise<string> {
  const access = newName("KEY");
  await env.DB.prepare(
    "INSERT INTO access_keys (user_id, access_key, encrypted_secret, created_at) SELECT id, ?, '', 0 FROM users WHERE name = ?",
  )
    .bind(access, user)
    .run();
  return access;
}

/** Gives the account of a user an organization and a trust rule; answers their names. */
export async function newTrustRule(user: string): Promise<{ organization: string; name: string }> {
  const [organization, name] = [newName("org"), newName("rule")];
  const account = "(SELECT account_id FROM users WHERE name = ?)";
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO organizations (account_id, name, created_at) SELECT account_id, ?, 0 FROM users WHERE name = ?`,
    ).bind(organization, user),
    env.DB.prepare(
      `INSERT INTO users (account_id, name, role, password_hash, created_at, kind)
       SELECT account_id, 'oidc:' || ?, 'member', '', 0, 'rule' FROM users WHERE name = ?`,
    ).bind(name, user),
    env.DB.prepare(
      `INSERT INTO trust_rules (user_id, account_id, name, issuer, audience, conditions, lifetime, created_at, updated_at)
       SELECT id, account_id, ?, ?, 'registry.test', '[{"claim":"sub","value":"job"}]', 3600, 0, 0
       FROM users WHERE name = 'oidc:' || ? AND account_id = ${account}`,
    ).bind(name, ISSUER, name, user),
    env.DB.prepare("DELETE FROM trust_rules WHERE name <> ? AND account_id = " + account).bind(name, user),
  ]);
  return { organization, name };
}

/** An issuer that {@link answerAsIssuer} speaks for. */
export const ISSUER = "https://issuer.example.com";

/** What that issuer answers to a request of the registry's; undefined where the request is another's. */
export function answerAsIssuer(input: RequestInfo | URL): Response | undefined {
  const { href } = new URL(input instanceof Request ? input.url : input);
  if (href === `${ISSUER}/.well-known/openid-configuration`) {
    return Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });
  }
  if (href !== `${ISSUER}/keys`) return undefined;
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  return Response.json({ keys: [{ kty: "OKP", crv: "Ed25519", x, kid: "1", use: "sig" }] });
}

/** Gives a user a login by a token that nobody has; answers its id. */
export async function newLogin(user: string): Promise<string> {
  const hash = randomBytes(32).toString("hex");
  await env.DB.prepare(
    `INSERT INTO sessions (token_hash, user_id, created_at, expires_at, kind)
     SELECT ?, id, ?, ?, 'refresh-token' FROM users WHERE name = ?`,
  )
    .bind(hash, Date.now(), Date.now() + 3_600_000, user)
    .run();
  return sessionIdOf(hash);
}

/** Makes accounts without users. */
export async function newAccounts(count: number): Promise<Target[]> {
  const names = Array.from({ length: count }, () => newName("account"));
  await env.DB.prepare("INSERT INTO accounts (name, created_at) SELECT value, 0 FROM json_each(?)")
    .bind(JSON.stringify(names))
    .run();
  return names.map((name) => ({ ...COMMON, name }));
}

// --- What does not exist ---

/** A name that nothing has, of the same length. */
function absent(name: string | undefined): string {
  return `z${name?.slice(1)}`;
}

/** A target like this one in an organization that there is, but itself is not. */
export function withoutImage(target: Target): Target {
  const image = absent(target["image"]);
  return { ...target, image, repository: image, name: `${target["organization"]}/${image}` };
}

/** The same in an organization that does not exist. */
export function withoutOrganization(target: Target): Target {
  const organization = absent(target["organization"]);
  return { ...target, organization, namespace: organization, name: `${organization}/${target["image"]}` };
}

/** Neither user nor account, nor key. */
export function withoutPerson(target: Target): Target {
  return { ...target, name: absent(target["name"]), user_id: "999999", access: absent(target["access"]) };
}

const RULE_COLUMNS = `account_id, organization_id, repository_id, images, tags, remote_id, remote_organization, overrides,
  has_referrers, is_automatic, follows_deletion, created_at, updated_at`;

/** Gives an image the rule of synchronization to `team` in a remote registry, unless it has it; answers its id. */
export async function newSyncRule(repository: string, remote: string): Promise<string> {
  const own = `repositories JOIN remotes ON remotes.account_id = repositories.account_id AND remotes.name = ?2
    WHERE repositories.name = ?1`;
  const [, found] = await env.DB.batch<{ id: number }>(
    [
      `INSERT INTO sync_rules (${RULE_COLUMNS})
       SELECT repositories.account_id, organization_id, repositories.id, '**', '**', remotes.id, 'team', 0, 0, 1, 0, 0, 0
       FROM ${own} ON CONFLICT DO NOTHING`,
      `SELECT sync_rules.id FROM sync_rules JOIN repositories ON repositories.id = repository_id
       JOIN remotes ON remotes.id = remote_id WHERE repositories.name = ?1 AND remotes.name = ?2`,
    ].map((statement) => env.DB.prepare(statement).bind(repository, remote)),
  );
  return String(found?.results[0]?.id ?? 0);
}

/** The same for an organization. */
export async function newOrganizationSyncRule(organization: string, remote: string): Promise<string> {
  const [, found] = await env.DB.batch<{ id: number }>(
    [
      `INSERT INTO sync_rules (${RULE_COLUMNS})
       SELECT organizations.account_id, organizations.id, NULL, '**', '**', remotes.id, 'team', 0, 0, 1, 0, 0, 0
       FROM organizations JOIN remotes ON remotes.account_id = organizations.account_id AND remotes.name = ?2
       WHERE organizations.name = ?1 ON CONFLICT DO NOTHING`,
      `SELECT sync_rules.id FROM sync_rules JOIN organizations ON organizations.id = organization_id
       JOIN remotes ON remotes.id = remote_id
       WHERE organizations.name = ?1 AND remotes.name = ?2 AND repository_id IS NULL`,
    ].map((statement) => env.DB.prepare(statement).bind(organization, remote)),
  );
  return String(found?.results[0]?.id ?? 0);
}

/** Gives an image a job of synchronization that waits; answers its id. */
export async function newSyncJob(repository: string, remote: string): Promise<string> {
  const id = await env.DB.prepare(
    `INSERT INTO sync_jobs (account_id, organization_id, repository_id, operation, tag, digest, remote_id, remote,
       remote_organization, overrides, has_referrers, user_name, registry, status, next_attempt_at, created_at)
     SELECT repositories.account_id, organization_id, repositories.id, 'copy', tags.name, ?3, remotes.id, remotes.name, 'team',
       0, 0, 'somebody', 'http://registry.test', 'waiting', 4102444800000, 0
     FROM repositories JOIN remotes ON remotes.account_id = repositories.account_id AND remotes.name = ?2
     JOIN tags ON tags.repository_id = repositories.id WHERE repositories.name = ?1 LIMIT 1 RETURNING id`,
  )
    .bind(repository, remote, BLOB)
    .first<number>("id");
  return String(id ?? 0);
}
