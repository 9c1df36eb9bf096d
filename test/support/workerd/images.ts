/** Images that say what they are made of and who may see them, as tests of what is shown of them need it. */
import { env } from "cloudflare:workers";
import { type Descriptor, digestOf, OCI_INDEX, OCI_MANIFEST, pushBlob, putManifest, someBytes } from "./registry.ts";

export const IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** Pushes a manifest by tag (by digest when the tag is empty) and answers its descriptor. */
export async function pushManifestOf(
  repository: string,
  tag: string,
  manifest: Record<string, unknown>,
): Promise<Descriptor> {
  const text = JSON.stringify(manifest);
  const digest = digestOf(text);
  const response = await putManifest(repository, tag === "" ? digest : tag, text);
  if (response.status !== 201) throw new Error(`pushing a manifest: ${response.status} ${await response.text()}`);
  return { mediaType: String(manifest["mediaType"]), digest, size: text.length };
}

export interface ConfiguredImage extends Descriptor {
  config: Descriptor;
  layers: Descriptor[];
}

/** Pushes an image with this configuration; text goes as it is. */
export async function pushConfigured(
  repository: string,
  tag: string,
  config: unknown,
  { layers: count = 1, extra = {} }: { layers?: number; extra?: Record<string, unknown> } = {},
): Promise<ConfiguredImage> {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const configDescriptor = await pushBlob(repository, bytesOf(text), IMAGE_CONFIG);
  const layers: Descriptor[] = [];
  for (let at = 0; at < count; at += 1) layers.push(await pushBlob(repository, someBytes(100 + at)));
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: configDescriptor, layers, ...extra };
  return { ...(await pushManifestOf(repository, tag, manifest)), config: configDescriptor, layers };
}

/** Pushes an index of these children under a tag. */
export function pushIndex(repository: string, tag: string, manifests: readonly unknown[]): Promise<Descriptor> {
  return pushManifestOf(repository, tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}

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

/** Waits for what goes on after an answer. */
export async function eventually<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 5000; ;) {
    const value = await read();
    if (isDone(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
