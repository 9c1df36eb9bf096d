/** A registry full of as many and as long things as anybody may put into one, most of it by SQL. */
import { env } from "cloudflare:workers";
import { encryptClusterToken } from "../../../src/registry/triggers/cluster-secrets.ts";
import { newName, newOrganization, asUser } from "./managing-clients.ts";
import { ADMINISTRATOR, digestOf, OCI_INDEX, OCI_MANIFEST, pushBlob, putManifest } from "./registry-requests.ts";
import { lastingStores } from "./lasting-stores.ts";

/** What takes most bytes in JSON, of what a text may be made of. */
const WORST = "\u0001";
const LONG_NAME = 64;
const LONG_TAG = 128;

/** Values for the parameters of routes. */
export type Hostile = Readonly<Record<string, string>>;

const operator = asUser(ADMINISTRATOR.name, ADMINISTRATOR.password);

async function run(sql: string, ...values: (string | number)[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run();
}

const numbers = (count: number) =>
  `WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${count})`;
/** A name of so many characters that differs from row to row. */
const nameOf = (first: string, length: number) =>
  `substr('${first}' || value || replace(hex(zeroblob(${length})), '0', 'x'), 1, ${length})`;
/** A text of so many of the worst characters. */
const worst = (length: number) => `replace(substr(hex(zeroblob(${length})), 1, ${length}), '0', char(1))`;

async function push(repository: string, reference: string, manifest: object, type = OCI_MANIFEST): Promise<string> {
  const text = JSON.stringify(manifest);
  const response = await putManifest(repository, reference, text, type);
  if (response.status !== 201) throw new Error(`pushing ${reference}: ${response.status} ${await response.text()}`);
  return digestOf(text);
}

/** Adds entries to a list until the document has nearly as many bytes as a manifest may have. */
function padded(length: number, entry: (at: number) => object): object[] {
  const entries: object[] = [];
  for (let bytes = 0; entries.length < 9990;) {
    const next = entry(entries.length);
    bytes += Buffer.byteLength(JSON.stringify(next)) + 1;
    if (bytes > length) break;
    entries.push(next);
  }
  return entries;
}

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const ABSENT_LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar";

/** An image whose configuration and manifest are as long as they may be, and an index of it with a hundred platforms. */
async function pushImages(repository: string): Promise<{ image: string; index: string }> {
  const long = WORST.repeat(4000);
  const config = JSON.stringify({
    os: "linux",
    architecture: "amd64",
    config: { Env: [long, long], Labels: { a: long, b: long }, Cmd: [long] },
    history: [{ created_by: long }],
  });
  const steps = "{},".repeat(Math.floor((1024 * 1024 - config.length - 100) / 3));
  const text = config.replace('"history":[', `"history":[${steps}`);
  const blob = await pushBlob(repository, Uint8Array.from(Buffer.from(text)), CONFIG_TYPE);
  const note = WORST.repeat(50);
  const layers = padded(3_800_000, (at) => ({
    mediaType: ABSENT_LAYER,
    digest: digestOf(String(at)),
    size: at,
    annotations: { note },
  }));
  const image = await push(repository, "image", { schemaVersion: 2, config: blob, layers, annotations: { long } });
  // One that an archive can hold: nothing of it is elsewhere.
  await push(repository, "whole", { schemaVersion: 2, config: blob, layers: [blob], annotations: { long } });
  const child = { mediaType: OCI_MANIFEST, digest: image, size: 1 };
  const manifests = padded(3_800_000, (at) => ({
    ...child,
    artifactType: `application/${"x".repeat(240)}`,
    platform: { os: "linux", architecture: `${at}`.padStart(64, WORST), variant: WORST.repeat(64) },
    annotations: { note },
  }));
  const index = await push(repository, "index", { schemaVersion: 2, manifests, annotations: { long } }, OCI_INDEX);
  return { image, index };
}

/** Everything that an account may have in numbers. */
async function fillAccount(organization: string, repository: string): Promise<void> {
  const account = "(SELECT id FROM accounts WHERE name = 'admin')";
  const home = `(SELECT id FROM organizations WHERE name = '${organization}')`;
  const image = `(SELECT id FROM repositories WHERE name = '${repository}')`;
  await run(`${numbers(1100)} INSERT INTO accounts (name, created_at) SELECT ${nameOf("a", LONG_NAME)}, 0 FROM n`);
  await run(
    `${numbers(9900)} INSERT INTO users (account_id, name, role, password_hash, created_at)
     SELECT ${account}, ${nameOf("u", LONG_NAME)}, 'member', '', 0 FROM n`,
  );
  await run(
    `${numbers(11_000)} INSERT INTO organizations (account_id, name, created_by, created_at)
     SELECT ${account}, ${nameOf("o", LONG_NAME)}, (SELECT max(id) FROM users), 0 FROM n`,
  );
  await run(
    `${numbers(300)} INSERT INTO sessions (token_hash, user_id, kind, client, address, last_address, created_at, expires_at)
     SELECT ${nameOf("s", 50)} || users.id, users.id, CASE value % 3 WHEN 0 THEN 'browser' WHEN 1 THEN 'iam-token' ELSE 'refresh-token' END,
            ${worst(200)}, '::1', '::1', 0, 4102444800000 FROM n JOIN users ON users.id IN (1, (SELECT max(id) FROM users))`,
  );
  for (const [table, target] of [
    ["organization_permissions", home],
    ["repository_permissions", image],
  ]) {
    await run(`INSERT INTO ${table} SELECT ${target}, id, 'manage', 0 FROM users WHERE password_hash = ''`);
  }
  await run(
    `${numbers(1100)} INSERT INTO repositories
       (organization_id, account_id, name, is_public, description, created_by, created_at, updated_at)
     SELECT ${home}, ${account}, '${organization}/' || ${nameOf("i", 120)}, 1, ${worst(30_000)}, 1, 0, value FROM n`,
  );
  const others = `repositories WHERE name LIKE '${organization}/i%'`;
  await run(
    `INSERT INTO manifests (repository_id, digest, media_type, size, created_at)
     SELECT id, 'sha256:' || id, '${OCI_INDEX}', 1, 0 FROM ${others}`,
  );
  await run(
    `${numbers(100)} INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
     SELECT repository_id, ${nameOf("t", LONG_TAG)}, id, 0, value FROM manifests JOIN n
     WHERE digest = 'sha256:' || repository_id AND (value <= 10 OR repository_id % 10 = 0)`,
  );
  await run(
    `${numbers(100)} INSERT INTO manifest_platforms (manifest_id, repository_id, os, architecture, variant)
     SELECT id, repository_id, ${worst(64)}, value || ${worst(60)}, ${worst(64)} FROM manifests JOIN n
     WHERE digest = 'sha256:' || repository_id AND repository_id % 10 = 0`,
  );
  await run(
    `INSERT INTO shares (repository_id, account_id, deadline, note, created_by, created_at, updated_at)
     SELECT ${image}, id, 'forever', ${worst(1000)}, 1, 0, 0 FROM accounts WHERE name LIKE 'a%x' LIMIT 500`,
  );
  await run(
    `INSERT INTO shares (repository_id, account_id, deadline, note, created_by, created_at, updated_at)
     SELECT repositories.id, accounts.id, 'forever', ${worst(1000)}, 1, 0, 0
     FROM ${others.replace("WHERE", "JOIN accounts ON accounts.name LIKE 'a1%x' WHERE repositories.")} LIMIT 1100`,
  );
  await run(
    `${numbers(2000)} INSERT INTO audit_events
       (created_at, account_id, organization, user_id, user_name, address, action, resource, result, detail)
     SELECT value, ${account}, '${organization}', 1, ${nameOf("u", LONG_NAME)}, '::1', 'retention-rule.update',
            '${repository}', 'success', json_object('patterns', CASE WHEN value % 10 = 0 THEN ${worst(51_000)} ELSE ${worst(300)} END)
     FROM n`,
  );
  const stores = lastingStores();
  const id = (await env.DB.prepare(`SELECT ${home} AS id`).first<number>("id")) ?? 0;
  const token = await encryptClusterToken(stores, id, "production", "token");
  await run(
    `${numbers(100)} INSERT INTO clusters (organization_id, name, server, authority, encrypted_token, created_by, created_at, updated_at)
     SELECT ${home}, ${nameOf("c", LONG_NAME * 2)}, 'https://' || ${nameOf("s", 250)} || ':65535',
            replace(substr(hex(zeroblob(16384)), 1, 16384), '0', char(10)), ?, 1, 0, 0 FROM n`,
    token,
  );
  await run(
    `${numbers(50)} INSERT INTO remotes (account_id, name, url, username, encrypted_password, created_at, updated_at)
     SELECT (SELECT account_id FROM organizations WHERE id = ${home}), printf('remote-%02d', value - 1), 'https://' || ${nameOf("r", 250)} || ':65535',
            ${nameOf("u", 256)}, ?, 0, 0 FROM n`,
    token,
  );
  await run(
    `${numbers(50)} INSERT INTO users (account_id, name, role, password_hash, created_at, kind)
     SELECT 1, ${nameOf("oidc:r", LONG_NAME)}, 'member', 'rule', 0, 'rule' FROM n`,
  );
  await run(
    `INSERT INTO trust_rules (user_id, account_id, name, issuer, audience, conditions, lifetime, created_at, updated_at)
     SELECT id, 1, substr(name, 6), '${"i".repeat(255)}', '${"a".repeat(255)}',
       (SELECT json_group_array(json_object('claim', '${"c".repeat(128)}', 'glob', '${"g".repeat(255)}')) FROM
         (SELECT 1 FROM json_each('[${Array.from({ length: 20 }, () => 0).join()}]'))),
       3600, 0, 0 FROM users WHERE kind = 'rule'`,
  );
  await run(
    `${numbers(300)} INSERT INTO collections (started_at, object_cursor) SELECT value, ${nameOf("blobs/", 100)} FROM n`,
  );
}

/** Everything that an image may have in numbers. */
async function fillImage(repository: string): Promise<void> {
  const image = `(SELECT id FROM repositories WHERE name = '${repository}')`;
  const index = `(SELECT manifest_id FROM tags WHERE repository_id = ${image} AND name = 'index')`;
  const digest = `(SELECT digest FROM manifests WHERE id = ${index})`;
  await run(
    `${numbers(11_000)} INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at)
     SELECT ${image}, ${nameOf("t", LONG_TAG)}, ${index}, 0, value FROM n`,
  );
  await run(
    `${numbers(4000)} INSERT INTO tag_history (repository_id, tag, digest, user_id, created_at)
     SELECT ${image}, substr('d' || (value / 2) || replace(hex(zeroblob(200)), '0', 'x'), 1, ${LONG_TAG}),
            CASE WHEN value % 2 = 0 THEN ${digest} END, 1, 4102444800000 + value FROM n`,
  );
  await run(
    `${numbers(100)} INSERT INTO immutable_tag_rules (repository_id, pattern, created_by, created_at)
     SELECT ${image}, substr(value || replace(hex(zeroblob(50)), '0', '*'), 1, 49) || '#', 1, 0 FROM n`,
  );
  const rule = JSON.stringify({ labels: [], patterns: Array.from({ length: 99 }, () => WORST.repeat(80)) });
  await run(
    `INSERT INTO retention_rules (repository_id, kind, amount, labels, patterns, created_at, updated_at)
     SELECT ${image}, 'tag_rule', 1000, '[]', ?1 ->> 'patterns', 0, 0`,
    rule,
  );
  await run(
    `${numbers(1500)} INSERT INTO retention_log (repository_id, rule_id, rule, tag, digest, created_at)
     SELECT ${image}, 1, CASE WHEN value % 5 = 0 THEN json_patch(?1, '{"kind":"tag_rule","amount":1}')
                              ELSE '{"kind":"tag_rule","amount":1,"labels":[],"patterns":[]}' END,
            ${nameOf("t", LONG_TAG)}, ${digest}, 0 FROM n`,
    rule,
  );
  await run(
    `${numbers(1100)} INSERT INTO manifests (repository_id, digest, media_type, size, artifact_type, annotations, subject, created_at)
     SELECT ${image}, 'sha256:' || substr(hex(zeroblob(30)) || printf('%064d', value), -64), '${OCI_MANIFEST}', 1, ${nameOf("application/", 255)},
            json_object('note', CASE WHEN value % 100 = 0 THEN ${worst(170_000)} ELSE ${worst(1000)} END), ${digest}, 0 FROM n`,
  );
  const target = JSON.stringify({
    kind: "webhook",
    url: `https://hooks.example.com/${"x".repeat(2000)}`,
    format: "text",
  });
  await run(
    `${numbers(100)} INSERT INTO triggers
       (repository_id, name, condition_kind, condition, is_enabled, target, created_by, created_at, updated_at)
     SELECT ${image}, ${nameOf("h", LONG_NAME)}, 'regular', ${nameOf("*", 1024)}, 1, ?, 1, 0, 0 FROM n`,
    target,
  );
  const event = JSON.stringify({
    repository,
    tag: "t".repeat(LONG_TAG),
    digest: digestOf(""),
    mediaType: "application/json",
    size: 2,
    user: "u".repeat(LONG_NAME),
    at: "2026-01-01T00:00:00Z",
    registry: `http://${"h".repeat(200)}`,
  });
  await run(
    `${numbers(1100)} INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, attempts, detail, created_at, finished_at)
     SELECT 'hostile-' || value, (SELECT min(id) FROM triggers WHERE repository_id = ${image}), ?, 't', 'sha256:0', 'dead', 12,
            ${worst(1500)}, 4102444800000, 0 FROM n`,
    event,
  );
  await run(
    `${numbers(99)} INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, attempts, detail, created_at, finished_at)
     SELECT 'other-' || triggers.id, triggers.id, ?, 't', 'sha256:0', 'dead', 12, ${worst(1500)}, 4102444800000, 0
     FROM triggers WHERE repository_id = ${image} AND id > (SELECT min(id) FROM triggers WHERE repository_id = ${image})`,
    event,
  );
  await run(
    `${numbers(12)} INSERT INTO delivery_attempts (delivery_id, number, started_at, duration, status, detail, answer)
     SELECT (SELECT max(id) FROM deliveries WHERE uid LIKE 'hostile-%'), value, 0, 1, 500, ${worst(1500)}, ${worst(2048)} FROM n`,
  );
}

/** Rules and jobs of synchronization, as many and as long as they may be. */
async function fillSynchronization(organization: string, repository: string): Promise<void> {
  const image = `(SELECT id FROM repositories WHERE name = '${repository}')`;
  const home = `(SELECT id FROM organizations WHERE name = '${organization}')`;
  const account = `(SELECT account_id FROM organizations WHERE name = '${organization}')`;
  const remote = `(SELECT min(id) FROM remotes WHERE account_id = ${account})`;
  for (const owner of [image, "NULL"]) {
    await run(
      `${numbers(10)} INSERT INTO sync_rules (account_id, organization_id, repository_id, images, tags, remote_id,
         remote_organization, overrides, has_referrers, is_automatic, follows_deletion, created_by, created_at, updated_at)
       SELECT ${account}, ${home}, ${owner}, ${worst(256)}, ${worst(256)}, ${remote}, ${nameOf("o", 250)}, 1, 1, 1, 1, 1, 0, 0 FROM n`,
    );
  }
  await run(
    `${numbers(1100)} INSERT INTO sync_jobs (account_id, organization_id, repository_id, operation, tag, digest, remote_id, remote,
       remote_organization, overrides, has_referrers, user_name, registry, status, attempts, detail, plan, created_at, finished_at)
     SELECT ${account}, ${home}, ${image}, 'copy', ${nameOf("t", 120)}, 'sha256:0', ${remote}, ${nameOf("r", 60)}, ${nameOf("o", 250)},
       1, 1, ${nameOf("u", LONG_NAME)}, 'http://registry.test', 'failed', 12, ${worst(1500)}, NULL, 0, 0 FROM n`,
  );
  await run(
    `${numbers(12)} INSERT INTO sync_attempts (job_id, number, started_at, duration, status, detail)
     SELECT (SELECT max(id) FROM sync_jobs), value, 0, 1, 500, ${worst(1500)} FROM n`,
  );
}

/** Makes it, in the account of the operator. */
export async function newHostileRegistry(): Promise<Hostile> {
  const organization = await newOrganization(operator, newName("hostile"));
  const repository = `${organization}/hostile`;
  const { image, index } = await pushImages(repository);
  await fillAccount(organization, repository);
  await fillImage(repository);
  await fillSynchronization(organization, repository);
  const first = async (sql: string) => String((await env.DB.prepare(sql).first<string | number>("value")) ?? "");
  const inImage = `repository_id = (SELECT id FROM repositories WHERE name = '${repository}')`;
  return {
    namespace: organization,
    organization,
    repository: "hostile",
    image: "hostile",
    name: repository,
    tag: "index",
    deletedTag: await first(`SELECT tag AS value FROM tag_history WHERE ${inImage} ORDER BY id DESC LIMIT 1`),
    reference: "index",
    imageDigest: image,
    digest: index,
    blob: await first("SELECT digest AS value FROM blobs ORDER BY size DESC LIMIT 1"),
    access_domain: await first("SELECT name AS value FROM accounts WHERE name LIKE 'a%x' LIMIT 1"),
    account: await first("SELECT name AS value FROM accounts WHERE name LIKE 'a%x' LIMIT 1"),
    user: await first("SELECT name AS value FROM users WHERE name LIKE 'u%x' LIMIT 1"),
    user_id: await first("SELECT id AS value FROM users WHERE name LIKE 'u%x' LIMIT 1"),
    retention_id: await first(`SELECT id AS value FROM retention_rules WHERE ${inImage}`),
    trigger: await first(`SELECT name AS value FROM triggers WHERE ${inImage} ORDER BY id LIMIT 1`),
    id: await first("SELECT max(id) AS value FROM deliveries WHERE uid LIKE 'hostile-%'"),
    syncRule: await first(`SELECT id AS value FROM sync_rules WHERE ${inImage} LIMIT 1`),
    organizationRule: await first("SELECT id AS value FROM sync_rules WHERE repository_id IS NULL LIMIT 1"),
    syncJob: await first("SELECT max(id) AS value FROM sync_jobs"),
    cluster: await first("SELECT name AS value FROM clusters LIMIT 1"),
    cluster_id: await first("SELECT id AS value FROM clusters LIMIT 1"),
    rule: await first("SELECT name AS value FROM trust_rules LIMIT 1"),
    project_id: "berth",
  };
}
